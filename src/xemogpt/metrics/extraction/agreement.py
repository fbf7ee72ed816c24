"""How far several extractions of one text agree, and what most of them say."""

import re
from collections.abc import Sequence
from itertools import combinations

from xemogpt.metrics.extraction.result import Extraction
from xemogpt.schema import MODALITIES, CueSet

SAME_AT = 0.6
"""Share of common words from which two wordings count as one cue."""
_LIGHT = frozenset(
    [
        "a",
        "an",
        "the",
        "is",
        "are",
        "was",
        "were",
        "her",
        "his",
        "their",
        "its",
        "of",
        "in",
        "on",
        "at",
        "to",
        "and",
    ]
)


def word_overlap(first: str, second: str) -> float:
    """Jaccard overlap of two cues' words, articles and such left out."""
    one, two = _words(first), _words(second)
    return len(one & two) / len(one | two) if one | two else 1.0


def _words(text: str) -> frozenset[str]:
    words = frozenset(re.findall(r"\w+", text.lower()))
    return words - _LIGHT or words


def _labelled(extraction: Extraction) -> list[tuple[str, str]]:
    return [(modality, cue.text) for modality, cue in extraction.cues.items()]


def _common(first: Sequence[tuple[str, str]], second: Sequence[tuple[str, str]]) -> int:
    """How many cues of ``first`` find one of their own in ``second``."""
    left = list(second)
    found = 0
    for modality, text in first:
        best = max(
            (item for item in left if item[0] == modality),
            key=lambda item: word_overlap(text, item[1]),
            default=None,
        )
        if best is not None and word_overlap(text, best[1]) >= SAME_AT:
            left.remove(best)
            found += 1
    return found


def agreement(extractions: Sequence[Extraction]) -> float | None:
    """Mean F1 over all pairs of extractions of one text; none if there are fewer than two."""
    if len(extractions) < 2:
        return None
    scores = []
    for one, two in combinations([_labelled(item) for item in extractions], 2):
        total = len(one) + len(two)
        scores.append(2 * _common(one, two) / total if total else 1.0)
    return sum(scores) / len(scores)


def consensus(extractions: Sequence[Extraction]) -> Extraction:
    """The cues that more than half of the extractions hold, worded as first met."""
    if len(extractions) == 1:
        return extractions[0]
    kept: dict[str, list[str]] = {modality: [] for modality in MODALITIES}
    lists = [_labelled(item) for item in extractions]
    for index, cues in enumerate(lists):
        for modality, text in cues:
            if any(word_overlap(text, other) >= SAME_AT for other in kept[modality]):
                continue
            votes = 1 + sum(
                _common([(modality, text)], other) for i, other in enumerate(lists) if i != index
            )
            if votes * 2 > len(lists):
                kept[modality].append(text)
    quotes = list(dict.fromkeys(quote for item in extractions for quote in item.subtitle))
    return Extraction(CueSet(**kept), tuple(quotes))
