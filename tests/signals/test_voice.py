import numpy as np
import pytest

from xemogpt.media.audio import SAMPLE_RATE
from xemogpt.schema import Cue, Transcript, Word
from xemogpt.signals.voice import voice_cues
from xemogpt.signals.voice_curves import STEP_S, VoiceAnalyser, VoiceCurves
from xemogpt.signals.voice_stats import voice_stats


@pytest.fixture(scope="module")
def analyser() -> VoiceAnalyser:
    return VoiceAnalyser()


def vowel(hertz: float = 120.0, duration_s: float = 1.0, level: float = 0.1) -> np.ndarray:
    """Twelve harmonics that fall by 6 dB an octave."""
    t = np.arange(int(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    wave = sum(np.sin(2 * np.pi * hertz * k * t) / k for k in range(1, 13))
    return (level * wave / np.abs(wave).max()).astype(np.float32)


def make_curves(
    duration_s: float = 3.0, silences: tuple[tuple[float, float], ...] = (), **given: object
) -> VoiceCurves:
    """A steady voice at 150 Hz with a syllable every 0.25 s, silent where asked."""
    times = (np.arange(round(duration_s / STEP_S)) + 0.5) * STEP_S

    def curve(name: str, default: object) -> np.ndarray:
        setting = given.get(name, default)
        values = setting(times) if callable(setting) else setting
        return np.array(np.broadcast_to(np.asarray(values, float), times.shape))

    quiet = np.zeros(len(times), bool)
    for start_s, end_s in silences:
        quiet |= (times >= start_s) & (times < end_s)
    loudness = curve("loudness_db", lambda t: -20 + 4 * np.sin(2 * np.pi * 4 * t))
    voiced = {
        "pitch_hz": curve("pitch_hz", lambda t: 150 * 2 ** (2.5 * np.sin(2 * np.pi * t) / 12)),
        "hnr_db": curve("hnr_db", 12.0),
        "alpha_db": curve("alpha_db", -12.0),
    }
    for values in voiced.values():
        values[quiet] = np.nan
    return VoiceCurves(
        times_s=times,
        speech=np.where(quiet, 0.0, curve("speech", 0.95)),
        loudness_db=np.where(quiet, -75.0, loudness),
        peak=0.5,
        **voiced,
    )


def kinds_of(curves: VoiceCurves) -> set[str | None]:
    return {cue.kind for cue in voice_cues(curves)}


def one(curves: VoiceCurves, kind: str) -> Cue:
    (cue,) = [cue for cue in voice_cues(curves) if cue.kind == kind]
    return cue


@pytest.mark.parametrize("hertz", [90.0, 120.0, 210.0, 330.0])
def test_pitch_and_harmonics_of_a_known_tone(analyser: VoiceAnalyser, hertz: float) -> None:
    curves = analyser.curves(vowel(hertz))
    assert curves is not None
    inner = slice(5, -5)
    assert np.nanmedian(curves.pitch_hz[inner]) == pytest.approx(hertz, rel=0.015)
    assert np.nanmedian(curves.hnr_db[inner]) > 15


def test_loudness_of_a_known_sine(analyser: VoiceAnalyser) -> None:
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    curves = analyser.curves((0.1 * np.sin(2 * np.pi * 200 * t)).astype(np.float32), start_s=2.0)
    assert curves is not None
    assert curves.loudness_db[10] == pytest.approx(20 * np.log10(0.1 / np.sqrt(2)), abs=0.1)
    assert curves.times_s[0] == pytest.approx(2.008)


@pytest.mark.parametrize("snr_db", [0.0, 6.0, 12.0])
def test_harmonics_to_noise_follows_the_noise_that_was_added(
    analyser: VoiceAnalyser, snr_db: float
) -> None:
    clean = vowel(150.0)
    noise = np.random.default_rng(0).normal(size=len(clean))
    noise *= np.sqrt((clean**2).mean() / (noise**2).mean() / 10 ** (snr_db / 10))
    curves = analyser.curves((clean + noise).astype(np.float32))
    assert curves is not None
    assert np.nanmedian(curves.hnr_db[5:-5]) == pytest.approx(snr_db, abs=2.0)


def test_a_brighter_spectrum_has_a_higher_alpha_ratio(analyser: VoiceAnalyser) -> None:
    dull = analyser.curves(vowel(300.0))
    bright = analyser.curves(np.diff(vowel(300.0), prepend=0).astype(np.float32) * 5)
    assert dull is not None
    assert bright is not None
    assert np.nanmedian(bright.alpha_db) > np.nanmedian(dull.alpha_db) + 6


def test_too_little_sound_gives_nothing(analyser: VoiceAnalyser) -> None:
    assert analyser.curves(np.zeros(int(0.05 * SAMPLE_RATE), np.float32)) is None


def test_digital_silence_is_silence(analyser: VoiceAnalyser) -> None:
    curves = analyser.curves(np.zeros(SAMPLE_RATE, np.float32))
    assert curves is not None
    assert [cue.kind for cue in voice_cues(curves)] == ["silence"]


def test_noise_is_no_speech(analyser: VoiceAnalyser) -> None:
    noise = np.random.default_rng(1).normal(0, 0.05, 2 * SAMPLE_RATE).astype(np.float32)
    curves = analyser.curves(noise)
    assert curves is not None
    assert [cue.kind for cue in voice_cues(curves)] == ["no-speech"]


def test_an_ordinary_voice_has_no_marked_cue() -> None:
    assert kinds_of(make_curves()) == {"speech"}


def test_pauses_have_their_length_and_words() -> None:
    curves = make_curves(5.0, silences=((1.0, 1.4), (2.0, 3.2), (4.5, 5.0)))
    pauses = [cue for cue in voice_cues(curves) if cue.kind == "pause"]
    assert [cue.text for cue in pauses] == ["pauses briefly", "makes a long pause"]
    assert [cue.value for cue in pauses] == pytest.approx([0.4, 1.2], abs=0.1)
    assert pauses[1].start_s == pytest.approx(2.0, abs=0.06)


@pytest.mark.parametrize(
    ("setting", "kind"),
    [
        ({"pitch_hz": lambda t: 95 + 12 * np.sin(6 * t)}, "low-pitch"),
        ({"pitch_hz": lambda t: 300 + 40 * np.sin(6 * t)}, "high-pitch"),
        ({"pitch_hz": lambda t: 150 + 2 * np.sin(6 * t)}, "monotone"),
        ({"pitch_hz": lambda t: 150 * 2 ** (8 * np.sin(6 * t) / 12)}, "lively-pitch"),
        ({"pitch_hz": lambda t: 150 * 2 ** (2 * t / 12)}, "pitch-rise"),
        ({"pitch_hz": lambda t: 200 * 2 ** (-4 * t / 12)}, "pitch-fall"),
        ({"loudness_db": lambda t: -30 + 4 * t + 4 * np.sin(25 * t)}, "loudness-rise"),
        ({"loudness_db": lambda t: -15 - 5 * t + 4 * np.sin(25 * t)}, "loudness-fall"),
        ({"loudness_db": lambda t: -20 + 4 * np.sin(2 * np.pi * 6 * t)}, "fast-speech"),
        ({"loudness_db": lambda t: -20 + 4 * np.sin(2 * np.pi * 1.8 * t)}, "slow-speech"),
        ({"alpha_db": -3.0}, "tense-voice"),
        ({"alpha_db": -18.0, "hnr_db": 3.0}, "breathy-voice"),
        ({"pitch_hz": lambda t: 150 * 2 ** (0.9 * np.sin(2 * np.pi * 6 * t) / 12)}, "voice-tremor"),
    ],
)
def test_what_is_changed_is_what_is_named(setting: dict, kind: str) -> None:
    assert kind in kinds_of(make_curves(**setting))
    assert kind not in kinds_of(make_curves())


def test_a_loud_word_is_a_raised_voice_at_its_time() -> None:
    curves = make_curves(
        loudness_db=lambda t: -30 + 4 * np.sin(25 * t) + 14.0 * ((t > 1.5) & (t < 1.9))
    )
    burst = one(curves, "loud-burst")
    assert burst.start_s == pytest.approx(1.5, abs=0.15)
    assert burst.end_s == pytest.approx(1.9, abs=0.15)


@pytest.mark.parametrize(("change", "kind"), [(6.0, "final-rise"), (-8.0, "final-fall")])
def test_the_end_of_the_voice_rises_or_falls(change: float, kind: str) -> None:
    curves = make_curves(
        pitch_hz=lambda t: 150 * 2 ** (change * np.clip((t - 2.6) / 0.4, 0, 1) / 12)
    )
    cue = one(curves, kind)
    assert np.sign(cue.value or 0) == np.sign(change)
    assert cue.end_s == pytest.approx(3.0, abs=0.05)


def test_syllables_are_counted() -> None:
    curves = make_curves()
    assert voice_stats(curves, curves.speech_spans()).num_syllables == pytest.approx(12, abs=1)


def test_statistics_of_no_speech_are_nan() -> None:
    stats = voice_stats(make_curves(), [])
    assert np.isnan([stats.pitch_hz, stats.pitch_range, stats.syllable_rate]).all()


def test_words_overrule_a_plainly_wrong_rate() -> None:
    curves = make_curves(loudness_db=lambda t: -20 + 4 * np.sin(2 * np.pi * 1.8 * t))
    words = tuple(Word(text="so", start_s=i / 4, end_s=i / 4 + 0.2) for i in range(12))
    given = Transcript(text="so " * 12, source="given", words=words)
    assert "slow-speech" not in {cue.kind for cue in voice_cues(curves, given)}
