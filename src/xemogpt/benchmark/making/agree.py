"""From filled sheets to agreement and the list to be decided, in one step."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from xemogpt.benchmark.making.adjudication import adjudication_rows, write_adjudication
from xemogpt.benchmark.making.agreement import ModalityAgreement, agreement
from xemogpt.benchmark.making.answers import Answers, read_answers
from xemogpt.benchmark.making.chance import with_chance
from xemogpt.benchmark.making.folder import AGREEMENT, GROUPS, Plan, read_plan
from xemogpt.benchmark.making.grouping import Group, group_cues
from xemogpt.errors import DatasetError
from xemogpt.files import atomic_write, sha256_of
from xemogpt.metrics.emocue360 import EmoCue360
from xemogpt.schema import Record


class AgreementReport(Record):
    """What ``agree`` found; written as ``agreement.json``."""

    version: int = 1
    encoder: str
    """Fingerprint of the text encoder that matched the cues."""
    seed: int
    num_clips: int
    not_done: tuple[str, ...]
    """What was left out because somebody has not finished it."""
    num_quotes: int
    """Cues that quote the subtitle; not counted, but on the list to be decided."""
    num_open: int
    """Cues to be decided."""
    num_carried: int = 0
    """Decisions of an earlier list that were kept."""
    modalities: dict[str, ModalityAgreement]
    plan_sha256: str
    answers_sha256: str
    groups_sha256: str


def agree(
    folder: Path,
    *,
    encoder: str = "minilm",
    allow_partial: bool = False,
    discard_decisions: bool = False,
    seed: int = 0,
) -> AgreementReport:
    """Read the sheets, match their cues, measure agreement, and list what is to be decided.

    Writes ``groups.jsonl``, ``adjudication.csv`` and ``.jsonl``, and ``agreement.json`` last:
    it holds the hashes by which an export knows that nothing changed in between.

    Raises:
        DatasetError: if the sheets are not as they should be.
        OutputError: if decisions made before would be lost.
    """
    plan, answers = read_plan(folder), read_answers(folder, allow_partial=allow_partial)
    metric = EmoCue360("strict", encoder)
    groups = group_cues(answers.cues, metric)
    by_id = {clip.id: clip for clip in plan.clips}
    teams = {key: tuple(by) for key, by in answers.cues.items()}
    modalities_of = {clip.id: clip.modalities for clip in plan.clips}
    found = with_chance(
        agreement(groups, teams, modalities_of, metric, seed=seed),
        answers.cues,
        modalities_of,
        metric,
        seed,
    )
    rows = adjudication_rows(groups, {key: clip.media for key, clip in by_id.items()}, metric)
    carried = write_adjudication(folder, rows, discard=discard_decisions)
    with atomic_write(folder / GROUPS) as file:
        file.writelines(group.model_dump_json(exclude_defaults=True) + "\n" for group in groups)
    report = AgreementReport(
        encoder=metric.cache.encoder.fingerprint,
        seed=seed,
        num_clips=len(answers.cues),
        not_done=tuple(answers.not_done),
        num_quotes=sum(not group.counts for group in groups),
        num_open=len(rows),
        num_carried=carried,
        modalities=found,
        plan_sha256=_plan_sha256(plan),
        answers_sha256=answers_sha256(answers),
        groups_sha256=sha256_of(folder / GROUPS),
    )
    with atomic_write(folder / AGREEMENT) as file:
        file.write(report.model_dump_json(indent=1) + "\n")
    return report


def read_groups(folder: Path) -> tuple[AgreementReport, list[Group]]:
    """What ``agree`` left, provided that plan and sheets are still the same.

    Raises:
        DatasetError: if it was not run, or anything changed since.
    """
    again = f"run: xemogpt bench make agree {folder}"
    try:
        report = AgreementReport.model_validate_json((folder / AGREEMENT).read_text("utf-8"))
        lines = (folder / GROUPS).read_text("utf-8").splitlines()
        groups = [Group.model_validate_json(line) for line in lines]
    except OSError as error:
        raise DatasetError(f"cannot read {error.filename}: {error.strerror}; {again}") from error
    except (ValidationError, UnicodeDecodeError) as error:
        raise DatasetError(f"{folder / AGREEMENT} is not of this version; {again}") from error
    answers = read_answers(folder, allow_partial=bool(report.not_done))
    found = (_plan_sha256(read_plan(folder)), answers_sha256(answers), sha256_of(folder / GROUPS))
    if found != (report.plan_sha256, report.answers_sha256, report.groups_sha256):
        raise DatasetError(f"plan or sheets of {folder} changed since the last agreement; {again}")
    return report, groups


def answers_sha256(answers: Answers) -> str:
    """Of all that annotators wrote, in whichever file."""
    lines: Sequence[str] = [
        "\0".join((key, name, cues.model_dump_json()))
        for key, by in answers.cues.items()
        for name, cues in by.items()
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _plan_sha256(plan: Plan) -> str:
    return hashlib.sha256(plan.model_dump_json().encode()).hexdigest()
