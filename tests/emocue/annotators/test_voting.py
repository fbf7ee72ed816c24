import pytest
from tests.emocue.annotators.server import Reply, said, serving
from tests.emocue.annotators.test_chat import annotator, shown

from xemogpt.emocue.annotators.base import Description, Fusion
from xemogpt.emocue.annotators.merging import Group, Merger, may_overlap
from xemogpt.emocue.annotators.voting import Voting
from xemogpt.emocue.records import Step
from xemogpt.encoders.text import TinyTextEncoder
from xemogpt.errors import AnnotatorError, ConfigError
from xemogpt.metrics.extraction.endpoint import EndpointDown
from xemogpt.schema import Cue, CueSet


class Scripted:
    """Says what it is given, or raises it."""

    def __init__(self, name, answer):
        self.name, self.answer = name, answer

    def describe(self, shown, modality):
        return self.fuse(shown)

    def fuse(self, shown):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def provenance(self, task):
        return Step(tool=self.name, version="1", prompt_sha256=f"{task} of {self.name}")


def cue(text, kind=None, start_s=None, end_s=None):
    return Cue(text=text, kind=kind, start_s=start_s, end_s=end_s, source="annotated")


def seen(*cues, text="Prose.", flags=()):
    return Description(text=text, cues=CueSet(visual=cues), flags=flags)


def vote(*answers):
    voters = [Scripted(chr(ord("a") + n), answer) for n, answer in enumerate(answers)]
    return Voting(voters, TinyTextEncoder())


def describe(*answers):
    return vote(*answers).describe(shown(), "visual")


def codes(answer):
    return [flag.split(":")[0] for flag in answer.flags]


def test_statements_of_one_kind_at_one_time_are_one():
    answer = describe(
        seen(cue("She smiles.", "smile", 0.0, 1.0)),
        seen(cue("A grin appears.", "smile", 0.4, 1.6)),
        seen(cue("Her mouth is drawn up.", "smile", 0.2, 1.2)),
    )
    (smile,) = answer.cues.visual
    assert (smile.text, smile.start_s, smile.end_s) == ("She smiles.", 0.2, 1.2)
    assert smile.agreement == 1.0
    assert answer.flags == ()


def test_what_fewer_than_half_state_is_left_out():
    answer = describe(
        seen(cue("She smiles.", "smile"), cue("She waves a flag.")),
        seen(cue("Smiling.", "smile"), cue("She nods.", "head-nod")),
        seen(cue("A smile.", "smile"), cue("Nods.", "head-nod")),
    )
    assert [(c.kind, round(c.agreement, 3)) for c in answer.cues.visual] == [
        ("smile", 1.0), ("head-nod", 0.667),
    ]  # fmt: skip


def test_ties_are_kept_and_flagged():
    answer = describe(seen(cue("She smiles.", "smile")), seen(cue("She looks down.", "gaze-down")))
    assert [c.agreement for c in answer.cues.visual] == [0.5, 0.5]
    assert answer.flags == (
        "annotators-split: half of the annotators state 'She smiles.', 'She looks down.'",
    )


def test_other_times_and_other_kinds_are_other_statements():
    answer = describe(
        seen(cue("She smiles.", "smile", 0.0, 0.5), cue("The pitch is low.", "low-pitch")),
        seen(cue("She smiles.", "smile", 2.0, 2.5), cue("The pitch is low.", "high-pitch")),
    )
    assert [c.agreement for c in answer.cues.visual] == [0.5] * 4
    assert not may_overlap(cue("a", None, 0, 1), cue("b", None, 2, 3))
    assert may_overlap(cue("a", None, 2, None), cue("b", None, 0, None))


def test_texts_without_kinds_are_held_against_each_other():
    answer = describe(
        seen(cue("She smiles broadly.")), seen(cue("She smiles broadly")), seen(cue("A dog barks."))
    )
    assert [(c.text, round(c.agreement, 3)) for c in answer.cues.visual] == [
        ("She smiles broadly.", 0.667)
    ]


