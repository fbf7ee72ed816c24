"""Movements of the voice within speech: final rise and fall, raised voice, trembling."""

import numpy as np
from numpy.typing import NDArray

from xemogpt.schema import Cue
from xemogpt.signals.evidence import confidence_of, curve_cues, measured_cue
from xemogpt.signals.timeline import Series, Span, find_spans, moving_mean, percentile
from xemogpt.signals.vocabulary import rule
from xemogpt.signals.voice_curves import STEP_S, VoiceCurves
from xemogpt.signals.voice_stats import clean_semitones

FINAL_S = 0.4
TREMOR_PERIODS_S = (0.11, 0.25)
MIN_TURNS = 6
BURST_SMOOTH_S = 0.2
USUAL_PERCENTILE = 60
MAX_TREMOR = 1.5
"""Deeper wavering is a creaking voice whose pitch the tracker halves."""


def final_cues(curves: VoiceCurves, spans: list[Span]) -> list[Cue]:
    """How the pitch moves over the last voice before each stop."""
    pitch = clean_semitones(curves)
    cues = []
    for span in spans:
        known = np.flatnonzero(~np.isnan(pitch[span.first : span.last + 1])) + span.first
        if known.size == 0:
            continue
        recent = known[known >= known[-1] - round(FINAL_S / STEP_S)]
        for kind, sign in (("final-rise", 1.0), ("final-fall", -1.0)):
            limits = rule(kind)
            if recent.size * STEP_S < limits.min_s:
                continue
            quarter = max(1, recent.size // 4)
            change = float(np.median(pitch[recent[-quarter:]]) - np.median(pitch[recent[:quarter]]))
            level = limits.level or 1.0
            if sign * change < level:
                continue
            start_s, end_s = curves.times_s[recent[0]], curves.times_s[recent[-1]] + STEP_S
            sure = confidence_of(sign * change / level, limits)
            cues.append(measured_cue(kind, start_s, end_s, change, sure))
    return cues


def burst_cues(curves: VoiceCurves, inside: NDArray[np.bool_]) -> list[Cue]:
    """Words much louder than the rest of the speech."""
    level = moving_mean(curves.times_s, curves.loudness_db, BURST_SMOOTH_S)
    # Voice dies away in every syllable: what is usual is the level of the vowels, not the mean.
    usual = percentile(np.where(inside & curves.voiced, level, np.nan), USUAL_PERCENTILE)
    above = np.where(inside, level - usual, np.nan)
    return curve_cues("loud-burst", curves.times_s, above, 0.0)


def tremor_cues(curves: VoiceCurves) -> list[Cue]:
    """A pitch that wavers regularly, four to nine times a second, in one stretch of voice."""
    limits = rule("voice-tremor")
    pitch = clean_semitones(curves)
    slow = moving_mean(curves.times_s, pitch, 0.25)
    cues = []
    for run in find_spans(
        curves.times_s, (~np.isnan(pitch)).astype(float), min_duration_s=limits.min_s
    ):
        wave = (pitch - slow)[run.first : run.last + 1]
        depth = float(np.sqrt((wave**2).mean()) * np.sqrt(2))
        if not (limits.level or 0.0) <= depth <= MAX_TREMOR or not _regular(wave):
            continue
        sure = confidence_of(depth / (limits.level or 1.0), limits)
        cues.append(measured_cue("voice-tremor", run.start_s, run.end_s, depth, sure))
    return cues


def _regular(wave: Series) -> bool:
    """Whether a wave crosses zero again and again with a period of tremor."""
    crossings = np.flatnonzero(np.diff(np.sign(wave)) != 0)
    if len(crossings) < MIN_TURNS:
        return False
    periods = 2 * np.diff(crossings) * STEP_S
    low, high = TREMOR_PERIODS_S
    good = (periods >= low) & (periods <= high)
    return bool(good.mean() > 0.7)
