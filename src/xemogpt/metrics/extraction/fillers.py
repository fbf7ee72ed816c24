"""Statements that carry no cue: reasoning about reasoning, and what the words mean."""

import re

from xemogpt.metrics.extraction.clauses import Statement
from xemogpt.metrics.extraction.lexicon import load_lexicon
from xemogpt.metrics.extraction.patterns import load_pattern
from xemogpt.metrics.extraction.quotes import MARK

_TRAILING = load_pattern("trailing")
_SPOKEN_AT = load_pattern("spoken_at")
_FILLER = load_pattern("filler")
_SUPPORTS = load_pattern("supports")
_IT_IS = re.compile(r"^(?:this|that|which|it|these|those) (?:is|are|was|were)\b", re.I)
_EDGES = " \t.,!?;:，。、；：!？-–—()（）[]*_\"'“”‘’"


def clean(text: str) -> str:
    r"""Take the quotation marks' places and loose ends off a statement.

    >>> clean("her voice is low when he says \ue000")
    'her voice is low'
    """
    if MARK in text:
        text = _TRAILING.sub("", text)
        text = text.replace(MARK, " ")
    text = _SPOKEN_AT.sub("", text)
    text = re.sub(r"\s+", " ", text).strip(_EDGES)
    text = re.sub(r"\s+as soon$", "", text)
    return re.sub(r"\s+(?:too|as well|also|in her too|in him too)$", "", text)


def is_filler(text: str, statement: Statement) -> bool:
    """Whether the statement says nothing that was seen, heard or felt."""
    lexicon = load_lexicon()
    words = text.lower().split()
    known = any(word in lexicon.emotion_words or word in lexicon.nouns_of for word in words)
    if _FILLER.match(text) and not (_SUPPORTS.match(text) and known):
        return True
    if not known and _IT_IS.match(text) and "by" not in words:
        return True
    verbs = [lexicon.verb_forms.get(word, ("", ""))[0] for word in words]
    if MARK in statement.text and len(words) <= 5:
        kinds = [lexicon.verb_kinds.get(verb, frozenset()) for verb in verbs]
        manner = any("auditory" in kind and "saying" not in kind for kind in kinds)
        perceived = any(word in lexicon.nouns_of for word in words)
        if not manner and not perceived:
            return True
    return bool(
        statement.link in ("when", "as", "while", "before", "after")
        and len(words) <= 3
        and set(verbs) & {"speak", "talk", "say", "answer", "reply"}
    )
