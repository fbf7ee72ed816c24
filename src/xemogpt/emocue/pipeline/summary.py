"""What came of a build, and how it is going meanwhile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

MAX_SHOWN = 10
"""Failures and ids that a summary lists."""


@dataclass(frozen=True)
class Status:
    """How far a build is."""

    num_done: int
    """Clips that are worked off, by this run or an earlier one."""
    num_clips: int
    num_dropped: int
    """Of those done, how many did not reach a threshold."""
    num_failed: int
    clips_per_minute: float | None
    """Of this run; none before its first clip."""
    tokens: int
    """Sent and received by this run."""


Progress = Callable[[Status], None]
"""Called after each clip."""


@dataclass(frozen=True)
class ClipFailure:
    """A clip that could not be worked on."""

    id: str
    step: str
    error: str
    """Class of the error."""
    message: str

    def __str__(self) -> str:
        return f"{self.id}: {self.step}: {self.error}: {self.message}"


@dataclass(frozen=True)
class BuildSummary:
    """What came of a build."""

    num_clips: int
    """In the folder of clips."""
    num_records: int
    """In the corpus."""
    num_dropped: int
    """Below a threshold."""
    num_duplicates: int
    num_failed: int
    num_earlier: int
    """Clips that earlier runs had worked off."""
    seconds: float
    clips_per_minute: float | None
    """Of this run, from its first clip to its last; none if it worked on none."""
    tokens_in: int
    """Sent to endpoints for the whole corpus, as far as annotators count."""
    tokens_out: int
    failures_by_step: Mapping[str, int] = field(default_factory=dict)
    failures: tuple[ClipFailure, ...] = ()
    """The first; ``errors.jsonl`` has all."""
    unknown_labels: tuple[str, ...] = ()
    """The first ids in the label file that no clip has."""
