"""Which expressed emotions an answer names, and whether they are those of the reference."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from xemogpt.emocue.records import EmoCueRecord
from xemogpt.metrics.groups import load_groups, normalise
from xemogpt.metrics.polarity import read, stem
from xemogpt.schema import Cue

NEUTRAL = "neutral"
_NONE = re.compile(
    r"\b(?:no|not any|without|lacks?) (?:\w+ ){0,2}(?:emotions?|feelings?|expression)\b",
    re.IGNORECASE,
)
"""That no emotion is expressed says that the state is neutral."""
_NONE_OF = re.compile(_NONE.pattern + " of ", re.IGNORECASE)


class EmotionScores(NamedTuple):
    """Of one sample; NaN where not defined."""

    recall: float
    """1 where the main emotion of the reference is among those named, else 0."""
    first: float
    """1 where it is the one named first, else 0: naming many does not help."""
    precision: float
    """Share of the emotions named that are in the reference."""
    num: float
    """Emotions named."""


def named_emotions(emotions: Iterable[str], cues: Sequence[Cue]) -> tuple[str, ...]:
    """Groups of the emotions named, each once: those stated as labels, then those in cues.

    A denied emotion is not named, and to deny all of them is to name the neutral state.

    >>> named_emotions(["happy"], [Cue(text="is not angry but sad"), Cue(text="joy")])
    ('joy', 'sadness')
    >>> named_emotions([], [Cue(text="no marked emotion is expressed")])
    ('neutral',)
    """
    groups = load_groups()
    found = [groups.find(word) for word in emotions if normalise(word)]
    for cue in cues:
        found += _named_in(cue.text)
    return tuple(dict.fromkeys(found))


def _named_in(text: str) -> list[str]:
    groups = load_groups()
    known = frozenset(groups.group_of.values())
    words = [word for word in map(normalise, text.split()) if groups.find(word) in known]
    if not words and _NONE.search(text):
        return [NEUTRAL]
    # "No expression of joy" denies the joy, not the expression.
    denied = read(_NONE_OF.sub("no ", text)).denied
    return [groups.find(word) for word in words if stem(word) not in denied]


def emotion_scores(record: EmoCueRecord, named: Sequence[str] | None) -> EmotionScores:
    """Hold the emotions named against the reference: its labels, the main one first, and cues.

    Args:
        record: of the sample.
        named: see ``named_emotions``; none where there is no answer.
    """
    expected = named_emotions(record.emotions, record.cues.emotional)
    if not expected:
        return EmotionScores(np.nan, np.nan, np.nan, np.nan)
    if named is None:
        return EmotionScores(0.0, 0.0, np.nan, np.nan)
    right = set(named) & set(expected)
    return EmotionScores(
        recall=float(expected[0] in named),
        first=float(expected[0] == named[0]) if named else 0.0,
        precision=len(right) / len(named) if named else np.nan,
        num=float(len(named)),
    )
