"""Concluded emotions inside a statement: "suggesting anger", "in a state of sorrow and despair"."""

import re
from functools import lru_cache

from xemogpt.metrics.extraction.clauses import Statement
from xemogpt.metrics.extraction.lexicon import load_lexicon
from xemogpt.metrics.extraction.patterns import load_pattern

_CONCLUDES = load_pattern("concludes")
_WRAP = load_pattern("wrap")
_STATE_OF = load_pattern("state_of")
_TWO_MOODS = load_pattern("two_moods")
_OF_INTERPRETATION = load_pattern("of_interpretation")
_WHOSE = load_pattern("whose")
_IT_IS = load_pattern("it_is_felt")
_LIST = load_pattern("list")
_NOUN_PERCEIVED = load_pattern("noun_perceived")


def emotional_atoms(text: str, statement: Statement) -> list[str] | None:
    """The emotions that the statement concludes, or none if it concludes no emotion.

    >>> emotional_atoms("suggesting anger", Statement("", None, ",", False))
    ['anger']
    """
    text = text.replace(" mixed with ", " and ")
    short = not statement.complete and len(text.split()) <= 8
    if short and " and " in text and _felt(text):
        return _atoms(text)
    two = _TWO_MOODS.search(text)
    if two and _emotional(two["one"]) and _emotional(two["two"]):
        return [f"{two['one']} {two['noun']}", f"{two['two']} {two['noun']}"]
    match = _CONCLUDES.match(text)
    if match and _emotional(match["rest"]) and not _NOUN_PERCEIVED.search(match["rest"]):
        return _atoms(match["rest"])
    match = _IT_IS.match(text)
    if match and len(match["rest"].split()) <= 3 and _felt(match["rest"]):
        return _atoms(match["rest"])
    match = _STATE_OF.match(text)
    if match and _emotional(match["rest"]) and not _NOUN_PERCEIVED.search(match["subject"]):
        return _atoms(match["rest"])
    return None


def perceived_subject(text: str) -> str | None:
    """The sign in "his drawl suggests irony", which is a cue of its own; none if there is none."""
    match = _CONCLUDES.match(text)
    if not match or not match["subject"] or not _felt(match["rest"]):
        return None
    words = match["subject"].lower().split()
    if len(words) < 2 or words[-1] not in load_lexicon().nouns_of:
        return None
    return match["subject"].strip()


def _atoms(text: str) -> list[str]:
    text = _WHOSE.sub("", text.strip())
    text = _WRAP.sub("", _OF_INTERPRETATION.sub("", text))
    pieces = [_WRAP.sub("", piece).strip() for piece in _LIST.split(text)]
    if all(_emotional(piece) and len(piece.split()) <= 4 for piece in pieces):
        return pieces
    return [text]


def _felt(text: str) -> bool:
    """Whether emotions are named and nothing that is seen or heard."""
    return _emotional(text) and not _NOUN_PERCEIVED.search(text)


def _emotional(text: str) -> bool:
    words = load_lexicon().emotion_words
    return any(word in words for word in re.findall(r"[a-z]+(?:-[a-z]+)*", text.lower()))


_SUFFIX = re.compile(r"(?:iness|ness|ment|edly|ingly|ed|ing|ly|ion|ity|iety|ious|ful|ies|s|y|i|e)$")
_STOP = frozenset(
    [
        "a",
        "an",
        "the",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "feels",
        "feel",
        "feeling",
        "feelings",
        "he",
        "she",
        "they",
        "it",
        "his",
        "her",
        "their",
        "in",
        "of",
        "to",
        "and",
        "state",
        "mood",
        "emotion",
        "emotional",
        "very",
        "quite",
        "extremely",
        "slightly",
        "little",
        "somewhat",
        "sense",
        "who",
        "this",
        "that",
    ]
)


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    while len(word) > 4:
        shorter = _SUFFIX.sub("", word)
        if shorter == word or len(shorter) < 3:
            break
        word = shorter
    return word


def emotion_key(text: str) -> frozenset[str]:
    """What makes two emotional statements the same.

    ``content`` and ``contentment`` are the same, ``angry`` and ``annoyed`` are not.
    """
    words = [word for word in re.findall(r"\w+", text.lower()) if word not in _STOP]
    emotions = load_lexicon().emotion_words
    felt = [word for word in words if word in emotions]
    others = [word for word in words if word in _DISTINCT]
    return frozenset(_stem(word) for word in felt) | frozenset(others) or frozenset([text])


_DISTINCT = frozenset(
    [
        "not",
        "no",
        "never",
        "without",
        "man",
        "woman",
        "boy",
        "girl",
        "child",
        "mother",
        "father",
        "host",
        "guest",
        "first",
        "second",
    ]
)
