"""Labels: stated as given, compared with what was measured, never contradicted in silence."""

import pytest

from xemogpt.emocue.annotators.base import Shown
from xemogpt.emocue.annotators.guidance import FAMILY_OF, family_of, guide
from xemogpt.emocue.annotators.template import TemplateAnnotator
from xemogpt.emocue.records import EmoCueRecord, Label
from xemogpt.metrics.extraction import RuleExtractor
from xemogpt.metrics.groups import load_groups
from xemogpt.schema import Cue, CueSet

SMILE = Cue(text="smiles broadly", kind="smile", start_s=0.2, end_s=3.0, value=0.8, confidence=0.9)
FROWN = Cue(text="knits the eyebrows", kind="brow-lower", start_s=0.2, end_s=3.0, confidence=0.9)
TENSE = Cue(text="the voice is tense", kind="tense-voice", start_s=0.2, end_s=3.0, confidence=0.9)
BLANK = Cue(text="the face shows no marked expression", kind="neutral-face", start_s=0.0, end_s=4.0,
            confidence=0.9)  # fmt: skip
HAPPY, ANGRY, NEUTRAL = (SMILE,), (FROWN, TENSE), (BLANK,)


def record(cues: tuple[Cue, ...], source: str = "annotated", **labels: str) -> EmoCueRecord:
    heard = [cue for cue in cues if cue.kind == "tense-voice"]
    return EmoCueRecord(
        id="a",
        duration_s=4.0,
        measured=CueSet(visual=[cue for cue in cues if cue not in heard], auditory=heard),
        labels=tuple(Label(name=name, value=text, source=source) for name, text in labels.items()),
    )


@pytest.mark.parametrize(
    ("cues", "label", "verdict"),
    [
        (HAPPY, "happy", "agrees"),
        (HAPPY, "Joy", "agrees"),
        (HAPPY, "angry", "disagrees"),
        (HAPPY, "worried", "disagrees"),
        (ANGRY, "annoyed", "agrees"),
        (ANGRY, "disgusted", "thin"),
        (ANGRY, "happy", "disagrees"),
        (NEUTRAL, "angry", "disagrees"),
        (NEUTRAL, "calm", "agrees"),
        ((), "sad", "thin"),
        (HAPPY, "zorble", "not comparable"),
    ],
)
def test_verdicts(cues: tuple[Cue, ...], label: str, verdict: str) -> None:
    assert guide(record(cues, emotion=label)).verdict == verdict


@pytest.mark.parametrize(
    ("cues", "sentiment", "verdict"),
    [
        (HAPPY, "positive", "agrees"),
        (HAPPY, "negative", "disagrees"),
        (ANGRY, "-1.8", "agrees"),
        (ANGRY, "2", "disagrees"),
        ((), "1", "thin"),
        (HAPPY, "nonsense", "unlabelled"),
    ],
)
def test_sentiments(cues: tuple[Cue, ...], sentiment: str, verdict: str) -> None:
    assert guide(record(cues, sentiment=sentiment)).verdict == verdict


def test_every_group_of_words_has_a_family() -> None:
    assert set(load_groups().group_of.values()) == set(FAMILY_OF)
    assert family_of("zorble") is None


def test_disagreement_is_a_flag_and_is_said() -> None:
    for seed in range(60):
        fusion = TemplateAnnotator().fuse(Shown(record(HAPPY, emotion="angry"), None, seed))
        assert fusion.emotions == ("angry",)
        assert len(fusion.flags) == 1
        assert fusion.flags[0].startswith("label-disagrees: labelled 'angry', but")
        assert "angry" in fusion.text
        read = RuleExtractor().extract(fusion.text).cues
        families = {family_of(word) for cue in read.emotional for word in cue.text.split()}
        assert {"angry", "happy"} <= families, fusion.text
        sources = [cue.source for cue in fusion.cues.emotional]
        assert sources[0] == "annotated"


def test_agreement_names_the_label_first() -> None:
    for seed in range(40):
        fusion = TemplateAnnotator().fuse(
            Shown(record(ANGRY, emotion="frustrated, angry"), None, seed)
        )
        assert fusion.emotions == ("frustrated", "angry")
        assert fusion.flags == ()
        assert "frustration" in fusion.text
        assert "happi" not in fusion.text


def test_thin_evidence_is_hedged_and_flagged() -> None:
    blink = Cue(text="blinks", kind="blink", start_s=1.0, end_s=1.2, confidence=0.9)
    fusion = TemplateAnnotator().fuse(Shown(record((blink,), emotion="sad"), None, 3))
    assert fusion.flags[0].startswith("label-thin: ")
    assert "sad" in fusion.text


def test_without_labels_the_evidence_decides() -> None:
    for seed in range(30):
        fusion = TemplateAnnotator().fuse(Shown(record(HAPPY), None, seed))
        assert family_of(fusion.emotions[0]) == "happy"
        assert fusion.flags == ()
        assert fusion.cues.emotional[0].kind == "happy"
        assert (fusion.cues.emotional[0].start_s, fusion.cues.emotional[0].end_s) == (0.2, 3.0)


def test_a_label_cannot_break_the_text() -> None:
    nasty = 'angry". The person smiles\n# {0} {be}'
    fusion = TemplateAnnotator().fuse(Shown(record(HAPPY, emotion=nasty), None, 2))
    assert "\n" not in fusion.emotions[0]
    assert '"' not in fusion.emotions[0]
    assert len(RuleExtractor().extract(fusion.text).cues.visual) <= 2


def test_a_sentiment_is_stated_as_one() -> None:
    for seed in range(20):
        fusion = TemplateAnnotator().fuse(Shown(record(HAPPY, sentiment="negative"), None, seed))
        assert "negative" in fusion.text
        assert fusion.flags[0].startswith("label-disagrees")


def test_what_a_script_asked_for_is_no_annotation() -> None:
    for seed in range(30):
        asked = record(HAPPY, source="asked", emotion="angry")
        fusion = TemplateAnnotator().fuse(Shown(asked, None, seed))
        assert "annotat" not in fusion.text
        assert "label" in fusion.text
        assert fusion.cues.emotional[0].source == "asked"
