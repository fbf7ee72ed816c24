"""The list of cues that only one annotator gave, and what was decided about each."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, cast, get_args

from xemogpt.benchmark.making.answers import seconds
from xemogpt.benchmark.making.folder import ADJUDICATION
from xemogpt.benchmark.making.grouping import Group
from xemogpt.benchmark.making.tables import Row, read_pair, refuse, write_pair
from xemogpt.errors import OutputError
from xemogpt.metrics.emocue360 import EmoCue360
from xemogpt.metrics.wording import framed, plain
from xemogpt.schema import Cue

Choice = Literal["keep", "drop", "merge", "edit"]
COLUMNS = (
    "item", "id", "media", "modality", "annotator", "cue", "start_s", "end_s",
    "nearest_item", "nearest_annotator", "nearest_cue", "nearest_start_s", "nearest_end_s",
    "nearest_cosine", "note", "decision", "edited_cue", "edited_start_s", "edited_end_s",
)  # fmt: skip
TO_FILL = ("decision", "edited_cue", "edited_start_s", "edited_end_s")
_QUOTED = "quotes the subtitle: not counted as a cue"


class Decision(NamedTuple):
    """What becomes of one cue."""

    choice: Choice
    nearest: str | None
    """Key of the group that holds the nearest cue of another annotator."""
    edited: Cue | None = None


def open_groups(groups: Sequence[Group]) -> list[Group]:
    """Groups that only one of several annotators stated."""
    return [group for group in groups if len(group.members) == 1]


def adjudication_rows(
    groups: Sequence[Group], media: Mapping[str, str], metric: EmoCue360
) -> list[dict[str, str]]:
    """A row for each open group, with the nearest cue (by cosine) that another annotator gave."""
    by_place: dict[tuple[str, str], list[Group]] = {}
    for group in groups:
        by_place.setdefault((group.id, group.modality), []).append(group)
    rows = []
    for group in open_groups(groups):
        annotator, (cue, *_) = next(iter(group.members.items()))
        row = dict.fromkeys(COLUMNS, "") | {
            "item": group.key,
            "id": group.id,
            "media": media[group.id],
            "modality": group.modality,
            "annotator": annotator,
            "note": "" if group.counts else _QUOTED,
            **_shown(cue, ""),
        }
        others = [
            (other.key, name, theirs)
            for other in by_place[group.id, group.modality]
            for name, cues in other.members.items()
            for theirs in cues
            if name != annotator
        ]
        if others:
            texts = [framed(theirs.text, group.modality) for *_, theirs in others]
            cosine = metric.cache.cosine([framed(cue.text, group.modality)], texts)[0]
            key, name, theirs = others[int(cosine.argmax())]
            row |= {
                "nearest_item": key,
                "nearest_annotator": name,
                "nearest_cosine": f"{cosine.max():.3f}",
                **_shown(theirs, "nearest_"),
            }
        rows.append(row)
    return rows


def write_adjudication(
    folder: Path, rows: Sequence[dict[str, str]], *, discard: bool = False
) -> int:
    """Write the list; decisions made before stay with cues that are still open.

    Returns:
        How many decisions were carried over.

    Raises:
        OutputError: if decisions would be lost and ``discard`` does not say so.
        DatasetError: if the list that is there cannot be read.
    """
    stem = folder / ADJUDICATION
    made: dict[str, dict[str, str]] = {}
    suffix = ".csv"
    if any(stem.with_suffix(suffix).exists() for suffix in (".csv", ".jsonl")) and not discard:
        table = read_pair(stem, COLUMNS, TO_FILL)
        refuse(table.problems, "decisions made before")
        suffix = table.suffix
        made = {row.values["item"]: row.values for row in table.rows
                if any(row.values[name] for name in TO_FILL)}  # fmt: skip
    lost = set(made) - {row["item"] for row in rows}
    if lost:
        raise OutputError(
            f"{len(lost)} decisions in {stem}.csv concern cues that changed or are no longer open"
            f" (item {min(lost)}); copy the file, then say --discard-decisions"
        )
    filled = [
        row | {name: made[row["item"]][name] for name in TO_FILL} if row["item"] in made else row
        for row in rows
    ]
    write_pair(stem, COLUMNS, rows, filled={suffix: filled})
    return len(made)


def read_decisions(
    folder: Path, groups: Sequence[Group], durations_s: Mapping[str, float], default: Choice | None
) -> dict[str, Decision]:
    """Key of each open group -> what was decided.

    Args:
        folder: the working folder.
        groups: as they were when the list was written.
        durations_s: clip id -> length, for edited times.
        default: for items without a decision; with none, they are refused.

    Raises:
        DatasetError: naming file, line and field of everything that is wrong or undecided.
    """
    by_key = {group.key: group for group in groups}
    waiting = {group.key: group for group in open_groups(groups)}
    if not waiting:
        return {}
    rows, problems, _ = read_pair(folder / ADJUDICATION, COLUMNS, TO_FILL)
    decisions: dict[str, Decision] = {}
    undecided = []
    for row in rows:
        group = waiting.get(row.values["item"])
        if group is None or group.key in decisions:
            what = "given before" if group else "no cue that is open"
            problems.append(f"{row.place}, field 'item': {row.values['item']!r} is {what}")
            continue
        choice = row.values["decision"].casefold()
        if not choice and any(row.values[name] for name in TO_FILL):
            problems.append(f"{row.place}, field 'decision': blank; did you mean 'edit'?")
        elif not choice and default is None:
            undecided.append(f"{row.place}, field 'decision': open")
        nearest = row.values["nearest_item"] or None
        known = choice in get_args(Choice)
        problems += [f"{row.place}, field {flaw}" for flaw in
                     _flaws(row, choice, nearest in by_key, durations_s[group.id])]  # fmt: skip
        edited = _edited(row, group.first) if choice == "edit" else None
        chosen = cast(Choice, choice) if known else default or "drop"
        decisions[group.key] = Decision(chosen, nearest, edited)
    problems += [f"{folder / ADJUDICATION}: the line of item {key!r} (clip {group.id!r}) is gone"
                 for key, group in waiting.items() if key not in decisions]  # fmt: skip
    hint = f" ({len(undecided)} cues are open: decide, or say --keep all or --keep none)"
    refuse([*problems, *undecided], "decisions" + (hint if undecided else ""))
    return decisions


def _flaws(row: Row, choice: str, has_nearest: bool, duration_s: float) -> list[str]:
    if choice and choice not in get_args(Choice):
        return [f"'decision': expected {', '.join(get_args(Choice))}, got {choice!r}"]
    if choice == "merge" and not has_nearest:
        return ["'decision': there is no cue of another annotator to merge it with"]
    if choice != "edit":
        return []
    edits = {name: row.values[f"edited_{name}"] for name in ("cue", "start_s", "end_s")}
    if not any(edits.values()):
        return ["'edited_cue': blank; write the cue (or its times) as it should be"]
    if edits["cue"] and not plain(edits["cue"]):
        return ["'edited_cue': not a cue"]
    if bool(edits["start_s"]) != bool(edits["end_s"]):
        return ["'edited_end_s': give both times or neither"]
    if not edits["start_s"]:
        return []
    start, end = seconds(edits["start_s"]), seconds(edits["end_s"])
    if start is None or end is None or not 0 <= start <= end <= duration_s + 0.1:
        return [f"'edited_start_s': expected times in order within 0 to {duration_s:g} s"]
    return []


def _edited(row: Row, cue: Cue) -> Cue:
    text = " ".join(row.values["edited_cue"].split()) or cue.text
    start, end = (seconds(row.values[f"edited_{name}"]) for name in ("start_s", "end_s"))
    times = {"start_s": start, "end_s": end} if start is not None and end is not None else {}
    return cue.model_copy(update={"text": text, **times})


def _shown(cue: Cue, prefix: str) -> dict[str, str]:
    times = {"start_s": cue.start_s, "end_s": cue.end_s}
    return {f"{prefix}cue": cue.text} | {
        f"{prefix}{name}": "" if time is None else f"{time:g}" for name, time in times.items()
    }
