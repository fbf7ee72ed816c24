"""Changing how a voice sounds and not what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from xemogpt.emocue.controlled.lexicon import VOWELS
from xemogpt.emocue.controlled.script import Pause, VoiceEdit
from xemogpt.emocue.controlled.speech import Phone, Waveform
from xemogpt.emocue.controlled.vocoder import (
    FRAME_S,
    Floats,
    Vocoded,
    analyse,
    retimed,
    shelf,
    synthesise,
    with_formants,
)
from xemogpt.errors import MediaError
from xemogpt.schema import Word

TREMOR_HZ = 5.5
FADE_S = 0.01
HURRIED_DB = 17.0
"""Fall of the consonants at double rate: a voice that hurries marks its syllables."""
CONSONANT_SHARE = 1.0
"""So much longer than vowels, in shares, do consonants stay at a high rate."""
RAMP_S = 0.05
"""How fast a burst comes and goes."""
MIN_S = 0.1
LARYNX = 0.12
"""Formants follow a changed pitch by this power: who speaks low lowers the larynx."""

EDITS_FOR: Mapping[str, Mapping[str, float]] = {
    "low-pitch": {"pitch_hz": 92.0},
    "high-pitch": {"pitch_hz": 285.0},
    "monotone": {"pitch_range": 0.3},
    "lively-pitch": {"pitch_range": 2.3},
    "pitch-rise": {"pitch_trend_st": 7.0},
    "pitch-fall": {"pitch_trend_st": -9.5, "pitch_range": 0.45},
    "final-rise": {"final_st": 8.0},
    "final-fall": {"final_st": -7.0},
    "voice-tremor": {"tremor_st": 0.95, "pitch_range": 0.65, "rate": 0.87},
    "loudness-rise": {"loudness_trend_db": 12.0},
    "loudness-fall": {"loudness_trend_db": -13.5},
    "loud-burst": {"burst_db": 13.0},
    "fast-speech": {"rate": 1.8},
    "slow-speech": {"rate": 0.56},
    "breathy-voice": {"breathiness": 0.5, "tilt_db": -6.0},
    "tense-voice": {"tilt_db": 11.0},
    "pause": {},
}
"""Auditory kind -> fields of ``VoiceEdit`` that make it heard in a plain reading. Pauses have
their own place in a script."""


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
    require_places(edit, words)
    if len(waveform) < MIN_S * sample_rate:
        raise MediaError(
            f"{len(waveform) / sample_rate:.2f} s of speech; expected {MIN_S} s or more to edit"
        )
    if edit == VoiceEdit(pauses=edit.pauses):
        return with_pauses(waveform, sample_rate, words, phones, edit.pauses)
    speech = edited(analyse(waveform, sample_rate, words, phones), edit)
    return with_pauses(synthesise(speech), sample_rate, speech.words, speech.phones, edit.pauses)


def require_places(edit: VoiceEdit, words: Sequence[Word]) -> None:
    """Check that pauses are where words are.

    Raises:
        MediaError: if a pause is after a word that is not there.
    """
    for pause in edit.pauses:
        if pause.after_word >= len(words):
            raise MediaError(f"a pause after word {pause.after_word}, but there are {len(words)}")


def edited(speech: Vocoded, edit: VoiceEdit) -> Vocoded:
    """Everything but the pauses."""
    if edit.rate != 1.0:
        speech = _at_rate(speech, edit.rate)
    speech = _pitched(speech, edit)
    speech = speech.with_gain_db(shelf(speech, edit.tilt_db))
    speech = speech.with_gain_db(_gain_db(speech, edit)[:, None])
    return replace(speech, noise=speech.noise + edit.breathiness * (1 - speech.noise))


def with_pauses(
    waveform: Waveform,
    sample_rate: int,
    words: Sequence[Word],
    phones: Sequence[Phone],
    pauses: Sequence[Pause],
) -> tuple[Waveform, tuple[Word, ...], tuple[Phone, ...]]:
    """Speech with silences put in, and the times that follow from them."""
    for pause in sorted(pauses, key=lambda each: each.after_word, reverse=True):
        waveform, words, phones = _paused(waveform, sample_rate, words, phones, pause)
    return waveform, tuple(words), tuple(phones)


def _at_rate(speech: Vocoded, rate: float) -> Vocoded:
    """Slower throughout, or faster in the vowels before all, as people are."""
    old_s = FRAME_S * np.arange(len(speech.pitch_hz) + 1, dtype=np.float64)
    steps = np.ones(len(speech.pitch_hz))
    if rate > 1:
        steps += CONSONANT_SHARE * _consonants(speech)
    new_s = np.concatenate([[0.0], np.cumsum(steps)])
    return retimed(speech, old_s, new_s * (old_s[-1] / rate / new_s[-1]))


def _pitched(speech: Vocoded, edit: VoiceEdit) -> Vocoded:
    """Level, range, slope, end and wavering of the pitch."""
    if not speech.voiced.any():
        return speech
    semitones, at_s = speech.semitones, speech.times_s[speech.voiced]
    middle = float(np.median(semitones))
    shift = edit.pitch_shift_st
    if edit.pitch_hz is not None:
        shift += 12 * float(np.log2(edit.pitch_hz / 100)) - middle
    first_s, last_s = float(at_s[0]), float(at_s[-1])
    progress = (at_s - first_s) / max(last_s - first_s, FRAME_S)
    semitones = (
        middle
        + (semitones - middle) * edit.pitch_range
        + shift
        + edit.pitch_trend_st * (progress - 0.5)
        + edit.final_st * speech.ending
        + edit.tremor_st * np.sin(2 * np.pi * TREMOR_HZ * at_s)
    )
    return with_formants(speech.with_semitones(semitones), 2 ** (shift / 12 * LARYNX))


def _gain_db(speech: Vocoded, edit: VoiceEdit) -> Floats:
    """(T,) gain: a trend over the speech, and a burst on the words of the middle third."""
    times_s, words = speech.times_s, speech.words
    start_s = words[0].start_s if words else 0.0
    end_s = words[-1].end_s if words else float(times_s[-1])
    progress = np.clip((times_s - start_s) / max(end_s - start_s, FRAME_S), 0, 1)
    third_s = (end_s - start_s) / 3
    near = [word for word in words if start_s + third_s <= _middle_s(word) <= end_s - third_s]
    loud_s = (near[0].start_s, near[-1].end_s) if near else (start_s + third_s, end_s - third_s)
    outside_s = np.maximum(loud_s[0] - times_s, times_s - loud_s[1])
    inside = np.clip(1 - outside_s / RAMP_S, 0, 1)
    trend = _bent(progress if edit.loudness_trend_db < 0 else 1 - progress)
    gain = abs(edit.loudness_trend_db) * (0.5 - trend) + edit.burst_db * inside
    return np.asarray(gain - HURRIED_DB * max(0.0, edit.rate - 1.0) * _consonants(speech))


def _bent(progress: Floats) -> Floats:
    """0 to 1, slowly at first: the loud end of a trend is level, or it would be a burst."""
    return np.asarray(progress**1.6)


def _consonants(speech: Vocoded) -> Floats:
    """(T,) 1 in consonants, 0 in vowels and silence; soft edges."""
    times_s = speech.times_s
    inside = np.zeros(len(times_s))
    for phone in speech.phones:
        if phone.symbol not in VOWELS:
            inside[(times_s >= phone.start_s) & (times_s < phone.end_s)] = 1.0
    return np.convolve(inside, np.ones(3) / 3, mode="same")


def _middle_s(word: Word) -> float:
    return (word.start_s + word.end_s) / 2


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
        word
        if index <= pause.after_word
        else word.model_copy(
            update={
                "start_s": round(word.start_s + pause.duration_s, 4),
                "end_s": round(word.end_s + pause.duration_s, 4),
            }
        )
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
