"""A tiny grammar of wordings: "[gives|shows] a [wide|broad] smile" stands for four phrases."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import product

CHECKED = "prose_bank.json"

_SLOT = re.compile(r"\[([^\[\]]*)\]")
_SIDE = re.compile(r"\b(left|right)\b")
_COUNT = re.compile(r"\b(twice|(?:two|three|four|five|six|seven|eight|nine|ten|\d+) times)\b")


@dataclass(frozen=True)
class Wording:
    """Ways to say one thing; each must read back as the phrase of the cue vocabulary."""

    acts: tuple[str, ...] = ()
    """Verb phrases that need somebody who does it, in the third person: "smiles broadly"."""
    states: tuple[str, ...] = ()
    """Clauses with a subject of their own: "the mouth stays open"."""
    things: tuple[str, ...] = ()
    """Noun phrases, "a broad smile"; those without an article are plural."""
    plurals: tuple[str, ...] = ()
    """The acts that also read back with "they": "smile broadly"."""

    def forms(self) -> Iterator[str]:
        """Every phrase of the grammar."""
        for pattern in (*self.acts, *self.states, *self.things):
            yield from expand(pattern)


def expand(pattern: str) -> list[str]:
    """Every phrase that a pattern stands for.

    >>> expand("[gives|shows] a smile[| briefly]")
    ['gives a smile', 'gives a smile briefly', 'shows a smile', 'shows a smile briefly']
    """
    pieces = _SLOT.split(pattern)
    choices = [
        [piece] if index % 2 == 0 else piece.split("|") for index, piece in enumerate(pieces)
    ]
    return [_spaced("".join(parts)) for parts in product(*choices)]


@lru_cache(maxsize=1)
def load_bank() -> Mapping[str, Wording]:
    """The checked phrases: those of the grammar that read back as what they stand for.

    ``benchmarks/prose.py --what phrases --write`` makes the file.
    """
    path = resources.files("xemogpt.emocue.annotators") / CHECKED
    data = json.loads(path.read_text("utf-8"))
    return {
        key: Wording(**{name: tuple(forms) for name, forms in wording.items()})
        for key, wording in data.items()
    }


def keyed(text: str) -> tuple[str, dict[str, str]]:
    """The phrase of a cue with its side and count taken out, and what they were.

    >>> keyed("tilts the head to their left")
    ('tilts the head to their {side}', {'side': 'left'})
    >>> keyed("nods three times")
    ('nods {count}', {'count': 'three times'})
    """
    found: dict[str, str] = {}
    if side := _SIDE.search(text):
        found["side"] = side[1]
        text = text[: side.start()] + "{side}" + text[side.end() :]
    if count := _COUNT.search(text):
        found["count"] = count[1]
        text = text[: count.start()] + "{count}" + text[count.end() :]
    return text, found


def _spaced(text: str) -> str:
    return " ".join(text.split())
