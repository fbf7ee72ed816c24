"""The order of training samples: a function of seed and epoch alone, so that runs can resume."""

from collections.abc import Iterator, Sequence, Sized

import torch
from torch.utils.data import Sampler
from transformers.trainer_pt_utils import get_length_grouped_indices


class EpochSampler(Sampler[int]):
    """Each sample once an epoch, shuffled, samples of like length together where asked for.

    Args:
        dataset: what to draw from.
        seed: of the order; each epoch has its own.
        lengths: tokens of each sample, to group by; none for a plain shuffle.
        batch_size: samples that should be of like length.
    """

    def __init__(
        self, dataset: Sized, seed: int, lengths: Sequence[int] | None = None, batch_size: int = 1
    ) -> None:
        self.dataset = dataset
        self.seed = seed
        self.lengths = lengths
        self.batch_size = batch_size
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch; accelerate calls this."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.dataset)

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self.seed * 100_003 + self.epoch)
        if self.lengths is None:
            return iter(torch.randperm(len(self.dataset), generator=generator).tolist())
        order: list[int] = get_length_grouped_indices(
            list(self.lengths), self.batch_size, generator=generator
        )
        return iter(order)
