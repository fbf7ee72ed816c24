"""What is held against evidence: kinds, denials, times, sides, order; and what is left."""

import pytest

from xemogpt.emocue.records import EmoCueRecord
from xemogpt.emocue.settings import BuildSettings
from xemogpt.emocue.steps.base import Tools
from xemogpt.emocue.steps.verify import verify
from xemogpt.emocue.verification.clauses import read_sentences
from xemogpt.emocue.verification.moments import claimed, fits
from xemogpt.schema import Cue, CueSet, Transcript


def cue(kind: str, start_s: float, end_s: float, text: str | None = None) -> Cue:
    return Cue(text=text or kind, kind=kind, start_s=start_s, end_s=end_s, source="measured")


MEASURED = CueSet(
    visual=[
        cue("smile", 0.2, 1.5, "smiles"),
        cue("brow-lower", 3.0, 4.0, "lowers the eyebrows"),
        cue("gaze-averted", 4.2, 5.0, "looks to their left"),
    ],
    auditory=[cue("speech", 0.5, 5.0, "speaks"), cue("pause", 2.0, 2.6, "pauses")],
)
RECORD = EmoCueRecord(
    id="a",
    duration_s=6.0,
    transcript=Transcript(text="I am so very fast.", language="en", source="given"),
    measured=MEASURED,
    cues=MEASURED,
    descriptions={"visual": "A woman in a red scarf smiles. She nods."},
)


@pytest.fixture
def tools(tmp_path):
    return Tools(tmp_path, BuildSettings(), lambda settings: ())


def checked(text, tools, **changes):
    return verify(RECORD.model_copy(update={"explanation": text, **changes}), tools)


TRUE = [
    "She smiles and then frowns. Because she pauses, she seems unsure.",
    "The speaker smiles (from 0.2 to 1.5 s) and pauses at about 2.1 s.",
    "At first, a smile lights up the face; later, the brows are lowered.",
    'She says "I never smile, I talk fast" and looks to their left towards the end.',
    "She wears a red scarf. She nods. She no longer smiles.",
    "The voice is not loud. She does not shake her head. She is happy.",
    "Visual: she smiles.\nAudio: she pauses.\nEmotion: happy.",
    "- She smiles.\n- She pauses.",
]


@pytest.mark.parametrize("text", TRUE)
def test_what_is_true_stays_as_it_was_written(text, tools):
    record = checked(text, tools)
    assert record.explanation == text
    assert record.flags == ()
    assert record.quality["supported_share"] == 1.0
    assert record.cues == MEASURED
    assert record.steps[-1].tool == "verify"


@pytest.mark.parametrize(
    ("text", "left", "flag"),
    [
        ("She smiles. She shakes her head. She pauses.", "She smiles. She pauses.",
         "dropped-statement: She shakes her head (head-shake is neither measured nor described)"),
        ("She smiles, opens the eyes wide and pauses.", "She smiles and pauses.", "eyes-wide"),
        ("She opens the eyes wide and smiles.", "She smiles.", "eyes-wide"),
        ("The voice trembles while she smiles.", "She smiles.", "voice-tremor"),
        ("Because her voice trembles, she seems afraid.", "She seems afraid.", "voice-tremor"),
        ("She never pauses. She smiles.", "She smiles.", "pause is denied but measured"),
        ("There is no smile. She pauses.", "She pauses.", "smile is denied"),
        ("She pauses. She smiles from 4.0 to 5.0 s.", "She pauses.", "another time (0.2-1.5 s)"),
        ("She smiles towards the end. She pauses.", "She pauses.", "another time"),
        ("She smiles throughout. She pauses.", "She pauses.", "another time"),
        ("She looks to their right. She pauses.", "She pauses.", "other side"),
        ("Visual: her eyes are closed.\nAudio: she pauses.", "Audio: she pauses.", "eyes-closed"),
        ("She frowns and then smiles.", "She frowns, and she smiles.", "dropped-order: smiles"),
        ("She frowns. Then, she smiles.", "She frowns. She smiles.", "dropped-order"),
        ("She smiles after she frowns.", "She smiles, and she frowns.", "dropped-order"),
        ("She frowns before smiling.", "She frowns, and she is smiling.", "dropped-order"),
    ],
)  # fmt: skip
def test_what_is_false_leaves_and_is_written_down(text, left, flag, tools):
    record = checked(text, tools)
    assert record.explanation == left
    assert len(record.flags) == 1 and flag in record.flags[0]
    assert 0 <= record.quality["supported_share"] < 1


def test_cues_that_are_contradicted_go_too(tools):
    stated = CueSet(
        visual=[Cue(text="smiles"), Cue(text="shakes the head"), Cue(text="wears a scarf"),
                cue("brow-lower", 0.0, 0.5)],
        emotional=[Cue(text="expresses joy", kind="happy")],
    )  # fmt: skip
    record = checked("She smiles.", tools, cues=stated)
    assert [one.text for one in record.cues.visual] == ["smiles", "wears a scarf"]
    assert record.cues.emotional == stated.emotional
    assert [flag.partition(" (")[0] for flag in record.flags] == [
        "dropped-cue: shakes the head", "dropped-cue: brow-lower",
    ]  # fmt: skip


def test_what_could_not_be_measured_is_no_contradiction(tools):
    blind = {"flags": ("no-face: no face was found",), "measured": CueSet(), "descriptions": {}}
    record = checked("She smiles.", tools, cues=CueSet(), **blind)
    assert record.explanation == "She smiles."
    assert record.flags[1].startswith("unsupported-statement: She smiles")
    assert "supported_share" not in record.quality
    deaf = {**blind, "flags": ("no-sound: the clip has no sound",)}
    assert checked("She pauses.", tools, cues=CueSet(), **deaf).explanation is None


def test_a_record_without_explanation_is_left_alone(tools):
    assert verify(RECORD, tools) == RECORD


@pytest.mark.parametrize(
    "text",
    ["她先微笑，然后皱眉。", "???", ";;; and and , then", "a" * 30_000, "1. 2. 3.", "\n\n", '"',
     "(((", "Then, " * 200, "She smiles, " * 500],
)  # fmt: skip
def test_nonsense_does_no_harm(text, tools):
    record = checked(text, tools)
    assert record.explanation is None or len(record.explanation) <= len(text) + 10
    assert "".join(one.text + one.after for one in read_sentences(text)) == text


def test_times_are_read_from_figures_and_words():
    assert claimed("nods (1.2–2.0 s)", "head-nod", None) is not None
    assert claimed("nods for 1.2 s", "head-nod", 5.0) is None
    assert claimed("nods twice", "head-nod", 5.0) is None
    assert claimed("the voice rises at the end", "final-rise", 5.0) is None
    late = claimed("nods late in the clip", "head-nod", 10.0)
    assert late is not None and fits(late, [(5.2, 6.0)]) and not fits(late, [(1.0, 2.0)])
