"""Krippendorff's alpha for nominal values, and its uncertainty."""

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


def coincidences(
    units: Sequence[Sequence[Hashable | None]], categories: Sequence[Hashable]
) -> Matrix:
    """Coincidence matrix (V, V): how often two annotators pair value c with value k in a unit.

    Each ordered pair of values within a unit counts 1 / (m - 1), m being the values given in it;
    units with fewer than two values pair nothing.

    Args:
        units: for each unit, the value of each annotator; None where there is none.
        categories: the values that occur.
    """
    place = {value: index for index, value in enumerate(categories)}
    matrix = np.zeros((len(categories), len(categories)))
    for values in units:
        given = [place[value] for value in values if value is not None]
        if len(given) < 2:
            continue
        counts = np.bincount(given, minlength=len(categories)).astype(np.float64)
        matrix += (np.outer(counts, counts) - np.diag(counts)) / (len(given) - 1)
    return matrix


def alpha_of(matrix: Matrix) -> Matrix:
    """Alpha of coincidence matrices (..., V, V): 1 - observed / expected disagreement.

    NaN where no two values can be paired or all are the same: then chance agreement is total and
    alpha is not defined.
    """
    totals = matrix.sum(axis=-1)
    num = totals.sum(axis=-1)
    observed = num - np.trace(matrix, axis1=-2, axis2=-1)
    expected = num**2 - (totals**2).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        alpha: Matrix = np.where(expected > 0, 1 - (num - 1) * observed / expected, np.nan)
    return alpha


def nominal_alpha(units: Sequence[Sequence[Hashable | None]]) -> float:
    """Krippendorff's alpha for nominal values; NaN where it is not defined.

    >>> round(nominal_alpha(list(zip("aabbdcccedda", "babbbccceddd"))), 3)
    0.692
    """
    categories = list(dict.fromkeys(v for unit in units for v in unit if v is not None))
    return float(alpha_of(coincidences(units, categories)))


def resample_counts(num: int, num_resamples: int, seed: int) -> Matrix:
    """How often each of ``num`` clips is drawn in each bootstrap resample, (resamples, num)."""
    rng = np.random.default_rng([seed, num])
    return rng.multinomial(num, np.full(num, 1 / num), size=num_resamples).astype(np.float64)


def interval(values: Matrix, level: float = 0.95) -> tuple[float, float] | None:
    """Percentile interval of resampled values (R,); none if most are not defined."""
    known = values[~np.isnan(values)]
    if len(known) < max(1, len(values) // 2):
        return None
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
