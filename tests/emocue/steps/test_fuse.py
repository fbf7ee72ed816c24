"""The fusion step: explanation, cues, emotions, flags, provenance."""

from pathlib import Path

from xemogpt.emocue.annotators.template import TemplateAnnotator
from xemogpt.emocue.records import EmoCueRecord, Label
from xemogpt.emocue.settings import BuildSettings
from xemogpt.emocue.steps.base import Tools
from xemogpt.emocue.steps.fuse import fuse
from xemogpt.schema import Cue, CueSet, Transcript

MEASURED = CueSet(
    visual=[
        Cue(text="smiles", kind="smile", start_s=0.5, end_s=2.6, value=0.7, confidence=0.9),
        Cue(text="nods once", kind="head-nod", start_s=2.0, end_s=2.6, confidence=0.8),
    ],
    auditory=[Cue(text="speaks fast", kind="fast-speech", start_s=0.1, end_s=2.5)],
)


def tools(seed: int = 0) -> Tools:
    settings = BuildSettings(seed=seed)
    return Tools(Path(), settings, lambda settings: (TemplateAnnotator(),))


def record(**more: object) -> EmoCueRecord:
    data = {"id": "a", "media": "media/a.mp4", "duration_s": 3.0, "measured": MEASURED, **more}
    return EmoCueRecord.model_validate(data)


def test_the_record_is_filled() -> None:
    label = Label(name="emotion", value="sad", source="annotated")
    made = fuse(record(labels=(label,), flags=("no-sound: there is no sound",)), tools())
    assert made.explanation
    assert {cue.kind for cue in made.cues.visual} == {"smile", "head-nod"}
    assert {cue.kind for cue in made.cues.auditory} == {"fast-speech"}
    assert made.emotions == ("sad",)
    assert made.flags[0].startswith("no-sound")
    assert made.flags[1].startswith("label-disagrees")
    assert [step.tool for step in made.steps] == ["template/fuse"]
    assert EmoCueRecord.model_validate_json(made.to_json()) == made


def test_equal_records_and_seeds_give_equal_bytes() -> None:
    assert fuse(record(), tools()).to_json() == fuse(record(), tools()).to_json()
    texts = {fuse(record(), tools(seed)).explanation for seed in range(8)}
    assert len(texts) > 6


def test_words_alone_are_fused_too() -> None:
    words = EmoCueRecord(id="w", transcript=Transcript(text="I am so glad!", source="given"))
    made = fuse(words, tools())
    assert made.explanation
    assert len(made.cues) == 0


def test_fusing_twice_does_not_double_flags() -> None:
    label = Label(name="emotion", value="angry", source="annotated")
    made = fuse(fuse(record(labels=(label,)), tools()), tools())
    assert len(made.flags) == 1
