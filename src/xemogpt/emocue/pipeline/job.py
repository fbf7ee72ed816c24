"""What goes to a worker and what comes back; both cross processes and machines as JSON."""

from typing import Literal

from pydantic import Field

from xemogpt.schema import Record

Status = Literal["done", "dropped", "failed", "fatal"]
WHOLE_CORPUS = "*"
"""Stands for an id where a step was one of all records."""


class Job(Record):
    """One clip to be worked on."""

    id: str
    source: str
    """Absolute path of the clip."""
    relative: str
    """The same from the folder of clips, with forward slashes; its place below ``media/``."""
    size: int = Field(ge=0)
    """Bytes of the clip and of what beside it goes into the record, such as subtitles."""
    mtime_ns: int
    """When the last of them was written; together with ``size`` it tells a changed clip."""
    label: str | None = None
    """JSON of its row in the label file, if it has one."""


class Timing(Record):
    """How long one step took on one clip."""

    step: str
    seconds: float
    cpu_seconds: float
    """Of all threads of the process."""
    finished_at: str
    """UTC, ISO 8601."""


class Outcome(Record):
    """What came of a clip."""

    id: str
    status: Status
    """``fatal`` is what would spoil every clip: it stops the build and is not kept."""
    record: str | None = None
    """JSON of the record as far as it got."""
    step: str | None = None
    """Where the clip was dropped or failed."""
    reasons: tuple[str, ...] = ()
    """Why it was dropped."""
    error: str | None = None
    """Class of the error."""
    message: str | None = None
    timings: tuple[Timing, ...] = ()
    tokens_in: int = 0
    """Sent to an annotator's endpoint for this clip."""
    tokens_out: int = 0
    """Received from it."""
