"""Gold: asked and found, at the right time and on the right side."""

import pytest

from xemogpt.emocue.controlled.gold import gold_cues
from xemogpt.schema import Cue, CueSet


def cue(kind: str, start_s: float | None, end_s: float | None, text: str = "", **more) -> Cue:
    return Cue(text=text or kind, kind=kind, start_s=start_s, end_s=end_s, **more)


def test_what_was_asked_and_found_has_the_measured_span() -> None:
    asked = CueSet([cue("smile", 1.0, 2.0, "smiles broadly", source="asked")])
    measured = CueSet([cue("smile", 1.2, 2.3, "smiles", value=0.6, unit="coefficient 0-1")])
    (found,) = gold_cues(asked, measured).cues.visual
    assert (found.start_s, found.end_s, found.value) == (1.2, 2.3, 0.6)
    assert (found.text, found.source) == ("smiles broadly", "asked")


def test_a_cue_that_speech_cuts_in_two_is_one() -> None:
    asked = CueSet([cue("smile", 1.0, 3.0)])
    measured = CueSet([cue("smile", 1.1, 1.6), cue("smile", 2.1, 2.8)])
    gold = gold_cues(asked, measured)
    assert [(found.start_s, found.end_s) for found in gold.cues.visual] == [(1.1, 2.8)]
    assert gold.side_effects == ()


@pytest.mark.parametrize(
    "found",
    [
        cue("brow-raise", 1.0, 2.0),
        cue("smile", 2.2, 3.0),
        cue("smile", 1.9, 3.9),  # barely touches
        cue("smile", 0.0, 6.0),  # lasts anyway
    ],
)
def test_another_kind_or_time_is_missed_and_a_side_effect(found: Cue) -> None:
    asked = CueSet([cue("smile", 1.0, 2.0)])
    gold = gold_cues(asked, CueSet([found]))
    assert gold.cues.visual == ()
    assert [missed.kind for missed in gold.missed] == ["smile"]
    assert gold.side_effects == (found,)


def test_the_other_side_is_another_cue() -> None:
    asked = CueSet([cue("head-tilt", 1.0, 2.0, "tilts the head to their left")])
    right = cue("head-tilt", 1.0, 2.0, "tilts the head to their right")
    left = cue("head-tilt", 1.0, 2.0, "tilts the head to their left")
    assert gold_cues(asked, CueSet([right])).missed == asked.visual
    assert gold_cues(asked, CueSet([right, left])).side_effects == (right,)


def test_sounds_of_the_whole_clip_need_no_common_time() -> None:
    asked = CueSet(auditory=[cue("low-pitch", 0.4, 2.0), cue("final-fall", 2.0, 2.4)])
    measured = CueSet(auditory=[cue("low-pitch", 0.0, 5.0), cue("pause", 1.0, 1.5)])
    gold = gold_cues(asked, measured)
    assert [found.kind for found in gold.cues.auditory] == ["low-pitch"]
    assert [missed.kind for missed in gold.missed] == ["final-fall"]
    assert [more.kind for more in gold.side_effects] == ["pause"]


def test_the_nearest_of_several_sounds_is_meant() -> None:
    asked = CueSet(auditory=[cue("pause", 2.0, 2.6)])
    measured = CueSet(auditory=[cue("pause", 1.0, 1.4), cue("pause", 2.0, 2.5)])
    gold = gold_cues(asked, measured)
    assert (gold.cues.auditory[0].start_s, gold.cues.auditory[0].end_s) == (2.0, 2.5)
    assert gold.side_effects == measured.auditory[:1]


def test_emotions_are_the_scripts() -> None:
    asked = CueSet(emotional=[cue("happy", 0.0, 1.0)])
    assert gold_cues(asked, CueSet()).cues == asked
