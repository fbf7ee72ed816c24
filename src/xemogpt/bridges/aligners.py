"""Bridges with the heads they are pretrained with: against a text embedding and themselves."""

from dataclasses import dataclass
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from xemogpt.bridges.audio import AudioBridge
from xemogpt.bridges.pooling import AttentionPooling, masked_mean
from xemogpt.bridges.video import VideoBridge
from xemogpt.config import Config


class AlignerConfig(Config):
    """Heads that put a bridge and a frozen text encoder into one space."""

    text_dim: int = Field(gt=0)
    """Width of the frozen text encoder's sentence embedding."""
    output_dim: int = Field(default=768, gt=0)
    """Width of the shared space."""


class VideoAlignerConfig(AlignerConfig):
    """Heads of video bridge pretraining."""

    pooling: Literal["attention", "mean"] = "attention"
    """How bridged frames become one vector."""
    shuffle: Literal["features", "embedded"] = "features"
    """What the temporal task shuffles. ``features``: frames change places, positions stay.
    ``embedded``, as published: frames keep the positions they had, and since neither the layers
    nor the pooling see any other order, the shuffled embedding equals the true one and the task
    cannot be learned."""
    reconstruct: Literal["features", "embedded"] = "features"
    """What hidden frames are reconstructed as: the frozen encoder's features, or, as published,
    the bridge's inputs, learned positions included."""


@dataclass(frozen=True)
class VideoAlignment:
    """What the three tasks need of one batch; what was not asked for is none.

    Attributes:
        video: (B, P) embeddings of the clips.
        text: (B, P) embeddings of their annotations.
        steps: (B, T, P) the shared space at each frame.
        true_logits: (B,) is this clip in its true order?
        shuffled: (B, P) embeddings of the shuffled clips.
        shuffled_logits: (B,) the same question for them.
        hidden_states: (B, T, D) bridged frames while some were hidden.
        reconstructed: (B, T, D_t) the head's answer for every frame.
        target: (B, T, D_t) the features to be reconstructed.
    """

    video: Tensor
    text: Tensor
    steps: Tensor
    true_logits: Tensor | None = None
    shuffled: Tensor | None = None
    shuffled_logits: Tensor | None = None
    hidden_states: Tensor | None = None
    reconstructed: Tensor | None = None
    target: Tensor | None = None


@dataclass(frozen=True)
class AudioAlignment:
    """What the task needs of one batch.

    Attributes:
        audio: (B, P) embeddings of the clips.
        text: (B, P) embeddings of their annotations.
        steps: (B, T, P) the shared space at each step.
    """

    audio: Tensor
    text: Tensor
    steps: Tensor


