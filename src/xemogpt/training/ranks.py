"""Batches spread over processes: gathering with gradients, means over all of them."""

import torch
from torch import Tensor, distributed


def num_ranks() -> int:
    """Processes that train together."""
    ready = distributed.is_available() and distributed.is_initialized()
    return distributed.get_world_size() if ready else 1


def gather_batch(local: Tensor) -> Tensor:
    """Rows of all ranks in rank order: (B, ...) -> (ranks x B, ...); every rank has as many.

    Gradients flow back to the rank whose rows they are, summed over ranks. When every rank
    computes the whole loss from gathered rows, that sum is ``ranks`` times its gradient, which
    DDP's averaging undoes: together they give the single-process gradient.
    """
    if num_ranks() == 1:
        return local
    if not local.is_floating_point():
        rows = [torch.empty_like(local) for _ in range(num_ranks())]
        distributed.all_gather(rows, local.contiguous())
        return torch.cat(rows)
    gathered: Tensor = _Gather.apply(local.contiguous())  # type: ignore[no-untyped-call]
    return gathered


class _Gather(torch.autograd.Function):
    """All-gather along rows; backwards, each rank gets the sum of all gradients of its rows."""

    @staticmethod
    def forward(ctx: object, local: Tensor) -> Tensor:
        rows = [torch.empty_like(local) for _ in range(num_ranks())]
        distributed.all_gather(rows, local)
        return torch.cat(rows)

    @staticmethod
    def backward(ctx: object, *grads: Tensor) -> Tensor:
        # Not reduce-scatter: gloo has none.
        summed = grads[0].clone()
        distributed.all_reduce(summed)
        return summed.chunk(num_ranks())[distributed.get_rank()]


def mean_over_ranks(total: Tensor, count: Tensor) -> Tensor:
    """The mean of values of which this rank holds ``count``, adding up to ``total``.

    Scaled such that averaging over ranks, as DDP does with gradients and the Trainer with losses,
    gives the mean over all values wherever they are.

    >>> mean_over_ranks(torch.tensor(6.0), torch.tensor(3))
    tensor(2.)
    """
    everywhere = count.detach().to(total).clone()
    if num_ranks() > 1:
        distributed.all_reduce(everywhere)
    return total * num_ranks() / everywhere.clamp(min=1)
