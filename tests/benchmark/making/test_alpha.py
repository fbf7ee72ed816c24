"""Alpha against published, hand-worked examples."""

import math

import numpy as np
import pytest

from xemogpt.benchmark.making.alpha import (
    alpha_of,
    coincidences,
    interval,
    nominal_alpha,
    resample_counts,
)

# Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, examples A, B and C.
BINARY = ["0100000010", "1110010000"]
NOMINAL = ["aabbdcccedda", "babbbccceddd"]
MISSING = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]


def units(rows):
    return [[None if value == "." else value for value in unit] for unit in zip(*rows, strict=True)]


@pytest.mark.parametrize(
    ("rows", "alpha"), [(BINARY, 0.095), (NOMINAL, 0.692), (MISSING, 0.743)],
    ids=["two observers, binary", "two observers, nominal", "four observers, missing data"],
)  # fmt: skip
def test_published_examples(rows, alpha):
    assert nominal_alpha(units(rows)) == pytest.approx(alpha, abs=0.0005)


def test_published_coincidences():
    """The matrix printed for the binary example: 10, 4, 4, 2."""
    found = coincidences(units(BINARY), "01")
    assert found.tolist() == [[10, 4], [4, 2]]


def test_perfect_opposite_and_undefined():
    assert nominal_alpha([["a", "a"], ["b", "b"]]) == 1
    assert nominal_alpha([["a", "b"], ["b", "a"]]) == pytest.approx(1 - 3 * 4 / 8)
    assert math.isnan(nominal_alpha([["a", "a"], ["a", "a"]]))
    assert math.isnan(nominal_alpha([["a", None], [None, "b"]]))


def test_batches_of_matrices_give_the_same():
    one, other = coincidences(units(BINARY), "01"), coincidences([["0", "0"], ["1", "1"]], "01")
    assert alpha_of(np.stack([one, other])).tolist() == [alpha_of(one), 1.0]


def test_resampling_is_seeded_and_whole():
    counts = resample_counts(7, 50, seed=3)
    assert (counts.sum(axis=1) == 7).all()
    assert (counts == resample_counts(7, 50, seed=3)).all()
    assert (counts != resample_counts(7, 50, seed=4)).any()
    assert interval(np.arange(101.0)) == pytest.approx((2.5, 97.5))
    assert interval(np.full(9, np.nan)) is None
