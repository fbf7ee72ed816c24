import pytest

from xemogpt.inference.joining import (
    join_cues,
    join_emotions,
    join_transcripts,
    join_warnings,
)
from xemogpt.schema import Cue, CueSet, Emotion, Transcript, Window, Word


def smile(start_s, end_s, **changes):
    return CueSet([Cue(text="smiles", kind="smile", start_s=start_s, end_s=end_s, **changes)])


def spans(cues):
    return [(cue.start_s, cue.end_s) for cue in cues.visual]


def test_a_cue_across_the_edge_is_one_and_keeps_its_strongest_measurement():
    joined = join_cues([smile(8, 12, value=0.4, confidence=0.5),
                        smile(12.1, 14, value=0.9, confidence=0.8)])  # fmt: skip
    assert spans(joined) == [(8, 14)]
    assert (joined.visual[0].value, joined.visual[0].confidence) == (0.9, 0.8)


def test_a_cue_may_run_over_three_windows():
    assert spans(join_cues([smile(8, 12), smile(12, 24), smile(24, 25)])) == [(8, 25)]


@pytest.mark.parametrize("later", [smile(12.5, 14), CueSet(auditory=smile(12, 14).visual)])
def test_cues_apart_in_time_or_modality_stay_apart(later):
    assert len(join_cues([smile(8, 12), later])) == 2


def test_cues_without_times_are_named_once():
    assert len(join_cues([CueSet(emotional=["happy"]), CueSet(emotional=["happy"])])) == 1


def test_emotions_weigh_by_duration():
    windows = [
        Window(start_s=0, end_s=9, text="", emotions=(Emotion(label="happy", score=0.6),)),
        Window(start_s=9, end_s=12, text="", emotions=(Emotion(label="sad", score=1.0),)),
    ]
    joined = {emotion.label: emotion.score for emotion in join_emotions(windows)}
    assert joined == pytest.approx({"happy": 0.45, "sad": 0.25})
    assert list(joined) == ["happy", "sad"]


def test_a_warning_of_some_windows_says_which():
    windows = [Window(start_s=0, end_s=10, text=""), Window(start_s=10, end_s=12, text="")]
    joined = join_warnings([["a: always", "b: once"], ["a: always"]], windows)
    assert joined == ("a: always", "b: once (in 0.0-10.0 s)")


def test_transcripts_follow_each_other():
    first = Transcript(text="Hello", language="en", source="recognised",
                       words=(Word(text="Hello", start_s=0, end_s=1),))  # fmt: skip
    second = Transcript(text="you.", language="en", source="recognised")
    joined = join_transcripts([first, None, second])
    assert (joined.text, joined.language, len(joined.words)) == ("Hello you.", "en", 1)
    assert join_transcripts([None]) is None
