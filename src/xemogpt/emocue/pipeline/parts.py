"""What a build is made of, in one place: the parts that other modules bring.

All are plain functions of modules, so that they can be named to another process.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from xemogpt.emocue.annotators.base import Annotator
from xemogpt.emocue.pipeline.job import Job
from xemogpt.emocue.records import EmoCueRecord, Split
from xemogpt.emocue.settings import BuildSettings
from xemogpt.emocue.steps.base import StepFunction

Records = Iterable[EmoCueRecord]


@dataclass(frozen=True)
class Parts:
    """Functions that a build calls."""

    discover: Callable[[Path], Iterator[Job]]
    """Clips of a folder, ids sorted."""
    read_labels: Callable[[Path], Mapping[str, str]]
    """Id -> JSON of the row of a label file."""
    first_record: Callable[[Job, BuildSettings], EmoCueRecord]
    """What is known of a clip before it is opened."""
    clip_steps: Callable[[], dict[str, StepFunction]]
    open_annotators: Callable[[BuildSettings], tuple[Annotator, ...]]
    reasons_to_drop: Callable[[EmoCueRecord, BuildSettings], tuple[str, ...]]
    find_duplicates: Callable[[Records, Path], Mapping[str, str]]
    """Id of a duplicate -> id of the record that is kept."""
    assign_splits: Callable[[Records, BuildSettings], Mapping[str, Split]]
    write_tables: Callable[[Path, Callable[[], Records]], None]
    """Parquet and the data card, from a function that gives the records anew."""
    versions: Callable[[BuildSettings], dict[str, str]]
    """Packages, code and weights that records depend on."""
    prepare: Callable[[], None]
    """Called once in each worker process."""
    tokens_of: Callable[[Annotator], tuple[int, int]]
    """Sent to and received from the endpoint of an annotator."""
