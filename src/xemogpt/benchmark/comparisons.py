"""Whether one system is better than another on the same samples."""

from collections.abc import Sequence

import numpy as np

from xemogpt.benchmark.scoring import SystemScore
from xemogpt.metrics.bootstrap import Comparison, compare_paired
from xemogpt.schema import Record


class Difference(Record):
    """First minus second, with the 95 % interval and two-sided p-value of a paired bootstrap."""

    difference: float
    low: float
    high: float
    p_value: float


class PairTest(Record):
    """Two systems, column by column."""

    first: str
    second: str
    why: str
    """What the comparison is for."""
    f1: dict[str, Difference]
    emotion: Difference | None
    """Of emotion recall; none where no sample has a reference emotion."""
    p_adjusted: float
    """Of overall F1, by Holm's method over all comparisons of the report."""


def compare_systems(
    pairs: Sequence[tuple[SystemScore, SystemScore, str]], seed: int = 0
) -> list[PairTest]:
    """Test each pair of systems scored on the same samples.

    Args:
        pairs: first, second, and what the comparison is for.
        seed: of the bootstrap.
    """
    found = []
    for first, second, why in pairs:
        by_column = first.report.compare(second.report)
        found.append((first.name, second.name, why, by_column, _emotion(first, second, seed)))
    adjusted = holm([row[3]["overall"].p_value for row in found])
    return [
        PairTest(
            first=first,
            second=second,
            why=why,
            f1={column: _difference(value) for column, value in by_column.items()},
            emotion=emotion,
            p_adjusted=p_value,
        )
        for (first, second, why, by_column, emotion), p_value in zip(found, adjusted, strict=True)
    ]


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for their number (Holm, 1979), in the order given.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def _emotion(first: SystemScore, second: SystemScore, seed: int) -> Difference | None:
    known = ~(np.isnan(first.hits) | np.isnan(second.hits))
    if not known.any():
        return None
    return _difference(compare_paired(first.hits[known], second.hits[known], seed=seed))


def _difference(found: Comparison) -> Difference:
    return Difference(**found._asdict())
