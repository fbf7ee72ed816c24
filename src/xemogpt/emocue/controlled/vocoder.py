"""Speech as pitch, spectral envelope and aperiodicity, on the WORLD vocoder.

WORLD (Morise et al. 2016, *IEICE Transactions* E99-D) takes speech apart so that each can be
changed for itself, and puts it together again. Pitch is tracked by SwiftF0, the tracker of the
detectors: WORLD's own loses the lowest of our voices.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from xemogpt.emocue.controlled.speech import Phone, Waveform
from xemogpt.errors import MissingDependencyError
from xemogpt.schema import Word

FRAME_S = 0.005
MIN_HZ, MAX_HZ = 60.0, 500.0
VOICED = 0.3
"""Least confidence of the pitch tracker, as the detectors have it."""
MAX_REFINED = 0.06
"""WORLD's refinement of the pitch is kept if it is this near, as a share."""
QUIET_DB = 38.0
"""So far below the loudest there is no voice, whatever the tracker says."""
FINAL_S = 0.4
FADING_DB = 28.0
"""Voice so far below the loudest is not clear any more."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Vocoded:
    """Speech taken apart, 5 ms a frame."""

    sample_rate: int
    pitch_hz: Floats
    """(T,), 0 where unvoiced."""
    envelope: Floats
    """(T, F) power."""
    noise: Floats
    """(T, F) aperiodicity, 0 to 1."""
    words: tuple[Word, ...]
    phones: tuple[Phone, ...]

    @property
    def times_s(self) -> Floats:
        """(T,) of the frames."""
        return FRAME_S * np.arange(len(self.pitch_hz), dtype=np.float64)

    @property
    def voiced(self) -> npt.NDArray[np.bool_]:
        """(T,) which frames have a pitch."""
        return self.pitch_hz > 0

    @property
    def semitones(self) -> Floats:
        """(V,) pitch of the voiced frames over 100 Hz."""
        return np.asarray(12 * np.log2(self.pitch_hz[self.voiced] / 100))

    @property
    def level_db(self) -> Floats:
        """(T,) level of the frames, on a scale of its own."""
        return np.asarray(10 * np.log10(np.maximum(self.envelope.mean(axis=1), 1e-12)))

    @property
    def ending(self) -> Floats:
        """(V,) 0 until the last 0.4 s of clear voice, then rising to 1 at its end."""
        times_s, level = self.times_s[self.voiced], self.level_db[self.voiced]
        clear_s = times_s[level > np.percentile(level, 95) - FADING_DB]
        last_s = float(clear_s[-1])
        first_s = float(clear_s[clear_s >= last_s - FINAL_S][0])
        return np.clip((times_s - first_s) / max(last_s - first_s, FRAME_S), 0, 1)

    def with_semitones(self, semitones: Floats) -> "Vocoded":
        """With another pitch at the voiced frames (V,), kept within what can be synthesised."""
        pitch = self.pitch_hz.copy()
        pitch[self.voiced] = np.clip(100 * 2 ** (semitones / 12), 0.75 * MIN_HZ, 1.5 * MAX_HZ)
        return replace(self, pitch_hz=pitch)

    def with_gain_db(self, gain_db: Floats) -> "Vocoded":
        """Louder by so many dB; (T, 1), (F,) or (T, F)."""
        return replace(self, envelope=self.envelope * 10 ** (gain_db / 10))


def analyse(
    waveform: Waveform, sample_rate: int, words: Sequence[Word], phones: Sequence[Phone]
) -> Vocoded:
    """Take speech apart.

    Raises:
        MissingDependencyError: if pyworld is not installed.
    """
    world = _world()
    sound = np.ascontiguousarray(waveform, dtype=np.float64)
    num = int(len(sound) / sample_rate / FRAME_S) + 1
    times_s = FRAME_S * np.arange(num, dtype=np.float64)
    tracked = _tracked(waveform, sample_rate, times_s)
    refined = world.stonemask(sound, tracked, times_s, sample_rate)
    near = np.abs(refined - tracked) < MAX_REFINED * tracked
    pitch = np.ascontiguousarray(np.where(near, refined, tracked))
    envelope = world.cheaptrick(sound, pitch, times_s, sample_rate)
    level = 10 * np.log10(np.maximum(envelope.mean(axis=1), 1e-12))
    pitch[level < np.percentile(level, 95) - QUIET_DB] = 0.0
    # Threshold 0: the tracker has said what is voiced.
    noise = world.d4c(sound, pitch, times_s, sample_rate, threshold=0.0)
    return Vocoded(sample_rate, pitch, envelope, noise, tuple(words), tuple(phones))


def synthesise(speech: Vocoded) -> Waveform:
    """(S,) float32 sound, scaled down as a whole if it would clip."""
    made = _world().synthesize(
        np.ascontiguousarray(speech.pitch_hz),
        np.ascontiguousarray(np.maximum(speech.envelope, 1e-16)),
        np.ascontiguousarray(np.clip(speech.noise, 0, 1)),
        speech.sample_rate,
        FRAME_S * 1000,
    )
    peak = float(np.abs(made).max(initial=0.0))
    return np.asarray(made / max(1.0, peak / 0.98), dtype=np.float32)


def retimed(speech: Vocoded, old_s: Floats, new_s: Floats) -> Vocoded:
    """What was at each time ``old_s`` (K,) is moved to ``new_s`` (K,); linear between."""
    num = int(new_s[-1] / FRAME_S) + 1
    sources = np.interp(np.arange(num) * FRAME_S, new_s, old_s) / FRAME_S
    kept = np.clip(np.round(sources).astype(np.int64), 0, len(speech.pitch_hz) - 1)

    def moved(time_s: float) -> float:
        return round(float(np.interp(time_s, old_s, new_s)), 4)

    return replace(
        speech,
        pitch_hz=speech.pitch_hz[kept],
        envelope=speech.envelope[kept],
        noise=speech.noise[kept],
        words=tuple(
            word.model_copy(update={"start_s": moved(word.start_s), "end_s": moved(word.end_s)})
            for word in speech.words
        ),
        phones=tuple(
            replace(phone, start_s=moved(phone.start_s), end_s=moved(phone.end_s))
            for phone in speech.phones
        ),
    )


def with_formants(speech: Vocoded, factor: float) -> Vocoded:
    """Formants moved by a factor: above 1 sounds like a shorter vocal tract."""
    if factor == 1.0:
        return speech
    num = speech.envelope.shape[1]
    at = np.clip(np.arange(num) / factor, 0, num - 1)
    low = np.minimum(at.astype(np.int64), num - 2)
    share = at - low
    logs = np.log(np.maximum(speech.envelope, 1e-16))
    envelope = np.exp(logs[:, low] * (1 - share) + logs[:, low + 1] * share)
    noise = speech.noise[:, low] * (1 - share) + speech.noise[:, low + 1] * share
    return replace(speech, envelope=envelope, noise=noise)


def shelf(speech: Vocoded, tilt_db: float) -> Floats:
    """(F,) gain that rises by ``tilt_db`` between 0.6 and 1.8 kHz: what effort does to a voice."""
    hertz = np.linspace(0, speech.sample_rate / 2, speech.envelope.shape[1])
    octaves = np.log2(np.maximum(hertz, 1.0) / 600.0) / np.log2(1800.0 / 600.0)
    share = np.clip(octaves, 0, 1)
    return np.asarray(tilt_db * share**2 * (3 - 2 * share))


def _tracked(waveform: Waveform, sample_rate: int, times_s: Floats) -> Floats:
    """(T,) pitch in Hz, 0 where unvoiced."""
    found = _tracker().detect(
        np.asarray(waveform, np.float32), sample_rate, fmin=MIN_HZ, fmax=MAX_HZ
    )
    sure = found.confidence >= VOICED
    if not sure.any():
        return np.zeros_like(times_s)
    near = np.interp(times_s, found.timestamps, sure.astype(np.float64)) > 0.5
    logs = np.interp(times_s, found.timestamps[sure], np.log(found.pitch_hz[sure]))
    return np.where(near, np.exp(logs), 0.0)


@cache
def _tracker() -> Any:
    from swift_f0 import SwiftF0

    return SwiftF0(threads=1, spin=False)


def _world() -> Any:
    try:
        import warnings

        with warnings.catch_warnings():
            # pyworld asks pkg_resources for its own version; that is deprecated and harmless.
            warnings.simplefilter("ignore")
            import pyworld
    except ImportError as error:
        raise MissingDependencyError(
            'editing voices needs pyworld; run: pip install "xemogpt[controlled]"'
        ) from error
    return pyworld
