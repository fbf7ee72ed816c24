"""Describe what is seen, and what is heard, each without the other."""

from xemogpt.emocue.annotators.base import Annotator, Described
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.emocue.steps.base import Tools
from xemogpt.errors import ConfigError

_LACKS = {"visual": "no-video", "auditory": "no-sound"}


def describe_visual(record: EmoCueRecord, tools: Tools) -> EmoCueRecord:
    """Fill ``descriptions["visual"]``; a clip without pictures is left as it is.

    Raises:
        AnnotatorError: if the annotator cannot answer for this clip.
        EndpointDown: if it cannot answer at all.
        ConfigError: if the settings name no annotator.
    """
    return _described(record, tools, "visual")


def describe_audio(record: EmoCueRecord, tools: Tools) -> EmoCueRecord:
    """Fill ``descriptions["auditory"]``; a clip without sound is left as it is.

    Raises:
        AnnotatorError: if the annotator cannot answer for this clip.
        EndpointDown: if it cannot answer at all.
        ConfigError: if the settings name no annotator.
    """
    return _described(record, tools, "auditory")


def annotator_of(tools: Tools) -> Annotator:
    """The annotator that writes; several are one that votes.

    Raises:
        ConfigError: if the settings name none.
    """
    if not tools.annotators:
        raise ConfigError('no annotator in the settings; expected one or more, such as "template"')
    return tools.annotators[0]


def has_flag(record: EmoCueRecord, code: str) -> bool:
    """Whether a flag of this code was raised."""
    return any(flag.partition(":")[0] == code for flag in record.flags)


def _described(record: EmoCueRecord, tools: Tools, modality: Described) -> EmoCueRecord:
    if record.media is None or has_flag(record, _LACKS[modality]):
        return record
    annotator = annotator_of(tools)
    description = annotator.describe(tools.shown(record), modality)
    flags = tuple(dict.fromkeys((*record.flags, *description.flags)))
    record = record.model_copy(update={"flags": flags})
    text = description.text.strip()
    if not text:
        return record
    return record.model_copy(
        update={
            "descriptions": {**record.descriptions, modality: text},
            "steps": (*record.steps, annotator.provenance("describe")),
        }
    )
