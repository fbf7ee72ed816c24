"""What one annotator has written about one clip so far, finished or not."""

from typing import Literal

from pydantic import Field

from xemogpt.benchmark.making.answers import TOLERANCE_S
from xemogpt.benchmark.making.folder import PlannedClip
from xemogpt.benchmark.making.sheets import NOTHING
from xemogpt.metrics.wording import plain
from xemogpt.schema import MODALITIES, Modality, Record

MAX_CUES = 200
MAX_TEXT = 500
MAX_TIME_S = 86_400.0


class DraftCue(Record):
    """One line of an annotator, perhaps half-written."""

    key: str = Field(min_length=1, max_length=40)
    """Chosen by the page; tells lines of one draft apart."""
    modality: Modality
    text: str = Field(default="", max_length=MAX_TEXT)
    start_s: float | None = Field(default=None, ge=0, le=MAX_TIME_S)
    end_s: float | None = Field(default=None, ge=0, le=MAX_TIME_S)
    origin: Literal["own", "accepted", "corrected"] = "own"
    """Written by the annotator, taken from a suggestion, or taken and changed."""


class Draft(Record):
    """The state of one clip on one annotator's page: what a reload must bring back."""

    cues: tuple[DraftCue, ...] = Field(default=(), max_length=MAX_CUES)
    nothing: tuple[Modality, ...] = Field(default=(), max_length=len(MODALITIES))
    """Modalities of which the annotator says that there is nothing to report."""


def flaws(draft: Draft, clip: PlannedClip) -> dict[str, str]:
    """Key of a cue (or a modality) -> why a sheet could not hold it as it is."""
    found: dict[str, str] = {}
    for cue in draft.cues:
        problem = _flaw(cue, clip)
        if problem:
            found[cue.key] = problem
    for modality in draft.nothing:
        if any(cue.modality == modality for cue in draft.cues):
            found[modality] = "it says nothing to report, yet there are cues"
    return found


def _flaw(cue: DraftCue, clip: PlannedClip) -> str | None:
    if cue.modality not in clip.modalities:
        return f"this clip has nothing {cue.modality}"
    if not plain(cue.text):
        return "write the cue in words"
    if cue.text.strip().casefold().strip(".") == NOTHING:
        return "tick 'nothing to report' instead"
    if (cue.start_s is None) != (cue.end_s is None):
        return "give both times, or neither"
    if cue.start_s is None or cue.end_s is None:
        return None
    if cue.end_s < cue.start_s:
        return "it ends before it starts"
    if cue.end_s > clip.duration_s + TOLERANCE_S:
        return f"the clip ends at {clip.duration_s:g} s"
    return None


def missing(draft: Draft, clip: PlannedClip) -> tuple[Modality, ...]:
    """What the annotator has not said anything about yet."""
    said = {cue.modality for cue in draft.cues} | set(draft.nothing)
    return tuple(modality for modality in clip.modalities if modality not in said)


def state(draft: Draft | None, clip: PlannedClip) -> Literal["open", "begun", "done"]:
    """How far a clip is: untouched, begun, or fit for the sheet."""
    if draft is None or not (draft.cues or draft.nothing):
        return "open"
    return "begun" if flaws(draft, clip) or missing(draft, clip) else "done"
