"""Edits of a voice: what is asked for can be measured, the rest stays.

The voice of the default tests is generated: harmonics of a gliding pitch with gaps between words.
"""

from pathlib import Path

import numpy as np
import pytest

from xemogpt.emocue.controlled.edits import edit_voice
from xemogpt.emocue.controlled.script import Pause, VoiceEdit
from xemogpt.emocue.controlled.speech import Phone, Speech, Waveform
from xemogpt.errors import MediaError
from xemogpt.schema import Word

RATE = 16_000
WORDS = (
    Word(text="one", start_s=0.1, end_s=0.5),
    Word(text="two", start_s=0.6, end_s=1.0),
    Word(text="three", start_s=1.1, end_s=1.5),
)
PHONES = tuple(Phone("ʌ", word.start_s, word.end_s) for word in WORDS)
pytest.importorskip("pyworld", reason="editing voices needs the extra `controlled`")


@pytest.fixture(scope="module")
def voice() -> Waveform:
    """1.6 s of a generated voice around 150 Hz."""
    times = np.arange(int(1.6 * RATE)) / RATE
    pitch = 150 * 2 ** (np.sin(2 * np.pi * times) * 2 / 12)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    sound = sum(np.sin(k * phase) / k**1.5 for k in range(1, 20))
    spoken = np.zeros_like(times)
    for word in WORDS:
        spoken[(times >= word.start_s) & (times < word.end_s)] = 1.0
    smooth = np.convolve(spoken, np.ones(160) / 160, mode="same")
    return np.asarray(0.2 * sound * smooth, dtype=np.float32)


def _edited(voice: Waveform, **fields: object) -> Waveform:
    return edit_voice(voice, RATE, WORDS, PHONES, VoiceEdit.model_validate(fields))[0]


def _pitch(waveform: Waveform) -> tuple[np.ndarray, np.ndarray]:
    """Times and semitones of the voiced frames, by the tracker that measures real clips."""
    from swift_f0 import SwiftF0

    found = SwiftF0(threads=1).detect(waveform, RATE)
    hz, sure = np.asarray(found.pitch_hz), np.asarray(found.confidence)
    voiced = (sure > 0.5) & (hz > 50)
    return np.asarray(found.timestamps)[voiced], 12 * np.log2(hz[voiced])


def _level_db(waveform: Waveform, start_s: float, end_s: float) -> float:
    part = waveform[int(start_s * RATE) : int(end_s * RATE)]
    return float(10 * np.log10(np.mean(part**2) + 1e-12))


def test_the_default_changes_nothing(voice: Waveform):
    waveform, words, phones = edit_voice(voice, RATE, WORDS, PHONES, VoiceEdit())
    assert np.array_equal(waveform, voice)
    assert (words, phones) == (WORDS, PHONES)


def test_two_edits_are_equal(voice: Waveform):
    one, two = (_edited(voice, tremor_st=0.5, breathiness=0.3) for _ in range(2))
    assert np.array_equal(one, two)


def test_pitch_shift(voice: Waveform):
    before, after = _pitch(voice)[1], _pitch(_edited(voice, pitch_shift_st=4.0))[1]
    assert np.median(after) - np.median(before) == pytest.approx(4.0, abs=0.3)


def test_pitch_range(voice: Waveform):
    before = np.ptp(np.percentile(_pitch(voice)[1], [10, 90]))
    after = np.ptp(np.percentile(_pitch(_edited(voice, pitch_range=0.3))[1], [10, 90]))
    assert after == pytest.approx(0.3 * before, abs=0.4)


def test_pitch_trend(voice: Waveform):
    times, before = _pitch(_edited(voice, pitch_range=0.05))
    slope = np.polyfit(times, before, 1)[0]
    times, after = _pitch(_edited(voice, pitch_range=0.05, pitch_trend_st=6.0))
    assert (np.polyfit(times, after, 1)[0] - slope) * 1.4 == pytest.approx(6.0, abs=0.8)


@pytest.mark.parametrize("rise", [4.0, -4.0])
def test_final_movement(voice: Waveform, rise: float):
    times, pitch = _pitch(_edited(voice, pitch_range=0.05, final_st=rise))
    change = pitch[times > 1.4].mean() - pitch[times < 1.0].mean()
    assert change == pytest.approx(rise * 0.85, abs=0.9)


def test_tremor_wavers(voice: Waveform):
    steady = _pitch(_edited(voice, pitch_range=0.05))[1].std()
    assert _pitch(_edited(voice, pitch_range=0.05, tremor_st=1.0))[1].std() > steady + 0.4


def test_rate_moves_words_and_phones(voice: Waveform):
    waveform, words, phones = edit_voice(voice, RATE, WORDS, PHONES, VoiceEdit(rate=0.8))
    assert len(waveform) / len(voice) == pytest.approx(1.25, abs=0.01)
    assert words[2].start_s == pytest.approx(1.1 / 0.8, abs=0.002)
    assert phones[2].end_s == pytest.approx(1.5 / 0.8, abs=0.002)
    assert _level_db(waveform, words[1].start_s + 0.05, words[1].end_s - 0.05) > -30


