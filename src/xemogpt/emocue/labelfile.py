"""Label files: what is known of clips beforehand, as CSV, TSV or JSON lines.

Columns, all but the first optional, in any order; upper and lower case are the same:

=================================  =============================================================
``id``, ``name`` or ``file``       the clip's path from the folder of clips; ``file`` with ending
``emotion`` (or ``label``)         a word
``sentiment``, ``intensity``       a word or a number
``subject`` (or ``speaker``)       who is seen or heard
``transcript`` (or ``text``)       what is said
``language``                       ISO 639-1, such as ``en``
``licence`` (or ``license``)       of the media
``split``                          ``train``, ``validation`` or ``test``
=================================  =============================================================

JSON lines that have both ``file`` and ``kind`` are a listing of media: its other fields, and its
rows for what is no clip, are passed over.
"""

import csv
import json
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import Field, ValidationError

from xemogpt.emocue.names import CLIP_SUFFIXES, id_problem, without_ending
from xemogpt.emocue.records import Split
from xemogpt.errors import DatasetError
from xemogpt.schema import Record

MAX_SHOWN = 20
"""Problems named in one message."""
_KEYS = ("id", "name", "file")
_OTHER_NAMES = {
    "label": "emotion",
    "speaker": "subject",
    "text": "transcript",
    "license": "licence",
}
_SPLITS = {"val": "validation", "valid": "validation", "dev": "validation"}
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
Fields = dict[str, str]


