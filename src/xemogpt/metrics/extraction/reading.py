"""Explanations from files: csv, tsv, json, jsonl, parquet, or one plain text."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from xemogpt.errors import DatasetError

ID_FIELDS = ("id", "name", "names", "sample", "sample_id", "media", "video")
TEXT_FIELDS = (
    "text", "explanation", "reason", "reasons", "english", "smp_reason_caption", "final_summary",
    "caption", "response", "prediction", "output", "chinese",
)  # fmt: skip
csv.field_size_limit(10_000_000)


def read_table(path: str | Path) -> list[tuple[str, dict[str, Any]]]:
    """Rows of a csv, tsv, json, jsonl or parquet file, each with where it stands.

    A JSON mapping gives rows with its key as ``id``; values that are no objects stand under
    ``value``.

    Raises:
        DatasetError: if the file is missing, unreadable or of another kind; with file and line.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _read_parquet(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is not UTF-8 text: {error}") from error
    if suffix in (".csv", ".tsv"):
        return list(_csv_rows(text, path, "\t" if suffix == ".tsv" else ","))
    if suffix == ".json":
        return list(_json_rows(_parse(text, str(path)), path))
    if suffix in (".jsonl", ".ndjson"):
        return [
            (where, _as_row(_parse(line, where), where))
            for number, line in enumerate(text.splitlines(), 1)
            if line.strip()
            for where in [f"{path}, line {number}"]
        ]
    raise DatasetError(f"{path.name}: expected .csv, .tsv, .json, .jsonl or .parquet")


def read_explanations(path: str | Path) -> dict[str, str]:
    """Sample id -> explanation. A ``.txt`` or ``.md`` file is one explanation, named by its stem.

    Raises:
        DatasetError: if a row has no id or text, or an id comes twice.
    """
    path = Path(path)
    if path.suffix.lower() in (".txt", ".md"):
        try:
            return {path.stem: path.read_text(encoding="utf-8-sig")}
        except (OSError, UnicodeDecodeError) as error:
            raise DatasetError(f"cannot read {path}: {error}") from error
    rows = read_table(path)
    if not rows:
        raise DatasetError(f"{path} holds no explanations")
    found: dict[str, str] = {}
    for where, row in rows:
        name = pick(row, ID_FIELDS, where, "an id")
        text = _text(row, where)
        if name in found:
            raise DatasetError(f"{where}: id {name!r} comes twice")
        found[name] = text
    return found


def pick(row: Mapping[str, Any], fields: Iterable[str], where: str, what: str) -> str:
    """The first of ``fields`` that the row has, as a string.

    Raises:
        DatasetError: if it has none or the value is no string or whole number.
    """
    fields = tuple(fields)
    for field in fields:
        value = row.get(field)
        if isinstance(value, bool) or value is None:
            continue
        if isinstance(value, str | int):
            return str(value)
        raise DatasetError(f"{where}, field {field!r}: expected text, got {value!r:.60}")
    has = ", ".join(map(str, row)) or "nothing"
    raise DatasetError(f"{where}: {what} is missing (one of {', '.join(fields)}); it has: {has}")


def _text(row: Mapping[str, Any], where: str) -> str:
    turns = row.get("conversations")
    if isinstance(turns, list):
        for turn in turns:
            if isinstance(turn, dict) and turn.get("from") in ("gpt", "assistant"):
                return pick(turn, ("value", "content"), where, "the answer")
    return pick(row, (*TEXT_FIELDS, "value"), where, "a text")


def _csv_rows(text: str, path: Path, separator: str) -> Iterator[tuple[str, dict[str, Any]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        header = next(reader, None)
        if not header:
            raise DatasetError(f"{path} is empty; expected a line of column names")
        names = [name.strip() for name in header]
        for cells in reader:
            if not cells:
                continue
            where = f"{path}, line {reader.line_num}"
            if len(cells) != len(names):
                raise DatasetError(f"{where}: {len(cells)} fields, expected {len(names)}")
            yield where, dict(zip(names, cells, strict=True))
    except csv.Error as error:
        raise DatasetError(f"{path}, line {reader.line_num}: {error}") from error


def _json_rows(data: Any, path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(data, dict):
        for name, value in data.items():
            row = value if isinstance(value, dict) else {"value": value}
            yield f"{path}, sample {name!r}", {"id": name, **row}
    elif isinstance(data, list):
        for number, item in enumerate(data):
            where = f"{path}, entry {number}"
            yield where, _as_row(item, where)
    else:
        raise DatasetError(f"{path}: expected an object or a list, got {data!r:.60}")


def _as_row(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DatasetError(f"{where}: expected an object, got {value!r:.60}")
    return value


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except DatasetError as error:
        raise DatasetError(f"{where}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{where}: not JSON: {error}") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, refused if a key comes twice: the second would replace the first unseen."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise DatasetError(f"key {name!r} comes twice")
        found[name] = value
    return found


def _read_parquet(path: Path) -> list[tuple[str, dict[str, Any]]]:
    import pyarrow.parquet as parquet

    try:
        rows = parquet.read_table(path).to_pylist()
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error}") from error
    except Exception as error:
        import pyarrow

        if isinstance(error, pyarrow.ArrowException):
            raise DatasetError(f"{path} is no parquet file: {error}") from error
        raise
    return [(f"{path}, row {number}", row) for number, row in enumerate(rows)]
