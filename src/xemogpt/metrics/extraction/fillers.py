"""Statements that carry no cue: reasoning about reasoning, and what the words mean."""

import re

from xemogpt.metrics.extraction.clauses import Statement
from xemogpt.metrics.extraction.lexicon import load_lexicon
from xemogpt.metrics.extraction.quotes import MARK

_TRAILING = re.compile(
    rf"[,\s]*(?:\b(?:when|while|as|and|before|after|where|in which|by|,)\s+)?(?:(?:he|she|they|it|\w+)\s+)?(?:(?:finally|then|suddenly)\s+)?"
    rf"(?:says?|saying|said|asks?|asking|tells?|repeats?|repeating|on|with|reads?|of|word|words|utters?|uttering|adds?|adding|replies|replying|to say|in saying|:)\s*(?:\w+ )?[:,]?\s*{MARK}.*$",
    re.I,
)
_SPOKEN_AT = re.compile(
    r"\s+(?:when|as|while) (?:he|she|they) (?:finally )?(?:speaks?|talks?|answers|replies)\s*$",
    re.I,
)
_FILLER = re.compile(
    r"^(?:(?:though|although|but) )?(?:"
    r"it is (?:hard|difficult|impossible|not easy|unclear|also possible|possible|not clear|worth)\b.*"
    r"|(?:there is|there are) (?:no (?:further|other)|nothing else)\b.*"
    r"|(?:the |this |these |those |such |all )?(?:\w+ )?(?:clues?|cues?|details?|evidence|observations?|analysis|combination|context|interpretation|conclusion|information|contrast)\b(?: \w+)* (?:is|are|suggests?|indicates?|supports?|points?|show|shows|reinforces?|confirms?|together|align|aligns|makes?)\b.*"
    r"|(?:this|that|which|it|these) (?:makes?|supports?|reinforces?|matches|contrasts|fits|confirms?|adds?|could|would|aligns?|underlines?|underscores?|highlights?|emphasi[sz]es?|strengthens?|completes?)\b.*"
    r"|(?:the )?(?:subtitles?|text|words|line|dialogue|content|transcript|caption)(?: content| text| itself)?(?: \w+)? (?:is|are|reads?|says?|shows?|suggests?|indicates?|implies?|reinforces?|conveys?|express(?:es)?|supports?|confirms?|states?|mentions?|adds?|matches|mean|means|reveals?|contains?|goes)\b.*"
    r"|(?:the )?(?:subtitles?|captions?|transcript)(?: \w+)?"
    r"|(?:(?:he|she|they|it|the \w+|\w+) )?(?:says?|said|asks?|asked|tells?|told|repeats|states|reads|replies)(?: that)?"
    r"|here (?:is|are)\b.*|let (?:me|us)\b.*|sure|certainly|of course|yes|no|okay|ok|hmm+|well"
    r"|i (?:am|do) not (?:sure|know|certain)\b.*|i (?:am|cannot|can not|could not)\b.*"
    r"|(?:as )?(?:explained|mentioned|described|noted) (?:above|below|before)\b.*|for these reasons.*"
    r"|\d+(?:st|nd|rd|th)?|n/?a|none|unknown|not (?:available|applicable|visible|audible)"
    r")$",
    re.I,
)  # fmt: skip
_SUPPORTS = re.compile(
    r".*\b(?:supports?|confirms?|reinforces?|suggests?|indicates?|conveys?|points? to|reveals?|shows?|means?|strengthens?)\b",
    re.I,
)
_IT_IS = re.compile(r"^(?:this|that|which|it|these|those) (?:is|are|was|were)\b", re.I)
_EDGES = " \t.,!?;:，。、；：!？-–—()（）[]*_\"'“”‘’"


def clean(text: str) -> str:
    """Take the quotation marks' places and loose ends off a statement.

    >>> clean("her voice is low when he says \\ue000")
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
