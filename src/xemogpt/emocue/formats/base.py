"""What a format is: how it is recognised, read and written, and what is said of what went wrong."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Protocol

from xemogpt.emocue.formats.media import MediaFolder
from xemogpt.emocue.records import EmoCueRecord

MAX_SHOWN = 20
"""Problems that one message spells out; the rest are counted."""


@dataclass(frozen=True)
class Problem:
    """One row that cannot be taken over."""

    file: str
    line: int
    """Where the row begins, from 1; 0 for a file as a whole."""
    field: str
    message: str

    def __str__(self) -> str:
        where = f", line {self.line}" if self.line else ""
        return f"{self.file}{where}, field {self.field!r}: {self.message}"


@dataclass
class Imported:
    """What a file holds."""

    records: list[EmoCueRecord]
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What a reader should know of the whole, such as names given twice."""
    media: dict[str, Path] = field(default_factory=dict)
    """Id -> the clip found for it."""


@dataclass(frozen=True)
class Exported:
    """What was written, and what the format could not hold."""

    paths: tuple[Path, ...]
    lost: dict[str, int]
    """Field of the record -> how many records had something in it that the files lack."""


class Format(Protocol):
    """One layout of annotation files."""

    name: str

    def detect(self, path: Path) -> bool:
        """Whether a file has the columns or keys of this format."""

    def read(self, paths: Sequence[Path], media_folder: MediaFolder | None = None) -> Imported:
        """Records in the order of the files; a row that cannot be read is a problem.

        Raises:
            DatasetError: if a file as a whole cannot be read.
        """

    def write(
        self, records: Iterable[EmoCueRecord], out: Path, folder: Path | None = None
    ) -> Exported:
        """Write records to ``out``; ``folder`` is the corpus in which their media are.

        Raises:
            OutputError: if the place cannot be written.
            DatasetError: if a record has nothing that the format is about.
        """


class BadField(Exception):
    """A field of a row is not as it should be; readers turn it into a ``Problem``."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


_BLANK = EmoCueRecord(id="-")
"""For its defaults."""


class Losses:
    """Counts what a format does not give back: each row written is read again and compared."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def compare(self, given: EmoCueRecord, back: EmoCueRecord | None) -> None:
        """Count the fields of ``given`` that differ in ``back``; none is a record left out."""
        if back is None:
            self.counts["record"] += 1
            return
        for name in EmoCueRecord.model_fields:
            had, has = getattr(given, name), getattr(back, name)
            if had == has or had == getattr(_BLANK, name):
                continue
            if name == "media" and back.media is None and is_found_again(given):
                continue
            if name == "cues" and _texts(given) == _texts(back):
                # Said apart: the words are all there, only times, kinds or sources are not.
                name = "cues.details"
            self.counts[name] += 1

    def as_dict(self) -> dict[str, int]:
        """Field -> records, in alphabetical order."""
        return dict(sorted(self.counts.items()))


def is_found_again(record: EmoCueRecord) -> bool:
    """Whether an import with ``--media`` finds the clip by the id alone."""
    if record.media is None:
        return False
    path = PurePosixPath(record.media).with_suffix("")
    return record.id in (path.name, path.as_posix().removeprefix("media/"))


def _texts(record: EmoCueRecord) -> list[tuple[str, str]]:
    return [(modality, cue.text) for modality, cue in record.cues.items()]
