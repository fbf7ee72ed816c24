"""The way of one modality into the backbone: frozen encoder, bridge, projector."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from xemogpt.bridges.audio import AudioBridge
from xemogpt.bridges.pooling import mean_of_neighbours
from xemogpt.bridges.video import VideoBridge
from xemogpt.encoders.base import Features, FrozenEncoder
from xemogpt.errors import ConfigError
from xemogpt.model.configuration import XEmoGPTConfig
from xemogpt.prompts import PerceivedModality
from xemogpt.registry import audio_encoders, video_encoders


@dataclass(frozen=True)
class Stimulus:
    """What a batch holds of one modality. Each row is raw, cached, or empty.

    Attributes:
        inputs: preprocessed raw media (B, T_in, ...), or none if no row is raw.
        input_lengths: int64 (B,), 0 in rows that are not raw.
        features: cached frozen features (B, T, D) or (B, T, L, D), or none.
        feature_lengths: int64 (B,), 0 in rows that are not cached.
        keep: int64 (B,), how many evenly spaced feature vectors of a row reach the backbone; all
            of them if not given.
    """

    inputs: Tensor | None = None
    input_lengths: Tensor | None = None
    features: Tensor | None = None
    feature_lengths: Tensor | None = None
    keep: Tensor | None = None


class Pathway(nn.Module):
    """Encoder, bridge and projector of one modality; ``forward`` is the paper's figure.

    Args:
        encoder: frozen.
        bridge: what is trained to notice cues.
        hidden_dim: width of the backbone.
        pool: neighbouring bridged vectors averaged into one; 1, as in the paper, for none.
    """

    def __init__(
        self,
        encoder: FrozenEncoder,
        bridge: VideoBridge | AudioBridge,
        hidden_dim: int,
        pool: int = 1,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.bridge = bridge
        self.pool = pool
        self.projector = nn.Linear(bridge.output_dim, hidden_dim)

    def forward(self, stimulus: Stimulus) -> dict[int, Tensor]:
        """Turn media into vectors that the backbone reads.

        Returns:
            Row of the batch -> Z (T_i, D_llm), for rows that hold this modality.

        Raises:
            ValueError: if inputs come without lengths, or a row is both raw and cached.
        """
        vectors: dict[int, Tensor] = {}
        for rows, x in self._frozen_features(stimulus):  # X (B', T, D_enc)
            h = self.bridge(x.values.to(self.projector.weight.dtype), x.mask)  # H (B', T, D)
            h, masks = mean_of_neighbours(h, x.mask, self.pool)  # (B', ceil(T / pool), D)
            z = self.projector(h)  # Z (B', T, D_llm)
            for row, own, mask in zip(rows, z, masks, strict=True):
                if row in vectors:
                    raise ValueError(f"row {row} has both raw inputs and cached features")
                vectors[row] = own[mask]  # (T_i, D_llm)
        if stimulus.keep is not None:
            kept = stimulus.keep.tolist()
            vectors = {row: thin_evenly(z, kept[row]) for row, z in vectors.items()}
        return vectors

    def _frozen_features(self, stimulus: Stimulus) -> list[tuple[list[int], Features]]:
        """Encode what is raw, take what is cached; rows without this modality are left out."""
        found = []
        if stimulus.inputs is not None:
            present, inputs, lengths = _present(stimulus.inputs, stimulus.input_lengths)
            if present:
                found.append((present, self.encoder(inputs, lengths)))
        if stimulus.features is not None:
            present, values, lengths = _present(stimulus.features, stimulus.feature_lengths)
            if present:
                steps = torch.arange(values.shape[1], device=values.device)
                found.append((present, Features(values, steps < lengths[:, None])))
        return found


def build_pathway(
    config: XEmoGPTConfig,
    modality: PerceivedModality,
    encoders: Mapping[PerceivedModality, FrozenEncoder],
    hidden_dim: int,
) -> Pathway | None:
    """The pathway that the configuration describes, or none.

    Args:
        config: the model's.
        modality: which one.
        encoders: loaded ones to use instead of building from the configuration.
        hidden_dim: width of the backbone.

    Raises:
        ConfigError: if the bridge does not fit the encoder.
    """
    section, bridge_config = config.encoder_section(modality), config.bridge_config(modality)
    if section is None or bridge_config is None:
        return None
    registry = video_encoders if modality == "video" else audio_encoders
    encoder = encoders.get(modality) or registry.get(section.name).from_config(section.config)
    shape = (encoder.num_layers, encoder.feature_dim)
    if shape != (bridge_config.num_input_layers, bridge_config.input_dim):
        raise ConfigError(
            f"{modality}_bridge expects {bridge_config.num_input_layers} layer(s) of width"
            f" {bridge_config.input_dim}, but encoder {section.name!r} gives {shape[0]} of"
            f" width {shape[1]}; set num_input_layers and input_dim to these"
        )
    bridge = VideoBridge(bridge_config) if modality == "video" else AudioBridge(bridge_config)  # type: ignore[arg-type]
    return Pathway(encoder, bridge, hidden_dim, config.pool(modality))


def thin_evenly(vectors: Tensor, count: int) -> Tensor:
    """Keep ``count`` evenly spaced rows, first and last among them; all if there are fewer.

    >>> thin_evenly(torch.arange(5.0)[:, None], 3).flatten().tolist()
    [0.0, 2.0, 4.0]
    """
    if count >= len(vectors):
        return vectors
    places = torch.linspace(0, len(vectors) - 1, count).round().long()
    return vectors[places.to(vectors.device)]


def in_row_order(vectors: dict[int, Tensor]) -> Tensor | None:
    """All rows' vectors one after another, (N, D_llm); none if there are none."""
    ordered: Sequence[Tensor] = [vectors[row] for row in sorted(vectors)]
    return torch.cat(list(ordered)) if ordered else None


def _present(batch: Tensor, lengths: Tensor | None) -> tuple[list[int], Tensor, Tensor]:
    """Rows with a length above zero, cut to the longest of them."""
    if lengths is None:
        raise ValueError("a batch of inputs or features needs the lengths of its rows")
    rows = lengths.nonzero().flatten()
    lengths = lengths[rows]
    longest = int(lengths.max()) if len(rows) else 0
    return rows.tolist(), batch[rows, :longest], lengths
