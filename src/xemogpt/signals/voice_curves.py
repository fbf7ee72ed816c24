"""Curves of a voice on one 16 ms grid: voice activity, pitch, loudness, harmonics, spectrum."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from xemogpt.media.audio import SAMPLE_RATE
from xemogpt.signals.timeline import Curve, Series, Span, find_spans, moving_mean
from xemogpt.signals.vocabulary import rule

HOP = 256
STEP_S = HOP / SAMPLE_RATE
WINDOW = 1024  # 64 ms: three periods of the lowest pitch
VOICED = 0.3
"""Least confidence of the pitch tracker; 0.9 drops most voiced frames of real speech."""
MIN_HZ, MAX_HZ = 60.0, 500.0
FLOOR_DB = -100.0
MIN_SAMPLES = 1600
"""0.1 s: with less there is nothing to measure."""
VAD_WINDOW = 512
PAUSE_DEPTH_DB = 32.0
"""So far below the loudest speech there is no speech."""
PITCH_REFERENCE_HZ = 100.0


class Bands(NamedTuple):
    """Edges in Hz of the alpha ratio."""

    low: tuple[float, float] = (50.0, 1000.0)
    high: tuple[float, float] = (1000.0, 5000.0)


@dataclass(frozen=True)
class VoiceCurves:
    """Curves (N,) of a voice, 16 ms apart."""

    times_s: Series
    """Centre of each frame, in seconds from the start of the media."""
    speech: Series
    """Probability of voice activity."""
    pitch_hz: Series
    """NaN where unvoiced."""
    loudness_db: Series
    """Level in dB of full scale."""
    hnr_db: Series
    """Harmonics-to-noise ratio; NaN where unvoiced."""
    alpha_db: Series
    """Energy at 1-5 kHz over that at 50-1000 Hz; NaN where unvoiced."""
    peak: float
    """Largest absolute sample."""

    @property
    def semitones(self) -> Series:
        """Pitch in semitones over 100 Hz (N,)."""
        return 12 * np.log2(self.pitch_hz / PITCH_REFERENCE_HZ)

    @property
    def voiced(self) -> NDArray[np.bool_]:
        """Which frames have a pitch (N,)."""
        return ~np.isnan(self.pitch_hz)

    def speech_spans(self) -> list[Span]:
        """Stretches of speech; gaps under 0.25 s belong to them."""
        limits = rule("speech")
        level = limits.level or 0.5
        loudness = moving_mean(self.times_s, self.loudness_db, 0.08)
        # Voice activity rides over short stops; the level does not.
        floor = np.percentile(loudness, 95) - PAUSE_DEPTH_DB
        return find_spans(
            self.times_s - STEP_S / 2,
            np.where(loudness > floor, self.speech, 0.0),
            enter=level,
            leave=level * limits.keep,
            min_duration_s=limits.min_s,
            merge_gap_s=limits.gap_s,
        )


class VoiceAnalyser:
    """Pitch (SwiftF0) and voice activity (Silero), both ONNX, loaded once. Not thread-safe."""

    def __init__(self) -> None:
        from faster_whisper.vad import get_vad_model
        from swift_f0 import SwiftF0

        # One sleeping thread each: the models are small, and faces are tracked beside them.
        self._pitch: Any = SwiftF0(threads=1, spin=False)
        self._activity: Any = get_vad_model()

    def curves(self, waveform: NDArray[np.float32], start_s: float = 0.0) -> VoiceCurves | None:
        """Curves of a waveform (S,) at 16 kHz, or none if it lasts under 0.1 s."""
        if len(waveform) < MIN_SAMPLES:
            return None
        num = len(waveform) // HOP
        found = self._pitch.detect(waveform, SAMPLE_RATE, fmin=MIN_HZ, fmax=MAX_HZ)
        pitch = np.where(found.confidence[:num] >= VOICED, found.pitch_hz[:num], np.nan)
        frames = _frames(waveform, num)
        loudness = _level(frames)
        # What is far below the loudest speech is breath or room, whatever the tracker says.
        pitch[loudness < max(FLOOR_DB / 2 - 5, np.percentile(loudness, 95) - 35)] = np.nan
        speech = self._speech_probability(waveform, num)
        power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW), 2 * WINDOW, axis=1)) ** 2
        known = ~np.isnan(pitch)
        return VoiceCurves(
            times_s=(start_s + (np.arange(num) + 0.5) * STEP_S).astype(np.float64),
            speech=speech,
            pitch_hz=pitch,
            loudness_db=loudness,
            hnr_db=np.where(known, _harmonics(power, pitch), np.nan),
            alpha_db=np.where(known, _alpha(power), np.nan),
            peak=float(np.abs(waveform).max()),
        )

    def _speech_probability(self, waveform: NDArray[np.float32], num: int) -> Series:
        """Silero's probability of each 32 ms window, repeated onto the grid (num,)."""
        padded = np.pad(waveform, (0, -len(waveform) % VAD_WINDOW)).astype(np.float32)
        probability = np.asarray(self._activity(padded), np.float64).ravel()
        return np.repeat(probability, VAD_WINDOW // HOP)[:num]


def voice_plots(curves: VoiceCurves) -> tuple[Curve, ...]:
    """The curves worth plotting."""
    return (
        Curve("pitch", curves.times_s, curves.pitch_hz, "Hz"),
        Curve("loudness", curves.times_s, curves.loudness_db, "dB of full scale"),
        Curve("speech", curves.times_s, curves.speech, "probability"),
    )


def _frames(waveform: NDArray[np.float32], num: int) -> NDArray[np.float32]:
    """Windows (num, 1024) centred on each hop."""
    before = (WINDOW - HOP) // 2
    padded = np.pad(waveform, (before, WINDOW))
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)
    frames: NDArray[np.float32] = windows[: num * HOP : HOP]
    return frames


