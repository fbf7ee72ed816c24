"""Quality scores that follow from a measurement; what cannot be measured has no score."""

import numpy as np
from numpy.typing import NDArray

from xemogpt.signals.timeline import Curve, Measurement, Series, sample_step

MIN_STRETCH_S = 0.2
"""Less speech, or less of anything else, has no level worth a number."""
GUARD_S = 0.1
"""The edges of speech belong to neither side of the signal-to-noise ratio."""
DIGITAL_SILENCE_DB = -90.0
"""Below this there is no noise to compare with: the sound was cut off or synthesised."""


def measured_scores(found: Measurement, duration_s: float | None) -> dict[str, float]:
    """Scores of what detectors saw and heard, each only where it can be known.

    ``face_coverage``, ``speech_coverage``, ``speech_level_db`` and ``snr_db``; see
    ``docs/emocue.md`` for what they mean.
    """
    codes = {text.partition(":")[0] for text in found.warnings}
    scores: dict[str, float] = {}
    if "no-video" not in codes:
        scores["face_coverage"] = _face_coverage(_curve(found, "head yaw"))
    if not codes & {"no-sound", "short-sound", "silence"}:
        scores |= _sound_scores(found, duration_s)
    return {name: round(value, 4) for name, value in scores.items()}


def _face_coverage(yaw: Curve | None) -> float:
    """Share of the frames in which the main face was found."""
    return 0.0 if yaw is None else float((~np.isnan(yaw.values)).mean())


def _sound_scores(found: Measurement, duration_s: float | None) -> dict[str, float]:
    loudness = _curve(found, "loudness")
    spans = [
        (cue.start_s or 0.0, cue.end_s or 0.0)
        for cue in found.cues.auditory
        if cue.kind == "speech"
    ]
    scores: dict[str, float] = {}
    if duration_s:
        spoken_s = sum(end_s - start_s for start_s, end_s in spans)
        scores["speech_coverage"] = min(1.0, spoken_s / duration_s)
    if loudness is None or not spans:
        return scores
    inside = _within(loudness.times_s, spans, -GUARD_S)
    outside = ~_within(loudness.times_s, spans, GUARD_S)
    speech_db, rest_db = _level(loudness, inside), _level(loudness, outside)
    if speech_db is not None:
        scores["speech_level_db"] = speech_db
        if rest_db is not None and rest_db > DIGITAL_SILENCE_DB:
            scores["snr_db"] = speech_db - rest_db
    return scores


def _within(
    times_s: Series, spans: list[tuple[float, float]], margin_s: float
) -> NDArray[np.bool_]:
    """Which times lie in the spans (N,), grown (or shrunk) by a margin at both ends."""
    flags = np.zeros(len(times_s), bool)
    for start_s, end_s in spans:
        flags |= (times_s >= start_s - margin_s) & (times_s < end_s + margin_s)
    return flags


def _level(loudness: Curve, where: NDArray[np.bool_]) -> float | None:
    """Level of the mean energy in dB of full scale; none if there is too little."""
    levels = loudness.values[where & ~np.isnan(loudness.values)]
    if len(levels) * sample_step(loudness.times_s) < MIN_STRETCH_S:
        return None
    return float(10 * np.log10(np.mean(10 ** (levels / 10))))


def _curve(found: Measurement, name: str) -> Curve | None:
    return next((curve for curve in found.curves if curve.name == name), None)
