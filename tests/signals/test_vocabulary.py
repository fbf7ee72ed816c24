from pathlib import Path

import pytest

from xemogpt.errors import UnknownNameError
from xemogpt.signals.appraise import AROUSAL, EMOTIONS, TABLE, VALENCE
from xemogpt.signals.cue_docs import CONSTANTS, docs_tables
from xemogpt.signals.vocabulary import KINDS, kinds, rule

DOCS = Path(__file__).resolve().parents[2] / "docs" / "cues.md"


def test_the_documented_tables_are_the_codes_own() -> None:
    assert docs_tables() in DOCS.read_text(encoding="utf-8")


def test_there_are_enough_kinds_for_a_benchmark() -> None:
    assert len(list(kinds("visual"))) >= 18
    assert len(list(kinds("auditory"))) >= 14


def test_every_kind_can_be_measured_and_said() -> None:
    for kind in KINDS.values():
        assert kind.phrases
        assert kind.meaning
        assert kind.rule.unit
        assert 0 < kind.rule.keep <= 1
        assert 0 < kind.rule.trust <= 1


def test_the_tables_of_emotions_name_only_kinds_there_are() -> None:
    for table in (TABLE, AROUSAL, VALENCE):
        assert set(table) <= set(KINDS)
    for weights in TABLE.values():
        assert set(weights) <= set(EMOTIONS)


def test_the_constants_that_are_documented_are_there_once() -> None:
    names = [(module, name) for module, name, _ in CONSTANTS]
    assert len(set(names)) == len(names)


def test_an_unknown_kind_is_an_error_that_lists_them() -> None:
    with pytest.raises(UnknownNameError, match="no cue kind 'grin'; there are: face, "):
        rule("grin")
