"""What surrounds a cue and is none: "In the video, it seems that ...", "may be", "we can infer"."""

import re

from xemogpt.metrics.extraction.lexicon import inflect
from xemogpt.metrics.extraction.patterns import load_openers, load_pattern
from xemogpt.schema import Modality

_I = re.I
_OPENERS = load_openers()

_PLURAL = load_pattern("plural")
_HEDGED_BE = load_pattern("hedged_be")
_REMOVED = load_pattern("removed")
_SEEMS_ADJECTIVE = load_pattern("seems_adjective")
_SEEMS_TO = re.compile(r"\b(?:seems?|appears?|seemed|appeared|tends?) to (\w+)", _I)
_SOUNDS_ADJECTIVE = load_pattern("sounds_adjective")
_MODAL_VERB = re.compile(r"\b(?:may|might|could)(?: well| also)? (?!not\b|have\b)(\w+)", _I)
_CONCEIVABLE = load_pattern("conceivable")
_CONTRACTIONS = (
    (re.compile(r"\b(he|she|it|there|that|who|what)['’]s\b", _I), r"\1 is"),
    (re.compile(r"\b(they|we|you)['’]re\b", _I), r"\1 are"),
    (re.compile(r"\bcan['’]t\b", _I), "can not"),
    (re.compile(r"\bwon['’]t\b", _I), "will not"),
    (
        re.compile(r"\b(is|are|was|were|do|does|did|has|have|had|could|would|should)n['’]t\b", _I),
        r"\1 not",
    ),
    (re.compile(r"\bi['’]m\b", _I), "I am"),
    (re.compile(r"\bi['’]d\b", _I), "I would"),
)
_WORDS_OF_HEDGES = load_pattern("words_of_hedges")


def expand_contractions(text: str) -> str:
    """``doesn't`` -> ``does not``, so that negations are words of their own."""
    if "'" not in text and "’" not in text:
        return text
    for pattern, replacement in _CONTRACTIONS:
        text = pattern.sub(replacement, text)
    return text


def strip_opener(text: str) -> tuple[str, Modality | None]:
    """Take framing words off the front; the second value is the modality they announce.

    >>> strip_opener("In the audio, we can hear that her voice shakes")
    ('her voice shakes', 'auditory')
    """
    modality: Modality | None = None
    for _ in range(6):
        for pattern, announced in _OPENERS:
            match = pattern.match(text)
            if match and match.end() < len(text):
                text = text[match.end() :]
                modality = announced or modality
                break
        else:
            break
    return text, modality


def strip_hedges(text: str) -> str:
    """Say plainly what is said with a hedge.

    >>> strip_hedges("The boy may be biting his lip")
    'The boy is biting his lip'
    """
    if not _WORDS_OF_HEDGES.search(text):
        return text
    text = _HEDGED_BE.sub(
        lambda match: _be_for(match.string[max(0, match.start() - 40) : match.start()]), text
    )
    text = _REMOVED.sub("", text)
    text = _SEEMS_TO.sub(
        lambda match: _finite(match.string[max(0, match.start() - 40) : match.start()], match[1]),
        text,
    )
    text = _SEEMS_ADJECTIVE.sub(
        lambda match: _be_for(match.string[max(0, match.start() - 40) : match.start()]), text
    )
    text = _SOUNDS_ADJECTIVE.sub(r"\1 is ", text)
    text = _CONCEIVABLE.sub("", text)
    return _MODAL_VERB.sub(
        lambda match: _finite(match.string[max(0, match.start() - 40) : match.start()], match[1]),
        text,
    )


def _be_for(subject: str) -> str:
    return "are" if _PLURAL.search(subject) else "is"


def _finite(subject: str, lemma: str) -> str:
    """``bite`` -> ``bites`` after a singular subject."""
    if _PLURAL.search(subject):
        return lemma
    return next(form for form, name in inflect(lemma).items() if name == "s")
