"""What the statistics of a batch consist of, and the interval of a share."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

BINS = 10
"""Parts of a clip, from its beginning to its end."""


@dataclass(frozen=True)
class EmotionCount:
    """How often one emotion is the strongest one of a clip."""

    group: str
    emotion: str
    num_clips: int
    of_clips: int
    """Clips of the group."""
    share: float
    low: float
    high: float
    """Wilson's 95 % interval of the share, over clips."""
    seconds: float
    """Time of all windows in which it is the strongest."""


@dataclass(frozen=True)
class CueCount:
    """How often one kind of cue is named."""

    group: str
    modality: str
    kind: str
    num_clips: int
    """Clips that have it at least once."""
    of_clips: int
    share: float
    low: float
    high: float
    num_cues: int
    per_minute: float | None
    """Of the group's media."""
    seconds: float
    """Time of all its spans together."""
    median_s: float | None
    """Length of a span."""


@dataclass(frozen=True)
class Moment:
    """How much of one part of the clips something fills."""

    part: int
    """From 0, the first tenth of each clip."""
    name: str
    num_clips: int
    of_clips: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Period:
    """How often an emotion is the strongest among the clips recorded in one period."""

    begins: str
    emotion: str
    num_clips: int
    of_clips: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Stats:
    """Everything that the table and the page show."""

    file: str
    by: str | None
    num_clips: int
    num_speakers: int
    """With a name."""
    seconds: float
    """Of all media."""
    models: tuple[str, ...]
    groups: tuple[str, ...]
    """Largest first; one named "all" without a grouping."""
    emotions: tuple[EmotionCount, ...]
    cues: tuple[CueCount, ...]
    emotions_over_clip: tuple[Moment, ...]
    cues_over_clip: tuple[Moment, ...]
    """Of the kinds that most clips have."""
    period: str | None
    """Day, week or month, as the dates suggest; none without dates."""
    emotions_over_time: tuple[Period, ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return asdict(self)


def wilson(num: int, total: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's interval of a share, at 95 % by default.

    >>> [round(end, 3) for end in wilson(5, 10)]
    [0.237, 0.763]
    """
    if total < 1 or not 0 <= num <= total:
        raise ValueError(f"{num} of {total} is no share")
    share, squared = num / total, z * z
    middle = (share + squared / (2 * total)) / (1 + squared / total)
    spread = sqrt(share * (1 - share) / total + squared / (4 * total * total))
    half = z / (1 + squared / total) * spread
    return max(0.0, middle - half), min(1.0, middle + half)


def strongest(emotions: Sequence[EmotionCount], group: str) -> list[EmotionCount]:
    """The emotions of one group, most frequent first."""
    return sorted((e for e in emotions if e.group == group), key=lambda e: (-e.share, e.emotion))
