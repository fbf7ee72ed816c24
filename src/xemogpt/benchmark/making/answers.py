"""Reading sheets back: every cue checked, and everything wrong reported at once."""

import math
from pathlib import Path
from typing import NamedTuple

from xemogpt.benchmark.making.folder import SHEETS, PlannedClip, read_plan
from xemogpt.benchmark.making.sheets import COLUMNS, NOTHING, TO_FILL, read_assignment
from xemogpt.benchmark.making.tables import Row, read_pair, refuse
from xemogpt.errors import DatasetError
from xemogpt.metrics.wording import plain
from xemogpt.schema import MODALITIES, Cue, CueSet, Modality

TOLERANCE_S = 0.1
"""How far a time may lie beyond the clip's end: players round."""
Cues = dict[Modality, list[Cue]]


class Answers(NamedTuple):
    """What annotators wrote."""

    cues: dict[str, dict[str, CueSet]]
    """Clip id -> annotator (in order of assignment) -> cues."""
    not_done: list[str]
    """Clips that an annotator has not finished, in words."""


def read_answers(folder: Path, *, allow_partial: bool = False) -> Answers:
    """All sheets of a working folder.

    Args:
        folder: the working folder.
        allow_partial: leave out clips that not all of their annotators have done, rather than
            refuse them. Anything else that is wrong is refused all the same.

    Raises:
        DatasetError: naming file, line and field of everything that is wrong.
    """
    plan, assigned = read_plan(folder), read_assignment(folder)
    clips = {clip.id: clip for clip in plan.clips}
    problems = [f"assignment: {key!r} is not in the plan" for key in assigned if key not in clips]
    annotators = dict.fromkeys(name for names in assigned.values() for name in names)
    by_annotator: dict[str, dict[str, CueSet]] = {}
    not_done: list[str] = []
    for annotator in annotators:
        stem = folder / SHEETS / annotator
        mine = {key: clips[key] for key, names in assigned.items()
                if annotator in names and key in clips}  # fmt: skip
        rows, found, _ = read_pair(stem, COLUMNS, TO_FILL)
        problems += found
        by_annotator[annotator] = _read_rows(rows, mine, str(stem), problems, not_done)
    refuse(problems if allow_partial else [*problems, *not_done], "the sheets")
    cues = {
        key: {name: by_annotator[name][key] for name in names}
        for key, names in assigned.items()
        if key in clips and all(key in by_annotator[name] for name in names)
    }
    if not cues:
        raise DatasetError(f"no clip of {folder} is done by all of its annotators yet")
    return Answers(cues, not_done)


def _read_rows(
    rows: list[Row],
    clips: dict[str, PlannedClip],
    sheet: str,
    problems: list[str],
    not_done: list[str],
) -> dict[str, CueSet]:
    """The cues of the clips that are done; what is wrong goes to the two lists."""
    answers: dict[str, Cues] = {key: {} for key in clips}
    for row in rows:
        if not any(row.values[name] for name in TO_FILL):
            continue
        clip = clips.get(row.values["id"])
        modality = _modality(row.values["modality"])
        bad = _flaws(row, clip, modality)
        problems += [f"{row.place}, field {flaw}" for flaw in bad]
        if bad or clip is None or modality is None:
            # A line that must be mended was meant: its clip is not "not done" as well.
            if clip is not None and modality is not None:
                answers[clip.id].setdefault(modality, [])
            continue
        found = answers[clip.id].setdefault(modality, [])
        if row.values["cue"].casefold().strip(".") != NOTHING:
            found.append(_cue(row))
    done = {}
    for key, by_modality in answers.items():
        absent = [name for name in clips[key].modalities if name not in by_modality]
        if absent:
            not_done.append(f"{sheet}: clip {key!r} is not done ({', '.join(absent)})")
        else:
            done[key] = CueSet(**{m: tuple(by_modality.get(m, ())) for m in MODALITIES})
    return done


def _flaws(row: Row, clip: PlannedClip | None, modality: Modality | None) -> list[str]:
    values = row.values
    flaws = []
    if clip is None:
        flaws.append(f"'id': {values['id']!r} is no clip of this sheet")
    if modality is None:
        flaws.append(
            f"'modality': expected one of {', '.join(MODALITIES)}, got {values['modality']!r}"
        )
    elif clip is not None and modality not in clip.modalities:
        flaws.append(f"'modality': clip {clip.id!r} has nothing {modality}")
    if not plain(values["cue"]):
        flaws.append("'cue': blank, though the line is in use")
    start, end = values["start_s"], values["end_s"]
    if bool(start) != bool(end):
        flaws.append(f"'{'end_s' if start else 'start_s'}': blank; give both times or neither")
        return flaws
    if not start:
        return flaws
    times = {name: seconds(values[name]) for name in ("start_s", "end_s")}
    for name, time in times.items():
        if time is None:
            flaws.append(f"{name!r}: expected seconds, got {values[name]!r}")
        elif time < 0 or (clip is not None and time > clip.duration_s + TOLERANCE_S):
            until = f" (0 to {clip.duration_s:g} s)" if clip is not None else ""
            flaws.append(f"{name!r}: {time:g} s is outside the clip{until}")
    first, last = times["start_s"], times["end_s"]
    if first is not None and last is not None and last < first:
        flaws.append(f"'end_s': {last:g} s is before the start, {first:g} s")
    return flaws


def seconds(text: str) -> float | None:
    """A time in seconds, also with a decimal comma; none if it is not one.

    >>> seconds("1,25"), seconds("0:12")
    (1.25, None)
    """
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _cue(row: Row) -> Cue:
    return Cue(
        text=" ".join(row.values["cue"].split()),
        start_s=seconds(row.values["start_s"]),
        end_s=seconds(row.values["end_s"]),
        source="annotated",
    )


def _modality(given: str) -> Modality | None:
    return next((name for name in MODALITIES if name == given.casefold()), None)
