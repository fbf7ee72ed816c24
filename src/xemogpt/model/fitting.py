"""Keeping a sample within the context: an error that says what is how long, or a rule for less."""

from collections.abc import Mapping
from typing import Literal

from xemogpt.errors import ConfigError, ContextLengthError
from xemogpt.prompts import PerceivedModality

Overflow = Literal["error", "trim"]


def fit(
    num_words: int,
    counts: Mapping[PerceivedModality, int],
    num_answer: int,
    limit: int,
    overflow: Overflow = "error",
) -> dict[PerceivedModality, int]:
    """How many vectors of each modality to keep.

    The rule of ``trim``: sound is thinned evenly, as far as needed, to one vector at least; if
    that is not enough, so is video. Words, whether asked, said or answered, are never cut.

    Args:
        num_words: tokens of the prompt without features.
        counts: modality -> its feature vectors.
        num_answer: tokens of the answer, or room left for it.
        limit: most tokens in all.
        overflow: ``error`` or ``trim``.

    Raises:
        ContextLengthError: naming every length, if it does not fit.

    >>> fit(100, {"video": 16, "audio": 300}, 50, limit=200, overflow="trim")
    {'video': 16, 'audio': 34}
    """
    if overflow not in ("error", "trim"):
        raise ConfigError(f"overflow is {overflow!r}; expected error or trim")
    kept = dict(counts)
    excess = num_words + sum(counts.values()) + num_answer - limit
    if overflow == "trim":
        for modality in ("audio", "video"):
            if excess > 0 and kept.get(modality, 0) > 1:
                cut = min(excess, kept[modality] - 1)
                kept[modality] -= cut
                excess -= cut
    if excess > 0:
        lengths: dict[str, int] = {"prompt": num_words, "answer": num_answer}
        lengths |= {str(modality): count for modality, count in counts.items()}
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        mend = "shorten the words" if overflow == "trim" else "shorten it, or use overflow='trim'"
        raise ContextLengthError(
            f"{listed} tokens are {sum(lengths.values())} in all, more than the context of"
            f" {limit}; {mend}"
        )
    return kept
