"""Rows of tables and of JSON files, each with the line on which it begins."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from json.decoder import WHITESPACE  # type: ignore[attr-defined]
from pathlib import Path
from typing import Any

from xemogpt.emocue.formats.base import BadField
from xemogpt.errors import DatasetError

Row = tuple[int, Any]
"""Line from 1, and the row, or the ``BadField`` that says why it is none."""
csv.field_size_limit(10_000_000)


def read_text(path: Path, limit: int = -1) -> str:
    """A file as UTF-8, without a byte-order mark and with line ends as they are.

    Raises:
        DatasetError: if it cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return file.read(limit)
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{path} is not UTF-8 text ({error.reason}); save it as UTF-8"
        ) from error


def columns(path: Path) -> frozenset[str]:
    """Names in the first line of a .csv file; nothing for other files."""
    if path.suffix.lower() != ".csv":
        return frozenset()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return frozenset(name.strip() for name in next(csv.reader(file), []))
    except (OSError, UnicodeDecodeError, csv.Error):
        return frozenset()


def table(path: Path, required: Iterable[str]) -> Iterator[Row]:
    """Rows of a .csv file as mappings; a row of another width is a ``BadField``.

    Raises:
        DatasetError: if a column is missing or the quotes do not match.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _table(csv.reader(file, strict=True), path, frozenset(required))
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{path} is not UTF-8 text ({error.reason}); save it as UTF-8"
        ) from error


def _table(reader: Any, path: Path, required: frozenset[str]) -> Iterator[Row]:
    try:
        names = [name.strip() for name in next(reader, [])]
        missing = sorted(required - set(names))
        if missing:
            raise DatasetError(
                f"{path}, line 1: no column {', '.join(map(repr, missing))}; it has"
                f" {', '.join(names[:12]) or 'nothing'}"
            )
        twice = sorted({name for name in names if names.count(name) > 1} & required)
        if twice:
            raise DatasetError(f"{path}, line 1: column {twice[0]!r} is there twice")
        # A quoted cell may hold line ends: a row begins after the last line of the one before.
        line = reader.line_num + 1
        for cells in reader:
            if len(cells) == len(names):
                yield line, dict(zip(names, cells, strict=True))
            elif cells:
                yield line, BadField("row", f"{len(cells)} fields, expected {len(names)}")
            line = reader.line_num + 1
    except csv.Error as error:
        raise DatasetError(f"{path}, line {reader.line_num}: broken CSV: {error}") from error


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines that are not blank."""
    # Only \n ends a line: splitlines would also cut at U+2028, which people paste into texts.
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            yield number, line.rstrip("\r")


def json_entries(path: Path) -> Iterator[tuple[int, str | None, Any]]:
    """Entries of the list or object in a .json file: line, key of an object, value.

    Raises:
        DatasetError: if it is no JSON, with the line.
    """
    text = read_text(path)
    scan = _Scan(text, path)
    opened = scan.take("[{")
    if scan.peek() == "]}"["[{".index(opened)]:
        return
    while True:
        start = scan.skip()
        key = None
        if opened == "{":
            key = scan.value()
            if not isinstance(key, str):
                raise DatasetError(f"{path}, line {scan.line(start)}: expected a quoted name")
            scan.take(":")
        value = scan.value()
        yield scan.line(start), key, value
        if scan.take(",]" if opened == "[" else ",}") != ",":
            break
    scan.end()


def json_document(path: Path) -> Any:
    """A whole .json file.

    Raises:
        DatasetError: if it is no JSON, with the line.
    """
    scan = _Scan(read_text(path), path)
    value = scan.value()
    scan.end()
    return value


def json_line(line: str) -> Any:
    """The value of one line of a .jsonl file, or the ``BadField`` that says why it is none."""
    try:
        return json.loads(line, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        return BadField("row", f"not JSON: {error.msg} (column {error.colno})")
    except RecursionError:
        return BadField("row", "nested too deeply")
    except BadField as error:
        return error


def first_entry(path: Path) -> tuple[str | None, Any]:
    """Key and value of the first entry of a .json file, or none where it cannot be read."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return None, None
    try:
        _, key, value = next(json_entries(path), (0, None, None))
    except DatasetError:
        return None, None
    return key, value


class _Scan:
    """A place in a JSON text that moves from value to value, so that lines stay known."""

    def __init__(self, text: str, path: Path) -> None:
        self.text, self.path, self.at = text, path, 0
        self._line, self._counted = 1, 0
        self._decoder = json.JSONDecoder(object_pairs_hook=unique)

    def skip(self) -> int:
        self.at = WHITESPACE.match(self.text, self.at).end()
        return self.at

    def peek(self) -> str:
        return self.text[self.skip() : self.at + 1]

    def take(self, expected: str) -> str:
        found = self.peek()
        if not found or found not in expected:
            raise self.wrong(f"expected {' or '.join(expected)}, got {found or 'the end'}")
        self.at += 1
        return found

    def value(self) -> Any:
        try:
            found, self.at = self._decoder.raw_decode(self.text, self.skip())
        except json.JSONDecodeError as error:
            self.at = error.pos
            raise self.wrong(error.msg) from error
        except RecursionError as error:
            raise self.wrong("nested too deeply") from error
        except BadField as error:
            raise self.wrong(error.message) from error
        return found

    def end(self) -> None:
        if self.peek():
            raise self.wrong("text after the end")

    def line(self, at: int) -> int:
        self._line += self.text.count("\n", self._counted, at)
        self._counted = at
        return self._line

    def wrong(self, message: str) -> DatasetError:
        line = self.text.count("\n", 0, self.at) + 1
        return DatasetError(f"{self.path}, line {line}: not JSON: {message}")


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, refused if a key comes twice: the second would replace the first unseen."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadField(twice, f"{twice!r} is given twice in one object")
    return found


def csv_line(cells: Sequence[str]) -> str:
    """One row of a table, quoted where needed."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def text_of(row: Mapping[str, Any], field: str, required: bool = True) -> str:
    """A text of a row, outer spaces removed; empty if it is not required and not there.

    Raises:
        BadField: if it is missing, empty, or no text.
    """
    value = row.get(field)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise BadField(field, f"expected text, got {value!r:.60}")
    if required and not value.strip():
        raise BadField(field, "is empty")
    return value.strip()
