"""Whisper's encoder at a clip's true length: 50 vectors a second, from any of its layers."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional
from transformers import WhisperConfig, WhisperFeatureExtractor
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from xemogpt.config import Config, build_config
from xemogpt.encoders.base import FrozenEncoder
from xemogpt.encoders.raw import check_waveform
from xemogpt.encoders.sources import resolve_source
from xemogpt.encoders.steps import mean_of_neighbours
from xemogpt.encoders.towers import build_tower, load_tower, plain_settings
from xemogpt.errors import ConfigError
from xemogpt.media.audio import SAMPLE_RATE

HOP = 160  # samples a mel frame
WINDOW = 400  # samples a mel frame looks at
MAX_FRAMES = 3000  # 30 s, all that the position table covers
FINAL = -1  # the layer index that stands for the output of the last norm


class WhisperEncoderConfig(Config):
    """Settings of a Whisper audio encoder."""

    whisper: dict[str, Any] = Field(default_factory=dict)
    """Arguments of transformers' ``WhisperConfig``; its defaults are Whisper-tiny's width."""
    layers: int | tuple[int, ...] | None = None
    """Which layer to read: 0 is what enters the first, 1 what the first gives, and so on; -1 is the
    last layer after the final norm. Several are stacked, for a bridge to mix. The middle one if
    not given: prosody and emotion are clearest there, words further up."""
    pool: int = Field(default=1, ge=1)
    """Neighbouring vectors averaged into one; 4 gives one for every 80 ms."""


class WhisperAudioEncoder(FrozenEncoder):
    """Hidden states of one or several encoder layers.

    Whisper was made for windows padded to 30 s. Here a clip is encoded at its own length, with as
    many positions as it needs; sound beyond 30 s is encoded in pieces of 30 s, each normalised by
    its own loudest moment as Whisper does. Every 20 ms begun give one vector,
    unless neighbours are pooled.
    """

    name: ClassVar[str] = "whisper"
    modality: ClassVar[str] = "audio"

    def __init__(self, config: WhisperEncoderConfig, tower: WhisperEncoder) -> None:
        super().__init__()
        depth = tower.config.encoder_layers
        self.layers = _check_layers(config.layers, depth)
        self.config = config.model_copy(update={"layers": self.layers})
        self.tower = tower
        self.feature_dim = tower.config.d_model
        self.num_layers = len(self.layers)
        self.freeze()

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build from the fields of ``WhisperEncoderConfig``, with random weights."""
        checked = build_config(WhisperEncoderConfig, config, "whisper encoder")
        return cls(checked, build_tower(WhisperEncoder, WhisperConfig, checked.whisper))

    @classmethod
    def from_pretrained(
        cls,
        source: str | Path = "whisper-base",
        revision: str | None = None,
        dtype: str = "float32",
        layers: int | Sequence[int] | None = None,
        pool: int = 1,
    ) -> Self:
        """Load the encoder of a Whisper checkpoint; its decoder is left out.

        Args:
            source: folder or hub id of a transformers Whisper model, or an asset.
            revision: hub revision.
            dtype: of the weights, and so of the features.
            layers: which layer or layers to read, as in ``WhisperEncoderConfig``.
            pool: neighbouring vectors averaged into one.

        Raises:
            WeightsError: if files are absent or incomplete.
            ConfigError: if there is no such layer.
        """
        folder = resolve_source(source, revision)
        tower = load_tower(WhisperEncoder, folder, dtype, key_mapping={r"^(model\.)?encoder\.": ""})
        config = build_config(
            WhisperEncoderConfig,
            {"whisper": plain_settings(tower.config), "layers": layers, "pool": pool},
            "whisper encoder",
        )
        encoder = cls(config, tower)
        options: dict[str, Any] = {"dtype": dtype, "layers": list(encoder.layers)}
        # Named only where it is used: caches made before there was such an option stay valid.
        options |= {"pool": pool} if pool > 1 else {}
        return encoder._loaded_from(source, revision, options)

    def to_config(self) -> dict[str, Any]:
        """Tower, layers, and pooling where there is some."""
        left_out = {"pool"} if self.config.pool == 1 else set()
        return self.config.model_dump(mode="json", exclude=left_out)

    @cached_property
    def _extractor(self) -> WhisperFeatureExtractor:
        return WhisperFeatureExtractor(feature_size=self.tower.config.num_mel_bins)

    def preprocess(self, raw: np.ndarray) -> dict[str, Tensor]:
        """Log-mel frames of a waveform, float32 (S,) -> (ceil(S / 160), mel bins).

        They are the first frames of what Whisper's own feature extractor gives for the clip padded
        with silence to 30 s.
        """
        waveform = check_waveform(raw)
        piece = MAX_FRAMES * HOP
        mels = [
            self._log_mel(waveform[start : start + piece])
            for start in range(0, len(waveform), piece)
        ]
        return {"inputs": torch.cat(mels)}

    def _log_mel(self, waveform: np.ndarray) -> Tensor:
        """Log-mel frames (T, bins) of at most 30 s."""
        num_frames = -(-len(waveform) // HOP)
        # A window of silence behind the end shows the last frames what 30 s of padding would.
        padding = min(WINDOW + HOP, MAX_FRAMES * HOP - len(waveform))
        mel = self._extractor(
            np.pad(waveform, (0, padding)),
            sampling_rate=SAMPLE_RATE,
            padding="do_not_pad",
            truncation=False,
            return_tensors="np",
        )["input_features"][0]
        return torch.from_numpy(np.ascontiguousarray(mel.T[:num_frames], dtype=np.float32))

    def output_lengths(self, lengths: Tensor) -> Tensor:
        """One vector for every two mel frames (the second convolution's stride) times ``pool``."""
        return -(-((lengths + 1) // 2) // self.config.pool)

    def encode(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Log-mel (B, M, bins) -> hidden states (B, T, D) or (B, T, L, D)."""
        num_steps = (inputs.shape[1] + 1) // 2
        values = inputs.new_zeros(len(inputs), num_steps, self.num_layers, self.feature_dim)
        for start in range(0, inputs.shape[1], MAX_FRAMES):
            left = (lengths - start).clamp(max=MAX_FRAMES).to(inputs.device)
            rows = (left > 0).nonzero().flatten()
            if len(rows):
                piece = inputs[rows, start : start + MAX_FRAMES]
                states = self._encode_piece(piece, left[rows])  # (b, t, L, D)
                first = start // 2
                values[rows, first : first + states.shape[1]] = states
        values = self._pooled(values, (lengths.to(values.device) + 1) // 2)
        return values.squeeze(2) if self.num_layers == 1 else values

    def _pooled(self, values: Tensor, lengths: Tensor) -> Tensor:
        """Average neighbours: (B, T, L, D) of which ``lengths`` are real -> (B, T', L, D)."""
        mask = torch.arange(values.shape[1], device=values.device) < lengths[:, None]  # (B, T)
        pooled, _ = mean_of_neighbours(values.flatten(2), mask, self.config.pool)
        return pooled.view(*pooled.shape[:2], *values.shape[2:])

    def _encode_piece(self, mel: Tensor, lengths: Tensor) -> Tensor:
        """Encode at most 30 s, (b, m, bins) -> (b, t, L, D), as if each row were alone."""
        frames = torch.arange(mel.shape[1], device=mel.device) < lengths[:, None]  # (b, m)
        states = functional.gelu(self.tower.conv1(mel.transpose(1, 2)))
        # Alone, a clip meets the convolution's zero padding here; in a batch, its neighbour's end.
        states = states * frames[:, None]
        states = functional.gelu(self.tower.conv2(states)).transpose(1, 2)  # (b, t, D)
        states = states + self.tower.embed_positions.weight[: states.shape[1]]
        bias = None
        if not frames.all():
            own = frames[:, ::2]  # (b, t)
            bias = torch.zeros_like(own, dtype=states.dtype)
            bias = bias.masked_fill(~own, torch.finfo(states.dtype).min)[:, None, None]
        depth = len(self.tower.layers)
        highest = depth if FINAL in self.layers else max(self.layers)
        found = {0: states}
        for index, layer in enumerate(self.tower.layers[:highest], start=1):
            states = layer(states, bias)
            found[index] = states
        if FINAL in self.layers:
            found[FINAL] = self.tower.layer_norm(states)
        return torch.stack([found[index] for index in self.layers], dim=2)


def _check_layers(layers: int | Sequence[int] | None, depth: int) -> tuple[int, ...]:
    """Layer indices as a tuple; the middle one for none.

    Raises:
        ConfigError: if there is no such layer, or none is asked for.
    """
    if layers is None:
        return (depth // 2,)
    wanted = (layers,) if isinstance(layers, int) else tuple(layers)
    if not wanted or any(not FINAL <= layer <= depth for layer in wanted):
        raise ConfigError(
            f"layers={layers!r}: this Whisper has layers 0 (input) to {depth}, and -1 (last, after"
            " the final norm)"
        )
    return wanted
