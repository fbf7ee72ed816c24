"""The gold cues of a generated clip: what was asked for *and* can be seen or heard.

The script says what was meant, the detectors say what came through. An asked cue that no detector
finds is not gold, since nobody could be blamed for not stating it; nor is it absent, since it may
be there, faintly. A measured cue that nobody asked for is a side effect (a bowed head lowers the
gaze, speech opens the mouth): it is true, so stating it is no mistake, but nobody has to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from xemogpt.schema import Cue, CueSet

MIN_OVERLAP = 0.25
"""Share of the shorter of two spans that the other must cover for them to be one cue."""
MAX_STRETCH = 4.0
"""A measured span longer than so many times the asked one is something that lasts anyway."""
_SIDES = ("left", "right")


@dataclass(frozen=True)
class Gold:
    """Asked and measured cues put side by side."""

    cues: CueSet
    """Asked and found: the asked kind and words with the measured span and value."""
    missed: tuple[Cue, ...]
    """Asked and not found: neither gold nor absent."""
    side_effects: tuple[Cue, ...]
    """Found and not asked: true, but nobody has to state them."""


def gold_cues(asked: CueSet, measured: CueSet) -> Gold:
    """Put what was asked beside what was found.

    Args:
        asked: cues of the script, with times where they have any.
        measured: what the detectors found in the written clip.

    Returns:
        Gold cues in the order asked. Expressed emotions are the script's: no detector sees them.
    """
    seen = [_visual_match(cue, measured.visual) for cue in asked.visual]
    heard = [_auditory_match(cue, measured.auditory) for cue in asked.auditory]
    used = {id(cue) for matches in (*seen, *heard) for cue in matches}
    return Gold(
        cues=CueSet(
            visual=_found(asked.visual, seen),
            auditory=_found(asked.auditory, heard),
            emotional=asked.emotional,
        ),
        missed=tuple(
            cue
            for cue, matches in zip((*asked.visual, *asked.auditory), (*seen, *heard), strict=True)
            if not matches
        ),
        side_effects=tuple(
            cue for cue in (*measured.visual, *measured.auditory) if id(cue) not in used
        ),
    )


def _visual_match(asked: Cue, measured: Sequence[Cue]) -> list[Cue]:
    """Measured cues of the same kind and side that share time with the asked one."""
    return [
        cue
        for cue in measured
        if cue.kind == asked.kind and not _other_side(asked, cue) and _share_time(asked, cue)
    ]


def _auditory_match(asked: Cue, measured: Sequence[Cue]) -> list[Cue]:
    """Measured cues of the same kind: those that share time, or any, since most hold throughout."""
    same = [cue for cue in measured if cue.kind == asked.kind]
    return [cue for cue in same if _share_time(asked, cue)] or same


def _other_side(one: Cue, other: Cue) -> bool:
    """Whether the two name different sides of the person."""
    sides = [{side for side in _SIDES if side in cue.text.split()} for cue in (one, other)]
    return bool(sides[0]) and bool(sides[1]) and sides[0] != sides[1]


def _share_time(asked: Cue, measured: Cue) -> bool:
    """Whether the spans are one event; a moment within the other span is."""
    if None in (asked.start_s, asked.end_s, measured.start_s, measured.end_s):
        return True
    asked_s = _length_s(asked)
    measured_s = _length_s(measured)
    if asked_s > 0 and measured_s > max(MAX_STRETCH * asked_s, 2.0):
        return False
    common_s = overlap_s(asked, measured)
    shorter_s = min(asked_s, measured_s)
    return common_s >= MIN_OVERLAP * shorter_s and (common_s > 0 or shorter_s == 0)


def overlap_s(one: Cue, other: Cue) -> float:
    """Seconds that two cues share; negative is the gap between them."""
    return min(one.end_s or 0.0, other.end_s or 0.0) - max(one.start_s or 0.0, other.start_s or 0.0)


def _length_s(cue: Cue) -> float:
    return (cue.end_s or 0.0) - (cue.start_s or 0.0)


def _found(asked: Sequence[Cue], matches: Sequence[Sequence[Cue]]) -> list[Cue]:
    """Asked cues with a match, over all that the matches span: speech may cut a smile in two."""
    found = []
    for cue, same in zip(asked, matches, strict=True):
        if not same:
            continue
        starts = [match.start_s for match in same if match.start_s is not None]
        ends = [match.end_s for match in same if match.end_s is not None]
        best = max(same, key=lambda match: match.confidence or 0.0)
        found.append(
            cue.model_copy(
                update={
                    "start_s": min(starts, default=cue.start_s),
                    "end_s": max(ends, default=cue.end_s),
                    "value": best.value,
                    "unit": best.unit,
                }
            )
        )
    return found
