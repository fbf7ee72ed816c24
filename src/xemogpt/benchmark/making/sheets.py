"""Annotation sheets: who watches which clip, and the tables they fill in."""

import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from xemogpt.benchmark.making.folder import (
    ASSIGNMENT,
    SHEETS,
    PlannedClip,
    read_plan,
    staged_folder,
)
from xemogpt.benchmark.making.tables import read_csv, refuse, write_csv, write_pair
from xemogpt.errors import ConfigError, DatasetError
from xemogpt.files import atomic_write

COLUMNS = ("id", "media", "subtitle", "modality", "cue", "start_s", "end_s")
TO_FILL = ("cue", "start_s", "end_s")
NOTHING = "none"
"""What an annotator writes as the cue where a modality of a clip shows nothing."""
BLANK_LINES = 3
_NAME = re.compile(r"[\w][\w.-]{0,63}")

INSTRUCTIONS = """\
# How to fill in a sheet

Watch and listen to each clip as often as you like, alone. Fill in the .csv in a spreadsheet or
the .jsonl in an editor: one of the two, not both.

- **A cue** is one thing that you can see (`visual`), hear in the voice rather than in the words
  (`auditory`), or conclude about what is expressed (`emotional`).
- **One observation a line**: "raises the eyebrows" and "smiles broadly" are two lines.
- **Expressed, not felt.** Write what the clip shows: "sounds amused", not "is secretly happy".
  Nobody can see what a person feels.
- **Say what is there**, in your own words, in the language of the set. No names, no guesses at
  age, origin or health, and no quotations of what is said: `subtitle` holds that already.
- **Times** (`start_s`, `end_s`) are seconds from the start of the clip. Give both, or neither
  where a cue lasts all the time or has no time.
- Write `none` as the only cue of a modality where there is nothing to report. A modality without
  any line counts as not done.
- Need more lines? Copy one. Too many? Leave them blank. Do not change `id` or `modality`.
- Do not talk about the clips with the other annotators before everyone is done.
"""


def make_sheets(
    folder: Path,
    annotators: Sequence[str],
    *,
    per_clip: int = 2,
    blank_lines: int = BLANK_LINES,
) -> dict[str, tuple[str, ...]]:
    """Write ``sheets/``: one table an annotator (CSV and JSONL), the assignment, instructions.

    Returns:
        Clip id -> its annotators, in the order in which their cues will be merged.

    Raises:
        ConfigError: if there are too few annotators, or a name is no file name.
        OutputError: if there are sheets already; they may have been filled in.
    """
    plan = read_plan(folder)
    _check(annotators, per_clip)
    assigned = assign(plan.clips, annotators, per_clip, plan.seed)
    with staged_folder(folder / SHEETS) as staging:
        for annotator in annotators:
            clips = [clip for clip in plan.clips if annotator in assigned[clip.id]]
            rows = [row for clip in clips for row in _blank(clip, blank_lines)]
            write_pair(staging / annotator, COLUMNS, rows)
        pairs = [{"id": key, "annotator": name} for key, names in assigned.items()
                 for name in names]  # fmt: skip
        write_csv(staging / ASSIGNMENT, ("id", "annotator"), pairs)
        with atomic_write(staging / "INSTRUCTIONS.md") as file:
            file.write(INSTRUCTIONS)
    return assigned


def assign(
    clips: Sequence[PlannedClip], annotators: Sequence[str], per_clip: int, seed: int
) -> dict[str, tuple[str, ...]]:
    """``per_clip`` annotators for every clip; loads differ by one clip at most.

    Clips are dealt scenario by scenario in a seeded order, each to the least loaded annotators;
    among those, to the group that has met least often. Who comes first in a group alternates,
    so that nobody's wording is preferred throughout.
    """
    rng = np.random.default_rng([seed, 1])
    order = sorted(clips, key=lambda clip: (clip.scenario, clip.id))
    groups: dict[str, list[PlannedClip]] = {}
    for clip in order:
        groups.setdefault(clip.scenario, []).append(clip)
    load = dict.fromkeys(annotators, 0)
    met = dict.fromkeys(itertools.combinations(annotators, per_clip), 0)
    assigned = {}
    for members in groups.values():
        for index in rng.permutation(len(members)).tolist():
            team = min(met, key=lambda team: (sum(load[name] for name in team), met[team]))
            turn = met[team] % per_clip
            met[team] += 1
            for name in team:
                load[name] += 1
            assigned[members[index].id] = team[turn:] + team[:turn]
    return {clip.id: assigned[clip.id] for clip in clips}


def read_assignment(folder: Path) -> dict[str, tuple[str, ...]]:
    """Clip id -> its annotators.

    Raises:
        DatasetError: if there are no sheets yet, or the table is malformed.
    """
    path = folder / SHEETS / ASSIGNMENT
    if not path.exists():
        raise DatasetError(
            f"{path} is missing; make sheets with: xemogpt bench make sheets {folder}"
            " --annotators NAME,NAME"
        )
    rows, problems, _ = read_csv(path, ("id", "annotator"))
    assigned: dict[str, tuple[str, ...]] = {}
    for place, values in rows:
        if not _NAME.fullmatch(values["annotator"]):
            problems.append(f"{place}, field 'annotator': not a name of an annotator")
        assigned[values["id"]] = (*assigned.get(values["id"], ()), values["annotator"])
    refuse(problems, "assignments")
    return assigned


def _check(annotators: Sequence[str], per_clip: int) -> None:
    for name in annotators:
        if not _NAME.fullmatch(name) or f"{name}.csv" == ASSIGNMENT:
            raise ConfigError(
                f"annotator {name!r} names a file; use letters, digits, '-', '_' and '.'"
            )
    if len({name.casefold() for name in annotators}) < len(annotators):
        raise ConfigError("an annotator is named twice; expected different names")
    if not 2 <= per_clip <= len(annotators):
        raise ConfigError(
            f"{per_clip} annotators a clip and {len(annotators)} named; expected at least two a"
            " clip, and as many names as that or more"
        )


def _blank(clip: PlannedClip, num: int) -> list[dict[str, str]]:
    return [
        {"id": clip.id, "media": clip.media, "subtitle": clip.subtitle, "modality": modality}
        | dict.fromkeys(TO_FILL, "")
        for modality in clip.modalities
        for _ in range(num)
    ]
