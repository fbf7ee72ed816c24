"""Who writes the explanation of a window: the model, or prose from the measurements."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

from xemogpt.inference.requests import Passage, Piece
from xemogpt.schema import CueSet
from xemogpt.signals import appraise, compose

Setting = str | int | float | bool | None


class Writer(Protocol):
    """Turns measured windows into words."""

    source: Literal["model", "measured"]
    name: str
    batch_size: int
    weights: dict[str, str]
    settings: dict[str, Setting]

    def write(self, pieces: Sequence[Piece]) -> list[Passage]:
        """Explain each window; at most ``batch_size`` of them are handed over at once."""
        ...


class MeasuredWriter:
    """Prose from measured cues alone: nothing is said that was not measured."""

    source: Literal["model", "measured"] = "measured"
    name = "measured"
    batch_size = 1

    def __init__(self) -> None:
        self.weights: dict[str, str] = {}
        self.settings: dict[str, Setting] = {}

    def write(self, pieces: Sequence[Piece]) -> list[Passage]:
        """Compose a paragraph from the cues of each measurement."""
        return [_compose_passage(piece) for piece in pieces]


def _compose_passage(piece: Piece) -> Passage:
    measured = piece.measurement
    appraisal = appraise(measured)
    cues = CueSet(measured.cues.visual, measured.cues.auditory, appraisal.cues)
    return Passage(compose(measured, appraisal), cues, appraisal.emotions)


class ModelWriter:
    """The XEmoGPT model; what it states is compared with what was measured."""

    source: Literal["model", "measured"] = "model"

    def __init__(
        self, path: str | Path, device: str = "cpu", batch_size: int = 4, max_new_tokens: int = 256
    ) -> None:
        """Load model and processor from a folder or a hub id.

        Raises:
            CheckpointError: if the weights are not all there, or other than the ones saved.
        """
        from xemogpt.model.modeling import XEmoGPTForConditionalGeneration
        from xemogpt.model.processing import XEmoGPTProcessor

        self.name = str(path)
        self.batch_size = batch_size
        self._processor: Any = XEmoGPTProcessor.from_pretrained(path)
        self._model: Any = XEmoGPTForConditionalGeneration.from_pretrained(path).to(device).eval()
        self._max_new_tokens = max_new_tokens
        self.weights: dict[str, str] = {}
        self.settings: dict[str, Setting] = {
            "device": device,
            "max_new_tokens": max_new_tokens,
            "decoding": "greedy",
        }
