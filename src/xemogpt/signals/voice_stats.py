"""Numbers of a stretch of speech: pitch level and range, trends, syllables, voice quality."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xemogpt.signals.timeline import Series, Span, moving_mean, percentile, smooth
from xemogpt.signals.voice_curves import STEP_S, VoiceCurves

NUCLEUS_DIP_DB = 2.0
"""Loudness must fall by this between two syllables."""
NUCLEUS_RANGE_DB = 25.0
"""A syllable is at most this far below the loudest of the clip."""
MIN_VOICED = 12
"""Fewer voiced frames (0.2 s) make no statistics."""


@dataclass(frozen=True)
class VoiceStats:
    """Summary of the speech of a clip; NaN where there is too little of it."""

    speech_s: float
    """Seconds of speech, pauses left out."""
    pitch_hz: float
    """Median pitch."""
    pitch_range: float
    """10th to 90th percentile of the pitch in semitones."""
    pitch_trend: float
    """Semitones from the start of the speech to its end, by a straight line."""
    loudness_db: float
    """Mean level of the syllables in dB of full scale."""
    loudness_range: float
    """10th to 90th percentile of the syllables' levels in dB."""
    loudness_trend: float
    """dB from the start of the speech to its end, by a straight line."""
    num_syllables: int
    syllable_rate: float
    """Syllables a second of speech."""
    hnr_db: float
    alpha_db: float


def speech_frames(curves: VoiceCurves, spans: list[Span]) -> NDArray[np.bool_]:
    """Which frames lie in speech (N,)."""
    flags = np.zeros(len(curves.times_s), bool)
    for span in spans:
        flags[span.first : span.last + 1] = True
    return flags


def voice_stats(curves: VoiceCurves, spans: list[Span]) -> VoiceStats:
    """Statistics over the stretches of speech."""
    inside = speech_frames(curves, spans)
    pitch = clean_semitones(curves)
    pitch = np.where(inside, pitch, np.nan)
    enough = int((~np.isnan(pitch)).sum()) >= MIN_VOICED
    nuclei = syllable_nuclei(curves, inside)
    speech_s = float(inside.sum()) * STEP_S
    levels = curves.loudness_db[nuclei]
    median = percentile(pitch, 50)
    return VoiceStats(
        speech_s=speech_s,
        pitch_hz=100 * 2 ** (median / 12) if enough else np.nan,
        pitch_range=percentile(pitch, 90) - percentile(pitch, 10) if enough else np.nan,
        pitch_trend=_trend(curves.times_s, pitch) if enough else np.nan,
        loudness_db=float(levels.mean()) if levels.size else np.nan,
        loudness_range=float(np.ptp(np.percentile(levels, [10, 90]))) if levels.size else np.nan,
        loudness_trend=_trend(curves.times_s[nuclei], levels) if levels.size > 3 else np.nan,
        num_syllables=len(nuclei),
        syllable_rate=len(nuclei) / speech_s if speech_s > 0.3 else np.nan,
        hnr_db=percentile(np.where(inside, curves.hnr_db, np.nan), 50) if enough else np.nan,
        alpha_db=percentile(np.where(inside, curves.alpha_db, np.nan), 50) if enough else np.nan,
    )


def clean_semitones(curves: VoiceCurves) -> Series:
    """Pitch in semitones with octave jumps and single frames removed (N,)."""
    pitch = smooth(curves.times_s, curves.semitones, 0.05)
    usual = percentile(pitch, 50)
    with np.errstate(invalid="ignore"):
        # No voice moves further than this within a clip; trackers double and halve.
        pitch = np.where(np.abs(pitch - usual) > 15, np.nan, pitch)
    return pitch


def syllable_nuclei(curves: VoiceCurves, inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Frames of syllable nuclei: voiced peaks of loudness with a dip of 2 dB between them.

    After de Jong & Wempe (2009), on loudness smoothed over 48 ms.
    """
    level = moving_mean(curves.times_s, curves.loudness_db, 0.05)
    if not inside.any():
        return np.zeros(0, np.int64)
    floor = np.percentile(level[inside], 98) - NUCLEUS_RANGE_DB
    nuclei: list[int] = []
    lowest = np.inf
    for index in range(1, len(level) - 1):
        lowest = min(lowest, level[index])
        if not (level[index - 1] < level[index] >= level[index + 1]):
            continue
        near = curves.voiced[max(0, index - 1) : index + 2].any()
        if not (near and inside[index] and level[index] >= floor):
            continue
        if nuclei and min(level[nuclei[-1]], level[index]) - lowest < NUCLEUS_DIP_DB:
            # No dip: the same syllable; keep its louder peak.
            if level[index] > level[nuclei[-1]]:
                nuclei[-1] = index
                lowest = level[index]
            continue
        if nuclei or level[index] >= floor:
            nuclei.append(index)
            lowest = level[index]
    return np.array(nuclei, np.int64)


def _trend(times_s: Series, values: Series) -> float:
    """Change along a robust straight line from first to last known value (Theil-Sen)."""
    known = np.flatnonzero(~np.isnan(values))
    if known.size < 4:
        return float("nan")
    picked = known[np.linspace(0, known.size - 1, min(known.size, 120)).astype(int)]
    t, v = times_s[picked], values[picked]
    early, late = np.triu_indices(len(t), 1)
    apart = t[late] - t[early]
    far = apart > 0.25 * (t[-1] - t[0])
    slope = float(np.median((v[late] - v[early])[far] / apart[far]))
    return slope * float(t[-1] - t[0])