def test_fast_speech_shortens_vowels_more(voice: Waveform):
    phones = (Phone("n", 0.1, 0.3), Phone("ʌ", 0.3, 0.5), *PHONES[1:])
    waveform, words, faster = edit_voice(voice, RATE, WORDS, phones, VoiceEdit(rate=1.6))
    assert len(waveform) / len(voice) == pytest.approx(1 / 1.6, abs=0.01)
    assert faster[0].end_s - faster[0].start_s > 1.05 * (faster[1].end_s - faster[1].start_s)
    assert words[0].end_s == pytest.approx(faster[1].end_s)
    assert _level_db(waveform, faster[0].start_s + 0.02, faster[0].end_s - 0.02) < -4 + _level_db(
        waveform, faster[1].start_s + 0.02, faster[1].end_s - 0.02
    )


def test_loudness_trend_and_burst(voice: Waveform):
    louder = _edited(voice, loudness_trend_db=12.0)
    plain = _edited(voice, pitch_range=0.999)
    ends = [_level_db(wave, 1.1, 1.5) - _level_db(wave, 0.1, 0.5) for wave in (plain, louder)]
    assert ends[1] - ends[0] == pytest.approx(8.6, abs=1.5)
    burst = _edited(voice, burst_db=10.0)
    peaks = [_level_db(wave, 0.65, 0.95) - _level_db(wave, 0.1, 0.5) for wave in (plain, burst)]
    assert peaks[1] - peaks[0] == pytest.approx(10.0, abs=1.5)


def test_breath_and_tilt_change_the_spectrum(voice: Waveform):
    def share_above(waveform: Waveform, hz: float) -> float:
        power = np.abs(np.fft.rfft(waveform)) ** 2
        return float(power[np.fft.rfftfreq(len(waveform), 1 / RATE) > hz].sum() / power.sum())

    plain = share_above(_edited(voice, pitch_range=0.999), 1000)
    assert share_above(_edited(voice, tilt_db=8.0), 1000) > 1.5 * plain
    assert share_above(_edited(voice, tilt_db=-8.0), 1000) < 0.7 * plain
    harmonic = np.abs(np.fft.rfft(_edited(voice, breathiness=0.9, pitch_range=0.05)[1600:8000]))
    clean = np.abs(np.fft.rfft(_edited(voice, pitch_range=0.05)[1600:8000]))
    assert np.median(harmonic) / harmonic.max() > 1.5 * np.median(clean) / clean.max()


def test_nothing_clips(voice: Waveform):
    assert np.abs(_edited(voice, burst_db=40.0)).max() <= 1.0


def test_pauses_are_silent_and_move_what_follows(voice: Waveform):
    pauses = (Pause(after_word=0, duration_s=0.5), Pause(after_word=1, duration_s=0.25))
    waveform, words, phones = edit_voice(voice, RATE, WORDS, PHONES, VoiceEdit(pauses=pauses))
    assert len(waveform) == len(voice) + round(0.75 * RATE)
    assert [word.start_s for word in words] == pytest.approx([0.1, 1.1, 1.85])
    assert phones[2].end_s == pytest.approx(2.25)
    assert np.abs(waveform[int(0.51 * RATE) : int(0.99 * RATE)]).max() == 0.0
    speech = Speech(waveform, RATE, words, phones)
    assert speech.duration_s == pytest.approx(2.35)


def test_bad_input(voice: Waveform):
    with pytest.raises(MediaError, match=r"0\.05 s of speech"):
        edit_voice(voice[:800], RATE, WORDS, PHONES, VoiceEdit())
    with pytest.raises(MediaError, match="after word 3, but there are 3"):
        _edited(voice, pauses=[{"after_word": 3, "duration_s": 0.5}])


@pytest.mark.shared
@pytest.mark.weights
def test_detectors_hear_the_edits_in_a_real_voice(shared_dir: Path, tmp_path: Path):
    import soundfile

    from xemogpt.media import open_clips, read_audio
    from xemogpt.signals import Meter

    waveform = read_audio(shared_dir / "data/speech/ravdess_03-01-01-01-01-01-01.flac").waveform
    spoken = (Word(text="Kids are talking by the door.", start_s=1.0, end_s=2.4),)
    meter = Meter()

    def kinds(edit: VoiceEdit) -> set[str | None]:
        path = tmp_path / "voice.wav"
        soundfile.write(path, edit_voice(waveform, RATE, spoken, (), edit)[0], RATE)
        (clip,) = open_clips(path)
        measured = meter.measure(clip, None, recognise=False)
        return {cue.kind for cue in measured.cues.auditory}

    plain = kinds(VoiceEdit(pitch_range=0.999))
    for kind, edit in {
        "high-pitch": VoiceEdit(pitch_shift_st=17.0),
        "lively-pitch": VoiceEdit(pitch_range=4.0),
        "loudness-rise": VoiceEdit(loudness_trend_db=24.0),
        "tense-voice": VoiceEdit(tilt_db=15.0),
    }.items():
        assert kind not in plain
        assert kind in kinds(edit), kind
