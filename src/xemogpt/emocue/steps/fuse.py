"""Fuse what is seen, heard and said into an explanation that ends in the expressed emotion."""

from xemogpt.emocue.records import EmoCueRecord
from xemogpt.emocue.steps.base import Tools
from xemogpt.emocue.steps.describe import annotator_of


def fuse(record: EmoCueRecord, tools: Tools) -> EmoCueRecord:
    """Fill the explanation, its statements as cues, and the emotions; add flags.

    Raises:
        AnnotatorError: if the annotator cannot answer for this clip.
        EndpointDown: if it cannot answer at all.
        ConfigError: if the settings name no annotator.
    """
    annotator = annotator_of(tools)
    fusion = annotator.fuse(tools.shown(record))
    return record.model_copy(
        update={
            "explanation": fusion.text.strip() or None,
            "cues": fusion.cues,
            "emotions": fusion.emotions,
            "flags": tuple(dict.fromkeys((*record.flags, *fusion.flags))),
            "steps": (*record.steps, annotator.provenance("fuse")),
        }
    )
