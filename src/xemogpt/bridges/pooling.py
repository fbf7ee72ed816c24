"""Many vectors to one: how a clip's bridged features become an embedding."""

import torch
from torch import Tensor, nn

from xemogpt.encoders.steps import masked_mean, mean_of_neighbours

__all__ = ["AttentionPooling", "masked_mean", "mean_of_neighbours"]


class AttentionPooling(nn.Module):
    """A mean weighted by one learned query: softmax(H q) over a sample's own steps."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.empty(dim))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start close to the plain mean."""
        nn.init.normal_(self.query, std=0.02)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), bool (B, T) -> (B, D); zero for a sample without steps."""
        scores = (states @ self.query).masked_fill(~mask, torch.finfo(states.dtype).min)
        weights = scores.softmax(dim=1).masked_fill(~mask, 0)
        return torch.einsum("bt,btd->bd", weights, states)
