import numpy as np
import pytest

from xemogpt.signals.timeline import find_spans, moving_std, percentile, smooth

TIMES = np.arange(10) / 10


def test_a_span_extends_both_ways_to_the_lower_threshold() -> None:
    values = [0, 0.7, 0.9, 1.2, 0.8, 0.5, 0, 0, 0, 0]
    (span,) = find_spans(TIMES, values, enter=1.0, leave=0.6)
    assert (span.start_s, span.end_s, span.peak) == (pytest.approx(0.1), pytest.approx(0.5), 1.2)
    assert (span.first, span.last) == (1, 4)


def test_values_that_never_enter_make_no_span() -> None:
    assert find_spans(TIMES, [0.9] * 10, enter=1.0, leave=0.5) == []


def test_close_spans_merge_and_short_ones_go() -> None:
    values = [1, 1, 0, 1, 1, 0, 0, 0, 1, 0]
    spans = find_spans(TIMES, values, min_duration_s=0.2, merge_gap_s=0.15)
    assert [(s.start_s, round(s.end_s, 3)) for s in spans] == [(0.0, 0.5)]


def test_missing_values_count_as_low_and_empty_input_is_fine() -> None:
    assert find_spans([], []) == []
    spans = find_spans(TIMES[:4], [1, np.nan, 1, np.nan])
    assert [(s.first, s.last) for s in spans] == [(0, 0), (2, 2)]


def test_a_single_sample_has_a_length() -> None:
    (span,) = find_spans([2.0], [1.0])
    assert span.duration_s == pytest.approx(0.04)


def test_smoothing_removes_a_spike_keeps_an_edge_and_does_not_spread_gaps() -> None:
    spike = np.array([0, 0, 0, 5.0, 0, 0, 0, 0, 0, 0])
    assert smooth(TIMES, spike, 0.3).max() == 0
    edge = np.array([0, 0, 0, 0, 0, 1.0, 1, 1, 1, 1])
    assert smooth(TIMES, edge, 0.3).tolist() == edge.tolist()
    gap = np.array([1, 1, np.nan, 1, 1, 1, 1, 1, 1, 1.0])
    assert np.isnan(smooth(TIMES, gap, 0.3)).tolist() == np.isnan(gap).tolist()


def test_moving_std_against_numpy() -> None:
    values = np.random.default_rng(0).normal(size=10)
    assert moving_std(TIMES, values, 0.2)[4] == pytest.approx(values[3:6].std())


def test_percentile_of_nothing_is_the_default() -> None:
    assert percentile(np.array([np.nan, np.nan]), 50, default=-1.0) == -1.0
    assert percentile(np.array([1, np.nan, 3.0]), 50) == 2.0
