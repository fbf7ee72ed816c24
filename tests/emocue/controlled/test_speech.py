"""Spoken scripts: the same samples each time, words where they are heard, edits that are heard."""

from itertools import pairwise

import numpy as np
import pytest
from tests.emocue.controlled.studio import script

from xemogpt.emocue.controlled.edits import EDITS_FOR
from xemogpt.emocue.controlled.emotions import ASKABLE_AUDITORY
from xemogpt.emocue.controlled.lexicon import CONSONANTS, STRESS, VOWELS, pronounce
from xemogpt.emocue.controlled.plan import plan
from xemogpt.emocue.controlled.script import Pause, VoiceEdit
from xemogpt.emocue.controlled.speaker import Repertoire, Speaker
from xemogpt.emocue.controlled.speech import Speech
from xemogpt.emocue.controlled.synthesis import Synthesiser, with_output
from xemogpt.emocue.controlled.voices import VOICES, VOICES_BY_SPLIT, voice_named
from xemogpt.errors import MediaError, UnknownNameError, WeightsError

SENTENCE = "My mother found the letter in the garden yesterday."
HEARD = {
    "joe/1": ("high-pitch", "lively-pitch", "final-fall", "tense-voice", "breathy-voice"),
    "jm_kumo/2": ("low-pitch", "pitch-rise", "pitch-fall", "loud-burst", "slow-speech"),
    "jf_nezumi/1": ("monotone", "final-rise", "loudness-fall", "loudness-rise", "low-pitch"),
}


@pytest.fixture(scope="module")
def speaker() -> Speaker:
    return Speaker.load()


def _speak(speaker: Speaker, voice: str = "joe/1", **fields: object) -> Speech:
    edit = VoiceEdit.model_validate(fields)
    return speaker.speak(script(1, sentence=SENTENCE, voice=voice, edit=edit))


def _kinds(speech: Speech) -> set[str]:
    from xemogpt.signals.voice import voice_cues
    from xemogpt.signals.voice_curves import VoiceAnalyser

    curves = VoiceAnalyser().curves(speech.waveform)
    assert curves is not None
    return {cue.kind or "" for cue in voice_cues(curves)} - {"speech"}


def test_voices_and_their_bases_are_of_one_split():
    names = [name for group in VOICES_BY_SPLIT.values() for name in group]
    assert sorted(names) == sorted(VOICES) and len(names) == len(set(names)) > 15
    bases = [{VOICES[name].base for name in group} for group in VOICES_BY_SPLIT.values()]
    assert sum(map(len, bases)) == len(set().union(*bases))
    assert len({VOICES[name].base for name in VOICES_BY_SPLIT["test"]}) >= 2


def test_scripts_are_drawn_from_the_repertoire():
    scripts = list(plan(Repertoire(), 12, 3, "test"))
    assert {each.voice for each in scripts} <= set(VOICES_BY_SPLIT["test"])
    assert all(pronounce(each.sentence) for each in scripts)
    assert set(EDITS_FOR) == set(ASKABLE_AUDITORY)


def test_unknown_voices_and_kinds_are_told():
    with pytest.raises(UnknownNameError, match="unknown voice 'jim'; expected one of: joe/1"):
        voice_named("jim")
    with pytest.raises(UnknownNameError, match="no edit makes 'hum'"):
        Repertoire().edit("hum")


def test_an_output_is_added_to_a_model():
    assert with_output(b"model", "ab") == b"model" + b"\x3a\x06\x62\x04\x0a\x02ab"


@pytest.mark.controlled
def test_both_models_know_every_letter():
    synthesiser = Synthesiser()
    letters = set("".join((*VOWELS, *CONSONANTS, STRESS, " .")))
    for base in ("joe", "jf_alpha"):
        assert letters <= set(synthesiser.letters(base))


