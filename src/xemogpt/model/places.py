"""Which place of a sequence is what: positions, labels to predict, placeholders to fill."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

IGNORED = -100  # label of tokens that are given, not learned


def count_positions(attention_mask: Tensor) -> Tensor:
    """Places counted from each row's first token, wherever its padding is: (B, L).

    >>> count_positions(torch.tensor([[0, 0, 1, 1], [1, 1, 1, 0]])).tolist()
    [[0, 0, 0, 1], [0, 1, 2, 2]]
    """
    return (attention_mask.long().cumsum(-1) - 1).clamp(min=0)


def predicting_places(labels: Tensor) -> Tensor:
    """Places whose next token some row learns: int64 (K,)."""
    return (labels[:, 1:] != IGNORED).any(dim=0).nonzero().flatten()


def next_token_loss(
    logits: Tensor, labels: Tensor, kept: int | Tensor, num_items: int | Tensor | None
) -> Tensor:
    """Cross entropy, mean over the batch's labelled tokens, or summed and divided by a number."""
    length = labels.shape[1]
    if isinstance(kept, int):
        kept = torch.arange(max(0, length - kept) if kept else 0, length, device=labels.device)
    # Past the last token there is nothing to predict.
    shifted = functional.pad(labels, (0, 1), value=IGNORED)[:, kept + 1]  # (B, K)
    summed = functional.cross_entropy(
        logits.flatten(0, 1).float(), shifted.flatten().to(logits.device), reduction="sum"
    )
    count = (labels[:, 1:] != IGNORED).sum().clamp(min=1) if num_items is None else num_items
    return summed / (count.to(summed.device) if isinstance(count, Tensor) else count)


def check_counts(modality: str, mask: Tensor, vectors: Mapping[int, Tensor]) -> None:
    """Raise ValueError if a row has not as many placeholders as vectors."""
    for row, count in enumerate(mask.sum(dim=1).tolist()):
        given = len(vectors[row]) if row in vectors else 0
        if count != given:
            raise ValueError(
                f"row {row} has {count} {modality} placeholders but {given} feature vectors;"
                " make input_ids with XEmoGPTProcessor from the same media"
            )


def or_never(token_id: int | None) -> int:
    """The id, or one that no token has."""
    return -1 if token_id is None else token_id
