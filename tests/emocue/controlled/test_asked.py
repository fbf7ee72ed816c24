"""Cues asked by a script, with the times of beats and words."""

import pytest
from tests.emocue.controlled.casting import plain_plan as plan

from xemogpt.emocue.controlled.asked import asked_cues
from xemogpt.emocue.controlled.script import Beat, Pause, Script, VoiceEdit
from xemogpt.emocue.controlled.speech import Speech
from xemogpt.schema import Word


@pytest.fixture
def script() -> Script:
    """A smile and two nods; a pause and a final rise."""
    drawn = next(plan(1, 1, "train", "clear"))
    smile = Beat(kind="smile", onset_s=0.5, apex_s=0.7, release_s=1.5, offset_s=1.9)
    nod = Beat(kind="head-nod", onset_s=2, apex_s=2.2, release_s=2.8, offset_s=3, count=2)
    tilt = Beat(kind="head-tilt", onset_s=1, apex_s=1.2, release_s=2, offset_s=2.2, side="left")
    return drawn.model_copy(
        update={
            "beats": (smile, nod, tilt.model_copy(update={"strength": 0.5})),
            "asked_auditory": ("pause", "final-rise", "fast-speech"),
            "edit": VoiceEdit(pauses=(Pause(after_word=0, duration_s=0.7),)),
            "emotion": "happy",
            "face_emotion": "happy",
            "voice_emotion": "happy",
        }
    )


@pytest.fixture
def speech() -> Speech:
    """Two words with a pause between them."""
    spoken = (
        Word(text="hello", start_s=0.4, end_s=1.0),
        Word(text="there", start_s=1.7, end_s=2.5),
    )
    return Speech(waveform=None, sample_rate=16000, words=spoken, phones=())  # type: ignore[arg-type]


def test_phrases_are_the_vocabularys(script: Script) -> None:
    cues = asked_cues(script)
    assert [cue.text for cue in cues.visual] == [
        "smiles broadly", "nods twice", "tilts the head to their left"
    ]  # fmt: skip
    assert [cue.text for cue in cues.auditory] == [
        "pauses", "the voice rises at the end", "speaks fast"
    ]  # fmt: skip
    assert [cue.text for cue in cues.emotional] == ["expresses happiness"]
    assert {cue.source for _, cue in cues.items()} == {"asked"}


def test_times_are_those_of_beats_and_words(script: Script, speech: Speech) -> None:
    cues = asked_cues(script, speech)
    assert (cues.visual[0].start_s, cues.visual[0].end_s) == (0.6, 1.7)
    pause, rise, fast = cues.auditory
    assert (pause.start_s, pause.end_s) == (1.0, 1.7)
    assert (rise.start_s, rise.end_s) == (2.1, 2.5)
    assert (fast.start_s, fast.end_s) == (0.4, 2.5)
    assert (cues.emotional[0].start_s, cues.emotional[0].end_s) == (0.4, 3.0)


def test_without_speech_sounds_have_no_times(script: Script) -> None:
    assert all(cue.start_s is None for cue in asked_cues(script).auditory)


def test_what_is_only_shown_comes_second(script: Script) -> None:
    masked = script.model_copy(update={"emotion": "neutral", "voice_emotion": "neutral"})
    found = asked_cues(masked).emotional
    assert [cue.kind for cue in found] == ["neutral", "happy"]
    assert found[0].text == "expresses a neutral state"
