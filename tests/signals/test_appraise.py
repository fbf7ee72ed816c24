import pytest

from xemogpt.schema import Cue, CueSet
from xemogpt.signals import Measurement, appraise


def measured(kind: str, start_s: float = 0.0, end_s: float = 3.0, **given: object) -> Cue:
    settings: dict = {"text": kind, "kind": kind, "start_s": start_s, "end_s": end_s,
                      "confidence": 0.9, "source": "measured"}  # fmt: skip
    return Cue(**settings | given)


def appraisal_of(*visual: Cue, auditory: tuple[Cue, ...] = ()):
    return appraise(Measurement(CueSet(visual, auditory), (), None, ()))


def test_nothing_measured_is_neutral() -> None:
    found = appraisal_of()
    assert [(e.label, e.score) for e in found.emotions] == [("neutral", 1.0)]
    assert (found.arousal, found.valence) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("visual", "auditory", "label"),
    [
        (["smile"], [], "happy"),
        (["mouth-frown", "inner-brow-raise"], ["slow-speech"], "sad"),
        (["grimace", "eyes-closed"], [], "sad"),
        (["brow-lower", "lips-pressed"], ["tense-voice"], "angry"),
        (["eyes-wide", "inner-brow-raise"], ["high-pitch", "voice-tremor"], "fearful"),
        (["brow-raise", "eyes-wide", "mouth-open"], ["lively-pitch"], "surprised"),
        (["neutral-face"], ["speech"], "neutral"),
    ],
)
def test_the_classic_patterns(visual: list[str], auditory: list[str], label: str) -> None:
    found = appraisal_of(*map(measured, visual), auditory=tuple(map(measured, auditory)))
    assert found.emotions[0].label == label


def test_scores_are_shares_and_in_order() -> None:
    found = appraisal_of(measured("smile"), measured("brow-lower"))
    scores = [emotion.score for emotion in found.emotions]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) <= 1.001


def test_one_weak_cue_makes_no_emotion() -> None:
    found = appraisal_of(measured("brow-lower", 0.0, 0.3, confidence=0.5))
    assert found.emotions[0].label == "neutral"


def test_many_cues_of_a_kind_count_once() -> None:
    one = appraisal_of(measured("brow-lower"))
    many = appraisal_of(*(measured("brow-lower", i, i + 3.0) for i in range(9)))
    assert one.emotions == many.emotions


def test_emotional_cues_carry_the_time_of_what_speaks_for_them() -> None:
    found = appraisal_of(measured("grimace", 0.0, 4.0), measured("smile", 6.0, 9.0, value=0.9))
    times = {cue.kind: (cue.start_s, cue.end_s) for cue in found.cues}
    assert times["sad"] == (0.0, 4.0)
    assert times["happy"] == (6.0, 9.0)
    assert {cue.source for cue in found.cues} == {"measured"}


def test_arousal_and_valence_have_their_signs() -> None:
    bright = appraisal_of(measured("smile"), auditory=(measured("lively-pitch"),))
    dull = appraisal_of(measured("mouth-frown"), auditory=(measured("monotone"),))
    assert bright.arousal > 0 > dull.arousal
    assert bright.valence > 0 > dull.valence
