"""The way into a bridge: settings that both bridges share, layer mixing and width projection."""

from typing import Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from xemogpt.bridges.transformer import Activation, LayerShape
from xemogpt.config import Config


class BridgeConfig(Config):
    """What the bridges of both modalities have in common."""

    input_dim: int = Field(gt=0)
    """Width of the frozen encoder's features."""
    dim: int | None = Field(default=None, gt=0)
    """Width of the bridge; the encoder's if not given, else a linear projection comes first."""
    form: Literal["reference", "residual"] = "reference"
    """``reference``: the published layers. ``residual``: gated, starts (nearly) as identity."""
    num_layers: int = Field(default=2, ge=0)
    """Transformer layers; 0 leaves the input projection alone, the baseline of a bridge."""
    num_heads: int = Field(default=16, ge=1)
    """Attention heads; must divide the bridge's width."""
    ffn_dim: int | None = Field(default=None, gt=0)
    """Width inside the feed-forward parts; 4 x width (reference) or 256 (residual) if not given."""
    gate_init: float = 0.1
    """Start value of the residual form's gates; 0 is exact identity."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Dropout on branches and inside the feed-forward parts, in training only."""
    attention_dropout: float = Field(default=0.0, ge=0, lt=1)
    """Dropout on attention weights, in training only."""
    layer_norm_eps: float = Field(default=1e-5, gt=0)
    """Epsilon of the layer norms."""
    num_input_layers: int = Field(default=1, ge=1)
    """Encoder layers stacked in each feature; more than one are mixed with learned weights."""
    input_norm: bool = False
    """Normalise features before the projection: for encoders whose features differ in scale."""

    @model_validator(mode="after")
    def _check_heads(self) -> Self:
        if self.width % self.num_heads:
            raise ValueError(
                f"num_heads ({self.num_heads}) must divide the bridge's width ({self.width})"
            )
        return self

    @property
    def width(self) -> int:
        """Width of what the bridge gives."""
        return self.dim or self.input_dim

    def layer_shape(self, norm: Literal["pre", "post"], activation: Activation) -> LayerShape:
        """The layers this describes; the residual form is pre-norm and gated whatever ``norm``."""
        residual = self.form == "residual"
        return LayerShape(
            dim=self.width,
            num_heads=self.num_heads,
            ffn_dim=self.ffn_dim or (256 if residual else 4 * self.width),
            activation=activation,
            norm="pre" if residual else norm,
            gate_init=self.gate_init if residual else None,
            dropout=self.dropout,
            attention_dropout=self.attention_dropout,
            layer_norm_eps=self.layer_norm_eps,
        )


class LayerMix(nn.Module):
    """A learned weighted sum of encoder layers: scale * sum(softmax(weights) * layers)."""

    def __init__(self, num_layers: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(num_layers))
        self.scale = nn.Parameter(torch.ones(()))

    def reset_parameters(self) -> None:
        """Start from the plain mean of the layers."""
        nn.init.zeros_(self.weights)
        nn.init.ones_(self.scale)

    def forward(self, values: Tensor) -> Tensor:
        """(B, T, L, D) -> (B, T, D)."""
        return self.scale * torch.einsum("btld,l->btd", values, self.weights.softmax(dim=0))


class BridgeInput(nn.Module):
    """Mix, normalise and project an encoder's features, each only where the settings ask for it."""

    def __init__(self, config: BridgeConfig) -> None:
        super().__init__()
        self.expected = (config.num_input_layers, config.input_dim)
        self.mix = LayerMix(config.num_input_layers) if config.num_input_layers > 1 else None
        self.norm = nn.LayerNorm(config.input_dim) if config.input_norm else None
        projects = config.width != config.input_dim
        self.projection = nn.Linear(config.input_dim, config.width) if projects else None

    def forward(self, values: Tensor) -> Tensor:
        """(B, T, D_in), or (B, T, L, D_in) where layers are mixed -> (B, T, D).

        Raises:
            ValueError: if the features have another shape than the settings say.
        """
        num_layers, input_dim = self.expected
        shape = (input_dim,) if num_layers == 1 else (num_layers, input_dim)
        if tuple(values.shape[2:]) != shape:
            raise ValueError(
                f"features of shape {tuple(values.shape)} do not fit this bridge, which expects"
                f" (B, T, {', '.join(map(str, shape))}); check input_dim and num_input_layers"
            )
        if self.mix is not None:
            values = self.mix(values)
        if self.norm is not None:
            values = self.norm(values)
        return values if self.projection is None else self.projection(values)