class VideoTextAligner(nn.Module):
    """A video bridge and its pretraining heads (the paper's three VECB tasks)."""

    def __init__(self, bridge: VideoBridge, config: VideoAlignerConfig) -> None:
        super().__init__()
        self.bridge = bridge
        self.config = config
        self.pooling = AttentionPooling(bridge.output_dim)
        self.video_projection = nn.Linear(bridge.output_dim, config.output_dim)
        self.text_projection = nn.Linear(config.text_dim, config.output_dim)
        self.discriminator = nn.Sequential(
            nn.Linear(config.output_dim, config.output_dim),
            nn.ReLU(),
            nn.Linear(config.output_dim, 1),
        )
        features_dim = bridge.config.num_input_layers * bridge.config.input_dim
        target_dim = features_dim if config.reconstruct == "features" else bridge.output_dim
        self.reconstructor = nn.Linear(bridge.output_dim, target_dim)

    def pool(self, states: Tensor, mask: Tensor) -> Tensor:
        """Bridged frames (B, T, D) -> embeddings in the shared space (B, P)."""
        attend = self.config.pooling == "attention"
        pooled = self.pooling(states, mask) if attend else masked_mean(states, mask)
        embedded: Tensor = self.video_projection(pooled)
        return embedded

    def forward(
        self,
        values: Tensor,
        mask: Tensor,
        text: Tensor,
        order: Tensor | None = None,
        hidden: Tensor | None = None,
    ) -> VideoAlignment:
        """Run the tasks that are asked for on one batch.

        Args:
            values: (B, T, D_in) frozen frame features.
            mask: bool (B, T), true for real frames.
            text: (B, D_text) frozen text embeddings of the annotations.
            order: int64 (B, T) from ``sample_order``, for the temporal task.
            hidden: bool (B, T) from ``sample_hidden``, for masked frame modelling.

        Returns:
            What ``info_nce``, ``temporal_contrast`` and ``masked_frame_loss`` take.
        """
        embedded = self.bridge.embed(values, mask)  # (B, T, D)
        bridged = self.bridge.transform(embedded, mask)
        video = self.pool(bridged, mask)
        text = self.text_projection(text)
        found: dict[str, Tensor] = {}
        if order is not None:
            if self.config.shuffle == "features":
                reordered = self.bridge.embed(_reorder(values, order), mask)
            else:
                reordered = _reorder(embedded, order)
            shuffled = self.pool(self.bridge.transform(reordered, mask), mask)
            found["shuffled"] = shuffled
            found["true_logits"] = self.discriminator(video).squeeze(-1)
            found["shuffled_logits"] = self.discriminator(shuffled).squeeze(-1)
        if hidden is not None:
            shape = [*hidden.shape, *[1] * (values.dim() - 2)]
            blank = self.bridge.input.blank(values)
            states = self.bridge(torch.where(hidden.view(shape), blank, values), mask)
            found["hidden_states"] = states
            found["reconstructed"] = self.reconstructor(states)
            use_features = self.config.reconstruct == "features"
            features = self.bridge.input.standardised(values).flatten(2)
            found["target"] = features if use_features else embedded
        return VideoAlignment(video, text, self.video_projection(bridged), **found)

    def published_keys(self) -> dict[str, str]:
        """Our parameter -> its name in the published video-text encoder's state dict."""
        keys = {f"bridge.{ours}": name for ours, name in self.bridge.published_keys().items()}
        keys["pooling.query"] = "attention_pooling.attn_vector"
        heads = {
            "video_projection": "visual_project",
            "text_projection": "text_project",
            "discriminator.0": "temporal_disc_head.0",
            "discriminator.2": "temporal_disc_head.2",
            "reconstructor": "frame_reconstructor",
        }
        return keys | _with_kinds(heads)


class AudioTextAligner(nn.Module):
    """An audio bridge and its pretraining heads (the paper's AECB task)."""

    def __init__(self, bridge: AudioBridge, config: AlignerConfig) -> None:
        super().__init__()
        self.bridge = bridge
        self.config = config
        self.audio_projection = nn.Linear(bridge.output_dim, config.output_dim)
        self.text_projection = nn.Linear(config.text_dim, config.output_dim)

    def forward(self, values: Tensor, mask: Tensor, text: Tensor) -> AudioAlignment:
        """Embed sound and annotations in the shared space.

        Args:
            values: (B, T, D_in), or (B, T, L, D_in), frozen audio features.
            mask: bool (B, T), true for real steps.
            text: (B, D_text) frozen text embeddings of the annotations.

        Returns:
            What ``info_nce`` takes, and the same space step by step.
        """
        bridged = self.bridge(values, mask)  # (B, T, D)
        audio = self.audio_projection(masked_mean(bridged, mask))
        return AudioAlignment(audio, self.text_projection(text), self.audio_projection(bridged))

    def published_keys(self) -> dict[str, str]:
        """Our parameter -> its name in the published audio-text encoder's state dict."""
        bridge = self.bridge.published_keys().items()
        keys = {f"bridge.{ours}": f"audio_encoder.{name}" for ours, name in bridge}
        heads = {
            "audio_projection": "audio_encoder.audio_project",
            "text_projection": "text_encoder.text_project",
        }
        return keys | _with_kinds(heads)


def _with_kinds(names: dict[str, str]) -> dict[str, str]:
    """The same mapping for the weight and the bias of each linear layer."""
    return {
        f"{ours}.{kind}": f"{theirs}.{kind}"
        for ours, theirs in names.items()
        for kind in ("weight", "bias")
    }


def _reorder(states: Tensor, order: Tensor) -> Tensor:
    """Frames of (B, T, ...) in the order int64 (B, T)."""
    return states[torch.arange(len(states), device=states.device)[:, None], order]
