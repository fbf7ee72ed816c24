"""Where to cut a long recording: at pauses, and evenly where there are none."""

from typing import Any

import numpy as np

from xemogpt.media.audio import SAMPLE_RATE, Waveform

HOP_S = 0.02
"""Loudness is looked at in steps of this length."""
SMOOTHING_S = 0.3
"""A pause between sentences is at least about this long; gaps between syllables are not."""
FLAT_DB = 6.0
"""Where loudness varies by less than this, no place is better than another."""
MAX_BEFORE_S = 1.0
"""How far before the earliest time a pause that lasts into it is followed."""
_FLOOR_DB = -70.0
_SAME_DB = 3.0

Levels = np.ndarray[Any, np.dtype[np.float64]]


def levels_db(waveform: Waveform) -> Levels:
    """Loudness in dB below full scale of each ``HOP_S``, smoothed; shape (S // hop,)."""
    hop = round(HOP_S * SAMPLE_RATE)
    num_hops = len(waveform) // hop
    power = np.square(waveform[: num_hops * hop].astype(np.float64)).reshape(num_hops, hop)
    levels = 10 * np.log10(power.mean(axis=1) + 1e-12) if num_hops else np.empty(0)
    width = round(SMOOTHING_S / HOP_S)
    padded = np.pad(np.maximum(levels, _FLOOR_DB), (width // 2, width - 1 - width // 2), "edge")
    return np.convolve(padded, np.ones(width) / width, "valid")


def find_cut_s(waveform: Waveform, earliest_s: float, latest_s: float) -> float | None:
    """The middle of the longest and quietest pause between two times of a waveform.

    Args:
        waveform: float32 (S,) at 16 kHz; may end before ``latest_s``.
        earliest_s: seconds from the waveform's start.
        latest_s: seconds from the waveform's start.

    Returns:
        Seconds from the waveform's start, or none if no place is quieter than the others.
    """
    if len(waveform) < SMOOTHING_S * SAMPLE_RATE:
        return None
    levels = levels_db(waveform)
    first, last = int(np.ceil(earliest_s / HOP_S)), int(latest_s / HOP_S) + 1
    in_range = levels[first:last]
    if not len(in_range) or np.ptp(in_range) < FLAT_DB:
        return None
    is_quiet = levels[:last] <= in_range.min() + _SAME_DB
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_quiet, [0]]).astype(int)))
    begins, ends = edges[::2], edges[1::2]
    # A pause that the range cuts into is still cut in its middle, but not far before the range.
    begins = np.maximum(begins[ends > first], first - round(MAX_BEFORE_S / HOP_S))
    ends = ends[ends > first]
    # The last of equally long pauses makes for fewer windows.
    longest = len(begins) - 1 - int(np.argmax((ends - begins)[::-1]))
    return float((begins[longest] + ends[longest]) / 2 * HOP_S)