def _level(frames: NDArray[np.float32]) -> Series:
    """Level of the middle 32 ms of each window in dB of full scale (N,)."""
    quarter = WINDOW // 4
    middle = frames[:, quarter : 3 * quarter].astype(np.float64)
    rms = np.sqrt((middle**2).mean(axis=1))
    level: Series = 20 * np.log10(np.maximum(rms, 10 ** (FLOOR_DB / 20)))
    return level


def _harmonics(power: Series, pitch_hz: Series) -> Series:
    """Harmonics-to-noise ratio in dB from the autocorrelation at the pitch period (N,).

    The window's own autocorrelation is divided out, as Boersma (1993) does.
    """
    correlation = np.fft.irfft(power, axis=1)[:, :WINDOW]
    window = np.hanning(WINDOW)
    own = np.fft.irfft(np.abs(np.fft.rfft(window, 2 * WINDOW)) ** 2)[:WINDOW]
    normal = correlation / np.maximum(correlation[:, :1], 1e-12) / (own / own[0])[None]
    lags = np.nan_to_num(SAMPLE_RATE / pitch_hz, nan=100.0)
    # The tracker's pitch is off by up to a few per cent: take the best lag near it.
    near = np.stack([np.round(lags * factor) for factor in np.linspace(0.96, 1.04, 9)])
    near = np.clip(near, 1, WINDOW // 2).astype(int)
    best = normal[np.arange(len(power))[None], near].max(axis=0)
    best = np.clip(best, 1e-3, 1 - 1e-3)
    ratio: Series = 10 * np.log10(best / (1 - best))
    return ratio


def _alpha(power: Series) -> Series:
    """Energy of the high band over the low band in dB (N,)."""
    hertz = np.fft.rfftfreq(2 * WINDOW, 1 / SAMPLE_RATE)
    low, high = Bands()
    sums = [power[:, (hertz >= edges[0]) & (hertz < edges[1])].sum(axis=1) for edges in (low, high)]
    ratio: Series = 10 * np.log10(np.maximum(sums[1], 1e-12) / np.maximum(sums[0], 1e-12))
    return ratio
