"""Wrong orders of a clip's frames, from plainly wrong to hardly: what a bridge must tell apart."""

from typing import Literal

import torch
from torch import Tensor

WrongOrder = Literal["shuffled", "reversed", "moved"]


def wrong_order(num_frames: int, kind: WrongOrder, generator: torch.Generator) -> Tensor:
    """Draw an order that is not the true one: int64 (T,), place t shows frame ``order[t]``.

    Args:
        num_frames: T; a single frame has only the true order.
        kind: ``shuffled``: any permutation; ``reversed``: backwards; ``moved``: one segment of
            two frames or more, half of the clip at most, put elsewhere.
        generator: of the draws.

    >>> wrong_order(4, "reversed", torch.Generator())
    tensor([3, 2, 1, 0])
    """
    steps = torch.arange(num_frames)
    if num_frames < 2:
        return steps
    if kind == "reversed":
        return steps.flip(0)
    if kind == "moved" and num_frames > 3:
        return _move_segment(steps, generator)
    order = torch.randperm(num_frames, generator=generator)
    return order.roll(1) if torch.equal(order, steps) else order


def _move_segment(steps: Tensor, generator: torch.Generator) -> Tensor:
    def draw(low: int, high: int) -> int:
        return int(torch.randint(low, high, (), generator=generator))

    length = draw(2, len(steps) // 2 + 1)
    start = draw(0, len(steps) - length + 1)
    segment = steps[start : start + length]
    rest = torch.cat([steps[:start], steps[start + length :]])
    place = draw(0, len(rest))
    # Places are those of the rest; its own one is skipped.
    place += place >= start
    return torch.cat([rest[:place], segment, rest[place:]])
