"""The video bridge: makes frozen per-frame features sensitive to facial cues and their order."""

import torch
from pydantic import Field
from torch import Tensor, nn

from xemogpt.bridges.inputs import BridgeConfig, BridgeInput
from xemogpt.bridges.transformer import Transformer, published_layer_keys


class VideoBridgeConfig(BridgeConfig):
    """Settings of a video bridge.

    >>> VideoBridgeConfig(input_dim=1024).max_frames
    16
    """

    max_frames: int = Field(default=16, ge=1)
    """Learned positions: the most frames a clip may have."""


class VideoBridge(nn.Module):
    """Learned positions and transformer layers on frame features (the paper's VECB).

    The reference form is N pre-norm layers with quick GELU, as in CLIP's own encoder. The residual
    form adds each branch, the positions included, through a learned gate that starts near zero.

    >>> bridge = VideoBridge(VideoBridgeConfig(input_dim=8, num_heads=2))
    >>> bridge(torch.zeros(1, 5, 8), torch.ones(1, 5, dtype=torch.bool)).shape
    torch.Size([1, 5, 8])
    """

    def __init__(self, config: VideoBridgeConfig) -> None:
        super().__init__()
        self.config = config
        self.output_dim = config.width
        self.input = BridgeInput(config)
        self.positions = nn.Parameter(torch.empty(1, config.max_frames, config.width))
        if config.form == "residual":
            self.position_gate = nn.Parameter(torch.empty(()))
        self.transformer = Transformer(config.layer_shape("pre", "quick_gelu"), config.num_layers)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the positions and set their gate; the other parts have resets of their own."""
        residual = self.config.form == "residual"
        # Behind a gate of 0.1, positions of the published size would be too faint to learn from.
        nn.init.normal_(self.positions, std=1.0 if residual else 0.02)
        if residual:
            nn.init.constant_(self.position_gate, self.config.gate_init)

    def embed(self, values: Tensor, mask: Tensor | None = None) -> Tensor:
        """Features (B, T, D_in) -> inputs of the layers (B, T, D): projected, positions added.

        ``mask`` (B, T) says which steps count for the clip's mean; all if not given.

        Raises:
            ValueError: if there are more frames than positions, or the width is wrong.
        """
        num_frames = values.shape[1]
        if num_frames > self.config.max_frames:
            raise ValueError(
                f"{num_frames} frames are more than this bridge's {self.config.max_frames}"
                " positions; sample fewer frames, or build it with a larger max_frames"
            )
        positions = self.positions[:, :num_frames]
        if self.config.form == "residual":
            positions = self.position_gate * positions
        states: Tensor = self.input(values.to(self.transformer.dtype), mask) + positions
        return states

    def transform(self, states: Tensor, mask: Tensor) -> Tensor:
        """Apply the layers to embedded frames: (B, T, D), bool (B, T) -> (B, T, D)."""
        states = self.transformer(states, mask)
        return states

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """Bridge frame features.

        Args:
            values: (B, T, D_in), or (B, T, L, D_in) with several encoder layers; T <= max_frames.
            mask: bool (B, T), true for real frames.

        Returns:
            H_v (B, T, D), zero where padded.

        Raises:
            ValueError: if there are too many frames or the width is wrong.
        """
        return self.transform(self.embed(values, mask), mask)

    def published_keys(self) -> dict[str, str]:
        """Our parameter -> its name in the published video encoder's state dict."""
        layers = published_layer_keys(
            self.config.num_layers, "visual_alignment_layer", PUBLISHED_PARTS
        )
        return {"positions": "position_embedding", **layers}


PUBLISHED_PARTS = {
    "attention.query": "self_attn.q_proj",
    "attention.key": "self_attn.k_proj",
    "attention.value": "self_attn.v_proj",
    "attention.output": "self_attn.out_proj",
    "attention_norm": "layer_norm1",
    "feed_forward.up": "mlp.fc1",
    "feed_forward.down": "mlp.fc2",
    "feed_forward_norm": "layer_norm2",
}
