"""Times that a statement names, in figures or in words, held against measured spans."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from xemogpt.emocue.annotators.prose_times import EARLY, FIRST, LATE, MIDDLE, MOST, WHOLE
from xemogpt.emocue.verification.evidence import Span
from xemogpt.signals.vocabulary import KINDS

SLACK_S = 0.4
"""Rounding, and what annotator and detector may differ by."""
_UNIT = r"\s*(?:s|sec|secs|seconds?)\b"
_FIGURE = r"(\d{1,4}(?:[.,]\d{1,3})?)"
_RANGE = re.compile(
    rf"{_FIGURE}(?:{_UNIT})?\s*(?:–|—|-|to|until|till|and)\s*{_FIGURE}{_UNIT}"
    rf"|seconds\s+{_FIGURE}\s*(?:–|-|to)\s*{_FIGURE}"
)
_MOMENT = re.compile(
    rf"(?:\b(?:at|around|near|close to|about|roughly|approximately|from|starting at|beginning at"
    rf"|begins at|as of|onset|after|by|in)\s+(?:about\s+|roughly\s+|around\s+|the\s+)*)"
    rf"{_FIGURE}(?:{_UNIT}|[- ]second)|\(\s*{_FIGURE}{_UNIT}\s*\)|\bsecond\s+{_FIGURE}",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    rf"\b(?:for|lasts?|lasting|over|so|takes)\s+(?:about\s+|roughly\s+)?{_FIGURE}{_UNIT}"
)
_PLACES: tuple[tuple[tuple[str, ...], Span], ...] = (
    ((*WHOLE, "all the time", "the entire clip", "the whole clip", "continuously"), (0.0, 1.0)),
    ((*FIRST, "at first", "the opening", "first second", "the very beginning",
      "the very start", "first moment", "clip begins", "clip starts", "video begins",
      "video starts"), (0.0, 0.25)),
    ((*EARLY, "early in the"), (0.0, 0.4)),
    (("first half",), (0.0, 0.5)),
    (("at the end", "at the very end", "at the close", "final moment", "last moment",
      "closing moment", "by the end", "clip ends", "video ends", "final second",
      "last second"), (0.75, 1.0)),
    ((*LATE, "close to the end", "late in the", "final part", "last part", "in the end",
      "near the close"), (0.6, 1.0)),
    (("second half",), (0.5, 1.0)),
    (MIDDLE, (0.25, 0.75)),
)  # fmt: skip
"""Words -> share of the clip in which something of it should lie."""
_LONG = 0.5
"""Least share of the clip that "throughout" needs."""


@dataclass(frozen=True)
class Claim:
    """When something is said to happen."""

    start_s: float
    end_s: float
    is_long: bool = False
    """That it lasts most of this time, not only falls into it."""
    slack_s: float = SLACK_S


def claimed(text: str, kind: str, duration_s: float | None) -> Claim | None:
    """The time that a statement names; none if it names none.

    >>> claimed("smiles (from 1.2 to 2.0 s)", "smile", 4.0)
    Claim(start_s=1.2, end_s=2.0, is_long=False, slack_s=0.4)
    >>> claimed("smiles towards the end", "smile", 4.0).start_s
    2.4
    """
    plain = _LENGTH.sub(" ", text)
    if found := _RANGE.search(plain):
        first, last = (_number(one) for one in found.groups() if one is not None)
        return Claim(first, last) if last >= first else None
    if found := _MOMENT.search(plain):
        moment = _number(next(one for one in found.groups() if one))
        return Claim(moment, moment)
    if not duration_s:
        return None
    words = f" {text.lower()} "
    for names, (start, end) in _PLACES:
        # "The voice rises at the end" is a kind of its own; its words say no time of the clip.
        if start >= 0.6 and kind.startswith(("final-", "pitch-", "speech")):
            continue
        if any(name in words for name in names):
            is_long = names[0] == WHOLE[0]
            if is_long and KINDS[kind].modality == "auditory":
                return None  # a voice is heard while it speaks, not all through a clip
            return Claim(start * duration_s, end * duration_s, is_long, 0.0)
    if any(name in words for name in MOST) and KINDS[kind].modality != "auditory":
        return Claim(0.0, duration_s, True, 0.0)
    return None


def fits(claim: Claim, spans: Sequence[Span]) -> bool:
    """Whether some measured span lies where it is said to lie."""
    if claim.is_long:
        length = claim.end_s - claim.start_s
        return sum(end - start for start, end in spans) >= _LONG * length
    return any(
        start <= claim.end_s + claim.slack_s and end >= claim.start_s - claim.slack_s
        for start, end in spans
    )


def _number(text: str) -> float:
    return float(text.replace(",", "."))
