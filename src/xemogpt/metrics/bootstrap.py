"""Confidence intervals and significance by resampling samples, seeded and vectorised."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
_BLOCK_CELLS = 4_000_000


class Comparison(NamedTuple):
    """A difference of two systems on the same samples."""

    difference: float
    low: float
    high: float
    p_value: float


def mean_of(values: Values) -> Values:
    """Mean over samples (axis 0), leaving out NaN; NaN where nothing is left."""
    valid = ~np.isnan(values)
    count = valid.sum(axis=0)
    total = np.where(valid, values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def resampled_means(values: Values, num_resamples: int = 1000, seed: int = 0) -> Values:
    """Means of bootstrap resamples, (num_resamples, ...), of values (N, ...).

    Drawing N samples with replacement is drawing how often each occurs, so a block of resamples
    is one matrix product; blocks keep memory flat in N.
    """
    num_samples = len(values)
    flat = values.reshape(num_samples, -1)
    valid = ~np.isnan(flat)
    filled = np.where(valid, flat, 0.0)
    means = []
    for counts in _counts(num_samples, num_resamples, seed):
        weight = counts @ valid
        means.append(np.where(weight > 0, counts @ filled / np.maximum(weight, 1), np.nan))
    return np.concatenate(means).reshape(num_resamples, *values.shape[1:])


def interval(
    values: Values, level: float = 0.95, num_resamples: int = 1000, seed: int = 0
) -> tuple[Values, Values]:
    """Percentile interval of the mean of values (N, ...): low and high (...)."""
    means = resampled_means(values, num_resamples, seed)
    return _quantiles(means, level)


def compare_paired(
    first: Values, second: Values, level: float = 0.95, num_resamples: int = 10_000, seed: int = 0
) -> Comparison:
    """Mean of ``first - second`` (N,), its interval, and the two-sided bootstrap p-value.

    The p-value is twice the smaller share of resampled differences on either side of 0, with one
    added to both counts so that it is never 0.
    """
    difference = first - second
    means = resampled_means(difference, num_resamples, seed)
    low, high = _quantiles(means, level)
    smaller = min(int((means <= 0).sum()), int((means >= 0).sum()))
    p_value = min(1.0, 2 * (smaller + 1) / (num_resamples + 1))
    return Comparison(float(mean_of(difference)), float(low), float(high), p_value)


def _quantiles(means: Values, level: float) -> tuple[Values, Values]:
    tail = (1 - level) / 2
    empty = np.isnan(means).all(axis=0)
    with np.errstate(invalid="ignore"):
        filled = np.where(empty, 0.0, means)
        low, high = np.nanquantile(filled, [tail, 1 - tail], axis=0)
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)


def _counts(num_samples: int, num_resamples: int, seed: int) -> Iterator[Values]:
    generator = np.random.default_rng(seed)
    block = max(1, _BLOCK_CELLS // max(num_samples, 1))
    for start in range(0, num_resamples, block):
        num_rows = min(block, num_resamples - start)
        counts = np.empty((num_rows, num_samples))
        for row in range(num_rows):
            drawn = generator.integers(0, num_samples, num_samples)
            counts[row] = np.bincount(drawn, minlength=num_samples)
        yield counts
