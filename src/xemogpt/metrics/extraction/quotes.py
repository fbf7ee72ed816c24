"""Quoted words are what was said, the subtitle, and not a cue: take them out of the text."""

import re
from dataclasses import dataclass

from xemogpt.metrics.extraction.lexicon import load_lexicon

MARK = "\ue000"
"""Stands for a quotation in the text; private use, so it never occurs in real text."""
MAX_QUOTE = 600
_PAIRS = re.compile(
    rf'"([^"\n]{{1,{MAX_QUOTE}}})"|“([^“”\n]{{1,{MAX_QUOTE}}})”|「([^「」\n]{{1,{MAX_QUOTE}}})」'
    rf"|『([^『』\n]{{1,{MAX_QUOTE}}})』|«([^«»\n]{{1,{MAX_QUOTE}}})»"
    rf"|(?<!\w)‘([^‘\n]{{1,{MAX_QUOTE}}}?)’(?!\w)|(?<!\w)'([^'\s](?:[^'\n]|(?<=\w)'(?=\w)){{0,{MAX_QUOTE}}})'(?!\w)"
)

_TOLD = re.compile(r"\b(?:words?|says?|said|reads?|saying)\s*[:,]?\s*$", re.I)


@dataclass(frozen=True)
class Unquoted:
    """A text with each quotation replaced by ``MARK``, and the quotations."""

    text: str
    quotes: tuple[str, ...]


def take_quotes(text: str) -> Unquoted:
    """Replace quotations by a mark; a quoted word that describes (a "sad" look) stays.

    >>> take_quotes('He says "Go away!" in an "angry" tone.').quotes
    ('Go away!',)
    """
    words = load_lexicon()
    quotes: list[str] = []

    def replace(match: re.Match[str]) -> str:
        quoted = next(group for group in match.groups() if group is not None).strip()
        single = quoted.lower().rstrip(".,;:")
        told = _TOLD.search(match.string, max(0, match.start() - 12), match.start())
        described = not told and (single in words.emotion_words or single in words.nouns_of)
        if described and not quoted[:1].isupper():
            return quoted
        if quoted:
            quotes.append(quoted.rstrip(",") or quoted)
        return MARK

    return Unquoted(_PAIRS.sub(replace, text.replace(MARK, "")), tuple(quotes))
