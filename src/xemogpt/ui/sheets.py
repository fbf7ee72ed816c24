"""From drafts to the sheets that ``xemogpt bench make`` reads, and back from filled ones."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from xemogpt.benchmark.making.answers import seconds
from xemogpt.benchmark.making.folder import SHEETS, PlannedClip
from xemogpt.benchmark.making.sheets import COLUMNS, NOTHING, TO_FILL
from xemogpt.benchmark.making.tables import read_pair, refuse, write_pair
from xemogpt.errors import DatasetError
from xemogpt.schema import MODALITIES
from xemogpt.ui.drafts import MAX_TEXT, MAX_TIME_S, Draft, DraftCue, state
from xemogpt.ui.store import Store

Line = dict[str, str]


def write_sheet(folder: Path, annotator: str, clips: Sequence[PlannedClip], store: Store) -> None:
    """Write an annotator's sheet from the drafts.

    Clips that are not done stay blank: ``bench make`` then says that they are not done, rather
    than taking half of one for all.

    Raises:
        DatasetError: if the sheet was filled in by other means since; that would be lost.
        OutputError: if it cannot be written.
    """
    stem = folder / SHEETS / annotator
    filled, suffix = _filled(stem)
    lines = sheet_lines(clips, store.drafts(annotator))
    new = [line for line in lines if any(line[name] for name in TO_FILL)]
    if new == filled:
        return
    if filled and digest(filled) not in store.sheets(annotator):
        raise DatasetError(
            f"{stem}{suffix} was filled in outside this page since the page wrote it; move that"
            " file away to keep what the page holds"
        )
    # Noted before and after: a kill between the two must not look like someone else's change.
    store.set_sheet(annotator, digest(new), written=False)
    blank = [line | dict.fromkeys(TO_FILL, "") for line in lines]
    write_pair(stem, COLUMNS, blank, filled={suffix: lines})
    store.set_sheet(annotator, digest(new), written=True)


def take_over(folder: Path, annotator: str, clips: Sequence[PlannedClip], store: Store) -> int:
    """Bring a sheet that was filled in elsewhere into the store, if the store has nothing yet.

    Returns:
        How many clips were taken over.
    """
    filled, _ = _filled(folder / SHEETS / annotator)
    if not filled or store.drafts(annotator) or store.sheets(annotator) != (None, None):
        return 0
    by_id = {clip.id: clip for clip in clips}
    drafts: dict[str, Draft] = {}
    for number, line in enumerate(filled):
        clip = by_id.get(line["id"])
        modality = next((name for name in MODALITIES if name == line["modality"].casefold()), None)
        if clip is None or modality is None:
            continue
        draft = drafts.get(clip.id, Draft())
        if line["cue"].casefold().strip(".") == NOTHING:
            drafts[clip.id] = draft.model_copy(update={"nothing": (*draft.nothing, modality)})
            continue
        cue = DraftCue(
            key=f"sheet{number}",
            modality=modality,
            text=line["cue"][:MAX_TEXT],
            start_s=_time(line["start_s"]),
            end_s=_time(line["end_s"]),
        )
        drafts[clip.id] = draft.model_copy(update={"cues": (*draft.cues, cue)})
    store.fill(annotator, drafts, digest(filled))
    return len(drafts)


def sheet_lines(clips: Sequence[PlannedClip], drafts: Mapping[str, Draft]) -> list[Line]:
    """The rows of a sheet; one blank row a modality of clips that are not done."""
    lines = []
    for clip in clips:
        draft = drafts.get(clip.id, Draft())
        done = state(draft, clip) == "done"
        for modality in clip.modalities:
            base = {
                "id": clip.id,
                "media": clip.media,
                "subtitle": clip.subtitle,
                "modality": modality,
            } | dict.fromkeys(TO_FILL, "")
            if not done:
                lines.append(base)
            elif modality in draft.nothing:
                lines.append(base | {"cue": NOTHING})
            else:
                lines += [base | _values(cue) for cue in draft.cues if cue.modality == modality]
    return lines


def digest(lines: Sequence[Mapping[str, str]]) -> str:
    """Of the filled rows, in order."""
    rows = [[line[name].strip() for name in COLUMNS] for line in lines]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _filled(stem: Path) -> tuple[list[Line], str]:
    """The rows in use, and which of the two files they are in."""
    table = read_pair(stem, COLUMNS, TO_FILL)
    refuse(table.problems, f"the sheet {stem.name}")
    used = [row.values for row in table.rows if any(row.values[name] for name in TO_FILL)]
    return used, table.suffix


def _values(cue: DraftCue) -> Line:
    times = {"start_s": cue.start_s, "end_s": cue.end_s}
    shown = {name: "" if time is None else f"{time:.2f}" for name, time in times.items()}
    return {"cue": " ".join(cue.text.split()), **shown}


def _time(text: str) -> float | None:
    value = seconds(text) if text else None
    return value if value is not None and 0 <= value <= MAX_TIME_S else None
