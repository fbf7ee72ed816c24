"""Visual cues of the eyes: blinks, lids and gaze."""

import numpy as np
from numpy.typing import NDArray

from xemogpt.schema import Cue
from xemogpt.signals.evidence import (
    confidence_of,
    curve_cues,
    evidence,
    measured_cue,
)
from xemogpt.signals.face_curves import MIN_REST_S, FaceCurves
from xemogpt.signals.timeline import Span, find_spans, percentile, smooth
from xemogpt.signals.vocabulary import rule

MAX_BLINK_S = 0.5
MIN_RATE_S = 5.0
"""A rate over less time would hang on one blink."""
MAX_STEP_S = 0.12
"""Slower frames miss blinks."""
NEARLY_SHUT = 0.45
"""Of the blink coefficient: eyes narrowed on purpose reach 0.4."""


def eye_cues(curves: FaceCurves, quality: float, at_rest: NDArray[np.bool_]) -> list[Cue]:
    """Blinks and their rate, eyes closed, widened or narrowed, gaze down, up or to a side.

    Args:
        curves: the face.
        quality: factor on the confidence.
        at_rest: (T,) frames whose mouth shows nothing, the baseline of the lids.
    """
    times = curves.times_s
    closed = curve_cues("eyes-closed", times, smooth(times, curves.blink, 0.2), quality=quality)
    closed = [_long_if(cue) for cue in closed]
    cues = [*closed, *_blinks(curves, closed, quality)]
    usual = percentile(curves.gaze_down, 50)
    down = curve_cues("gaze-down", times, curves.gaze_down, usual, quality=quality)
    cues += down
    cues += curve_cues("gaze-up", times, -curves.gaze_down, -usual, quality=quality)
    cues += _lids(curves, [*closed, *down], quality, at_rest)
    return cues + _averted(curves, quality)


def blink_spans(curves: FaceCurves) -> list[Span]:
    """Closings of both eyes of at most 0.5 s, with the eyes open before and after."""
    limits = rule("blink")
    if curves.step_s > MAX_STEP_S:
        return []
    strength = evidence(curves.blink, limits, percentile(curves.blink, 50))
    spans = find_spans(curves.times_s, strength, 1.0, limits.keep, merge_gap_s=limits.gap_s)
    last = len(curves.times_s) - 1
    return [
        span
        for span in spans
        if span.duration_s <= MAX_BLINK_S and span.first > 0 and span.last < last
    ]


def _blinks(curves: FaceCurves, closed: list[Cue], quality: float) -> list[Cue]:
    limits = rule("blink")
    apart = [
        span
        for span in blink_spans(curves)
        if not any(
            (cue.start_s or 0) < span.end_s and span.start_s < (cue.end_s or 0) for cue in closed
        )
    ]
    cues = [
        measured_cue(
            "blink",
            span.start_s,
            span.end_s,
            float(np.nanmax(curves.blink[span.first : span.last + 1])),
            confidence_of(span.peak, limits, quality),
        )
        for span in apart
    ]
    seen_s = float(np.ptp(curves.times_s)) * float(curves.found.mean())
    rate_limits = rule("blink-rate")
    if seen_s >= MIN_RATE_S:
        rate = 60 * len(apart) / seen_s
        if rate_limits.level is not None and rate >= rate_limits.level:
            start_s, end_s = apart[0].start_s, apart[-1].end_s
            sure = confidence_of(rate / rate_limits.level, rate_limits, quality)
            cues.append(measured_cue("blink-rate", start_s, end_s, rate, sure))
    return cues


def _lids(
    curves: FaceCurves, covered: list[Cue], quality: float, at_rest: NDArray[np.bool_]
) -> list[Cue]:
    """Eyes wider or narrower than usual, where lids do not follow the gaze down."""
    times = curves.times_s
    # A blink and the moments around it would pull the opening down and count as narrowing.
    around = max(1, round(0.12 / curves.step_s))
    shut = (
        np.convolve(curves.blink > NEARLY_SHUT, np.ones(2 * around + 1), "same")[: len(times)] > 0
    )
    opening = np.where(shut, np.nan, curves.eye_opening)
    opening = smooth(times, opening, 0.25)
    for cue in covered:
        inside = (times >= (cue.start_s or 0)) & (times <= (cue.end_s or 0))
        opening = np.where(inside, np.nan, opening)
    # A smile narrows the eyes: without frames at rest there is no baseline to go by.
    usual = percentile(np.where(at_rest, opening, np.nan), 50)
    if at_rest.sum() * curves.step_s < MIN_REST_S:
        usual = np.nan
    return [
        *curve_cues("eyes-wide", times, opening, usual, quality=quality),
        *curve_cues("eyes-narrow", times, opening, usual, sign=-1.0, quality=quality),
    ]


def _averted(curves: FaceCurves, quality: float) -> list[Cue]:
    """Eyes to one side of the camera."""
    cues = []
    for side, values in (("left", curves.gaze_side), ("right", -curves.gaze_side)):
        cues += curve_cues("gaze-averted", curves.times_s, values, quality=quality, side=side)
    return cues


def _long_if(cue: Cue) -> Cue:
    """Say of a long closing that it is kept."""
    long_s = 1.2
    if (cue.end_s or 0) - (cue.start_s or 0) < long_s:
        return cue
    return cue.model_copy(update={"text": "keeps the eyes closed"})
