"""A corpus as one Parquet file, read by pandas and ``datasets`` without our code.

Every field of a record is a column. Cues are lists of structs, with a column a modality; maps such
as quality become lists of name and value.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from xemogpt.emocue.formats.base import Exported
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.errors import DatasetError
from xemogpt.files import atomic_write
from xemogpt.schema import MODALITIES

FILE = "records.parquet"
VERSION = "1"
"""Of the layout; kept in the file's metadata."""
ROWS = 1024
"""Records of a row group: what is in memory at once."""
CUE_SETS = ("cues", "asked", "measured")
MAPS = ("descriptions", "quality")


def write_parquet(folder: str | Path, records: Iterable[EmoCueRecord]) -> Path:
    """Write ``records.parquet`` into a folder, whole or not at all.

    Raises:
        OutputError: if it cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(folder) / FILE
    schema = table_schema()
    with (
        atomic_write(path, "wb") as file,
        pq.ParquetWriter(file, schema, compression="zstd") as writer,
    ):
        for rows in _batches(map(to_row, records)):
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
    return path


def read_parquet(path: str | Path) -> Iterator[EmoCueRecord]:
    """The records of a file, or of a folder that holds ``records.parquet``.

    Raises:
        DatasetError: if it cannot be read, or a row is no record.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pydantic import ValidationError

    path = Path(path)
    path = path / FILE if path.is_dir() else path
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(ROWS):
                for row in batch.to_pylist():
                    number += 1
                    yield from_row(row)
    except (OSError, pa.ArrowException) as error:
        raise DatasetError(f"cannot read {path}: {error}") from error
    except (ValidationError, KeyError, TypeError) as error:
        raise DatasetError(f"{path}, row {number} is no EmoCue record: {error}") from error


def to_row(record: EmoCueRecord) -> dict[str, Any]:
    """A record as columns."""
    row: dict[str, Any] = record.model_dump(mode="json")
    for name in CUE_SETS:
        for modality in MODALITIES:
            cues = row[name]
            row[f"{name}_{modality}"] = None if cues is None else cues[modality]
        del row[name]
    for name in MAPS:
        row[name] = [{"name": key, "value": value} for key, value in row[name].items()]
    return row


def from_row(row: Mapping[str, Any]) -> EmoCueRecord:
    """The record of a row."""
    fields = dict(row)
    for name in CUE_SETS:
        cues = {modality: fields.pop(f"{name}_{modality}") for modality in MODALITIES}
        fields[name] = None if None in cues.values() else cues
    for name in MAPS:
        fields[name] = {pair["name"]: pair["value"] for pair in fields[name]}
    return EmoCueRecord.model_validate(fields)


class ParquetFormat:
    """Writes records for ``data export``."""

    name = "parquet"

    def write(
        self, records: Iterable[EmoCueRecord], out: Path, folder: Path | None = None
    ) -> Exported:
        """Write ``records.parquet`` into ``out``; media stay where they are."""
        return Exported((write_parquet(out, records),), {})


FORMAT = ParquetFormat()


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    rows = iter(rows)
    while batch := list(islice(rows, ROWS)):
        yield batch


def table_schema() -> Any:
    """Columns and their types."""
    import pyarrow as pa

    text, number = pa.string(), pa.float64()

    def struct(**fields: Any) -> Any:
        return pa.struct(list(fields.items()))

    def texts(names: Sequence[str]) -> dict[str, Any]:
        return dict.fromkeys(names, text)

    cue = struct(
        text=text, kind=text, start_s=number, end_s=number, value=number, unit=text,
        confidence=number, source=text, support=text, agreement=number,
    )  # fmt: skip
    word = struct(text=text, start_s=number, end_s=number, confidence=number)
    fields = {
        **texts(("id", "media", "media_sha256")),
        "duration_s": number,
        "subject": text,
        "transcript": struct(**texts(("text", "language", "source")), words=pa.list_(word)),
        "labels": pa.list_(struct(**texts(("name", "value", "source")))),
        "descriptions": pa.list_(struct(name=text, value=text)),
        "explanation": text,
        "emotions": pa.list_(text),
        "is_exact": pa.bool_(),
        "scenario": text,
        "tags": pa.list_(text),
        "quality": pa.list_(struct(name=text, value=number)),
        "flags": pa.list_(text),
        "steps": pa.list_(
            struct(**texts(("tool", "version", "model", "prompt_sha256", "finished_at")))
        ),
        **texts(("licence", "split")),
        "is_generated": pa.bool_(),
        **{f"{name}_{modality}": pa.list_(cue) for name in CUE_SETS for modality in MODALITIES},
    }
    return pa.schema(list(fields.items()), metadata={"emocue_version": VERSION})
