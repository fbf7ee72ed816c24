"""Contrast over cue sets: clips and texts that share a cue are not plain negatives."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

Shared = Literal["soft", "mask", "ignore"]


def cue_overlap(query_cues: Tensor, key_cues: Tensor) -> Tensor:
    """How much of each text's cues each clip has: |clip and text| / |text|.

    Args:
        query_cues: int64 (B, M), ids of a clip's cues, each once, filled up with -1.
        key_cues: int64 (K, N), ids of the cues that a text names.

    Returns:
        (B, K) in [0, 1]; 0 for a text without cues.

    >>> cue_overlap(torch.tensor([[1, 2]]), torch.tensor([[1, 2], [2, 3], [4, -1]]))
    tensor([[1.0000, 0.5000, 0.0000]])
    """
    same = query_cues[:, None, :, None] == key_cues[None, :, None, :]  # (B, K, M, N)
    counts = (same & (key_cues >= 0)[None, :, None, :]).any(dim=2).sum(dim=-1)  # (B, K)
    sizes = (key_cues >= 0).sum(dim=-1)  # (K,)
    return counts / sizes.clamp(min=1)


def cue_set_nce(
    queries: Tensor,
    keys: Tensor,
    overlap: Tensor,
    temperature: float = 0.07,
    shared: Shared = "soft",
) -> Tensor:
    """Symmetric contrast of clips and texts that knows which of them share cues.

    With s_ij = cos(q_i, k_j) / temperature: ``soft`` is the cross-entropy between softmax(s) and
    the overlap, normalised over texts for each clip and over clips for each text; ``mask`` leaves
    pairs that share a cue out of the sums over negatives; ``ignore`` is plain InfoNCE. A clip and
    its own text always belong together, whatever their cues.

    Args:
        queries: (B, D), clips.
        keys: (B, D), texts; row i is of clip i.
        overlap: (B, B) from ``cue_overlap``.
        temperature: above 0.
        shared: what sharing a cue means.

    Returns:
        A scalar.

    >>> no_overlap = torch.zeros(2, 2)
    >>> round(cue_set_nce(torch.eye(2), torch.eye(2), no_overlap, temperature=1.0).item(), 4)
    0.3133
    """
    logits = functional.normalize(queries, dim=-1) @ functional.normalize(keys, dim=-1).T
    logits = logits / temperature  # (B, B)
    own = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    targets = overlap.to(logits).masked_fill(own, 1.0)
    if shared != "soft":
        if shared == "mask":
            logits = logits.masked_fill((targets > 0) & ~own, torch.finfo(logits.dtype).min)
        targets = own.to(logits)
    by_clip = functional.cross_entropy(logits, targets / targets.sum(dim=1, keepdim=True))
    by_text = functional.cross_entropy(logits.T, (targets / targets.sum(dim=0)).T)
    return (by_clip + by_text) / 2


class CueBank(nn.Module):
    """Every cue of a vocabulary against every clip: is it there?

    With p_ic = sigmoid(s cos(q_i, t_c) + b_c), the loss is the binary cross-entropy of p against
    the cues a clip has, summed over cues. Unlike contrast within a batch, it has all cues as
    negatives at any batch size, and a clip may have several. s is learned; b_c starts at the
    log-odds of the cue.

    Args:
        texts: (C, D_text) embeddings of the cues; a row of zeros is a cue that is left out.
        shares: (C,) how many of the training clips have each, 0 to 1.
    """

    texts: Tensor
    known: Tensor

    def __init__(self, texts: Tensor, shares: Tensor) -> None:
        super().__init__()
        self.register_buffer("texts", texts, persistent=False)
        self.register_buffer("known", texts.abs().sum(dim=1) > 0, persistent=False)
        self.log_scale = nn.Parameter(torch.tensor(10.0).log())
        self.bias = nn.Parameter(torch.logit(shares, eps=1e-3))

    def forward(self, queries: Tensor, project: nn.Module, own_cues: Tensor) -> Tensor:
        """Loss of clips (B, P) with cue ids (B, M), filled up with -1: a scalar.

        ``project`` takes text embeddings to the clips' space.
        """
        logits = self.logits(queries, project)  # (B, C)
        losses = functional.binary_cross_entropy_with_logits(
            logits, self._marks(own_cues).any(dim=1).to(logits), reduction="none"
        )
        return (losses * self.known).sum(dim=-1).mean()

    def moments(
        self, steps: Tensor, mask: Tensor, project: nn.Module, own_cues: Tensor, when: Tensor
    ) -> Tensor:
        """The same question at each step: is the cue there now? A scalar.

        Args:
            steps: (B, T, P), the shared space at each step.
            mask: bool (B, T), true for real steps.
            project: takes text embeddings to that space.
            own_cues: int64 (B, M), ids of a clip's cues, filled up with -1.
            when: bool (B, T, M), the steps at which each of them is there.
        """
        logits = self.logits(steps, project)  # (B, T, C)
        present = when.to(logits) @ self._marks(own_cues).to(logits)  # (B, T, C)
        losses = functional.binary_cross_entropy_with_logits(
            logits, present.clamp(max=1), reduction="none"
        )
        return (losses * self.known).sum(dim=-1)[mask].mean()

    def logits(self, queries: Tensor, project: nn.Module) -> Tensor:
        """How much speaks for each cue: (..., P) -> (..., C)."""
        keys = functional.normalize(project(self.texts), dim=-1)  # (C, P)
        near = functional.normalize(queries, dim=-1) @ keys.T
        return self.log_scale.exp() * near + self.bias

    def _marks(self, own_cues: Tensor) -> Tensor:
        """Cue ids (B, M) -> bool (B, M, C), which column each of them is."""
        return own_cues[:, :, None] == torch.arange(len(self.bias), device=own_cues.device)
