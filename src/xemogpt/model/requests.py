"""What one call of the processor is given, sorted by sample."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from xemogpt.errors import ConfigError
from xemogpt.prompts import PerceivedModality


@dataclass(frozen=True)
class Sample:
    """Everything given for one sample; what was not given is none."""

    subtitle: str | None = None
    instruction: str | None = None
    answer: str | None = None
    frames: np.ndarray | None = None
    waveform: np.ndarray | None = None
    video_features: Tensor | None = None
    audio_features: Tensor | None = None

    def media(self, modality: PerceivedModality) -> tuple[np.ndarray | None, Tensor | None]:
        """Raw media and cached features of a modality.

        Raises:
            ConfigError: if both were given.
        """
        raw = self.frames if modality == "video" else self.waveform
        features = self.video_features if modality == "video" else self.audio_features
        if raw is not None and features is not None:
            name = "frames" if modality == "video" else "waveform"
            raise ConfigError(f"a sample has both {name} and {modality}_features; give one")
        return raw, features


@dataclass(frozen=True)
class Perceived:
    """One modality of one sample, ready for the model.

    Attributes:
        inputs: what the encoder's ``preprocess`` gave, if it was raw.
        features: cached features (T, D), if it was cached.
        num_vectors: how many feature vectors reach the backbone.
    """

    inputs: dict[str, Tensor] | None
    features: Tensor | None
    num_vectors: int


def as_samples(**given: Any) -> list[Sample]:
    """Sort arguments by sample: a list or tuple holds one item a sample, anything else is shared.

    Raises:
        ConfigError: if lists differ in length or are empty, or media are shared by a batch.

    >>> [sample.subtitle for sample in as_samples(subtitle=["a", None], instruction="x")]
    ['a', None]
    """
    lengths = {name: len(v) for name, v in given.items() if isinstance(v, list | tuple)}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        raise ConfigError(f"arguments should have one item a sample each, got {lengths}")
    size = next(iter(lengths.values()), 1)
    shared = [n for n, v in given.items() if v is not None and n not in lengths]
    wrong = [name for name in shared if name != "instruction"]
    if size > 1 and wrong:
        raise ConfigError(f"{', '.join(wrong)} should be a list of {size}, one item a sample")
    columns = {n: v if n in lengths else [v] * size for n, v in given.items()}
    samples = [
        Sample(**dict(zip(columns, items, strict=True)))
        for items in zip(*_sequences(columns), strict=True)
    ]
    for index, sample in enumerate(samples):
        if given.get("answer") is not None and sample.answer is None:
            raise ConfigError(f"sample {index} has no answer, but others have")
    return samples


def _sequences(columns: dict[str, Sequence[Any]]) -> list[Sequence[Any]]:
    return list(columns.values())
