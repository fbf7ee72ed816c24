"""The cues of a page with what it says of each: number, time, place in the text, support."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xemogpt.schema import Cue, Explanation, Modality

COLOURS: dict[Modality, str] = {
    "visual": "#3b82c4",
    "auditory": "#d07a2d",
    "emotional": "#8a63c9",
}
SIGNS = {"supported": "\u2713", "contradicted": "\u2717", "not measurable": "?"}
_TIME = re.compile(
    r"\b(?:from|between) (\d+(?:\.\d+)?) (?:to|and) (\d+(?:\.\d+)?) s\b"
    r"|\bat (?:about )?(\d+(?:\.\d+)?) s\b"
)


@dataclass(frozen=True)
class Moment:
    """One cue as the page shows it."""

    number: int
    modality: Modality
    cue: Cue
    is_stated: bool
    """Whether the explanation names it; else it was only measured."""

    @property
    def start_s(self) -> float | None:
        """Where it begins."""
        return self.cue.start_s

    @property
    def until_s(self) -> float:
        """Where it ends; its beginning if that is not known."""
        end_s = self.cue.end_s
        return (self.cue.start_s or 0.0) if end_s is None else end_s

    @property
    def when(self) -> str:
        """Its time in words."""
        if self.cue.start_s is None:
            return ""
        if self.cue.end_s is None:
            return f"{self.cue.start_s:.1f} s"
        return f"{self.cue.start_s:.1f} to {self.cue.end_s:.1f} s"

    @property
    def measured(self) -> str:
        """The measurement behind it."""
        if self.cue.value is None:
            return ""
        return f"{self.cue.value:.3g} {self.cue.unit or ''}".strip()

    @property
    def sign(self) -> str:
        """A sign for its support."""
        return SIGNS.get(self.cue.support or "", "")


def moments_of(explanation: Explanation) -> list[Moment]:
    """Stated cues by modality and time, then what was measured besides."""
    stated = sorted(
        explanation.cues.items(),
        key=lambda item: (list(COLOURS).index(item[0]), item[1].start_s is None,
                          item[1].start_s or 0.0),
    )  # fmt: skip
    known = {(cue.text, cue.kind, cue.start_s, cue.end_s) for _, cue in stated}
    found = [Moment(i, modality, cue, True) for i, (modality, cue) in enumerate(stated)]
    for cue in explanation.evidence:
        if (cue.text, cue.kind, cue.start_s, cue.end_s) not in known:
            found.append(Moment(len(found), _modality_of(cue), cue, False))
    return found


def _modality_of(cue: Cue) -> Modality:
    """Of a measured cue, by its kind."""
    from xemogpt.signals.vocabulary import KINDS

    kind = KINDS.get(cue.kind or "")
    return "visual" if kind is None else kind.modality


@dataclass(frozen=True)
class Passage:
    """A part of the text; what carries a number or a time is a link."""

    text: str
    number: int | None = None
    start_s: float | None = None
    end_s: float | None = None


def linked(text: str, moments: Sequence[Moment]) -> list[Passage]:
    """The text cut into parts; the words of a timed cue, and times, lead to their moments.

    >>> [part.start_s for part in linked("She nods from 0.5 to 1.2 s.", [])]
    [None, 0.5, None]
    """
    links = sorted(_links(text, moments), key=lambda link: (link[0], -link[1]))
    parts: list[Passage] = []
    done = 0
    for start, end, part in links:
        if start < done:
            continue
        parts += [Passage(text[done:start])] if start > done else []
        parts.append(part)
        done = end
    return [*parts, Passage(text[done:])] if done < len(text) else parts


def _links(text: str, moments: Sequence[Moment]) -> Iterator[tuple[int, int, Passage]]:
    taken: dict[str, int] = {}
    for moment in moments:
        if not moment.is_stated or moment.start_s is None:
            continue
        # Two cues of the same words, such as two blinks, take the first and the second mention.
        words = moment.cue.text.lower()
        at = text.lower().find(words, taken.get(words, 0))
        if at >= 0:
            taken[words] = at + len(words)
            found = text[at : at + len(words)]
            yield at, at + len(words), Passage(found, moment.number, moment.start_s, moment.until_s)
    for match in _TIME.finditer(text):
        start_s = float(match[1] or match[3])
        yield *match.span(), Passage(match[0], None, start_s, float(match[2] or start_s))
