"""Other voices from one: pitch, formants, tempo, gain, noise and room, drawn within ranges."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import signal

from xemogpt.config import Config
from xemogpt.media.audio import SAMPLE_RATE

Waveform = npt.NDArray[np.float32]
WINDOW, HOP = 512, 128
LIFTER = 30  # cepstral coefficients of the envelope: formants, not harmonics


class AugmentSettings(Config):
    """Ranges that each augmented copy is drawn from; 0 switches a change off.

    Wide ranges change cues (a raised pitch is a cue), so the defaults stay within what
    differs between speakers.
    """

    num_variants: int = Field(default=0, ge=0)
    """Augmented copies of each clip, cached beside the clip itself."""
    pitch_semitones: float = Field(default=3.0, ge=0, le=12)
    """Voice pitch, up or down."""
    formant_ratio: float = Field(default=0.15, ge=0, lt=0.5)
    """Length of the vocal tract: formants move by a factor of 1 +- this, whatever the pitch."""
    tempo_ratio: float = Field(default=0.12, ge=0, lt=0.5)
    """Speed of speech at unchanged pitch: a factor of 1 +- this."""
    gain_db: float = Field(default=6.0, ge=0, le=40)
    """Loudness."""
    noise_snr_db: float | None = Field(default=20.0, ge=0)
    """Least signal-to-noise ratio of added noise, between white and brown; none adds none."""
    room_s: float = Field(default=0.3, ge=0, le=2)
    """Longest reverberation time (fall by 60 dB); half of the copies get some."""
    seed: int = 0
    """Of all draws."""


def augment(waveform: Waveform, settings: AugmentSettings, rng: np.random.Generator) -> Waveform:
    """Draw one copy of a waveform, float32 (S,) at 16 kHz; its length follows the tempo."""
    pitch = 2.0 ** (rng.uniform(-1, 1) * settings.pitch_semitones / 12)
    formants = 1 + rng.uniform(-1, 1) * settings.formant_ratio
    tempo = 1 + rng.uniform(-1, 1) * settings.tempo_ratio
    out = change_pitch(waveform, pitch) if settings.pitch_semitones else waveform
    if settings.formant_ratio:
        # Shifting the pitch moved the formants along: what remains brings them to their place.
        out = change_formants(out, formants / (pitch if settings.pitch_semitones else 1.0))
    if settings.tempo_ratio:
        out = change_tempo(out, tempo)
    if settings.room_s and rng.random() < 0.5:
        out = add_room(out, rng.uniform(0.05, 1) * settings.room_s, rng)
    if settings.noise_snr_db is not None:
        out = add_noise(out, settings.noise_snr_db + rng.exponential(10.0), rng)
    out = out * 10 ** (rng.uniform(-1, 1) * settings.gain_db / 20)
    return np.clip(out, -1, 1).astype(np.float32)


def change_tempo(waveform: Waveform, factor: float) -> Waveform:
    """Speak ``factor`` times as fast at unchanged pitch (phase vocoder): S -> about S / factor.

    >>> len(change_tempo(np.zeros(16_000, dtype=np.float32), 2.0))
    8000
    """
    spectra = _spectra(waveform)  # (F, T)
    times = np.arange(0, spectra.shape[1] - 1, factor)
    left = times.astype(int)
    part = times - left
    sizes = np.abs(spectra)
    magnitude = (1 - part) * sizes[:, left] + part * sizes[:, left + 1]
    advance = 2 * np.pi * HOP * np.arange(len(spectra)) / WINDOW
    turn = np.angle(spectra[:, left + 1]) - np.angle(spectra[:, left]) - advance[:, None]
    turn = turn - 2 * np.pi * np.round(turn / (2 * np.pi)) + advance[:, None]
    phase = np.cumsum(np.concatenate([np.angle(spectra[:, :1]), turn[:, :-1]], axis=1), axis=1)
    return _waveform(magnitude * np.exp(1j * phase), round(len(waveform) / factor))


def change_pitch(waveform: Waveform, factor: float) -> Waveform:
    """Multiply every frequency, formants included, at unchanged length."""
    ratio = Fraction(factor).limit_denominator(60)
    slowed = change_tempo(waveform, 1 / float(ratio))
    shifted = signal.resample_poly(slowed, ratio.denominator, ratio.numerator)
    return _fit(shifted, len(waveform))


def change_formants(waveform: Waveform, factor: float) -> Waveform:
    """Move the spectral envelope up by ``factor``; pitch and length stay."""
    spectra = _spectra(waveform)
    logs = np.log(np.abs(spectra) + 1e-6)
    cepstra = np.fft.irfft(logs, axis=0)
    cepstra[LIFTER:-LIFTER] = 0
    envelope = np.fft.rfft(cepstra, axis=0).real  # (F, T)
    bins = np.arange(len(spectra))
    source = np.clip(bins / factor, 0, len(bins) - 1)
    low = source.astype(int)
    high = np.minimum(low + 1, len(bins) - 1)
    part = (source - low)[:, None]
    moved = (1 - part) * envelope[low] + part * envelope[high]
    return _waveform(spectra * np.exp(moved - envelope), len(waveform))


def add_noise(waveform: Waveform, snr_db: float, rng: np.random.Generator) -> Waveform:
    """Add noise of a drawn colour, ``snr_db`` below the clip's own power."""
    white = np.fft.rfft(rng.standard_normal(len(waveform)))
    colour = np.arange(1, len(white) + 1) ** (-rng.uniform(0, 1))
    noise = np.fft.irfft(white * colour, len(waveform))
    power = float(np.mean(waveform.astype(np.float64) ** 2))
    scale = np.sqrt(power / 10 ** (snr_db / 10) / max(float(np.mean(noise**2)), 1e-20))
    noisy: Waveform = (waveform + scale * noise).astype(np.float32)
    return noisy


def add_room(waveform: Waveform, decay_s: float, rng: np.random.Generator) -> Waveform:
    """Reverberate: direct sound, then noise that falls by 60 dB within ``decay_s``."""
    times = np.arange(max(int(decay_s * SAMPLE_RATE), 2)) / SAMPLE_RATE
    response = rng.standard_normal(len(times)) * 10 ** (-3 * times / decay_s)
    response *= 0.5 / np.linalg.norm(response)
    response[0] = 1.0
    return _fit(np.asarray(signal.fftconvolve(waveform, response)), len(waveform))


def variant_rng(settings: AugmentSettings, sha256: str, variant: int) -> np.random.Generator:
    """The generator of one copy: the same for the same clip, seed and number on any machine."""
    return np.random.default_rng([settings.seed, variant, int(sha256[:16], 16)])


def _spectra(waveform: Waveform) -> npt.NDArray[Any]:
    return np.asarray(_transform("stft")(waveform, nperseg=WINDOW, noverlap=WINDOW - HOP)[2])


def _waveform(spectra: npt.NDArray[Any], length: int) -> Waveform:
    return _fit(_transform("istft")(spectra, nperseg=WINDOW, noverlap=WINDOW - HOP)[1], length)


def _transform(name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(signal, name)
    return found


def _fit(waveform: npt.NDArray[Any], length: int) -> Waveform:
    """Cut or fill up with silence."""
    padded = np.pad(waveform[:length], (0, max(0, length - len(waveform))))
    return padded.astype(np.float32)
