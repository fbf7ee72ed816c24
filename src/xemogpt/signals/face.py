"""Visual cues of the main face: presence, mouth and brows; eyes and head have their own files."""

import numpy as np
from numpy.typing import NDArray

from xemogpt.encoders.face_landmarks import FaceTrack
from xemogpt.schema import Cue
from xemogpt.signals.evidence import (
    confidence_of,
    curve_cues,
    evidence,
    measured_cue,
    spans_of,
)
from xemogpt.signals.eyes import eye_cues
from xemogpt.signals.face_curves import BLINK_SHUT, FaceCurves, frames_at_rest
from xemogpt.signals.head import head_cues
from xemogpt.signals.timeline import (
    Series,
    Span,
    find_spans,
    moving_std,
    overlaps,
    percentile,
    sample_step,
    smooth,
)
from xemogpt.signals.vocabulary import WARNINGS, rule

MIN_FACE_PX = 48.0
TALK_WINDOW_S = 0.8
TALK_SMOOTH_S = 0.7
"""Speech shapes the mouth for a syllable; an expression stays for longer."""
TALK_DISCOUNT = 0.7
"""Spread vowels look like slight smiles: during speech a smile must be that much clearer."""
CLOSED_LIPS = 0.06  # lip gap in eye distances
WIDE_MOUTH = 0.3
EXPRESSIONS = (
    "smile", "one-sided-smile", "grimace", "mouth-frown", "mouth-open", "lips-pressed",
    "brow-raise", "inner-brow-raise", "brow-lower", "eyes-wide", "eyes-narrow", "eyes-closed",
)  # fmt: skip


def face_cues(track: FaceTrack, curves: FaceCurves) -> list[Cue]:
    """Every visual cue of a track, in order of time."""
    cues = _presence(track)
    if not track.found.any():
        return cues
    talking = talking_spans(curves)
    quality = face_quality(curves)
    head = head_cues(curves, quality)
    expressions = mouth_cues(curves, talking)
    if curves.face_px >= MIN_FACE_PX:
        at_rest = ~_inside_cues(curves.times_s, expressions)
        expressions += brow_cues(curves, at_rest)
        expressions += _without_turned(eye_cues(curves, quality, at_rest), head)
    cues += [*expressions, *head, *(_talking_cue(span) for span in talking)]
    cues += _neutral(curves, expressions)
    return sorted(cues, key=lambda cue: (cue.start_s or 0.0, cue.end_s or 0.0))


def face_warnings(track: FaceTrack) -> list[str]:
    """What the track does not let us see."""
    if len(track) == 0:
        return []
    if not track.found.any():
        return [warning("no-face")]
    found = []
    width = percentile((track.box[:, 2] - track.box[:, 0]).astype(np.float64), 50)
    if width < MIN_FACE_PX:
        found.append(warning("face-too-small", f"it is {width:.0f} pixels wide"))
    missing = ~track.found
    if missing.mean() > 0.05:
        span_s = missing.sum() * sample_step(track.times_s)
        found.append(warning("face-leaves", f"for {span_s:.1f} s in all"))
    if (track.num_faces > 1).mean() > 0.2:
        found.append(warning("several-faces", f"up to {track.num_faces.max()} were counted"))
    if len(track) < 5:
        found.append(warning("too-few-frames", f"there are {len(track)}"))
    elif sample_step(track.times_s) > 0.12:
        found.append(warning("low-frame-rate", f"{1 / sample_step(track.times_s):.1f} were seen"))
    return found


def warning(code: str, detail: str = "") -> str:
    """A warning of the vocabulary as "code: sentence".

    >>> warning("no-face")
    'no-face: no face was found in any frame'
    """
    return f"{code}: {WARNINGS[code]}" + (f" ({detail})" if detail else "")


def face_quality(curves: FaceCurves) -> float:
    """Factor on the confidence of fine movements: small faces show less."""
    return float(np.interp(curves.face_px, [20, MIN_FACE_PX, 90], [0.3, 0.6, 1.0]))


def talking_spans(curves: FaceCurves) -> list[Span]:
    """Where the lips open and close as in speech."""
    limits = rule("talking")
    movement = moving_std(curves.times_s, curves.lip_gap, TALK_WINDOW_S)
    # One opening, as in a smile, moves the gap once; speech turns it around again and again.
    turns = _turns(curves.times_s, curves.lip_gap)
    strength = np.where(turns, movement / (limits.level or 1.0), 0.0)
    return spans_of(curves.times_s, strength, limits)


def _turns(times_s: Series, gap: Series, window_s: float = 1.0) -> NDArray[np.bool_]:
    """Whether the lip gap changes direction twice or more within ``window_s`` (T,)."""
    turning = np.zeros(len(gap))
    last, direction = np.nan, 0
    for index, value in enumerate(gap):
        if np.isnan(value):
            last, direction = np.nan, 0
        elif np.isnan(last):
            last = value
        elif abs(value - last) >= 0.015:
            new = 1 if value > last else -1
            turning[index] = float(new != direction and direction != 0)
            last, direction = value, new
        elif (value - last) * direction > 0:
            last = value
    half = max(1, round(window_s / sample_step(times_s) / 2))
    enough: NDArray[np.bool_] = np.convolve(turning, np.ones(2 * half + 1), "same")[: len(gap)] >= 2
    return enough


