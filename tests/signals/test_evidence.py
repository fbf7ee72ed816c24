import numpy as np
import pytest

from xemogpt.signals.evidence import confidence_of, curve_cues, evidence, measured_cue, phrase_of
from xemogpt.signals.vocabulary import Rule

TIMES = np.arange(30) / 15


def test_rise_counts_from_its_least_value_only() -> None:
    limits = Rule("", rise=0.2, least=0.3)
    strength = evidence(np.array([0.2, 0.29, 0.3, 0.6]), limits, baseline=0.0)
    assert (strength >= 1).tolist() == [False, False, True, True]


def test_low_values_count_where_asked() -> None:
    limits = Rule("", rise=0.1, level=0.15)
    strength = evidence(np.array([0.3, 0.19, 0.1]), limits, baseline=0.3, sign=-1)
    assert (strength >= 1).tolist() == [False, True, True]


def test_missing_values_have_no_evidence() -> None:
    assert np.isnan(evidence(np.array([np.nan]), Rule("", level=1.0), 0.0)).all()


def test_without_a_baseline_only_the_level_counts() -> None:
    assert evidence(np.array([0.5]), Rule("", rise=0.1, level=1.0), np.nan) == [0.5]


def test_confidence_rises_with_evidence_and_stops_at_trust() -> None:
    limits = Rule("", trust=0.5)
    assert confidence_of(1, limits) < confidence_of(2, limits) < confidence_of(9, limits) <= 0.5
    assert confidence_of(1, limits, quality=0.5) == confidence_of(1, limits) / 2


@pytest.mark.parametrize(("strength", "index"), [(1.0, 0), (1.6, 1), (2.5, 2)])
def test_stronger_evidence_has_stronger_words(strength: float, index: int) -> None:
    assert phrase_of(strength, 3) == index


def test_a_clip_shorter_than_the_rule_keeps_what_lasts_throughout() -> None:
    (cue,) = curve_cues("smile", TIMES[:2], np.full(2, 0.9))
    assert cue.kind == "smile"
    assert curve_cues("smile", TIMES, np.where(TIMES < 0.1, 0.9, 0.0)) == []


def test_a_cue_speaks_the_vocabulary() -> None:
    cue = measured_cue("turned-away", 1.0, 2.0, 30.0, 1.2, side="right")
    assert cue.text == "turns the head to their right"
    assert (cue.unit, cue.confidence, cue.source) == ("degrees", 1.0, "measured")
