"""When cues are said to happen, against when they do."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from xemogpt.emocue.records import EmoCueRecord
from xemogpt.metrics.results import SampleResult
from xemogpt.schema import Cue, CueSet, Modality

TIMED: tuple[Modality, ...] = ("visual", "auditory")
_NUMBER = r"(\d{1,4}(?:\.\d{1,3})?)"
_UNIT = r"\s?(?:s\b|secs?\b|seconds?\b)"
_SPAN = re.compile(
    rf"\b(?:from|between)?\s*{_NUMBER}(?:{_UNIT})?\s*(?:to|and|until|-|–|—)\s*{_NUMBER}{_UNIT}",
    re.IGNORECASE,
)
_MOMENT = re.compile(rf"\b(?:at|around)\s+(?:about\s+)?{_NUMBER}{_UNIT}", re.IGNORECASE)
_GAP = re.compile(r"[\s,(\[]*")


class Timing(NamedTuple):
    """Timing of the matched cues of one sample."""

    start_error_s: float
    """Mean absolute error of the starts; NaN if no matched cue has two starts."""
    end_error_s: float
    iou: float
    """Mean temporal intersection over union."""
    num_pairs: int


def with_times(cues: CueSet, text: str) -> CueSet:
    """The cues with the times that the text states right behind them.

    Extraction keeps what was seen and drops when; a cue that has a time keeps its own.

    >>> with_times(CueSet(["she smiles"]), "Here she smiles (from 1.0 to 2.5 s).").visual[0].end_s
    2.5
    """
    lower = text.casefold()
    found = {
        modality: [_timed(cue, text, lower) for cue in cues.of(modality)] for modality in TIMED
    }
    return CueSet(found["visual"], found["auditory"], cues.emotional)


def _timed(cue: Cue, text: str, lower: str) -> Cue:
    if cue.start_s is not None:
        return cue
    span = _span_in(cue.text)
    start = lower.find(cue.text.casefold())
    if span is None and start >= 0:
        behind = text[start + len(cue.text) : start + len(cue.text) + 60]
        gap = _GAP.match(behind)
        rest = behind[gap.end() if gap else 0 :]
        span = _span_in(rest, at_start=True)
    if span is None:
        return cue
    return cue.model_copy(update={"start_s": span[0], "end_s": span[1]})


def _span_in(text: str, *, at_start: bool = False) -> tuple[float, float | None] | None:
    """Start and end in seconds; a moment has no end."""
    for pattern in (_SPAN, _MOMENT):
        found = pattern.match(text) if at_start else pattern.search(text)
        if found is None:
            continue
        start_s, end_s = (float(part) for part in (*found.groups(), found.group(1))[:2])
        if pattern is _MOMENT:
            return start_s, None
        return (start_s, end_s) if start_s <= end_s else None
    return None


def sample_timing(result: SampleResult, said: CueSet, record: EmoCueRecord) -> Timing:
    """Errors over the pairs that the metric matched and that state times on both sides."""
    starts, ends, overlaps = [], [], []
    for modality in TIMED:
        references = _by_text(record.cues.of(modality))
        stated = _by_text(said.of(modality))
        for pair in result.by_modality[modality].pairs:
            reference = _take(references, pair.reference)
            cue = _take(stated, pair.prediction)
            if reference is None or cue is None:
                continue
            if reference.start_s is not None and cue.start_s is not None:
                starts.append(abs(reference.start_s - cue.start_s))
            if reference.end_s is not None and cue.end_s is not None:
                ends.append(abs(reference.end_s - cue.end_s))
            iou = _iou(reference, cue)
            if iou is not None:
                overlaps.append(iou)
    return Timing(_mean(starts), _mean(ends), _mean(overlaps), len(starts))


def _iou(one: Cue, other: Cue) -> float | None:
    if None in (one.start_s, one.end_s, other.start_s, other.end_s):
        return None
    a, b, c, d = (float(t or 0.0) for t in (one.start_s, one.end_s, other.start_s, other.end_s))
    union_s = max(b, d) - min(a, c)
    if union_s <= 0:
        return 1.0  # two moments at the same instant
    return max(0.0, min(b, d) - max(a, c)) / union_s


def _by_text(cues: Sequence[Cue]) -> Mapping[str, list[Cue]]:
    found: dict[str, list[Cue]] = {}
    for cue in cues:
        found.setdefault(cue.text, []).append(cue)
    return found


def _take(cues: Mapping[str, list[Cue]], text: str) -> Cue | None:
    """The first of that wording: a repeated one is one cue to the metric."""
    return next(iter(cues.get(text, ())), None)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
