"""When visual beats come, and the same beats in the other order."""

from collections.abc import Sequence

import numpy as np

from xemogpt.emocue.controlled.script import Beat

GROUPS: tuple[tuple[str, ...], ...] = (
    ("smile", "one-sided-smile", "mouth-open", "lips-pressed"),
    ("brow-raise", "inner-brow-raise", "brow-lower"),
    ("eyes-wide", "eyes-narrow", "eyes-closed", "blink", "gaze-down", "gaze-up", "gaze-averted"),
    ("head-nod", "head-shake", "head-tilt", "head-bow", "head-raise", "turned-away"),
)
"""Kinds that use the same muscles: their beats never overlap."""
MAX_OF_GROUP = 2
QUIET = frozenset({"mouth-open", "lips-pressed"})
"""Shapes of the mouth that speech would hide: they come before the first word."""
ORDERS: tuple[tuple[str, str], ...] = (
    ("smile", "brow-lower"),
    ("smile", "head-bow"),
    ("smile", "eyes-wide"),
    ("smile", "gaze-down"),
    ("one-sided-smile", "brow-lower"),
    ("one-sided-smile", "gaze-up"),
    ("head-nod", "head-shake"),
    ("head-nod", "head-bow"),
    ("head-nod", "head-raise"),
    ("head-nod", "eyes-wide"),
    ("head-tilt", "head-shake"),
    ("head-tilt", "eyes-closed"),
    ("head-raise", "head-bow"),
    ("head-raise", "head-shake"),
    ("gaze-up", "gaze-down"),
    ("gaze-up", "eyes-closed"),
    ("eyes-wide", "brow-lower"),
    ("eyes-wide", "eyes-closed"),
)
"""Cues of two families of faces whose order decides."""
CONTOURS: tuple[tuple[str, str], ...] = (
    ("pitch-rise", "pitch-fall"),
    ("loudness-rise", "loudness-fall"),
)
"""Cues of the voice that are each other in reverse."""
QUIET_S = 1.7
"""Room for a quiet beat in the lead."""
MARGIN_S = 0.25
_MOVES = {"head-nod": 0.5, "head-shake": 0.6, "blink": 0.25}
"""Seconds of one movement."""
_SIDED = frozenset({"one-sided-smile", "gaze-averted", "head-tilt", "turned-away"})


def lead_for(kinds: Sequence[str]) -> float:
    """Seconds before the first word that the quiet beats need."""
    quiet = sum(kind in QUIET for kind in kinds)
    return round(0.4 + QUIET_S * quiet, 2)


def can_be_seen_together(kinds: Sequence[str]) -> bool:
    """Whether there is room for the kinds: at most two of a group, and one quiet."""
    crowded = any(sum(kind in group for kind in kinds) > MAX_OF_GROUP for group in GROUPS)
    return not crowded and sum(kind in QUIET for kind in kinds) <= 1


def place_beats(
    kinds: Sequence[str], start_s: float, end_s: float, rng: np.random.Generator
) -> tuple[Beat, ...]:
    """Beats of the kinds in order of onset; those of a group follow one another.

    Args:
        kinds: visual kinds; those of one group come in the given order.
        start_s: where speech begins; quiet beats come before, the others from ``MARGIN_S`` on.
        end_s: planned end of the clip; every beat ends ``MARGIN_S`` before.
        rng: draws times, strengths, sides and counts.
    """
    beats = [
        _beat(kind, 0.2 + QUIET_S * index, 0.2 + QUIET_S * (index + 1), rng)
        for index, kind in enumerate(kind for kind in kinds if kind in QUIET)
    ]
    for group in GROUPS:
        members = [kind for kind in kinds if kind in group and kind not in QUIET]
        begin_s = MARGIN_S
        if any(kind in QUIET for kind in kinds if kind in group):
            begin_s = start_s  # The mouth is busy until then.
        beats += _in_turn(members, begin_s, end_s - MARGIN_S, rng)
    return tuple(sorted(beats, key=lambda beat: (beat.onset_s, beat.kind)))


def _in_turn(
    kinds: Sequence[str], begin_s: float, end_s: float, rng: np.random.Generator
) -> list[Beat]:
    """Beats one after another, each in its own equal part of the time."""
    room_s = (end_s - begin_s) / max(1, len(kinds))
    return [
        _beat(kind, begin_s + index * room_s, begin_s + (index + 1) * room_s, rng)
        for index, kind in enumerate(kinds)
    ]


def place_in_order(
    kinds: Sequence[str], extra: Sequence[str], end_s: float, rng: np.random.Generator
) -> tuple[Beat, ...]:
    """Beats of ``kinds`` one after another whatever their group, and ``extra`` anywhere."""
    beats = _in_turn(kinds, MARGIN_S, end_s - MARGIN_S, rng)
    for kind in extra:
        beats += _in_turn([kind], MARGIN_S, end_s - MARGIN_S, rng)
    return tuple(sorted(beats, key=lambda beat: (beat.onset_s, beat.kind)))


def reversed_beats(beats: Sequence[Beat], end_s: float) -> tuple[Beat, ...]:
    """The same beats with time running backwards within ``end_s``: the same frames, reordered.

    >>> beat = Beat(kind="smile", onset_s=0.5, apex_s=0.75, release_s=1.5, offset_s=2.0)
    >>> reversed_beats([beat], 4.0)[0].onset_s
    2.0
    """
    turned = [
        beat.model_copy(
            update={
                "onset_s": round(end_s - beat.offset_s, 2),
                "apex_s": round(end_s - beat.release_s, 2),
                "release_s": round(end_s - beat.apex_s, 2),
                "offset_s": round(end_s - beat.onset_s, 2),
            }
        )
        for beat in beats
    ]
    return tuple(sorted(turned, key=lambda beat: (beat.onset_s, beat.kind)))


def _beat(kind: str, from_s: float, to_s: float, rng: np.random.Generator) -> Beat:
    """A beat somewhere between two times; the room must be ``QUIET_S`` or more."""
    count = int(rng.integers(2, 4)) if kind in ("head-nod", "head-shake") else 1
    room_s = to_s - from_s - 0.15
    if kind in _MOVES:
        lasts_s = min(count * _MOVES[kind], room_s)
    else:
        lasts_s = min(float(rng.uniform(1.0, 2.2)), room_s)
    onset_s = from_s + float(rng.uniform(0, room_s - lasts_s))
    ramp_s = min(0.25, lasts_s / 4)
    return Beat(
        kind=kind,
        onset_s=round(onset_s, 2),
        apex_s=round(onset_s + ramp_s, 2),
        release_s=round(onset_s + lasts_s - ramp_s, 2),
        offset_s=round(onset_s + lasts_s, 2),
        strength=round(float(rng.uniform(0.75, 1.0)), 2),
        side=("left" if rng.random() < 0.5 else "right") if kind in _SIDED else None,
        count=count,
    )
