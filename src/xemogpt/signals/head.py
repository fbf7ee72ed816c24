"""Visual cues of the head: nods, shakes, tilts, bows, turns, stillness."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from xemogpt.schema import Cue
from xemogpt.signals.evidence import confidence_of, curve_cues, measured_cue
from xemogpt.signals.face_curves import FaceCurves
from xemogpt.signals.timeline import Series, moving_mean, percentile, smooth
from xemogpt.signals.vocabulary import rule

MAX_SWING_S = 0.6
"""A half swing that takes longer is a turn of the head, not part of a nod or shake."""
MIN_SWINGS = 3
MAX_STEP_S = 0.12


@dataclass(frozen=True)
class Swing:
    """A movement between two turning points."""

    start_s: float
    end_s: float
    change: float
    """Signed degrees."""


def head_cues(curves: FaceCurves, quality: float) -> list[Cue]:
    """Everything the head does."""
    times = curves.times_s
    yaw, pitch, roll = (smooth(times, a, 0.25) for a in (curves.yaw, curves.pitch, curves.roll))
    cues = _oscillations(curves, quality)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        turn, tilt = sign * yaw, sign * roll
        usual = max(0.0, percentile(turn, 50))
        cues += curve_cues("turned-away", times, turn, usual, quality=quality, side=side)
        cues += curve_cues("head-tilt", times, tilt, quality=quality, side=side)
    usual = percentile(pitch, 50)
    cues += curve_cues("head-raise", times, pitch, usual, quality=quality)
    cues += curve_cues("head-bow", times, -pitch, -usual, quality=quality)
    return cues + _still(curves, quality)


def swings(times_s: Series, angles: Series, least: float) -> list[Swing]:
    """Movements between turning points of at least ``least`` degrees, in order of time.

    >>> t = np.arange(5.0)
    >>> [round(s.change) for s in swings(t, np.array([0, -4, 0.5, -0.2, 5]), 3.0)]
    [-4, 9]
    """
    known = np.flatnonzero(~np.isnan(angles))
    if known.size < 2:
        return []
    # Indices of turning points; the last one moves on while the movement goes on.
    turning = [int(known[0])]
    direction = 0
    for index in known[1:]:
        change = angles[index] - angles[turning[-1]]
        if direction != 0 and change * direction > 0:
            turning[-1] = int(index)
        elif abs(change) >= least:
            turning.append(int(index))
            direction = 1 if change > 0 else -1
        elif direction == 0 and len(turning) == 1 and abs(change) < least:
            # Before the first movement the start creeps along with slow drift.
            turning[0] = turning[0] if abs(change) > least / 2 else int(index)
    return [
        Swing(float(times_s[a]), float(times_s[b]), float(angles[b] - angles[a]))
        for a, b in pairwise(turning)
    ]


def _oscillations(curves: FaceCurves, quality: float) -> list[Cue]:
    """Nods (pitch) and shakes (yaw)."""
    if curves.step_s > MAX_STEP_S:
        return []
    times = curves.times_s
    pitch = moving_mean(times, curves.pitch, 0.15)
    yaw = moving_mean(times, curves.yaw, 0.15)
    cues = []
    for kind, angles, other in (("head-nod", pitch, yaw), ("head-shake", yaw, pitch)):
        limits = rule(kind)
        least = limits.level or 1.0
        for run in _runs_of_swings(swings(times, angles, least)):
            start_s, end_s = run[0].start_s, run[-1].end_s
            size = float(np.median([abs(swing.change) for swing in run]))
            inside = (times >= start_s) & (times <= end_s)
            if size < 1.2 * np.nanstd(other[inside]) * 2 or end_s - start_s < limits.min_s:
                continue
            count = len(run) // 2
            sure = confidence_of(size / least, limits, quality)
            cues.append(measured_cue(kind, start_s, end_s, size, sure, int(count > 1), count=count))
    return cues


def _runs_of_swings(found: list[Swing]) -> list[list[Swing]]:
    """Quick swings that follow each other and come back to where they began."""
    runs: list[list[Swing]] = []
    run: list[Swing] = []
    for swing in found:
        quick = swing.end_s - swing.start_s <= MAX_SWING_S
        if quick and run and swing.start_s - run[-1].end_s < 0.1:
            run.append(swing)
        else:
            runs.append(run)
            run = [swing] if quick else []
    runs.append(run)
    return [run for run in runs if len(run) >= MIN_SWINGS and _returns(run)]


def _returns(run: list[Swing]) -> bool:
    changes = [swing.change for swing in run]
    return abs(sum(changes)) <= max(abs(change) for change in changes)


def _still(curves: FaceCurves, quality: float) -> list[Cue]:
    """A head that hardly moves."""
    limits = rule("head-still")
    times = curves.times_s
    seen_s = float(curves.found.sum()) * curves.step_s
    if seen_s < limits.min_s or curves.step_s > MAX_STEP_S:
        return []
    angles = np.stack(
        [moving_mean(times, a, 0.3) for a in (curves.yaw, curves.pitch, curves.roll)], axis=1
    )
    speed = np.linalg.norm(np.diff(angles, axis=0), axis=1) / np.maximum(np.diff(times), 1e-3)
    mean = float(np.nanmean(speed)) if not np.isnan(speed).all() else np.inf
    level = limits.level or 1.0
    if mean > level:
        return []
    seen = times[curves.found]
    sure = confidence_of(level / max(mean, level / 4), limits, quality)
    return [measured_cue("head-still", seen[0], seen[-1] + curves.step_s, mean, sure)]
