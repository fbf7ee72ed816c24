"""The spoken words as a quotation: whatever they hold, they cannot leave it."""

import unicodedata
from functools import lru_cache

from xemogpt.emocue.annotators.prose_bank import expand
from xemogpt.emocue.annotators.prose_draw import Draw
from xemogpt.emocue.annotators.prose_frames import QUOTES, QUOTES_IN
from xemogpt.schema import Transcript
from xemogpt.signals.compose import LANGUAGES

MAX_CHARACTERS = 400
"""Longer words are cut at a space, with an ellipsis."""
_PAIRS = (('"', '"'), ("“", "”"), ("«", "»"), ("「", "」"))


def quoted(transcript: Transcript | None, draw: Draw) -> str:
    """One sentence that quotes the words as given; empty if there are none.

    Control and layout characters become spaces. The quotation marks are ones that the words do
    not hold; if they hold all kinds, their straight ones become single.
    """
    if transcript is None:
        return ""
    words = _on_one_line(transcript.text)
    if not any(character.isalnum() for character in words):
        return ""
    if len(words) > MAX_CHARACTERS:
        head = words[:MAX_CHARACTERS]
        words = (head.rsplit(" ", 1)[0] if " " in head else head) + " …"
    free = [pair for pair in _PAIRS if pair[0] not in words and pair[1] not in words]
    if not free:
        words, free = words.replace('"', "'"), [_PAIRS[0]]
    opening, closing = free[0] if draw.chance(0.75) else free[min(1, len(free) - 1)]
    # A full stop behind the quotation ends the sentence for every reader.
    quotation = f"{opening}{words.rstrip('.') if not words.endswith('..') else words}{closing}"
    language = LANGUAGES.get(transcript.language or "")
    if language and language != "English" and draw.chance(0.6):
        frame = draw.one_of(QUOTES_IN)
    else:
        frame, language = draw.one_of(_all_frames()), language or ""
    # Filled in last and only once: braces in the words stay what they are.
    before, _, after = frame.replace("{language}", language).partition("{}")
    return f"{before}{quotation}{after}."


@lru_cache(maxsize=1)
def _all_frames() -> tuple[str, ...]:
    return tuple(frame for pattern in QUOTES for frame in expand(pattern))


def _on_one_line(text: str) -> str:
    """The text without line breaks, control, layout and private characters."""
    kept = [
        " " if unicodedata.category(character) in ("Cc", "Co", "Cs", "Zl", "Zp") else character
        for character in text
        if unicodedata.category(character) != "Cf" or character in "\u200c\u200d"
    ]
    return " ".join("".join(kept).split())
