"""Tables of texts, numbers and estimates, as CSV and Markdown."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from xemogpt.benchmark.comparisons import Difference
from xemogpt.benchmark.estimates import Estimate

Cell = str | int | float | Estimate | Difference | None
Row = tuple[Cell, ...]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would run as a formula at the start of a cell."""


@dataclass(frozen=True)
class Table:
    """Rows under headings."""

    name: str
    """Of the CSV file."""
    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def parts(self) -> list[list[tuple[str, ...]]]:
        """The rows as people read them: each number, and how sure it is."""
        return [[parts(cell) for cell in row] for row in self.rows]


def shown(cell: Cell) -> str:
    """A cell in words; an estimate with its interval.

    >>> shown(Estimate(value=0.5, low=-0.0001, high=0.6, count=9)), shown(None)
    ('0.500 [0.000, 0.600]', '-')
    """
    return " ".join(parts(cell))


def parts(cell: Cell) -> tuple[str, ...]:
    """A cell in words, and apart from it its interval and p-value, if it has any."""
    if isinstance(cell, Estimate):
        if cell.value is None:
            return ("-",)
        if cell.low is None or cell.high is None:
            return (_decimal(cell.value),)
        return _decimal(cell.value), f"[{_decimal(cell.low)}, {_decimal(cell.high)}]"
    if isinstance(cell, Difference):
        low, high = _decimal(cell.low, "+"), _decimal(cell.high, "+")
        return _decimal(cell.difference, "+"), f"[{low}, {high}]", f"p = {cell.p_value:.4f}"
    if isinstance(cell, float):
        return (f"{cell:.4g}",)
    return ("-" if cell is None else str(cell),)


def _decimal(value: float, sign: str = "") -> str:
    # Adding 0 makes a negative zero a plain one.
    return f"{round(value, 3) + 0.0:{sign}.3f}"


def to_csv(table: Table) -> str:
    """One file; an estimate takes a column for the value and one for each end of its interval."""
    kinds = [next((row[i] for row in table.rows if row[i] is not None), None)
             for i in range(len(table.columns))]  # fmt: skip
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        [name + ending for name, kind in zip(table.columns, kinds, strict=True)
         for ending in _endings(kind)]
    )  # fmt: skip
    for row in table.rows:
        cells: list[Any] = []
        for cell, kind in zip(row, kinds, strict=True):
            cells += _csv_cells(cell, kind)
        writer.writerow(cells)
    return out.getvalue()


def to_markdown(table: Table) -> str:
    """A heading, a note and a pipe table."""
    lines = [f"## {table.title}", ""]
    if table.note:
        lines += [table.note, ""]
    lines.append("| " + " | ".join(_plain(name) for name in table.columns) + " |")
    lines.append("|" + "---|" * len(table.columns))
    for row in table.rows:
        # Numbers are ours; texts may be anybody's.
        cells = (_plain(cell) if isinstance(cell, str) else shown(cell) for cell in row)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _endings(kind: Cell) -> Iterator[str]:
    yield ""
    if isinstance(kind, Estimate | Difference):
        yield from (" low", " high")
    if isinstance(kind, Difference):
        yield " p"


def _csv_cells(cell: Cell, kind: Cell) -> list[Any]:
    if isinstance(cell, Estimate):
        return [cell.value, cell.low, cell.high]
    if isinstance(cell, Difference):
        return [cell.difference, cell.low, cell.high, cell.p_value]
    if cell is None:
        return [None] * len(list(_endings(kind)))
    return [safe(cell) if isinstance(cell, str) else cell]


def safe(text: str) -> str:
    """Text that no spreadsheet runs."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _plain(text: str) -> str:
    """Text of a run that opens no markup in Markdown."""
    text = " ".join(text.split())
    return re.sub(r"([\\`*_\[\]<>|#!])", r"\\\1", text)


def bullets(texts: Sequence[str]) -> str:
    """A Markdown list."""
    return "".join(f"- {_plain(text)}\n" for text in texts)
