"""The finished set as an ``expert`` task: decisions applied, media beside their cues."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from xemogpt.benchmark.making.adjudication import Choice, read_decisions
from xemogpt.benchmark.making.agree import AgreementReport, read_groups
from xemogpt.benchmark.making.folder import PlannedClip, read_plan, staged_folder
from xemogpt.benchmark.making.resolve import resolve
from xemogpt.benchmark.making.tables import refuse, write_csv
from xemogpt.emocue.records import EmoCueRecord, Step, write_records
from xemogpt.errors import DatasetError
from xemogpt.files import atomic_write, sha256_of
from xemogpt.schema import MODALITIES, Cue, CueSet, Modality, Transcript

CUES, MEDIA, SUBTITLES, SCENARIOS = "cues.json", "media", "subtitles.csv", "scenarios.csv"


class Exported(NamedTuple):
    """What was written, and what was not."""

    records: list[EmoCueRecord]
    left_out: list[str]
    """Clips of the plan that are not in the task, each with the reason."""


def export_task(
    folder: Path,
    out: Path,
    *,
    keep: Literal["all", "none"] | None = None,
    clips_folder: Path | None = None,
) -> Exported:
    """Write an ``expert`` task to the new folder ``out``: whole, or not at all.

    ``cues.json`` holds the cues in the published layout, ``records.jsonl`` the same with times;
    ``media/`` hard links (or copies, where links cannot be made), ``subtitles.csv`` and
    ``scenarios.csv`` a line a clip. A cue that several annotators gave has the wording of the
    first in the assignment and, where their times overlap, the mean of them.

    Args:
        folder: the working folder.
        out: the task folder to make.
        keep: what becomes of cues that nobody decided on; with none they are refused.
        clips_folder: where the media are now, if not where the plan was made.

    Raises:
        DatasetError: if cues are undecided, decisions clash, or media are missing or changed.
        OutputError: if ``out`` holds something already.
    """
    plan = read_plan(folder)
    report, groups = read_groups(folder)
    clips = {clip.id: clip for clip in plan.clips}
    default: Choice | None = {"all": "keep", "none": "drop"}.get(keep or "")  # type: ignore[assignment]
    decisions = read_decisions(
        folder, groups, {key: clip.duration_s for key, clip in clips.items()}, default
    )
    cues, flags = resolve(groups, decisions)
    done = {group.id for group in groups}
    left_out = [
        f"{key}: " + ("no cue is left in it" if key in done else "not done, or nothing was stated")
        for key in clips
        if key not in cues
    ]
    source = clips_folder or folder / plan.clips_folder
    chosen = [clip for clip in plan.clips if clip.id in cues]
    if not chosen:
        raise DatasetError(f"no cue of {folder} is left; there is nothing to export")
    _check_media(chosen, source)
    records = [_record(clip, cues[clip.id], flags.get(clip.id, ()), report) for clip in chosen]
    with staged_folder(out) as staging:
        _write(staging, records, chosen, source)
    return Exported(records, left_out)


def _write(
    staging: Path, records: Sequence[EmoCueRecord], clips: Sequence[PlannedClip], source: Path
) -> None:
    (staging / MEDIA).mkdir()
    for record, clip in zip(records, clips, strict=True):
        _link(source / clip.media, record.media_path(staging))
    write_records(staging, records)
    with atomic_write(staging / CUES) as file:
        json.dump(
            {record.id: {m: _texts(record.cues.of(m)) for m in MODALITIES} for record in records},
            file, ensure_ascii=False, indent=1,
        )  # fmt: skip
        file.write("\n")
    for name, field in ((SUBTITLES, "subtitle"), (SCENARIOS, "scenario")):
        rows = [{"name": clip.id, field: getattr(clip, field)} for clip in clips]
        write_csv(staging / name, ("name", field), rows)


def _record(
    clip: PlannedClip,
    cues: Mapping[Modality, Sequence[Cue]],
    flags: Sequence[str],
    report: AgreementReport,
) -> EmoCueRecord:
    transcript = Transcript(text=clip.subtitle, source="given") if clip.subtitle else None
    return EmoCueRecord(
        id=clip.id,
        media=f"{MEDIA}/{clip.id}{PurePosixPath(clip.media).suffix.lower()}",
        media_sha256=clip.media_sha256,
        duration_s=clip.duration_s,
        transcript=transcript,
        cues=CueSet(**{modality: tuple(found) for modality, found in cues.items()}),
        scenario=clip.scenario,
        flags=tuple(flags),
        steps=(Step(tool="bench make export", version=version("xemogpt"), model=report.encoder),),
    )


def _texts(cues: Sequence[Cue]) -> list[str]:
    """Distinct wordings: the published layout has no times to tell equal ones apart."""
    return list(dict.fromkeys(cue.text for cue in cues))


def _check_media(clips: Sequence[PlannedClip], source: Path) -> None:
    problems = []
    for clip in clips:
        path = source / clip.media
        if not path.is_file():
            problems.append(f"{path} is missing; say where the clips are now with --clips")
        elif sha256_of(path) != clip.media_sha256:
            problems.append(f"{path} is not the file that was annotated (its hash changed)")
    refuse(problems, "the media")


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)
