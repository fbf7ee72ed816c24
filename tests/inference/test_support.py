import pytest

from xemogpt.emocue.verification.kinds import kind_of
from xemogpt.inference.requests import Piece, Request
from xemogpt.inference.support import mark_support
from xemogpt.schema import Cue, CueSet
from xemogpt.signals import Measurement


def piece(visual=(), auditory=(), warnings=()):
    def cues(kinds):
        return [Cue(text=k, kind=k, start_s=1, end_s=2, value=0.5, unit="x") for k in kinds]

    measured = CueSet(cues(visual), cues(auditory))
    return Piece(Request("a.mp4"), None, Measurement(measured, (), None, tuple(warnings)), 0.0)


def support_of(stated, **measured):
    return mark_support(CueSet(visual=[stated]), piece(**measured)).visual[0].support


def test_a_measured_kind_supports_and_lends_its_time():
    marked = mark_support(CueSet(["she grins widely"]), piece(visual=["smile"])).visual[0]
    assert (marked.support, marked.start_s, marked.end_s, marked.value) == ("supported", 1, 2, 0.5)
    assert (marked.source, marked.kind) == ("model", "smile")


@pytest.mark.parametrize(
    ("stated", "visual", "expected"),
    [
        ("she smiles", [], "contradicted"),  # smiles are seen reliably
        ("she does not smile", [], "supported"),
        ("she does not smile", ["smile"], "contradicted"),
        ("she raises her eyebrows", [], "not measurable"),  # brows are often missed
        ("she raises her eyebrows", ["brow-lower"], "contradicted"),
        ("she wears a red hat", ["smile"], "not measurable"),
    ],
)
def test_visual_support(stated, visual, expected):
    assert support_of(stated, visual=visual) == expected


def test_what_could_not_be_seen_is_not_contradicted():
    assert support_of("she smiles", warnings=["no-face: none"]) == "not measurable"


def test_a_modality_is_held_against_its_own_measurements():
    marked = mark_support(CueSet(auditory=["he pauses"]), piece(visual=["smile"]))
    assert marked.auditory[0].support == "contradicted"


def test_emotions_are_not_marked():
    assert mark_support(CueSet(emotional=["happy"]), piece()).emotional[0].support is None


@pytest.mark.parametrize(
    ("text", "modality", "kind"),
    [
        ("the corners of her mouth turn down", "visual", "mouth-frown"),
        ("his brows are drawn together", "visual", "brow-lower"),
        ("he nods twice", "visual", "head-nod"),
        ("the pitch falls at first", "auditory", "pitch-fall"),
        ("a monotone voice", "auditory", "monotone"),
        ("speaks slowly", "auditory", "slow-speech"),
        ("the weather is fine", "auditory", None),
    ],
)
def test_kind_of(text, modality, kind):
    assert kind_of(text, modality) == kind
