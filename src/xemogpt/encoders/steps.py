"""Averages over time that know which steps are padding."""

from torch import Tensor
from torch.nn import functional


def masked_mean(states: Tensor, mask: Tensor) -> Tensor:
    """Mean over each sample's own steps: (B, T, D), bool (B, T) -> (B, D); zero for no steps.

    >>> masked_mean(torch.tensor([[[1.0], [3.0], [9.0]]]), torch.tensor([[True, True, False]]))
    tensor([[2.]])
    """
    own = mask[..., None].to(states.dtype)
    return (states * own).sum(dim=1) / own.sum(dim=1).clamp(min=1)


def mean_of_neighbours(states: Tensor, mask: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Average every ``size`` steps, the last ones of a row as many as there are.

    Args:
        states: (B, T, D).
        mask: bool (B, T), a row's own steps first.
        size: steps that become one.

    Returns:
        (B, ceil(T / size), D), and its mask.

    >>> states = torch.tensor([[[1.0], [3.0], [5.0], [9.0]]])
    >>> mean_of_neighbours(states, torch.tensor([[True, True, True, False]]), 2)[0].flatten()
    tensor([2., 5.])
    """
    if size == 1:
        return states, mask
    rows, steps, dim = states.shape
    groups = -(-steps // size)
    short = groups * size - steps
    states = functional.pad(states, (0, 0, 0, short)).reshape(rows * groups, size, dim)
    own = functional.pad(mask, (0, short)).reshape(rows * groups, size)
    pooled = masked_mean(states, own)  # (B * groups, D)
    return pooled.reshape(rows, groups, dim), own.any(dim=-1).reshape(rows, groups)
