"""Times that an annotator gives, and whether they can be true."""

import math
import re
from typing import Any

SLACK_S = 0.25
"""How far beyond the end of a clip a time is taken for rounding; it is then moved to the end."""
_NUMBER = re.compile(r"\s*(\d{1,6}(?:\.\d{1,9})?)\s*s?\s*")

Times = tuple[float | None, float | None]


def read_times(start: Any, end: Any, duration_s: float | None) -> Times | None:
    """Start and end in seconds, either of which may be unknown; none if they are invented.

    Args:
        start: as answered: a number, a text such as "1.5 s", or null.
        end: the same.
        duration_s: length of the clip, if known.

    >>> read_times(0.5, "1.5 s", 3.0)
    (0.5, 1.5)
    >>> read_times(2.0, 9.0, 3.0) is None
    True
    """
    start_s, end_s = _seconds(start), _seconds(end)
    for time_s in (start_s, end_s):
        if time_s is None:
            continue
        if not math.isfinite(time_s) or time_s < 0:
            return None
        if duration_s is not None and time_s > duration_s + SLACK_S:
            return None
    if start_s is not None and end_s is not None and end_s < start_s:
        return None
    return _inside(start_s, duration_s), _inside(end_s, duration_s)


def _seconds(value: Any) -> float | None:
    """A number; NaN if something is given that is none."""
    if value is None or value == "" or value == "null":
        return None
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value)
        return float(match[1]) if match else math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


def _inside(time_s: float | None, duration_s: float | None) -> float | None:
    if time_s is None:
        return None
    return round(time_s if duration_s is None else min(time_s, duration_s), 3)