def mouth_cues(curves: FaceCurves, talking: list[Span]) -> list[Cue]:
    """Smiles, grimaces, corners turned down, lips apart or pressed."""
    times, quality = curves.times_s, face_quality(curves)
    speaking = _inside(times, talking)

    def steady(values: Series) -> Series:
        return np.where(speaking, smooth(times, values, TALK_SMOOTH_S), values)

    smile = np.where(speaking, TALK_DISCOUNT, 1.0) * steady(curves.smile)
    shut = smooth(times, curves.blink, 0.4) > BLINK_SHUT
    closed = smooth(times, curves.lip_gap, 0.4) < CLOSED_LIPS
    distressed = np.where(shut & closed, smile, 0.0)
    grimaces = curve_cues("grimace", times, distressed, 0.0, quality=0.7 * quality)
    inside = _inside_cues(times, grimaces)
    baseline = percentile(smile, 20)
    smiles = curve_cues("smile", times, np.where(inside, 0.0, smile), baseline, quality=quality)
    cues = [*grimaces, *smiles]
    smiling = _inside_cues(times, [*smiles, *grimaces])
    if smiles:
        asymmetry = np.where(_inside_cues(times, smiles), np.abs(curves.smile_asymmetry), 0.0)
        cues += curve_cues("one-sided-smile", times, asymmetry, quality=0.7 * quality)
    frown = np.where(smiling, np.nan, smooth(times, curves.mouth_frown, TALK_SMOOTH_S))
    if speaking.mean() < 0.5:
        # A speaking mouth turns its corners down with every open vowel.
        cues += curve_cues("mouth-frown", times, np.where(speaking, np.nan, frown), quality=quality)
    gap = smooth(times, curves.lip_gap, 0.5)
    still = np.where(speaking | (smiling & (gap < WIDE_MOUTH)), 0.0, gap)
    cues += curve_cues("mouth-open", times, still, quality=quality)
    # Consonants press the lips too: only a mouth at rest presses them on purpose.
    pressed = np.where(smiling | speaking, np.nan, curves.lips_pressed)
    cues += curve_cues("lips-pressed", times, pressed, percentile(pressed, 20), quality=quality)
    return cues


def brow_cues(curves: FaceCurves, at_rest: NDArray[np.bool_]) -> list[Cue]:
    """Eyebrows raised, drawn up at their inner ends, or lowered.

    Args:
        curves: the face.
        at_rest: (T,) frames whose mouth shows nothing; a smile moves the brows too, so the
            baseline is taken from these frames where there are enough of them.
    """
    times, quality = curves.times_s, face_quality(curves)

    def found(kind: str, values: Series) -> list[Cue]:
        usual = percentile(frames_at_rest(values, at_rest, curves.step_s), 20)
        return curve_cues(kind, times, values, usual, quality=quality)

    inner = found("inner-brow-raise", curves.inner_brow)
    spans = [_span(cue) for cue in inner]
    raised = [
        cue for cue in found("brow-raise", curves.brow_raise) if not overlaps(_span(cue), spans)
    ]
    return [*inner, *raised, *found("brow-lower", curves.brow_lower)]


def _presence(track: FaceTrack) -> list[Cue]:
    """When the face is there, and how many there are."""
    times = track.times_s
    cues = [
        measured_cue(
            "face",
            span.start_s,
            span.end_s,
            float(track.found.mean()),
            float(track.presence[span.first : span.last + 1].mean()),
        )
        for span in find_spans(times, track.found.astype(float), merge_gap_s=0.3)
    ]
    limits = rule("several-faces")
    strength = evidence(track.num_faces.astype(np.float64), limits, np.nan)
    for span in find_spans(times, strength, 1.0, min_duration_s=limits.min_s, merge_gap_s=1.0):
        count = int(track.num_faces[span.first : span.last + 1].max())
        confidence = confidence_of(1.5, limits)
        cues.append(
            measured_cue("several-faces", span.start_s, span.end_s, count, confidence, count=count)
        )
    return cues


def _neutral(curves: FaceCurves, expressions: list[Cue]) -> list[Cue]:
    """The absence of expression, said where it holds for most of the time the face is seen."""
    shown = [cue for cue in expressions if cue.kind in EXPRESSIONS]
    free = curves.found & ~_inside_cues(curves.times_s, shown)
    share = free.sum() / max(1, curves.found.sum())
    limits = rule("neutral-face")
    seen = curves.found.sum() >= 3 and curves.face_px >= MIN_FACE_PX
    if share < (limits.level or 0.5) or not seen:
        return []
    longest = max(
        find_spans(curves.times_s, free.astype(float), merge_gap_s=0.1),
        key=lambda span: span.duration_s,
    )
    confidence = confidence_of(share / (limits.level or 0.5), limits, 0.8 * face_quality(curves))
    return [measured_cue("neutral-face", longest.start_s, longest.end_s, share, confidence)]


def _talking_cue(span: Span) -> Cue:
    limits = rule("talking")
    value = span.peak * (limits.level or 1.0)
    return measured_cue(
        "talking", span.start_s, span.end_s, value, confidence_of(span.peak, limits)
    )


def _without_turned(eyes: list[Cue], head: list[Cue]) -> list[Cue]:
    """Drop averted gazes that a turned head already says."""
    turned = [_span(cue) for cue in head if cue.kind == "turned-away"]
    return [cue for cue in eyes if cue.kind != "gaze-averted" or not overlaps(_span(cue), turned)]


def _span(cue: Cue) -> Span:
    return Span(cue.start_s or 0.0, cue.end_s or 0.0, 0, 0, 0.0)


def _inside(times_s: Series, spans: list[Span]) -> NDArray[np.bool_]:
    """Which samples lie in one of the spans (T,)."""
    flags = np.zeros(len(times_s), bool)
    for span in spans:
        flags[span.first : span.last + 1] = True
    return flags


def _inside_cues(times_s: Series, cues: list[Cue]) -> NDArray[np.bool_]:
    flags = np.zeros(len(times_s), bool)
    for cue in cues:
        flags |= (times_s >= (cue.start_s or 0) - 1e-3) & (times_s < (cue.end_s or 0) - 1e-3)
    return flags
