"""HuBERT: about 50 vectors a second of speech."""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional
from transformers import HubertConfig, HubertModel

from xemogpt.config import Config, build_config
from xemogpt.encoders.base import FrozenEncoder
from xemogpt.encoders.raw import check_waveform
from xemogpt.encoders.sources import resolve_source
from xemogpt.encoders.towers import build_tower, load_tower, plain_settings
from xemogpt.errors import WeightsError
from xemogpt.media.audio import SAMPLE_RATE


class HubertEncoderConfig(Config):
    """Settings of a HuBERT audio encoder."""

    hubert: dict[str, Any] = Field(default_factory=dict)
    """Arguments of transformers' ``HubertConfig``; its defaults are HuBERT-base."""
    normalise: bool = True
    """Scale each waveform to zero mean and unit variance."""


class HubertAudioEncoder(FrozenEncoder):
    """All vectors of the last layer.

    Sound shorter than the convolutions' receptive field (400 samples, 25 ms, in the published
    models) is padded at the end with zeros to that length, and so gives one vector.
    """

    name: ClassVar[str] = "hubert"
    modality: ClassVar[str] = "audio"

    def __init__(self, config: HubertEncoderConfig, tower: HubertModel) -> None:
        super().__init__()
        self.config = config
        self.tower = tower
        self.feature_dim = tower.config.hidden_size
        self.freeze()

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build from the fields of ``HubertEncoderConfig``, with random weights."""
        checked = build_config(HubertEncoderConfig, config, "hubert encoder")
        return cls(checked, build_tower(HubertModel, HubertConfig, checked.hubert))

    @classmethod
    def from_pretrained(
        cls, source: str | Path, revision: str | None = None, dtype: str = "float32"
    ) -> Self:
        """Load a HuBERT checkpoint.

        Args:
            source: folder or hub id of a transformers HuBERT model.
            revision: hub revision.
            dtype: of the weights, and so of the features.

        Raises:
            WeightsError: if files are absent or incomplete, or expect another sample rate.
        """
        folder = resolve_source(source, revision)
        tower = load_tower(HubertModel, folder, dtype)
        settings: dict[str, Any] = {}
        path = folder / "preprocessor_config.json"
        if path.is_file():
            settings = json.loads(path.read_text(encoding="utf-8"))
        if settings.get("sampling_rate", SAMPLE_RATE) != SAMPLE_RATE:
            raise WeightsError(f"{path} expects {settings['sampling_rate']} Hz, not {SAMPLE_RATE}")
        config = HubertEncoderConfig(
            hubert=plain_settings(tower.config), normalise=settings.get("do_normalize", True)
        )
        return cls(config, tower)._loaded_from(source, revision, {"dtype": dtype})

    def to_config(self) -> dict[str, Any]:
        """Tower and preprocessing."""
        return self.config.model_dump(mode="json")

    @property
    def receptive_field(self) -> int:
        """Samples that the first vector sees: the shortest input there can be."""
        samples = 1
        convolutions = zip(
            self.tower.config.conv_kernel, self.tower.config.conv_stride, strict=True
        )
        for kernel, stride in reversed(list(convolutions)):
            samples = (samples - 1) * stride + kernel
        return samples

    def preprocess(self, raw: np.ndarray) -> dict[str, Tensor]:
        """Normalise a waveform, float32 (S,), and pad it if it is shorter than 25 ms."""
        waveform = check_waveform(raw)
        if self.config.normalise:
            waveform = (waveform - waveform.mean()) / np.sqrt(waveform.var() + 1e-7)
        padding = max(0, self.receptive_field - len(waveform))
        return {"inputs": functional.pad(torch.from_numpy(waveform), (0, padding))}

    def output_lengths(self, lengths: Tensor) -> Tensor:
        """Vectors that the convolutions give for so many samples."""
        for kernel, stride in zip(
            self.tower.config.conv_kernel, self.tower.config.conv_stride, strict=True
        ):
            lengths = (lengths - kernel) // stride + 1
        return lengths

    def encode(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Waveforms (B, S) -> vectors (B, T, D).

        Only waveforms of equal length share a pass. Padding would enter the statistics of models
        with a group norm, and would be computed for nothing in the others.
        """
        rows_of_length: dict[int, list[int]] = defaultdict(list)
        for row, length in enumerate(lengths.tolist()):
            rows_of_length[length].append(row)
        num_steps = int(self.output_lengths(lengths.max()))
        values = inputs.new_zeros(len(inputs), num_steps, self.feature_dim)
        for length, rows in rows_of_length.items():
            encoded = self.tower(inputs[rows, :length]).last_hidden_state
            values[rows, : encoded.shape[1]] = encoded
        return values
