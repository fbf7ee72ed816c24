"""Seeded encoders of a few kilobytes: the same protocol as the real ones, for fast tests.

They ship with the package so that your own tests can build a whole model in milliseconds. The
nets are real (convolution or pooling, then linear layers) but were never trained.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from xemogpt.config import Config, build_config
from xemogpt.encoders.base import FrozenEncoder
from xemogpt.encoders.raw import check_frames, check_waveform


class TinyEncoderConfig(Config):
    """Shape and seed of a tiny encoder."""

    feature_dim: int = 32
    """Width of a feature vector."""
    seed: int = 0
    """Seed of the weights: the same seed gives the same encoder on every machine."""


class _TinyEncoder(FrozenEncoder):
    """What both tiny encoders share: they are built from a seed, never from files."""

    def __init__(self, config: TinyEncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.feature_dim = config.feature_dim

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build from ``feature_dim`` and ``seed``, both optional."""
        return cls(build_config(TinyEncoderConfig, config, f"{cls.name} encoder"))

    @classmethod
    def from_pretrained(cls, source: str | Path = "seeded", **options: Any) -> Self:
        """Build from ``options``, as ``from_config``; ``source`` is not read."""
        return cls.from_config(options)

    def to_config(self) -> dict[str, Any]:
        """Feature width and seed."""
        return self.config.model_dump()

    def _draw_weights(self) -> None:
        """Fill all parameters from the seed, leaving torch's global generator alone."""
        generator = torch.Generator().manual_seed(self.config.seed)
        with torch.no_grad():
            for parameter in self.parameters():
                if not parameter.is_meta:
                    # Weights keep the variance of what they get; biases stay small beside them.
                    scale = parameter[0].numel() ** -0.5 if parameter.dim() > 1 else 0.1
                    parameter.copy_(torch.randn(parameter.shape, generator=generator) * scale)
        self.freeze()


class TinyVideoEncoder(_TinyEncoder):
    """Frames -> 8 x 8 colour thumbnails -> two linear layers; one vector a frame."""

    name: ClassVar[str] = "tiny-video"
    modality: ClassVar[str] = "video"
    SIDE = 8

    def __init__(self, config: TinyEncoderConfig) -> None:
        super().__init__(config)
        self.hidden = nn.Linear(3 * self.SIDE**2, 48)
        self.output = nn.Linear(48, config.feature_dim)
        self._draw_weights()

    def preprocess(self, raw: np.ndarray) -> dict[str, Tensor]:
        """Average-pool frames, uint8 (T, H, W, 3), to float32 (T, 3, 8, 8) in [-1, 1]."""
        frames = torch.from_numpy(check_frames(raw)).permute(0, 3, 1, 2).float()
        return {"inputs": functional.adaptive_avg_pool2d(frames, self.SIDE) / 127.5 - 1}

    def encode(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Two linear layers on each thumbnail: (B, T, 3, 8, 8) -> (B, T, D)."""
        values: Tensor = self.output(torch.tanh(self.hidden(inputs.flatten(2))))
        return values


class TinyAudioEncoder(_TinyEncoder):
    """Waveform -> one strided convolution over 40 ms -> linear; 25 vectors a second."""

    name: ClassVar[str] = "tiny-audio"
    modality: ClassVar[str] = "audio"
    STEP = 640  # samples, 40 ms

    def __init__(self, config: TinyEncoderConfig) -> None:
        super().__init__(config)
        self.filters = nn.Conv1d(1, 24, self.STEP, stride=self.STEP)
        self.output = nn.Linear(24, config.feature_dim)
        self._draw_weights()

    def preprocess(self, raw: np.ndarray) -> dict[str, Tensor]:
        """Scale a waveform, float32 (S,), by 10 so that speech spans the filters' range.

        A last step that is not whole is left out; less than one step is padded with zeros.
        """
        waveform = torch.from_numpy(check_waveform(raw)) * 10
        return {"inputs": functional.pad(waveform, (0, max(0, self.STEP - len(waveform))))}

    def output_lengths(self, lengths: Tensor) -> Tensor:
        """One vector for each whole step of 640 samples."""
        return lengths // self.STEP

    def encode(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """One convolution and one linear layer: (B, S) -> (B, T, D)."""
        responses = torch.tanh(self.filters(inputs[:, None]))  # (B, 24, T)
        values: Tensor = self.output(responses.transpose(1, 2))
        return values
