"""Changing how a voice sounds and not what it says, on the WORLD vocoder.

WORLD (Morise et al. 2016, *IEICE Transactions* E99-D) splits speech into pitch, spectral envelope
and aperiodicity; each is changed for itself and the speech put together again.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from xemogpt.emocue.controlled.script import Pause, VoiceEdit
from xemogpt.emocue.controlled.speech import Phone, Waveform
from xemogpt.errors import MediaError, MissingDependencyError
from xemogpt.schema import Word

FRAME_S = 0.005
FINAL_S = 0.4
TREMOR_HZ = 5.5
FADE_S = 0.01
PITCH_FLOOR_HZ, PITCH_CEILING_HZ = 60.0, 500.0
MIN_S = 0.1
Floats = npt.NDArray[np.float64]


def edit_voice(
    waveform: Waveform,
    sample_rate: int,
    words: Sequence[Word],
    phones: Sequence[Phone],
    edit: VoiceEdit,
) -> tuple[Waveform, tuple[Word, ...], tuple[Phone, ...]]:
    """Speech as ``edit`` says, with the times of its words and phones.

    Args:
        waveform: mono, (S,), full scale at 1.
        sample_rate: of the waveform, in Hz.
        words: with times in the waveform; pauses and bursts are placed by them.
        phones: with times in the waveform.
        edit: what is changed; the default changes nothing.

    Returns:
        The waveform, scaled down as a whole if it would clip, words and phones.

    Raises:
        MediaError: if the speech is too short or a pause is after a word that is not there.
        MissingDependencyError: if pyworld is not installed.
    """
    if len(waveform) < MIN_S * sample_rate:
        raise MediaError(
            f"{len(waveform) / sample_rate:.2f} s of speech; expected {MIN_S} s or more to edit"
        )
    for pause in edit.pauses:
        if pause.after_word >= len(words):
            raise MediaError(f"a pause after word {pause.after_word}, but there are {len(words)}")
    if edit != VoiceEdit(pauses=edit.pauses):
        waveform = _resounded(waveform, sample_rate, words, edit)
        words = [_moved(word, edit.rate) for word in words]
        phones = [
            replace(phone, start_s=phone.start_s / edit.rate, end_s=phone.end_s / edit.rate)
            for phone in phones
        ]
    for pause in sorted(edit.pauses, key=lambda each: each.after_word, reverse=True):
        waveform, words, phones = _paused(waveform, sample_rate, words, phones, pause)
    return waveform, tuple(words), tuple(phones)


def _resounded(
    waveform: Waveform, sample_rate: int, words: Sequence[Word], edit: VoiceEdit
) -> Waveform:
    """Everything but the pauses."""
    world = _world()
    sound = np.ascontiguousarray(waveform, dtype=np.float64)
    pitch, times_s = world.harvest(
        sound, sample_rate, f0_floor=PITCH_FLOOR_HZ, f0_ceil=PITCH_CEILING_HZ,
        frame_period=FRAME_S * 1000,
    )  # fmt: skip
    envelope = world.cheaptrick(sound, pitch, times_s, sample_rate)
    noise = world.d4c(sound, pitch, times_s, sample_rate)
    pitch = _pitch(pitch, times_s, edit)
    envelope = envelope * 10 ** (_tilt_db(envelope.shape[1], edit.tilt_db) / 10)
    envelope = envelope * 10 ** (_gain_db(times_s, words, edit)[:, None] / 10)
    noise = np.clip(noise + edit.breathiness * (1 - noise), 0, 1)
    kept = np.arange(int(len(pitch) / edit.rate)) * edit.rate
    kept = np.clip(kept.astype(np.int64), 0, len(pitch) - 1)
    made = world.synthesize(
        np.ascontiguousarray(pitch[kept]), np.ascontiguousarray(envelope[kept]),
        np.ascontiguousarray(noise[kept]), sample_rate, FRAME_S * 1000,
    )  # fmt: skip
    peak = float(np.abs(made).max(initial=0.0))
    return np.asarray(made / max(1.0, peak / 0.98), dtype=np.float32)


def _pitch(pitch: Floats, times_s: Floats, edit: VoiceEdit) -> Floats:
    """(T,) pitch in Hz as edited; 0 stays where there is no voice."""
    voiced = pitch > 0
    if not voiced.any():
        return pitch
    semitones = 12 * np.log2(pitch[voiced])
    mean = semitones.mean()
    at_s = times_s[voiced]
    first_s, last_s = float(at_s[0]), float(at_s[-1])
    progress = (at_s - first_s) / max(last_s - first_s, FRAME_S)
    ending = np.clip((at_s - (last_s - FINAL_S)) / FINAL_S, 0, 1)
    wavering = np.sin(2 * np.pi * TREMOR_HZ * at_s / edit.rate)
    semitones = (
        mean
        + (semitones - mean) * edit.pitch_range
        + edit.pitch_shift_st
        + edit.pitch_trend_st * (progress - 0.5)
        + edit.final_st * ending
        + edit.tremor_st * wavering
    )
    edited = np.zeros_like(pitch)
    edited[voiced] = np.clip(2 ** (semitones / 12), PITCH_FLOOR_HZ * 0.75, PITCH_CEILING_HZ * 1.5)
    return edited


def _tilt_db(num_bins: int, tilt_db: float) -> Floats:
    """(F,) gain that pivots at a quarter of the band."""
    return np.asarray(tilt_db * (np.linspace(0, 1, num_bins) - 0.25))


def _gain_db(times_s: Floats, words: Sequence[Word], edit: VoiceEdit) -> Floats:
    """(T,) gain: a trend over the speech, and a burst on the words of the middle third."""
    start_s = words[0].start_s if words else float(times_s[0])
    end_s = words[-1].end_s if words else float(times_s[-1])
    progress = np.clip((times_s - start_s) / max(end_s - start_s, FRAME_S), 0, 1)
    gain = edit.loudness_trend_db * (progress - 0.5)
    third_s = (end_s - start_s) / 3
    inside = (times_s >= start_s + third_s) & (times_s <= end_s - third_s)
    return np.asarray(gain + edit.burst_db * inside)


def _paused(
    waveform: Waveform,
    sample_rate: int,
    words: Sequence[Word],
    phones: Sequence[Phone],
    pause: Pause,
) -> tuple[Waveform, list[Word], list[Phone]]:
    """Silence after a word, faded on both sides; what follows is moved."""
    at_s = words[pause.after_word].end_s
    at = min(round(at_s * sample_rate), len(waveform))
    fade = min(round(FADE_S * sample_rate), at, len(waveform) - at)
    before, after = waveform[:at].copy(), waveform[at:].copy()
    if fade:
        before[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
        after[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
    silence = np.zeros(round(pause.duration_s * sample_rate), dtype=np.float32)
    later_words = [
        word if index <= pause.after_word else _moved(word, 1.0, pause.duration_s)
        for index, word in enumerate(words)
    ]
    # A phone belongs to what comes after the cut if most of it does.
    later_phones = [
        phone
        if (phone.start_s + phone.end_s) / 2 < at_s
        else replace(
            phone,
            start_s=phone.start_s + pause.duration_s,
            end_s=phone.end_s + pause.duration_s,
        )
        for phone in phones
    ]
    return np.concatenate([before, silence, after]), later_words, later_phones


def _moved(word: Word, rate: float, by_s: float = 0.0) -> Word:
    return word.model_copy(
        update={"start_s": word.start_s / rate + by_s, "end_s": word.end_s / rate + by_s}
    )


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
