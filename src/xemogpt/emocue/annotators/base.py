"""What an annotator is: it describes one modality at a time, then fuses the descriptions."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from xemogpt.emocue.records import EmoCueRecord, Step
from xemogpt.schema import CueSet, Record

Described = Literal["visual", "auditory"]


class Description(Record):
    """What one modality shows, without the others."""

    text: str
    """Prose; empty if there is nothing to say."""
    cues: CueSet = CueSet()
    """The statements of the text one by one, with times where the annotator gave them."""
    flags: tuple[str, ...] = ()
    """What a reader must know, each "code: sentence", such as sound that was not listened to."""


class Fusion(Record):
    """An explanation over all modalities, ending in the expressed emotion."""

    text: str
    cues: CueSet = CueSet()
    """The statements of the text one by one."""
    emotions: tuple[str, ...] = ()
    """Open-vocabulary, the main one first."""
    flags: tuple[str, ...] = ()
    """What a reader must know, each "code: sentence", such as disagreement with a label."""


@dataclass(frozen=True)
class Shown:
    """What an annotator gets to see of a clip."""

    record: EmoCueRecord
    """With what was measured, the transcript and the labels."""
    media: Path | None
    """The clip itself; none for words alone."""
    seed: int
    """For the choice of words; differs from clip to clip."""


class Annotator(Protocol):
    """Describes and fuses. Safe to use from several threads.

    Errors of one clip are raised as ``AnnotatorError``; an endpoint that is plainly down as
    ``EndpointDown``, which stops the build so that nothing is lost.
    """

    name: str
    """As given in the settings, without credentials."""

    def describe(self, shown: Shown, modality: Described) -> Description:
        """What is seen, or what is heard."""

    def fuse(self, shown: Shown) -> Fusion:
        """The explanation, from the descriptions, measured cues, words and labels of the record."""

    def provenance(self, task: Literal["describe", "fuse"]) -> Step:
        """Tool, version, model and hash of the prompt."""
