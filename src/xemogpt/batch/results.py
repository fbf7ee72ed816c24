"""The files of a batch: one Parquet file of what was explained, one JSON Lines file of the rest."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from xemogpt.batch.rows import FORMAT, schema
from xemogpt.emocue.pipeline.job import Outcome
from xemogpt.files import atomic_write

ROWS_AT_ONCE = 500
"""Of a row group: so many rows are in memory."""
KEY = "xemogpt.batch"
"""Of the file's metadata: the JSON of what the results depend on."""


def failures_path(out: Path) -> Path:
    """Where the clips that failed are listed."""
    return out.with_name(out.name + ".failures.jsonl")


def write_results(out: Path, texts: Iterator[str], signature: Mapping[str, Any]) -> int:
    """Write rows, given as JSON, whole or not at all; how many there were.

    Equal rows give equal bytes: nothing in the file tells of time or machine.

    Raises:
        OutputError: if the place cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    about = json.dumps({**signature, "format": FORMAT}, sort_keys=True)
    plan = schema().with_metadata({KEY: about})
    num = 0
    with (
        atomic_write(out, "wb") as file,
        pq.ParquetWriter(file, plan, compression="zstd") as writer,
    ):
        while rows := [_typed(json.loads(text)) for text in islice(texts, ROWS_AT_ONCE)]:
            writer.write_table(pa.Table.from_pylist(rows, schema=plan))
            num += len(rows)
    return num


def write_failures(out: Path, failures: Iterable[Outcome]) -> None:
    """List failures beside ``out``, or remove the list where there are none.

    Raises:
        OutputError: if the place cannot be written.
    """
    path = failures_path(out)
    found = iter(failures)
    first = next(found, None)
    if first is None:
        path.unlink(missing_ok=True)
        return
    with atomic_write(path) as file:
        for each in (first, *found):
            row = {"id": each.id, "error": each.error, "message": each.message}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its time as a time."""
    if row["recorded_at"] is not None:
        row["recorded_at"] = datetime.fromisoformat(row["recorded_at"])
    return row
