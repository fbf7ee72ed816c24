"""English for cues: times, lists, repeated events, sentences."""

from collections.abc import Iterable, Sequence

from xemogpt.schema import Cue

MAX_TIMES = 3
"""A cue that comes more often is counted instead of listed."""
MAX_DEEDS = 3
"""Verbs in one sentence."""
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
# What opens a phrase that brings its own subject ("the mouth is open").
SUBJECTS = ("the ", "there ", "no ")


def number(count: int) -> str:
    """A count in words up to ten.

    >>> number(3), number(12)
    ('three', '12')
    """
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def times(count: int) -> str:
    """How often.

    >>> [times(n) for n in (1, 2, 5)]
    ['once', 'twice', 'five times']
    """
    return {1: "once", 2: "twice"}.get(count, f"{number(count)} times")


def joined(parts: Sequence[str], last: str = "and") -> str:
    """A list in English.

    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def when(cue: Cue) -> str:
    """The time of a cue: a moment if it is short.

    >>> when(Cue(text="blinks", start_s=1.0, end_s=1.2))
    'at 1.0 s'
    >>> when(Cue(text="smiles", start_s=1.0, end_s=2.5))
    'from 1.0 to 2.5 s'
    """
    start_s, end_s = cue.start_s or 0.0, cue.end_s or 0.0
    if end_s - start_s < 0.35:
        return f"at {start_s:.1f} s"
    return between(start_s, end_s)


def between(start_s: float, end_s: float) -> str:
    """A stretch of time.

    >>> between(0.0, 3.04)
    'from 0.0 to 3.0 s'
    """
    return f"from {start_s:.1f} to {end_s:.1f} s"


def at_times(cues: Sequence[Cue]) -> str:
    """The times of one thing that happened once or more.

    >>> two = [Cue(text="nods", start_s=s, end_s=s + 0.5) for s in (1.0, 4.0)]
    >>> at_times(two)
    'from 1.0 to 1.5 s and from 4.0 to 4.5 s'
    """
    if len(cues) <= MAX_TIMES:
        return joined([when(cue) for cue in cues])
    return f"{times(len(cues))} {between(cues[0].start_s or 0.0, cues[-1].end_s or 0.0)}"


def by_text(cues: Iterable[Cue]) -> list[tuple[str, list[Cue]]]:
    """Cues of the same kind together, in order of their first; the strongest wording speaks."""
    groups: dict[tuple[str | None, str], list[Cue]] = {}
    for cue in cues:
        # Sides and counts are part of the text, degrees ("slightly", "broadly") are not.
        key = (cue.kind, cue.text if cue.kind in ("head-tilt", "turned-away", "gaze-averted",
                                                  "head-nod") else "")  # fmt: skip
        groups.setdefault(key, []).append(cue)
    return [
        (max(group, key=lambda cue: cue.confidence or 0.0).text, group) for group in groups.values()
    ]


def parted(groups: Iterable[tuple[str, list[Cue]]]) -> tuple[list[str], list[str]]:
    """Phrases that need a subject, and phrases that have their own; each with its times."""
    deeds: list[str] = []
    states: list[str] = []
    for text, cues in groups:
        phrase = f"{text} {at_times(cues)}"
        (states if text.startswith(SUBJECTS) else deeds).append(phrase)
    return deeds, states


def sentences(subject: str, deeds: Sequence[str]) -> list[str]:
    """Sentences of a subject with at most three verbs each; later ones say "also".

    >>> sentences("The person", ["smiles at 1.0 s", "nods once at 2.0 s"])
    ['The person smiles at 1.0 s and nods once at 2.0 s.']
    """
    made = []
    for first in range(0, len(deeds), MAX_DEEDS):
        start = subject if first == 0 else f"{subject} also"
        made.append(f"{start} {joined(deeds[first : first + MAX_DEEDS])}.")
    return made


def statements(states: Sequence[str]) -> list[str]:
    """Sentences of phrases with their own subject, two to a sentence."""
    return [
        capital("; ".join(states[first : first + 2])) + "." for first in range(0, len(states), 2)
    ]
