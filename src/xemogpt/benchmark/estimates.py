"""Numbers with 95 % intervals, samples being resampled together."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

import numpy as np

from xemogpt.metrics.bootstrap import Values, interval, mean_of, resampled_means
from xemogpt.metrics.results import none_if_nan
from xemogpt.schema import Record

LEVEL = 0.95
NUM_RESAMPLES = 1000
Name = TypeVar("Name", bound=Hashable)


class Estimate(Record):
    """A number, its interval, and how many samples it rests on; none where it is not defined."""

    value: float | None
    low: float | None
    high: float | None
    count: int
    """Samples."""


def mean_estimates(columns: Mapping[Name, Values], seed: int = 0) -> dict[Name, Estimate]:
    """Means of several columns over the same samples.

    Args:
        columns: name -> float64 (N,), NaN where a sample has no such value.
        seed: of the bootstrap.

    >>> found = mean_estimates({"f1": np.array([1.0, 0.0, np.nan])})["f1"]
    >>> found.value, found.count
    (0.5, 2)
    """
    if not columns:
        return {}
    values = np.stack(list(columns.values()), axis=1)
    means = mean_of(values)
    low, high = interval(values, LEVEL, NUM_RESAMPLES, seed)
    counts = (~np.isnan(values)).sum(axis=0)
    return {
        name: _estimate(means[i], low[i], high[i], int(counts[i])) for i, name in enumerate(columns)
    }


def ratio_estimate(parts: Values, wholes: Values, seed: int = 0) -> Estimate:
    """Sum of ``parts`` (N,) over sum of ``wholes`` (N,), such as wrong cues over all cues.

    >>> ratio_estimate(np.array([1.0, 0.0]), np.array([2.0, 2.0])).value
    0.25
    """
    counted = wholes > 0
    if not counted.any():
        return Estimate(value=None, low=None, high=None, count=0)
    means = resampled_means(np.stack([parts, wholes], axis=1), NUM_RESAMPLES, seed)
    # A resample without any whole says nothing of the ratio.
    drawn = means[means[:, 1] > 0]
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return _estimate(parts.sum() / wholes.sum(), low, high, int(counted.sum()))


def _estimate(value: float, low: float, high: float, count: int) -> Estimate:
    return Estimate(
        value=none_if_nan(float(value)),
        low=none_if_nan(float(low)),
        high=none_if_nan(float(high)),
        count=count,
    )
