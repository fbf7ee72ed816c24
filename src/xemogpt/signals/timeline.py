"""Curves over time, and the spans in which one is high: the common ground of face and voice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xemogpt.schema import CueSet, Transcript

Series = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """One measured quantity over time; NaN where it could not be measured."""

    name: str
    """What it is, in lower-case words, such as ``smile`` or ``pitch``."""
    times_s: Series
    """(N,) seconds from the start of the media."""
    values: Series
    """(N,) in ``unit``."""
    unit: str


@dataclass(frozen=True)
class Measurement:
    """What the detectors found in one clip."""

    cues: CueSet
    """Visual and auditory cues with times; emotional cues come from ``appraise``."""
    curves: tuple[Curve, ...]
    transcript: Transcript | None
    """The words that were given, else those recognised, else none."""
    warnings: tuple[str, ...]
    """What could not be measured, as "code: sentence"; the codes are listed in docs/cues.md."""


@dataclass(frozen=True)
class Span:
    """A stretch in which a curve is high."""

    start_s: float
    end_s: float
    first: int
    """Index of the first sample."""
    last: int
    """Index of the last sample, included."""
    peak: float
    """The largest value."""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


def sample_step(times_s: Series) -> float:
    """Seconds between samples: the median difference, or 0.04 for a single one."""
    return float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.04


def find_spans(
    times_s: ArrayLike,
    values: ArrayLike,
    enter: float = 1.0,
    leave: float | None = None,
    min_duration_s: float = 0.0,
    merge_gap_s: float = 0.0,
) -> list[Span]:
    """Stretches that reach ``enter`` and last until the values fall below ``leave``.

    Two thresholds keep a value that trembles around one from breaking into many. A sample stands
    for the time until the next one.

    Args:
        times_s: (N,) increasing seconds.
        values: (N,); NaN counts as low.
        enter: a span needs a value of at least this.
        leave: it extends both ways while values are at least this; ``enter`` by default.
        min_duration_s: shorter spans are dropped, after merging.
        merge_gap_s: spans with a smaller gap are one.

    >>> [(s.start_s, s.end_s) for s in find_spans([0, 1, 2, 3], [0, 0.7, 1, 0], leave=0.5)]
    [(1.0, 3.0)]
    """
    times, series = np.asarray(times_s, np.float64), np.asarray(values, np.float64)
    if times.size == 0:
        return []
    leave = enter if leave is None else leave
    edges = np.append(times, times[-1] + sample_step(times))
    with np.errstate(invalid="ignore"):
        high = series >= leave
        top = series >= enter
    runs = [run for run in _runs(high) if top[run[0] : run[1] + 1].any()]
    merged: list[tuple[int, int]] = []
    for first, last in runs:
        if merged and edges[first] - edges[merged[-1][1] + 1] < merge_gap_s:
            merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    spans = [
        Span(
            float(edges[first]),
            float(edges[last + 1]),
            first,
            last,
            float(np.nanmax(series[first : last + 1])),
        )
        for first, last in merged
    ]
    # A frame's width of tolerance: times are multiples of the frame step.
    return [span for span in spans if span.duration_s >= min_duration_s - 1e-6]


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last index of each run of true values.

    >>> _runs(np.array([True, False, True, True]))
    [(0, 0), (2, 3)]
    """
    padded = np.concatenate([[False], flags, [False]]).astype(np.int8)
    change = np.diff(padded)
    starts, ends = np.flatnonzero(change == 1), np.flatnonzero(change == -1) - 1
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def smooth(times_s: Series, values: Series, window_s: float) -> Series:
    """Moving median over ``window_s`` seconds (N,); NaN stays NaN and does not spread.

    A median removes single wrong samples and short movements, and keeps onsets where they are.
    """
    return _windowed(times_s, values, window_s, "median")


def moving_mean(times_s: Series, values: Series, window_s: float) -> Series:
    """Moving mean over ``window_s`` seconds (N,), ignoring NaN."""
    return _windowed(times_s, values, window_s, "mean")


def moving_std(times_s: Series, values: Series, window_s: float) -> Series:
    """Moving standard deviation over ``window_s`` seconds (N,), ignoring NaN."""
    return _windowed(times_s, values, window_s, "std")


def _windowed(
    times_s: Series, values: Series, window_s: float, statistic: Literal["median", "mean", "std"]
) -> Series:
    half = round(window_s / sample_step(times_s) / 2)
    values = np.asarray(values, np.float64)
    if half < 1 or len(values) < 2:
        return values.copy() if statistic != "std" else np.where(np.isnan(values), np.nan, 0.0)
    padded = np.concatenate([np.full(half, np.nan), values, np.full(half, np.nan)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    known = ~np.isnan(values)
    result = np.full(len(values), np.nan)
    if not known.any():
        return result
    if statistic == "median":
        result[known] = np.nanmedian(windows[known], axis=1)
    elif statistic == "mean":
        result[known] = np.nanmean(windows[known], axis=1)
    else:
        result[known] = np.nanstd(windows[known], axis=1)
    return result


def percentile(values: Series, q: float, default: float = np.nan) -> float:
    """Percentile ``q`` (0 to 100) of the known values, or ``default`` if there are none."""
    known = values[~np.isnan(values)]
    return float(np.percentile(known, q)) if known.size else default


def overlaps(span: Span, others: Sequence[Span], share: float = 0.5) -> bool:
    """Whether at least ``share`` of ``span`` lies within ``others``."""
    common = sum(
        max(0.0, min(span.end_s, other.end_s) - max(span.start_s, other.start_s))
        for other in others
    )
    return common >= share * max(span.duration_s, 1e-9)