@pytest.mark.weights
def test_paraphrases_are_the_same_and_opposites_are_not():
    stated = {
        0: [cue("She smiles broadly."), cue("She raises her eyebrows.")],
        1: [cue("She lowers her eyebrows."), cue("There is a wide smile on her face.")],
    }
    groups = Merger().groups("visual", stated)
    assert [len(group.stated) for group in groups] == [2, 1, 1]


def test_the_text_is_that_of_the_most_typical():
    smile, nod = cue("She smiles.", "smile"), cue("She nods.", "head-nod")
    answer = describe(
        seen(smile, cue("A bird flies by."), text="odd"), seen(smile, nod, text="typical"),
        seen(smile, nod, cue("It rains."), text="wordy"),
    )  # fmt: skip
    assert answer.text == "typical"


def test_who_fails_has_no_vote():
    answer = describe(
        seen(cue("She smiles.", "smile"), flags=("annotator-prose: rules",)),
        AnnotatorError("it refuses"), seen(text=""),
    )  # fmt: skip
    assert [c.agreement for c in answer.cues.visual] == [1.0]
    assert answer.flags == (
        "annotator-failed: b: it refuses", "annotator-prose: rules (annotator a)",
    )  # fmt: skip
    with pytest.raises(AnnotatorError, match="a: it refuses; annotator-failed: b: it is odd"):
        describe(AnnotatorError("it refuses"), AnnotatorError("it is odd"))
    with pytest.raises(EndpointDown):
        describe(seen(), EndpointDown("gone"))
    assert describe(seen(text=""), seen(text="")).text == ""


def fused(text, *emotions, visual=(), flags=()):
    return Fusion(text=text, emotions=emotions, cues=CueSet(visual=visual), flags=flags)


def test_a_fusion_is_worded_by_the_first_who_is_with_the_majority():
    smile = cue("A grin.", "smile")
    answer = vote(
        fused("Sad.", "sad"),
        fused("Happy.", "happy", "calm", visual=[smile, cue("She waves a flag.")]),
        fused("Glad.", "happiness", visual=[cue("She smiles.", "smile")]),
    ).fuse(shown())
    assert (answer.text, answer.emotions) == ("Happy.", ("happy",))
    assert [(c.text, round(c.agreement, 3)) for c in answer.cues.visual] == [("A grin.", 0.667)]
    assert codes(answer) == ["emotion-split", "annotators-alone"]
    assert "'She waves a flag.'" in answer.flags[1]


def test_no_emotion_has_a_majority():
    answer = vote(fused("A.", "sad"), fused("B.", "angry"), fused("C.", "calm")).fuse(shown())
    assert (answer.text, answer.emotions) == ("A.", ("sad",))
    assert codes(answer) == ["emotion-split"]


def test_two_real_endpoints_vote():
    def answers(*emotions):
        statement = {"text": "She smiles.", "modality": "visual", "kind": "smile"}
        return said(explanation="She smiles.", emotions=emotions, statements=[statement])

    def broken(number, body):
        return answers("joyful", "happy") if number == 1 else Reply("")

    with serving(lambda n, body: answers("happy")) as first, serving(broken) as second:
        voting = Voting([annotator(first), annotator(second)], TinyTextEncoder())
        both, one = voting.fuse(shown()), voting.fuse(shown(id="b", duration_s=2.0))
        voting.close()
    assert both.emotions[0] == "happy"
    assert both.cues.visual[0].agreement == 1.0
    assert one.emotions == ("happy",) and codes(one) == ["annotator-failed"]
    assert voting.usage == (500, 100)
    step = voting.provenance("fuse")
    assert first.url in step.model and second.url in step.model
    assert voting.provenance("describe").prompt_sha256 != step.prompt_sha256


def test_who_may_vote():
    with pytest.raises(ConfigError, match="two or more"):
        vote(seen())
    with pytest.raises(ConfigError, match="different"):
        Voting([Scripted("a", seen()), Scripted("a", seen())])


def test_merged_times_stay_in_order():
    group = Group({0: cue("a", None, 1.0, None), 1: cue("b", None, None, 0.5)})
    merged = group.merged(2)
    assert (merged.start_s, merged.end_s) == (1.0, None)