@pytest.mark.controlled
@pytest.mark.parametrize("voice", ["joe/2", "jm_kumo/1"])
def test_the_same_script_gives_the_same_samples(speaker: Speaker, voice: str):
    edit = VoiceEdit(tremor_st=0.5, breathiness=0.2)
    short = script(1, sentence="The bus leaves at six.", voice=voice, edit=edit)
    speech = speaker.speak(short)
    other = Speaker.load()
    _speak(other, "joe/3")  # What was said before must not matter.
    again = other.speak(short)
    assert speech.waveform.dtype == np.float32
    assert np.array_equal(speech.waveform, again.waveform)
    assert (speech.words, speech.phones) == (again.words, again.phones)


@pytest.mark.controlled
def test_words_and_phones_are_where_the_sound_is(speaker: Speaker):
    plain = script(1, sentence=SENTENCE, voice="jf_nezumi/1", lead_s=0.7, tail_s=0.6)
    speech = speaker.speak(plain)
    assert " ".join(word.text for word in speech.words) + "." == SENTENCE
    assert [phone.symbol for phone in speech.phones] == [
        sound.phone for _, sounds in pronounce(SENTENCE) for sound in sounds
    ]
    assert speech.words[0].start_s == pytest.approx(0.76, abs=0.03)
    assert speech.words[-1].end_s == pytest.approx(speech.duration_s - 0.66, abs=0.05)
    for one, two in pairwise(speech.phones):
        assert one.start_s < one.end_s <= two.start_s + 1e-3
    assert np.abs(speech.waveform[: int(0.69 * 16_000)]).max() == 0.0
    level = {
        kind: np.mean(
            [
                np.sqrt(np.mean(speech.waveform[int(p.start_s * 16e3) : int(p.end_s * 16e3)] ** 2))
                for p in speech.phones
                if (p.symbol in VOWELS) == (kind == "vowels")
            ]
        )
        for kind in ("vowels", "others")
    }
    assert level["vowels"] > 1.15 * level["others"]


@pytest.mark.controlled
@pytest.mark.weights
@pytest.mark.parametrize("voice", ["joe/1", "jf_nezumi/2"])
def test_recognised_words_are_at_our_times(speaker: Speaker, voice: str):
    from xemogpt.signals.speech import Recogniser

    speech = _speak(speaker, voice)
    heard = Recogniser(num_threads=1).transcribe(speech.waveform, language="en")
    assert heard is not None
    times = {word.text.lower().strip(".,"): word for word in heard.words}
    found = [word for word in speech.words if word.text.lower() in times]
    assert len(found) >= 6, heard.text
    apart = [abs(word.end_s - times[word.text.lower()].end_s) for word in found]
    assert np.median(apart) < 0.12


@pytest.mark.controlled
@pytest.mark.parametrize("voice", HEARD)
def test_edits_are_heard_and_a_plain_reading_is_plain(speaker: Speaker, voice: str):
    assert _kinds(_speak(speaker, voice)) == set()
    for kind in HEARD[voice]:
        assert kind in _kinds(_speak(speaker, voice, **EDITS_FOR[kind])), kind


@pytest.mark.controlled
def test_a_pause_is_heard_where_it_was_put(speaker: Speaker):
    pause = Pause(after_word=3, duration_s=0.6)
    speech = _speak(speaker, "joe/1", pauses=[pause])
    gap_s = speech.words[4].start_s - speech.words[3].end_s
    assert gap_s == pytest.approx(0.6, abs=0.06)
    assert "pause" in _kinds(speech)
    with pytest.raises(MediaError, match="after word 9, but there are 9"):
        _speak(speaker, "joe/1", pauses=[Pause(after_word=9, duration_s=0.6)])


@pytest.mark.controlled
def test_a_damaged_model_is_told(tmp_path, speaker: Speaker):
    from xemogpt.weights import locate

    for path in locate("voice-joe").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes()[:5000])
    broken = Synthesiser(joe_folder=tmp_path)
    with pytest.raises(WeightsError, match="run `xemogpt pull controlled`"):
        broken.take(SENTENCE, voice_named("joe/1"))
