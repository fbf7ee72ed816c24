"""Intervals and p-values against theory and a plain loop."""

import numpy as np
import pytest

from xemogpt.metrics.bootstrap import compare_paired, interval, mean_of, resampled_means


def test_means_leave_out_what_is_not_defined() -> None:
    values = np.array([[1.0, np.nan], [0.0, np.nan], [np.nan, np.nan]])
    assert mean_of(values)[0] == 0.5
    assert np.isnan(mean_of(values)[1])
    low, high = interval(values, num_resamples=50)
    assert 0 <= low[0] <= high[0] <= 1
    assert np.isnan(low[1])


def test_resampling_equals_a_plain_loop() -> None:
    values = np.random.default_rng(1).random((30, 2))
    found = resampled_means(values, 20, seed=5)
    generator = np.random.default_rng(5)
    expected = [values[generator.integers(0, 30, 30)].mean(axis=0) for _ in range(20)]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_interval_has_the_width_of_theory() -> None:
    values = np.random.default_rng(0).normal(0, 1, 400)
    low, high = interval(values, num_resamples=4000)
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.08)


def test_the_seed_decides() -> None:
    values = np.random.default_rng(0).random(50)
    assert interval(values, seed=1) == interval(values, seed=1)
    assert interval(values, seed=1) != interval(values, seed=2)


def test_equal_systems_differ_by_chance_only_and_unequal_ones_significantly() -> None:
    generator = np.random.default_rng(0)
    first = generator.random(200)
    noise = generator.normal(0, 0.1, 200)
    noise -= noise.mean()
    assert compare_paired(first, first + noise).p_value > 0.5
    better = compare_paired(first + 0.1 + noise, first)
    assert better.p_value < 0.001
    assert better.difference == pytest.approx(0.1)
    assert better.low < 0.1 < better.high
    assert compare_paired(first, first).p_value == 1.0


def test_p_values_of_no_difference_are_spread_evenly() -> None:
    generator = np.random.default_rng(7)
    p_values = [
        compare_paired(generator.normal(size=60), np.zeros(60), num_resamples=400).p_value
        for _ in range(200)
    ]
    assert np.mean(np.array(p_values) < 0.05) < 0.12
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.1)