class LabelRow(Record):
    """What one row says of a clip; none where it says nothing."""

    emotion: str | None = Field(default=None, max_length=200)
    sentiment: str | None = Field(default=None, max_length=200)
    intensity: str | None = Field(default=None, max_length=200)
    subject: str | None = Field(default=None, max_length=200)
    transcript: str | None = Field(default=None, max_length=100_000)
    language: str | None = Field(default=None, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")
    licence: str | None = Field(default=None, max_length=1000)
    split: Split | None = None


def read_labels(path: str | Path, ids: Collection[str] | None = None) -> dict[str, LabelRow]:
    """Id -> row of a label file. All problems are reported at once.

    Args:
        path: ``.csv`` (commas or semicolons), ``.tsv`` or ``.jsonl``, UTF-8.
        ids: of the clips there are; other ids are then an error.

    Raises:
        DatasetError: naming file, line and field of everything that is wrong.
    """
    path = Path(path)
    problems = _Problems(path)
    keyed: list[tuple[int, str, str, LabelRow]] = []
    for line, fields in _rows(path, problems):
        found = _parse(line, fields, problems)
        if found is not None:
            keyed.append((line, *found))
    rows: dict[str, LabelRow] = {}
    lines: dict[str, int] = {}
    for (line, key, _, row), id_ in zip(keyed, _final_ids(keyed), strict=True):
        if id_ in rows:
            problems.add(line, key, f"{id_!r} was given in line {lines[id_]}; once is enough")
        elif ids is not None and id_ not in ids:
            problems.add(line, key, f"no clip is called {id_!r}")
        else:
            rows[id_], lines[id_] = row, line
    problems.stop()
    if not rows:
        raise DatasetError(f"{path} holds no rows; expected a row for each clip")
    return rows


class _Problems:
    """Collects what is wrong, to say it all at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._first: list[str] = []
        self._num = 0

    def add(self, line: int, field: str, what: str) -> None:
        self._num += 1
        if self._num <= MAX_SHOWN:
            self._first.append(f"{self._path}, line {line}, field {field!r}: {what}")

    def stop(self) -> None:
        """Raise what was collected."""
        if self._num:
            more = self._num - len(self._first)
            rest = [f"... and {more} more"] if more else []
            raise DatasetError("\n".join([*self._first, *rest]))


def _rows(path: Path, problems: _Problems) -> Iterator[tuple[int, Fields]]:
    suffix = path.suffix.lower()
    if suffix not in (*_DELIMITERS, ".jsonl"):
        raise DatasetError(f"{path} is no label file; expected .csv, .tsv or .jsonl")
    try:
        if suffix == ".jsonl":
            yield from _json_rows(path, problems)
        else:
            yield from _table_rows(path, _DELIMITERS[suffix], problems)
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is not UTF-8 text (byte {error.start}); save it so") from error


def _table_rows(path: Path, delimiter: str, problems: _Problems) -> Iterator[tuple[int, Fields]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
        file.seek(0)
        if delimiter == "," and head.count(";") > head.count(","):
            delimiter = ";"  # what spreadsheets write where the comma is a decimal point
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            names = [name.strip().lower() for name in next(reader, [])]
            _check_columns(path, names)
            for values in reader:
                if not any(value.strip() for value in values):
                    continue
                if len(values) != len(names):
                    what = f"{len(values)} values for {len(names)} columns; quote those with commas"
                    problems.add(reader.line_num, "row", what)
                    continue
                yield reader.line_num, dict(zip(names, values, strict=True))
        except csv.Error as error:
            problems.add(reader.line_num, "row", f"{error}; what follows was not read")


def _check_columns(path: Path, names: list[str]) -> None:
    """See whether the columns of a table, or the fields of a JSON line, can be understood.

    Raises:
        DatasetError: naming every column that is wrong.
    """
    wrong = _wrong_columns(names)
    if wrong:
        raise DatasetError("\n".join(f"{path}, line 1, field {n!r}: {what}" for n, what in wrong))


def _wrong_columns(names: list[str]) -> list[tuple[str, str]]:
    known = [*_KEYS, *LabelRow.model_fields, *_OTHER_NAMES]
    wrong = [(n, f"no such column; known are {', '.join(known)}") for n in names if n not in known]
    meant = [_OTHER_NAMES.get(name, "id" if name in _KEYS else name) for name in names]
    wrong += [(n, "given twice") for n, m in zip(names, meant, strict=True) if meant.count(m) > 1]
    if "id" not in meant:
        wrong.append(("id", "missing; expected a column id, name or file"))
    return wrong


def _json_rows(path: Path, problems: _Problems) -> Iterator[tuple[int, Fields]]:
    with path.open(encoding="utf-8-sig") as file:
        for line, text in enumerate(file, start=1):
            if not text.strip():
                continue
            try:
                given = json.loads(text)
            except ValueError as error:
                problems.add(line, "row", f"no JSON: {error}")
                continue
            if not isinstance(given, dict):
                problems.add(line, "row", "expected an object, such as {" + '"id": "a"}')
                continue
            if "kind" in given and "file" in given:
                if PurePosixPath(str(given["file"])).suffix.lower() not in CLIP_SUFFIXES:
                    continue
                given = _of_listing(given)
            wrong = _wrong_columns([name.lower() for name in given])
            for name, what in wrong:
                problems.add(line, name, what)
            fields = _as_texts(line, given, problems)
            if not wrong and fields is not None:
                yield line, fields


def _of_listing(given: dict[str, Any]) -> dict[str, Any]:
    kept = {"file", *LabelRow.model_fields, *_OTHER_NAMES}
    return {name: value for name, value in given.items() if name in kept}


def _as_texts(line: int, given: dict[str, Any], problems: _Problems) -> Fields | None:
    """Values of a JSON line as text; numbers are written out, null is nothing."""
    fields: Fields | None = {}
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float | None):
            problems.add(line, name, f"expected text, got {json.dumps(value)[:60]}")
            fields = None
        elif fields is not None:
            fields[name.lower()] = "" if value is None else str(value)
    return fields


def _parse(line: int, fields: Fields, problems: _Problems) -> tuple[str, str, LabelRow] | None:
    """Name of the key column, path as given, and row; none if something is wrong."""
    key = next(name for name in _KEYS if name in fields)
    given = fields[key].strip()
    reason = id_problem(given)
    if reason:
        problems.add(line, key, f"{given!r} is {reason}; expected one like 'folder/clip'")
    values = {
        _OTHER_NAMES.get(name, name): " ".join(value.split())
        for name, value in fields.items()
        if name not in _KEYS and value.strip()
    }
    if "split" in values:
        values["split"] = _SPLITS.get(values["split"].lower(), values["split"].lower())
    try:
        row = LabelRow.model_validate(values)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            name = str(each["loc"][0])
            problems.add(line, name, f"{each['msg']}, got {str(each['input'])[:60]!r}")
        return None
    return None if reason else (key, given, row)


def _final_ids(keyed: list[tuple[int, str, str, LabelRow]]) -> Iterator[str]:
    """Ids as ``discover`` gives them: the ending of a ``file`` stays where it tells two apart."""
    stems: dict[str, set[str]] = {}
    for _, key, given, _ in keyed:
        if key == "file":
            stems.setdefault(without_ending(given), set()).add(given)
    for _, key, given, _ in keyed:
        stem = without_ending(given)
        yield stem if key == "file" and len(stems[stem]) == 1 else given
