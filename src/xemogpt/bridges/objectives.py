"""Losses of bridge pretraining, and the random choices they need, as pure functions.

The paper (arXiv 2602.05496) pretrains the video bridge on three tasks, video-text contrast,
temporal contrast and masked frame modelling, and the audio bridge on audio-text contrast. It
publishes neither weights nor temperatures: those are arguments here.
"""

import torch
from torch import Tensor
from torch.nn import functional


def info_nce(
    queries: Tensor, keys: Tensor, temperature: float = 0.07, groups: Tensor | None = None
) -> Tensor:
    """Symmetric contrast of paired embeddings: each must find its partner among the batch.

    With s_ij = cos(q_i, k_j) / temperature, the loss is the mean over both directions of
    -log(exp(s_ii) / sum_j exp(s_ij)). Where ``groups`` are given, all pairs (i, j) of one group
    are right answers of equal weight: two clips with one caption do not repel each other.

    Args:
        queries: (B, D), one modality.
        keys: (B, D), the other; row i belongs to row i of ``queries``.
        temperature: above 0; the lower, the harder close negatives count.
        groups: int (B,), equal where captions are; none if every caption differs.

    Returns:
        A scalar.

    >>> round(info_nce(torch.eye(2), torch.eye(2), temperature=1.0).item(), 4)
    0.3133
    """
    logits = functional.normalize(queries, dim=-1) @ functional.normalize(keys, dim=-1).T
    logits = logits / temperature  # (B, B)
    if groups is None:
        targets = torch.eye(len(logits), dtype=logits.dtype, device=logits.device)
    else:
        same = (groups[:, None] == groups[None, :]).to(logits)
        targets = same / same.sum(dim=1, keepdim=True)
    # The target matrix is symmetric, so it serves both directions.
    forwards = functional.cross_entropy(logits, targets)
    backwards = functional.cross_entropy(logits.T, targets)
    return (forwards + backwards) / 2


def temporal_contrast(true_logits: Tensor, shuffled_logits: Tensor) -> Tensor:
    """Tell clips in their true order from shuffled ones.

    Binary cross-entropy, the mean of -log sigmoid(l) over true clips and -log(1 - sigmoid(l))
    over shuffled ones.

    Args:
        true_logits: (B,), the discriminator's answers for clips as they are.
        shuffled_logits: (B',), its answers for shuffled clips.

    Returns:
        A scalar; log 2 if the answers say nothing.

    >>> round(temporal_contrast(torch.zeros(3), torch.zeros(3)).item(), 4)
    0.6931
    """
    logits = torch.cat([true_logits, shuffled_logits])
    labels = torch.cat([torch.ones_like(true_logits), torch.zeros_like(shuffled_logits)])
    return functional.binary_cross_entropy_with_logits(logits, labels)


def masked_frame_loss(reconstructed: Tensor, target: Tensor, hidden: Tensor) -> Tensor:
    """Mean squared error of the features of hidden frames.

    Args:
        reconstructed: (B, T, D), what the head gives for every frame.
        target: (B, T, D), the features before any were hidden; no gradient flows into them.
        hidden: bool (B, T), the frames that were zeroed; only they count.

    Returns:
        A scalar; 0 if no frame was hidden.

    >>> hidden = torch.tensor([[True, False]])
    >>> masked_frame_loss(torch.zeros(1, 2, 4), torch.ones(1, 2, 4), hidden)
    tensor(1.)
    """
    errors = (reconstructed - target.detach()).square().mean(dim=-1)  # (B, T)
    return (errors * hidden).sum() / hidden.sum().clamp(min=1)


def sample_hidden(
    mask: Tensor, rate: float = 0.5, generator: torch.Generator | None = None
) -> Tensor:
    """Choose frames to hide, each with probability ``rate``: bool (B, T) -> bool (B, T).

    >>> sample_hidden(torch.tensor([[True, False]]), rate=1.0)
    tensor([[ True, False]])
    """
    draws = torch.rand(mask.shape, generator=generator)
    return (draws < rate).to(mask.device) & mask


def sample_order(mask: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Draw an order for each clip's frames that is not the true one; padding stays at the end.

    Args:
        mask: bool (B, T), true for real frames, which come first.
        generator: source of randomness, on the CPU.

    Returns:
        int64 (B, T): position t of the shuffled clip shows frame ``order[b, t]``. A clip of one
        frame has one order only.

    >>> sample_order(torch.tensor([[True, True, False]]))
    tensor([[1, 0, 2]])
    """
    steps = torch.arange(mask.shape[1])
    draws = torch.rand(mask.shape, generator=generator)
    order = torch.where(mask.cpu(), draws, 1.0 + steps).argsort(dim=1)
    for row, length in zip(order, mask.sum(dim=1).tolist(), strict=True):
        if torch.equal(row, steps):
            row[:length] = row[:length].roll(1)
    return order.to(mask.device)
