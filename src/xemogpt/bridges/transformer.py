"""Transformer layers of the bridges: pre-norm, post-norm, or gated to start as identity."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

Activation = Literal["gelu", "quick_gelu"]


def published_layer_keys(num_layers: int, prefix: str, parts: Mapping[str, str]) -> dict[str, str]:
    """Parameters of a bridge's layers -> their names in a published state dict.

    Args:
        num_layers: layers of the bridge.
        prefix: what the published code calls its list of layers.
        parts: our part of a layer -> the published name of that part.
    """
    return {
        f"transformer.layers.{layer}.{ours}.{kind}": f"{prefix}.{layer}.{theirs}.{kind}"
        for layer in range(num_layers)
        for ours, theirs in parts.items()
        for kind in ("weight", "bias")
    }


@dataclass(frozen=True)
class LayerShape:
    """Everything that shapes one layer.

    Attributes:
        dim: width D.
        num_heads: attention heads; divides ``dim``.
        ffn_dim: width inside the feed-forward part.
        activation: ``quick_gelu`` is CLIP's x * sigmoid(1.702 x).
        norm: ``pre`` normalises what enters each branch (CLIP), ``post`` each sum (HuBERT).
        gate_init: start value of a learned scalar on each residual branch; none means no gate.
        dropout: rate on the output of each branch and inside the feed-forward part.
        attention_dropout: rate on the attention weights.
        layer_norm_eps: epsilon of the norms.
    """

    dim: int
    num_heads: int
    ffn_dim: int
    activation: Activation
    norm: Literal["pre", "post"]
    gate_init: float | None = None
    dropout: float = 0.0
    attention_dropout: float = 0.0
    layer_norm_eps: float = 1e-5


class Attention(nn.Module):
    """Multi-head self-attention that ignores padding."""

    def __init__(self, dim: int, num_heads: int, dropout: float) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.dropout = dropout
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(dim, dim)
        self.value = nn.Linear(dim, dim)
        self.output = nn.Linear(dim, dim)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Attend from every step to every step that ``mask`` (B, T) allows: (B, T, D)."""
        query, key, value = (
            project(states).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)  # (B, heads, T, d)
            for project in (self.query, self.key, self.value)
        )
        mixed = functional.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=mask[:, None, None, :],
            dropout_p=self.dropout if self.training else 0.0,
        )
        attended: Tensor = self.output(mixed.transpose(1, 2).flatten(2))
        return attended


class FeedForward(nn.Module):
    """Two linear layers with an activation between them, the same for every step."""

    def __init__(self, shape: LayerShape) -> None:
        super().__init__()
        self.up = nn.Linear(shape.dim, shape.ffn_dim)
        self.down = nn.Linear(shape.ffn_dim, shape.dim)
        self.dropout = nn.Dropout(shape.dropout)
        self.activation = shape.activation

    def forward(self, states: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        hidden = self.up(states)
        if self.activation == "quick_gelu":
            hidden = hidden * torch.sigmoid(1.702 * hidden)
        else:
            hidden = functional.gelu(hidden)
        out: Tensor = self.down(self.dropout(hidden))
        return out


class TransformerLayer(nn.Module):
    """Self-attention and a feed-forward part, each with a residual connection."""

    def __init__(self, shape: LayerShape) -> None:
        super().__init__()
        self.norm = shape.norm
        self.gate_init = shape.gate_init
        self.attention = Attention(shape.dim, shape.num_heads, shape.attention_dropout)
        self.attention_norm = nn.LayerNorm(shape.dim, eps=shape.layer_norm_eps)
        self.feed_forward = FeedForward(shape)
        self.feed_forward_norm = nn.LayerNorm(shape.dim, eps=shape.layer_norm_eps)
        self.dropout = nn.Dropout(shape.dropout)
        if shape.gate_init is not None:
            self.gates = nn.Parameter(torch.full((2,), shape.gate_init))

    def reset_parameters(self) -> None:
        """Set the gates to their start value; the other parts have resets of their own."""
        if self.gate_init is not None:
            nn.init.constant_(self.gates, self.gate_init)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Transform (B, T, D) under ``mask``, bool (B, T); padded steps hold nothing of use."""
        if self.norm == "post":
            states = self.attention_norm(states + self.dropout(self.attention(states, mask)))
            normed: Tensor = self.feed_forward_norm(
                states + self.dropout(self.feed_forward(states))
            )
            return normed
        attention_gate, feed_forward_gate = (1.0, 1.0) if self.gate_init is None else self.gates
        attended = self.dropout(self.attention(self.attention_norm(states), mask))
        states = states + attention_gate * attended
        transformed = self.dropout(self.feed_forward(self.feed_forward_norm(states)))
        out: Tensor = states + feed_forward_gate * transformed
        return out


class Transformer(nn.Module):
    """Layers one after another; what is padded comes out as zeros."""

    def __init__(self, shape: LayerShape, num_layers: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(TransformerLayer(shape) for _ in range(num_layers))

    @property
    def dtype(self) -> torch.dtype:
        """Dtype that the layers work in: that of their norms, which quantisation leaves alone."""
        norms = (part.weight.dtype for part in self.modules() if isinstance(part, nn.LayerNorm))
        return next(norms, torch.get_default_dtype())

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) and bool (B, T) -> (B, T, D)."""
        # A row without any step of its own would be a softmax over nothing: let it see its padding.
        visible = mask | ~mask.any(dim=1, keepdim=True)
        for layer in self.layers:
            states = layer(states, visible)
        zeroed: Tensor = states.masked_fill(~mask[..., None], 0)
        return zeroed
