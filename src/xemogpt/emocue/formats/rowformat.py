"""The shape most formats share: a file of rows, one of them a clip."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from xemogpt.emocue.formats.base import BadField, Exported, Imported, Losses, Problem
from xemogpt.emocue.formats.media import MediaFolder, name_id
from xemogpt.emocue.formats.rows import Row, columns, csv_line, table
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.errors import DatasetError, MediaError
from xemogpt.files import atomic_write


class RowFormat(ABC):
    """Reads and writes files by turning one row into one record and back."""

    name: str
    has_media = True
    """Whether rows speak of clips; words alone are not looked for in a media folder."""

    @abstractmethod
    def detect(self, path: Path) -> bool:
        """See ``Format``."""

    @abstractmethod
    def rows(self, path: Path) -> Iterator[Row]:
        """Lines and rows of a file."""

    @abstractmethod
    def record(self, row: Any) -> EmoCueRecord:
        """One row as a record.

        Raises:
            BadField: if a field is not as it should be.
        """

    @abstractmethod
    def row(self, record: EmoCueRecord) -> Any:
        """The record as a row; none if it has nothing that the format is about."""

    @abstractmethod
    def write_rows(self, rows: Iterable[Any], out: Path) -> tuple[Path, ...]:
        """Write rows to files."""

    def media_name(self, row: Any, record: EmoCueRecord) -> str:
        """How the row calls its clip."""
        return record.id

    def timed(self, record: EmoCueRecord, fps: Callable[[], float | None]) -> EmoCueRecord:
        """The record, once the frame rate of its clip can be asked for."""
        return record

    def again(self, known: EmoCueRecord, record: EmoCueRecord, num: int) -> EmoCueRecord | None:
        """What becomes of an id that comes again, the ``num``-th time.

        Both in one record under the same id, a record under another id, or none where ids have
        to be unique.
        """
        return None

    def read(self, paths: Sequence[Path], media_folder: MediaFolder | None = None) -> Imported:
        """See ``Format``."""
        reading = _Reading(self, media_folder if self.has_media else None)
        for path in paths:
            for line, row in self.rows(path):
                reading.take(path, line, row)
        return reading.finish()

    def write(
        self, records: Iterable[EmoCueRecord], out: Path, folder: Path | None = None
    ) -> Exported:
        """See ``Format``."""
        losses = Losses()
        paths = self.write_rows(self._rows_of(records, losses), out)
        return Exported(paths, losses.as_dict())

    def _rows_of(self, records: Iterable[EmoCueRecord], losses: Losses) -> Iterator[Any]:
        num = 0
        for record in records:
            row = self.row(record)
            if row is None:
                losses.compare(record, None)
                continue
            # What was written is read again: what differs then is what the format cannot hold.
            try:
                losses.compare(record, self.record(row))
            except BadField as error:
                raise DatasetError(
                    f"record {record.id!r} cannot be written as {self.name}: field"
                    f" {error.field!r}: {error.message}"
                ) from error
            num += 1
            yield row
        if not num:
            raise DatasetError(f"no record has anything that {self.name} could hold")


class _Reading:
    """Records so far, and where each id was given."""

    def __init__(self, format_: RowFormat, media: MediaFolder | None) -> None:
        self.format, self.media = format_, media
        self.found = Imported([])
        self.at: dict[str, int] = {}
        self.times: dict[str, int] = {}
        self.places: dict[str, tuple[Path, int]] = {}

    def take(self, path: Path, line: int, row: Any) -> None:
        try:
            if isinstance(row, BadField):
                raise row
            try:
                record = self.format.record(row)
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                field = ".".join(str(part) for part in first["loc"]) or "row"
                raise BadField(field, first["msg"]) from error
            self._add(path, line, row, record)
        except BadField as bad:
            self.found.problems.append(Problem(str(path), line, bad.field, bad.message))

    def _add(self, path: Path, line: int, row: Any, record: EmoCueRecord) -> None:
        clip = None
        if self.media is not None:
            try:
                clip = self.media.find(self.format.media_name(row, record))
            except MediaError as error:
                raise BadField("media", str(error)) from error
            record = self.format.timed(record, partial(self.media.fps, clip))
        if record.id in self.at:
            record = self._merge(record)
        if record.id in self.at:
            self.found.records[self.at[record.id]] = record
        else:
            self.at[record.id] = len(self.found.records)
            self.places[record.id] = (path, line)
            self.found.records.append(record)
        if clip is not None:
            self.found.media[record.id] = clip

    def _merge(self, record: EmoCueRecord) -> EmoCueRecord:
        num = self.times[record.id] = self.times.get(record.id, 1) + 1
        merged = self.format.again(self.found.records[self.at[record.id]], record, num)
        if merged is None:
            path, line = self.places[record.id]
            raise BadField("id", f"{record.id!r} was given in {path}, line {line}")
        return merged

    def finish(self) -> Imported:
        if self.times:
            self.found.notes.append(f"{len(self.times)} ids are there more than once")
        return self.found


class TableFormat(RowFormat):
    """A .csv file with a name and further columns.

    Args:
        needed: columns that have to be there, in the order in which they are written.
        optional: columns that may be.
    """

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()

    def detect(self, path: Path) -> bool:
        """See ``Format``."""
        return set(self.needed) <= columns(path)

    def rows(self, path: Path) -> Iterator[Row]:
        """See ``RowFormat``."""
        return table(path, self.needed)

    def write_rows(self, rows: Iterable[Any], out: Path) -> tuple[Path, ...]:
        """See ``RowFormat``."""
        names = (*self.needed, *self.optional)
        with atomic_write(out) as file:
            file.write(csv_line(names))
            for row in rows:
                file.write(csv_line([row.get(name, "") for name in names]))
        return (out,)

    def media_name(self, row: Any, record: EmoCueRecord) -> str:
        """See ``RowFormat``."""
        return str(row[self.needed[0]])


def row_id(row: Any, field: str, is_path: bool = False) -> str:
    """The id that a row gives, without the suffix of a media file.

    Args:
        row: fields by name.
        field: the one with the id.
        is_path: whether folders before the name say where the file was, and are no part of it.

    Raises:
        BadField: if it is empty or too long.
    """
    value = row.get(field)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    found = name_id(value, is_path) if isinstance(value, str) else ""
    if not found:
        raise BadField(field, f"expected the name of a clip, got {value!r:.60}")
    if len(found) > 200:
        raise BadField(field, f"{len(found)} characters; a name has at most 200")
    return found
