"""Tables that people fill in: the same rows as CSV and as JSONL, either of which may come back."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from xemogpt.errors import DatasetError
from xemogpt.files import atomic_write

_REST = "\0"
_PLAIN = (str, int, float, type(None))
MAX_SHOWN = 25
"""Problems that one message lists before it counts the rest."""


class Row(NamedTuple):
    """One line of a table and where it stands."""

    place: str
    values: dict[str, str]


class Table(NamedTuple):
    """The rows that could be read, and what was wrong with the others."""

    rows: list[Row]
    problems: list[str]
    suffix: str = ".csv"
    """Which of a pair of files it was read from."""


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    """One CSV file, whole or not at all."""
    with atomic_write(path) as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_pair(
    stem: Path,
    columns: Sequence[str],
    rows: Sequence[Mapping[str, str]],
    *,
    filled: Mapping[str, Sequence[Mapping[str, str]]] | None = None,
) -> None:
    """``stem.csv`` and ``stem.jsonl`` with the same rows.

    Args:
        stem: path without its ending.
        columns: names, in order.
        rows: the lines.
        filled: file ending -> lines to write there instead. What people have filled in goes into
            one file only: the next that they fill in there must not differ from the other.
    """
    chosen = {".csv": rows, ".jsonl": rows} | dict(filled or {})
    write_csv(_with(stem, ".csv"), columns, chosen[".csv"])
    with atomic_write(_with(stem, ".jsonl")) as file:
        for row in chosen[".jsonl"]:
            file.write(json.dumps({name: row[name] for name in columns}, ensure_ascii=False) + "\n")


def read_csv(path: Path, columns: Sequence[str]) -> Table:
    """The rows of a CSV file whose first line names at least ``columns``.

    Spreadsheets of many countries separate by semicolons; tabs are read too.
    """
    text, problem = _text_of(path)
    if problem:
        return Table([], [problem])
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    rows, problems = [], []
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restkey=_REST)
    try:
        absent = [name for name in columns if name not in (reader.fieldnames or ())]
        if absent:
            return Table([], [f"{path}, line 1: no column {', '.join(absent)}"])
        for cells in reader:
            place = f"{path}, line {reader.line_num}"
            if any(cells.get(_REST) or ()):
                problems.append(f"{place}: more fields than columns; put quotes around commas")
                continue
            rows.append(Row(place, {name: (cells[name] or "").strip() for name in columns}))
    except csv.Error as error:
        problems.append(f"{path}, line {reader.line_num}: not CSV ({error})")
    return Table(rows, problems)


def read_jsonl(path: Path, columns: Sequence[str]) -> Table:
    """The rows of a JSONL file; numbers may stand for texts, null for nothing."""
    text, problem = _text_of(path)
    if problem:
        return Table([], [problem])
    rows, problems = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        try:
            given = json.loads(line)
        except ValueError as error:
            problems.append(f"{place}: not JSON ({error})")
            continue
        if not isinstance(given, dict):
            problems.append(f"{place}: expected an object, got {type(given).__name__}")
            continue
        bad = [name for name in columns if not isinstance(given.get(name), _PLAIN)]
        bad += [name for name in columns if isinstance(given.get(name), bool)]
        if bad:
            problems.append(f"{place}, field {bad[0]!r}: expected a text or a number")
            continue
        values = {name: given.get(name) for name in columns}
        rows.append(Row(place, {k: "" if v is None else str(v).strip() for k, v in values.items()}))
    return Table(rows, problems)


def read_pair(stem: Path, columns: Sequence[str], to_fill: Sequence[str]) -> Table:
    """The filled one of ``stem.csv`` and ``stem.jsonl``.

    If both are filled they should say the same; otherwise nobody could tell which to believe.
    """
    readers = {".csv": read_csv, ".jsonl": read_jsonl}
    found = {suffix: read(_with(stem, suffix), columns) for suffix, read in readers.items()
             if _with(stem, suffix).exists()}  # fmt: skip
    if not found:
        return Table([], [f"{stem}.csv and {stem}.jsonl are missing"])
    problems = [problem for table in found.values() for problem in table.problems]
    filled = {
        suffix: [row.values for row in table.rows if any(row.values[name] for name in to_fill)]
        for suffix, table in found.items()
    }
    given = [suffix for suffix, rows in filled.items() if rows]
    if len(given) == 2 and filled[".csv"] != filled[".jsonl"]:
        problems.append(f"{stem}.csv and {stem}.jsonl are both filled and differ; remove one")
    chosen = given[0] if given else next(iter(found))
    return Table(found[chosen].rows, problems, chosen)


def refuse(problems: Sequence[str], what: str) -> None:
    """Raise one error that names all problems; nothing to do if there are none.

    Raises:
        DatasetError: if there are any.
    """
    if not problems:
        return
    shown = "\n  ".join(problems[:MAX_SHOWN])
    more = len(problems) - MAX_SHOWN
    raise DatasetError(
        f"{what} cannot be used as they are ({len(problems)} to mend):\n  {shown}"
        + (f"\n  and {more} more" if more > 0 else "")
    )


def _with(stem: Path, suffix: str) -> Path:
    return stem.with_name(stem.name + suffix)


def _text_of(path: Path) -> tuple[str, str | None]:
    try:
        return path.read_text(encoding="utf-8-sig"), None
    except OSError as error:
        return "", f"cannot read {path}: {error.strerror or error}"
    except UnicodeDecodeError as error:
        return "", f"{path} is not UTF-8 text (byte {error.start}); save it as CSV UTF-8"
