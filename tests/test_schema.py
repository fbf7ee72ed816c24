import json

import pytest
from pydantic import ValidationError

from xemogpt import Cue, CueSet
from xemogpt.schema import Explanation, Provenance


def make_explanation(**changes) -> Explanation:
    fields = {
        "media": "a.mp4",
        "text": "She smiles.",
        "source": "measured",
        "provenance": Provenance(model="measured"),
    }
    return Explanation(**{**fields, **changes})


def test_strings_become_cues():
    cues = CueSet(["smiles"], [{"text": "loud", "start_s": 1}], emotional=(Cue(text="happy"),))
    assert [cue.text for _, cue in cues.items()] == ["smiles", "loud", "happy"]
    assert cues.auditory[0].start_s == 1.0
    assert len(cues) == 3


def test_a_string_is_not_a_list_of_characters():
    with pytest.raises(ValidationError, match="visual"):
        CueSet("smiles")


@pytest.mark.parametrize("bad", [None, 3, {"a": 1}, [None], [["nested"]], [""], [{"txt": "x"}]])
def test_malformed_cues_are_rejected(bad):
    with pytest.raises(ValidationError):
        CueSet(visual=bad)


def test_unknown_modality_is_rejected():
    with pytest.raises(ValidationError, match="olfactory"):
        CueSet(olfactory=["smoke"])


def test_not_a_number_is_rejected():
    with pytest.raises(ValidationError):
        Cue(text="smiles", value=float("nan"))


def test_json_has_the_published_shape():
    cue = Cue(text="smiles", kind="smile", start_s=0.5, end_s=1.0, value=0.8, unit="activation")
    shown = json.loads(make_explanation(cues=CueSet([cue])).to_json())
    assert {
        "media", "text", "source", "emotions", "cues", "evidence", "transcript", "warnings",
        "provenance",
    } <= shown.keys()  # fmt: skip
    assert shown["cues"]["visual"][0].keys() == {
        "text", "kind", "start_s", "end_s", "value", "unit", "confidence", "source", "support",
    }  # fmt: skip


def test_json_round_trip():
    explanation = make_explanation(cues=CueSet(["smiles"], ["loud"]), warnings=("no-sound: x",))
    assert Explanation.model_validate_json(explanation.to_json()) == explanation
