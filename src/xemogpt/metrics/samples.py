"""Checking what a user gives as predictions or references, before anything is scored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xemogpt.errors import DatasetError
from xemogpt.schema import MODALITIES, Cue, CueSet, Modality


@dataclass(frozen=True, slots=True)
class SampleCues:
    """The cue texts of one sample. None is a modality that the record does not mention."""

    visual: tuple[str, ...] | None = None
    auditory: tuple[str, ...] | None = None
    emotional: tuple[str, ...] | None = None

    def of(self, modality: Modality) -> tuple[str, ...]:
        """The cues of one modality; none if it is not mentioned."""
        cues: tuple[str, ...] | None = getattr(self, modality)
        return cues or ()

    def has(self, modality: Modality) -> bool:
        """Whether the record mentions the modality at all."""
        return getattr(self, modality) is not None


Samples = dict[str, SampleCues]


def as_samples(cues: Any, name: str = "preds") -> Samples:
    """Predictions or references as a mapping of sample id to cue texts.

    Args:
        cues: a mapping of id to a ``CueSet`` or to ``{"visual": [...], "auditory": [...],
            "emotional": [...]}``, a cue being a string, a ``Cue`` or ``{"text": ...}``.
        name: what to call it in messages.

    Raises:
        DatasetError: if it is of another form; the message names the sample and the field.

    >>> as_samples({"clip1": {"visual": ["she smiles"]}})["clip1"].of("visual")
    ('she smiles',)
    """
    if not isinstance(cues, Mapping):
        raise DatasetError(
            f"{name} should map sample ids to cues, got {_kind(cues)};"
            ' expected {"clip1": {"visual": [...], "auditory": [...], "emotional": [...]}}'
        )
    return {_as_id(key, name): as_sample(value, f"{name}, sample {key!r}")
            for key, value in cues.items()}  # fmt: skip


def as_sample(value: Any, place: str) -> SampleCues:
    """The cues of one sample; see ``as_samples``.

    Raises:
        DatasetError: naming ``place`` and the field at fault.
    """
    if isinstance(value, SampleCues):
        return value
    if isinstance(value, CueSet):
        return SampleCues(*(tuple(cue.text for cue in value.of(m)) for m in MODALITIES))
    if not isinstance(value, Mapping):
        raise DatasetError(
            f"{place}: expected an object with the lists {', '.join(MODALITIES)},"
            f" got {_kind(value)}"
        )
    unknown = [str(key) for key in value if key not in MODALITIES]
    if unknown:
        raise DatasetError(
            f"{place}: unknown field {', '.join(map(repr, unknown))};"
            f" expected {', '.join(MODALITIES)}"
        )
    return SampleCues(**{key: _as_texts(given, f"{place}, field {key!r}")
                         for key, given in value.items()})  # fmt: skip


def _as_texts(given: Any, place: str) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise DatasetError(
            f"{place}: expected a list of cues, got {_kind(given)}; write [...] around it"
            if isinstance(given, str)
            else f"{place}: expected a list of cues, got {_kind(given)}; an empty list means none"
        )
    return tuple(_as_text(cue, f"{place}, cue {index}") for index, cue in enumerate(given))


def _as_text(cue: Any, place: str) -> str:
    if isinstance(cue, str):
        return cue
    if isinstance(cue, Cue):
        return cue.text
    if isinstance(cue, Mapping) and isinstance(cue.get("text"), str):
        unknown = set(cue) - set(Cue.model_fields)
        if not unknown:
            return str(cue["text"])
        raise DatasetError(f"{place}: unknown field {', '.join(map(repr, sorted(unknown)))}")
    raise DatasetError(f"{place}: expected a string, got {_kind(cue)}")


def _as_id(key: Any, name: str) -> str:
    if not isinstance(key, str) or not key:
        raise DatasetError(f"{name}: a sample id should be a non-empty string, got {key!r}")
    return key


def _kind(value: Any) -> str:
    """A JSON-like name of what was given, with its beginning."""
    names = {type(None): "null", bool: "a boolean", int: "a number", float: "a number",
             str: "a string", list: "a list", tuple: "a list", dict: "an object"}  # fmt: skip
    name = names.get(type(value), f"a {type(value).__name__}")
    shown = repr(value)
    return name if value is None else f"{name} ({shown[:40]}{'...' if len(shown) > 40 else ''})"
