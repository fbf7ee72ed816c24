"""Facial action units as cues: what each says in words, and which of our kinds it is.

The kinds are the nearest of ``docs/cues.md``; a unit that the vocabulary has no kind for keeps
its words alone.
"""

import re
from typing import NamedTuple

from xemogpt.emocue.formats.base import BadField
from xemogpt.schema import Cue

MAX_INTENSITY = 5.0
_CODE = re.compile(r"AU_?0?(\d{1,2})(?:_[rc])?", re.IGNORECASE)
_UNIT = re.compile(r"AU(\d\d) intensity 0-5")


class ActionUnit(NamedTuple):
    """One unit of the Facial Action Coding System."""

    text: str
    kind: str | None


UNITS: dict[int, ActionUnit] = {
    1: ActionUnit("the inner ends of the eyebrows are drawn up", "inner-brow-raise"),
    2: ActionUnit("the outer ends of the eyebrows are raised", "brow-raise"),
    4: ActionUnit("the eyebrows are lowered", "brow-lower"),
    5: ActionUnit("the upper lids are raised", "eyes-wide"),
    6: ActionUnit("the cheeks are raised", None),
    7: ActionUnit("the lids are tightened", "eyes-narrow"),
    9: ActionUnit("the nose is wrinkled", None),
    10: ActionUnit("the upper lip is raised", None),
    11: ActionUnit("the folds beside the nose deepen", None),
    12: ActionUnit("the corners of the mouth are pulled up", "smile"),
    14: ActionUnit("the cheeks dimple", None),
    15: ActionUnit("the corners of the mouth turn down", "mouth-frown"),
    16: ActionUnit("the lower lip is drawn down", None),
    17: ActionUnit("the chin is raised", None),
    18: ActionUnit("the lips are puckered", None),
    20: ActionUnit("the lips are stretched", None),
    22: ActionUnit("the lips are funnelled", None),
    23: ActionUnit("the lips are tightened", None),
    24: ActionUnit("the lips are pressed together", "lips-pressed"),
    25: ActionUnit("the lips part", None),
    26: ActionUnit("the jaw drops", "mouth-open"),
    27: ActionUnit("the mouth is stretched wide open", "mouth-open"),
    28: ActionUnit("the lips are drawn in", "lips-pressed"),
    43: ActionUnit("the eyes are closed", "eyes-closed"),
    45: ActionUnit("the eyes blink", "blink"),
}


def unit_number(code: object, field: str) -> int:
    """The number in a name such as ``AU06_r``.

    Raises:
        BadField: if it names no unit that we know.
    """
    found = _CODE.fullmatch(code.strip()) if isinstance(code, str) else None
    if found is None or int(found[1]) not in UNITS:
        raise BadField(field, f"expected an action unit such as 'AU06_r', got {code!r:.60}")
    return int(found[1])


def unit_cue(
    number: int,
    start_s: float | None = None,
    end_s: float | None = None,
    intensity: float | None = None,
    confidence: float | None = None,
) -> Cue:
    """A unit as a visual cue; times in seconds, intensity from 0 to 5."""
    text, kind = UNITS[number]
    return Cue(
        text=text,
        kind=kind,
        start_s=start_s,
        end_s=end_s,
        value=intensity,
        unit=None if intensity is None else f"AU{number:02d} intensity 0-5",
        confidence=confidence,
        source="measured",
    )


def unit_of(cue: Cue) -> int | None:
    """The unit behind a cue: by the unit of its value, its words, or else its kind."""
    named = _UNIT.fullmatch(cue.unit or "")
    if named is not None and int(named[1]) in UNITS:
        return int(named[1])
    by_text = next((number for number, unit in UNITS.items() if unit.text == cue.text), None)
    if by_text is not None or cue.kind is None:
        return by_text
    return next((number for number, unit in UNITS.items() if unit.kind == cue.kind), None)
