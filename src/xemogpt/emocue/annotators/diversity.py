"""How varied texts are: distinct n-grams, self-BLEU, and frames with what they tell masked."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

TOKEN = re.compile(r"\d+(?:[.,]\d+)*|\w+(?:['-]\w+)*|[^\w\s]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_QUOTATION = re.compile(r'"[^"]*"|“[^”]*”|«[^»]*»|「[^」]*」')
QUOTED = "…"
"""Stands for a quotation; one token."""
MAX_N = 4
SMOOTHING = 0.1
"""Matches counted where there is none, so that a logarithm exists (Chen & Cherry's method 1)."""


def tokens(text: str, is_masked: bool = False) -> list[str]:
    """Lower-case words, numbers and marks of a text.

    Args:
        text: any text.
        is_masked: whether every number counts as the same one.

    >>> tokens("She's there (1.5 s).", is_masked=True)
    ["she's", 'there', '(', '#', 's', ')', '.']
    """
    found = TOKEN.findall(text.lower())
    return ["#" if is_masked and _NUMBER.fullmatch(token) else token for token in found]


def unquoted(text: str) -> str:
    """The text with one mark for each quotation: the words of a clip are not the writer's."""
    return _QUOTATION.sub(QUOTED, text)


def ngrams(words: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """Runs of ``n`` tokens, in order."""
    return [tuple(words[start : start + n]) for start in range(len(words) - n + 1)]


def distinct(texts: Iterable[Sequence[str]], n: int) -> float:
    """Distinct-n: different n-grams over all n-grams of a corpus (Li et al., 2016).

    It falls with the size of a corpus: compare equal numbers of texts.

    >>> distinct([["a", "b"], ["a", "c"]], 1)
    0.75
    """
    counts = Counter(gram for words in texts for gram in ngrams(words, n))
    return len(counts) / counts.total() if counts else 0.0


def self_bleu(texts: Sequence[Sequence[str]], max_n: int = MAX_N) -> list[float]:
    """BLEU of each text against all others (Zhu et al., 2018): 1 for copies, lower is more varied.

    It rises with the number of texts: compare equal numbers.

    Args:
        texts: tokens of two texts or more.
        max_n: longest n-grams.

    Raises:
        ValueError: if there are fewer than two texts.
    """
    if len(texts) < 2:
        raise ValueError(f"self-BLEU compares texts with each other, got {len(texts)}; give two")
    logs = [0.0] * len(texts)
    for n in range(1, max_n + 1):
        counts = [Counter(ngrams(words, n)) for words in texts]
        most = _two_largest(counts)
        for index, own in enumerate(counts):
            matched = float(sum(_clipped(own, index, most)))
            total = max(own.total(), 1)
            logs[index] += math.log(max(matched, SMOOTHING) / total) / max_n
    lengths = sorted(len(words) for words in texts)
    return [
        min(1.0, math.exp(log)) * _brevity(len(words), lengths)
        for log, words in zip(logs, texts, strict=True)
    ]


def skeleton(text: str, told: Iterable[str], emotions: Iterable[str] = ()) -> str:
    """The frame of a text: what it tells, names, counts and quotes is masked.

    Args:
        text: an explanation.
        told: the exact words of each visual and auditory statement.
        emotions: the exact words of the emotional ones.

    >>> skeleton("At 1.2 s, they nod. The emotion is joy.", ["nod"], ["joy"])
    'at # s, they <cue>. the emotion is <emotion>.'
    """
    text = unquoted(text)
    for words in sorted(set(told), key=lambda words: (-len(words), words)):
        text = _masked(text, words, "<cue>")
    for words in sorted(set(emotions), key=lambda words: (-len(words), words)):
        text = _masked(text, words, "<emotion>")
    return _NUMBER.sub("#", text).lower()


def _masked(text: str, words: str, mask: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(words)}(?!\w)", mask, text, flags=re.IGNORECASE)


def _two_largest(
    counts: Sequence[Counter[tuple[str, ...]]],
) -> dict[tuple[str, ...], tuple[int, int, int]]:
    """N-gram -> largest count, whose it is, and the largest of the others."""
    most: dict[tuple[str, ...], tuple[int, int, int]] = {}
    for index, own in enumerate(counts):
        for gram, count in own.items():
            first, owner, second = most.get(gram, (0, -1, 0))
            if count > first:
                most[gram] = (count, index, first)
            elif count > second:
                most[gram] = (first, owner, count)
    return most


def _clipped(
    own: Counter[tuple[str, ...]],
    index: int,
    most: dict[tuple[str, ...], tuple[int, int, int]],
) -> Iterable[int]:
    for gram, count in own.items():
        first, owner, second = most[gram]
        yield min(count, second if owner == index else first)


def _brevity(length: int, lengths: Sequence[int]) -> float:
    """BLEU's penalty, against the other text of the nearest length; the shorter one of a tie."""
    others = list(lengths)
    others.remove(length)
    nearest = min(others, key=lambda other: (abs(other - length), other))
    if length >= nearest or not length:
        return 1.0 if length else 0.0
    return math.exp(1 - nearest / length)
