"""The module that bridge pretraining optimises: an aligner and the weighted sum of its tasks."""

from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from xemogpt.bridges.aligners import AudioTextAligner, VideoTextAligner
from xemogpt.config import Config
from xemogpt.training.ranks import gather_batch, mean_over_ranks
from xemogpt.training.targets import CueBank, Shared, cue_overlap, cue_set_nce


class ObjectiveWeights(Config):
    """What each objective counts; one of weight 0 is not computed."""

    text: float = Field(default=1.0, ge=0)
    """Contrast of clips and cue texts."""
    temporal: float = Field(default=0.5, ge=0)
    """Telling the true order of frames from wrong ones (video only)."""
    masked: float = Field(default=0.5, ge=0)
    """Reconstructing hidden frames (video only)."""
    bank: float = Field(default=0.0, ge=0)
    """Telling each cue of the vocabulary present or absent by its closeness to the clip."""
    moments: float = Field(default=0.0, ge=0)
    """The same at each step: is the cue there now? Needs cues with times."""
    temperature: float = Field(default=0.07, gt=0)
    """Of the contrast."""
    shared: Shared = "soft"
    """Pairs that share a cue: ``soft`` targets, ``mask`` (left out), ``ignore`` (negatives)."""


class BridgePretraining(nn.Module):
    """An aligner with its objectives; ``forward`` takes what ``collate_bridge`` gives.

    Args:
        aligner: bridge and heads.
        weights: of the objectives.
        bank: embeddings of the vocabulary's cues and how common each is, from ``cue_bank``; none
            where the objectives ``bank`` and ``moments`` count nothing.
    """

    def __init__(
        self,
        aligner: VideoTextAligner | AudioTextAligner,
        weights: ObjectiveWeights,
        bank: tuple[Tensor, Tensor] | None = None,
    ) -> None:
        super().__init__()
        self.aligner = aligner
        self.weights = weights
        self.bank = CueBank(*bank) if bank is not None and weights.bank else None
        self.moments = CueBank(*bank) if bank is not None and weights.moments else None

    def forward(
        self,
        values: Tensor,
        mask: Tensor,
        text: Tensor,
        own_cues: Tensor,
        key_cues: Tensor,
        order: Tensor | None = None,
        hidden: Tensor | None = None,
        when: Tensor | None = None,
        sample_index: Tensor | None = None,
    ) -> dict[str, Any]:
        """Compute the loss of a batch, contrasted with the batches of all ranks.

        Returns:
            ``loss``; in training ``parts``, else embeddings ``queries`` and ``keys`` (B, P) with
            the cue ids of each.
        """
        parts: dict[str, Tensor] = {}
        if isinstance(self.aligner, VideoTextAligner):
            use_order, use_hidden = self.weights.temporal > 0, self.weights.masked > 0
            out = self.aligner(
                values, mask, text, order if use_order else None, hidden if use_hidden else None
            )
            queries, keys, steps = out.video, out.text, out.steps
            if out.true_logits is not None and out.shuffled_logits is not None:
                parts["loss_temporal"] = _order_loss(out.true_logits, out.shuffled_logits)
            if out.reconstructed is not None and out.target is not None and hidden is not None:
                parts["loss_masked"] = _hidden_loss(out.reconstructed, out.target, hidden)
        else:
            heard = self.aligner(values, mask, text)
            queries, keys, steps = heard.audio, heard.text, heard.steps
        parts["loss_text"] = self._contrast(queries, keys, own_cues, key_cues)
        if self.bank is not None:
            parts["loss_bank"] = self.bank(queries, self.aligner.text_projection, own_cues)
        if self.moments is not None and when is not None:
            parts["loss_moments"] = self.moments.moments(
                steps, mask, self.aligner.text_projection, own_cues, when
            )
        factors = {
            "loss_text": self.weights.text,
            "loss_temporal": self.weights.temporal,
            "loss_masked": self.weights.masked,
            "loss_bank": self.weights.bank,
            "loss_moments": self.weights.moments,
        }
        loss = torch.stack([factors[name] * part for name, part in parts.items()]).sum()
        if self.training:
            return {"loss": loss, "parts": parts}
        return {
            "loss": loss,
            "queries": queries,
            "keys": keys,
            "own_cues": own_cues,
            "key_cues": key_cues,
        }

    def _contrast(
        self, queries: Tensor, keys: Tensor, own_cues: Tensor, key_cues: Tensor
    ) -> Tensor:
        overlap = cue_overlap(gather_batch(own_cues), gather_batch(key_cues))
        return cue_set_nce(
            gather_batch(queries),
            gather_batch(keys),
            overlap,
            self.weights.temperature,
            self.weights.shared,
        )


def _order_loss(true_logits: Tensor, wrong_logits: Tensor) -> Tensor:
    """``temporal_contrast`` over the clips of all ranks."""
    logits = torch.cat([true_logits, wrong_logits])
    labels = torch.cat([torch.ones_like(true_logits), torch.zeros_like(wrong_logits)])
    total = functional.binary_cross_entropy_with_logits(logits, labels, reduction="sum")
    return mean_over_ranks(total, torch.tensor(len(logits), device=logits.device))


def _hidden_loss(reconstructed: Tensor, target: Tensor, hidden: Tensor) -> Tensor:
    """``masked_frame_loss`` over the frames of all ranks."""
    errors = (reconstructed - target.detach()).square().mean(dim=-1)  # (B, T)
    return mean_over_ranks((errors * hidden).sum(), hidden.sum())
