"""What crosses files and wires: cues, transcripts and explanations. No torch here.

``Explanation.model_json_schema()`` is the published schema of ``xemogpt explain --json``.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Modality = Literal["visual", "auditory", "emotional"]
MODALITIES: tuple[Modality, ...] = ("visual", "auditory", "emotional")


class Record(BaseModel):
    """Base of everything below: immutable, no unknown fields, finite numbers only."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Cue(Record):
    """One observation, such as "she smiles from 0.8 s to 2.1 s"."""

    text: str = Field(min_length=1)
    """The cue in words."""
    kind: str | None = None
    """Name in the cue vocabulary (``docs/cues.md``), such as ``smile``; none if not known."""
    start_s: float | None = Field(default=None, ge=0)
    """Where it begins, in seconds from the start of the media."""
    end_s: float | None = Field(default=None, ge=0)
    """Where it ends, in seconds from the start of the media."""
    value: float | None = None
    """The measurement behind it, in ``unit``."""
    unit: str | None = None
    """Unit of ``value``."""
    confidence: float | None = Field(default=None, ge=0, le=1)
    """How sure the source is, from 0 to 1."""
    source: Literal["model", "measured", "annotated", "asked"] | None = None
    """Who says so: the model, a detector, an annotator, or the script of a generated clip."""
    support: Literal["supported", "contradicted", "not measurable"] | None = None
    """What the measured cues say of a model's cue."""
    agreement: float | None = Field(
        default=None, ge=0, le=1, exclude_if=lambda agreement: agreement is None
    )
    """Share of several annotators who state it; only where there were several."""


class CueSet(Record):
    """The cues of one sample by modality. Plain strings are taken as cues.

    >>> CueSet(["she smiles"], emotional=["happy"]).visual[0].text
    'she smiles'
    """

    visual: tuple[Cue, ...] = ()
    auditory: tuple[Cue, ...] = ()
    emotional: tuple[Cue, ...] = ()

    def __init__(
        self,
        visual: Sequence[str | Cue | dict[str, Any]] = (),
        auditory: Sequence[str | Cue | dict[str, Any]] = (),
        emotional: Sequence[str | Cue | dict[str, Any]] = (),
        **unknown: Any,
    ) -> None:
        given = {"visual": visual, "auditory": auditory, "emotional": emotional}
        super().__init__(**{name: _as_cues(cues) for name, cues in given.items()}, **unknown)

    def of(self, modality: Modality) -> tuple[Cue, ...]:
        """The cues of one modality."""
        cues: tuple[Cue, ...] = getattr(self, modality)
        return cues

    def __len__(self) -> int:
        return len(self.visual) + len(self.auditory) + len(self.emotional)

    def items(self) -> Iterator[tuple[Modality, Cue]]:
        """Every cue with its modality."""
        for modality in MODALITIES:
            for cue in self.of(modality):
                yield modality, cue


def _as_cues(cues: Any) -> Any:
    """Wrap strings of a list as cues; leave what is not a list for validation to reject."""
    if not isinstance(cues, list | tuple):
        return cues
    return [{"text": cue} if isinstance(cue, str) else cue for cue in cues]


class Emotion(Record):
    """An expressed emotion and how strongly the evidence points to it, from 0 to 1."""

    label: str
    score: float = Field(ge=0, le=1)


class Word(Record):
    """A spoken word and when it was said."""

    text: str
    start_s: float
    end_s: float
    confidence: float | None = None


class Transcript(Record):
    """What is said, and how that is known."""

    text: str
    language: str | None = None
    """ISO 639-1 code, if known."""
    source: Literal["given", "file", "recognised"]
    """A subtitle string, a subtitle file, or speech recognition."""
    words: tuple[Word, ...] = ()
    """Words, or subtitle lines where only those have times."""


class Window(Record):
    """One piece of a long clip, explained for itself."""

    start_s: float
    end_s: float
    text: str
    emotions: tuple[Emotion, ...] = ()


class Provenance(Record):
    """What made a result, so that it can be made again."""

    model: str
    """Preset, path or hub id; ``measured`` when no model took part."""
    weights: dict[str, str] = {}
    """Name -> SHA-256 of each weight file used."""
    versions: dict[str, str] = {}
    """Package -> version."""
    settings: dict[str, str | int | float | bool | None] = {}
    """What else the result depends on: device, frame count, decoding."""
    seconds: float | None = None
    """Wall time it took."""


class Explanation(Record):
    """The answer for one clip: a text, the cues in it, and the evidence beside it."""

    media: str
    """The path or name that was given."""
    text: str
    """The explanation."""
    source: Literal["model", "measured"]
    """Written by the model, or composed from measured cues."""
    emotions: tuple[Emotion, ...] = ()
    """Expressed emotions, strongest first."""
    cues: CueSet = CueSet()
    """The cues that the text names."""
    evidence: tuple[Cue, ...] = ()
    """Cues measured on the signal, whether or not the text names them."""
    transcript: Transcript | None = None
    warnings: tuple[str, ...] = ()
    """What could not be seen, heard or measured; each begins with a stable code and a colon."""
    windows: tuple[Window, ...] = ()
    """The pieces of a clip longer than one window, in order."""
    provenance: Provenance

    def to_json(self, indent: int | None = None) -> str:
        """The explanation as one JSON object."""
        return self.model_dump_json(indent=indent)
