"""The way into a bridge: settings that both share, standardising, layer mixing, projection."""

from collections.abc import Callable, Iterable
from typing import Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from xemogpt.bridges.pooling import masked_mean
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
    standardise: bool = False
    """Give each feature mean 0 and deviation 1 over the training clips. The statistics are taken
    when training begins and saved with the weights."""
    deviations: bool = False
    """Give each step's deviation from its own clip's mean beside the features: what moves, where
    it is small next to what stands."""

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

    @property
    def feature_shape(self) -> tuple[int, ...]:
        """Shape of one step's features: (D_in,), or (L, D_in) where layers are mixed."""
        layers = () if self.num_input_layers == 1 else (self.num_input_layers,)
        return (*layers, self.input_dim)

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


MOST_DEVIATIONS = 10.0
"""Standardised numbers are cut here: one face that was lost says nothing a thousand times over."""


class Standardise(nn.Module):
    """Features with mean 0 and deviation 1 over training clips, and what moves within a clip.

    Until ``set_statistics`` is called, or weights are loaded, they are taken to have these.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("std", torch.ones(shape))

    @torch.no_grad()
    def set_statistics(self, mean: Tensor, std: Tensor) -> None:
        """Take mean and deviation of the training features; what never varies is only shifted."""
        self.mean.copy_(mean)
        self.std.copy_(torch.where(std > 1e-4, std, torch.ones_like(std)))

    def forward(self, values: Tensor) -> Tensor:
        """(B, T, ...) -> the same shape, within +-10."""
        return ((values - self.mean) / self.std).clamp(-MOST_DEVIATIONS, MOST_DEVIATIONS)


class BridgeInput(nn.Module):
    """What comes before a bridge's layers, each part only where the settings ask for it.

    Standardise, mix encoder layers, normalise, set deviations beside, project.
    """

    def __init__(self, config: BridgeConfig) -> None:
        super().__init__()
        self.expected = config.feature_shape
        self.standardise = Standardise(config.feature_shape) if config.standardise else None
        self.mix = LayerMix(config.num_input_layers) if config.num_input_layers > 1 else None
        self.norm = nn.LayerNorm(config.input_dim) if config.input_norm else None
        self.moves = Standardise((config.input_dim,)) if config.deviations else None
        entry_dim = config.input_dim * (2 if config.deviations else 1)
        projects = config.width != entry_dim
        self.projection = nn.Linear(entry_dim, config.width) if projects else None

    def forward(self, values: Tensor, mask: Tensor | None = None) -> Tensor:
        """(B, T, D_in), or (B, T, L, D_in) where layers are mixed -> (B, T, D).

        Args:
            values: frozen features.
            mask: bool (B, T), the steps that count for a clip's mean; all if not given.

        Raises:
            ValueError: if the features have another shape than the settings say.
        """
        values = self.mixed(values)
        if self.moves is not None:
            own = torch.ones_like(values[..., 0], dtype=torch.bool) if mask is None else mask
            moved = values - masked_mean(values, own)[:, None]
            values = torch.cat([values, self.moves(moved)], dim=-1)  # (B, T, 2 D_in)
        return values if self.projection is None else self.projection(values)

    def mixed(self, values: Tensor) -> Tensor:
        """Features standardised, mixed and normalised: (B, T, ..., D_in) -> (B, T, D_in)."""
        if tuple(values.shape[2:]) != self.expected:
            raise ValueError(
                f"features of shape {tuple(values.shape)} do not fit this bridge, which expects"
                f" (B, T, {', '.join(map(str, self.expected))}); check input_dim and"
                " num_input_layers"
            )
        values = self.standardised(values)
        if self.mix is not None:
            values = self.mix(values)
        return values if self.norm is None else self.norm(values)

    def standardised(self, values: Tensor) -> Tensor:
        """Features (B, T, ..., D_in) as the layers meet them: standardised, or as they are."""
        return values if self.standardise is None else self.standardise(values)

    def blank(self, values: Tensor) -> Tensor:
        """What a hidden step is replaced by: the mean training feature; zero if not known."""
        return torch.zeros_like(values) + (0 if self.standardise is None else self.standardise.mean)

    @torch.no_grad()
    def take_statistics(self, clips: Callable[[], Iterable[Tensor]]) -> None:
        """Set mean and deviations by the training features.

        Args:
            clips: gives features (T, ...) clip by clip, each time it is called anew.
        """
        if self.standardise is not None:
            self.standardise.set_statistics(*_statistics(clips()))
        if self.moves is not None:
            ways_in = (self.mixed(values[None])[0] for values in clips())
            mean, std = _statistics(values - values.mean(dim=0) for values in ways_in)
            self.moves.set_statistics(mean, std)


def _statistics(clips: Iterable[Tensor]) -> tuple[Tensor, Tensor]:
    """Mean and deviation over all steps of all clips, in one pass."""
    count, total, squares = 0, None, None
    for values in clips:
        wide = values.double()
        count += len(wide)
        total = wide.sum(dim=0) if total is None else total + wide.sum(dim=0)
        square = wide.square().sum(dim=0)
        squares = square if squares is None else squares + square
    if total is None or squares is None:
        raise ValueError("statistics need one clip at least")
    mean = total / count
    std = (squares / count - mean.square()).clamp(min=0).sqrt()
    return mean.float(), std.float()
