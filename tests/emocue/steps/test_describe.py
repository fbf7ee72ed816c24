"""Unimodal descriptions: filled where the clip has the modality."""

from pathlib import Path

import pytest

from xemogpt.emocue.annotators.base import Annotator
from xemogpt.emocue.annotators.template import TemplateAnnotator
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.emocue.settings import BuildSettings
from xemogpt.emocue.steps.base import Tools
from xemogpt.emocue.steps.describe import annotator_of, describe_audio, describe_visual
from xemogpt.errors import ConfigError
from xemogpt.schema import Cue, CueSet

MEASURED = CueSet(
    visual=[Cue(text="smiles", kind="smile", start_s=0.5, end_s=2.0, source="measured")],
    auditory=[Cue(text="speaks fast", kind="fast-speech", start_s=0.1, end_s=2.5)],
)


def tools(*annotators: Annotator) -> Tools:
    return Tools(Path(), BuildSettings(), lambda settings: annotators or (TemplateAnnotator(),))


def test_both_are_described_and_say_who_wrote() -> None:
    record = EmoCueRecord(id="a", media="media/a.mp4", duration_s=3.0, measured=MEASURED)
    described = describe_audio(describe_visual(record, tools()), tools())
    assert set(described.descriptions) == {"visual", "auditory"}
    assert "smil" in described.descriptions["visual"]
    assert "smil" not in described.descriptions["auditory"]
    assert [step.tool for step in described.steps] == ["template/describe"] * 2
    assert record.descriptions == {}
    assert described == describe_audio(describe_visual(record, tools()), tools())


def test_what_is_not_there_is_not_described() -> None:
    sound = EmoCueRecord(
        id="a", media="media/a.wav", measured=MEASURED, flags=("no-video: there is no picture",)
    )
    assert describe_visual(sound, tools()) == sound
    assert describe_audio(sound, tools()).descriptions
    words = EmoCueRecord(id="w", measured=CueSet())
    assert describe_visual(words, tools()) == words


def test_silence_is_no_step() -> None:
    still = EmoCueRecord(id="a", media="media/a.mp4", measured=CueSet())
    assert describe_audio(still, tools()) == still


def test_no_annotator_is_an_error() -> None:
    empty = Tools(Path(), BuildSettings(), lambda settings: ())
    with pytest.raises(ConfigError, match="template"):
        annotator_of(empty)
