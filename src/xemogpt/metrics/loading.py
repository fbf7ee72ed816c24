"""Reading predictions and references from files: JSON, JSONL, CSV, Parquet.

Layouts (see ``docs/emocue360.md``): the EmoCue one, ``{name: {"visual": [...], ...}}``; records
with an id and the three lists, or with a free-text explanation, whose cues are then extracted;
and what ``xemogpt explain --json`` writes. A bad row is named by file, line and field.
"""

import ast
import csv
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

from xemogpt.errors import ConfigError, DatasetError
from xemogpt.metrics.samples import SampleCues, Samples, as_sample
from xemogpt.schema import MODALITIES, CueSet

ID_FIELDS = ("name", "names", "id", "sample_id", "video", "media")
TEXT_FIELDS = (
    "english",
    "reason",
    "reasons",
    "text",
    "explanation",
    "prediction",
    "answer",
    "chinese",
)
Extract = Callable[[str], CueSet]
Place = str
FORMATS = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet")


def load_cues(path: str | Path, extractor: str = "rule") -> Samples:
    """Read one file of predictions or references.

    Args:
        path: a .json, .jsonl, .csv, .tsv or .parquet file.
        extractor: how cues are found in free text: ``"rule"``, or ``"none"`` to refuse it.

    Raises:
        DatasetError: naming file, line and field, if it cannot be read as cues.
        ConfigError: if ``extractor`` is unknown.
    """
    path = Path(path)
    extract = _extractor(extractor)
    if path.suffix.lower() not in FORMATS:
        raise DatasetError(f"{path}: unknown format {path.suffix!r}; expected {', '.join(FORMATS)}")
    samples: Samples = {}
    seen: dict[str, Place] = {}
    for place, key, value in _entries(path):
        if key in seen:
            raise DatasetError(f"{place}: sample {key!r} was already given at {seen[key]}")
        seen[key] = place
        samples[key] = _as_cues(value, place, key, extract)
    if not samples:
        raise DatasetError(f"{path} holds no samples")
    return samples


def _entries(path: Path) -> Iterator[tuple[Place, str, Any]]:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        yield from _parquet(path)
    elif suffix in (".csv", ".tsv"):
        yield from _table(path, "\t" if suffix == ".tsv" else ",")
    elif suffix == ".json":
        yield from _json(path)
    else:
        yield from _json_lines(path)


def _json(path: Path) -> Iterator[tuple[Place, str, Any]]:
    data = _parse(_text(path), str(path))
    if isinstance(data, Mapping) and "media" in data and "cues" in data:  # explain --json
        data = [data]
    if isinstance(data, list):
        for index, record in enumerate(data):
            yield _record(record, f"{path}, record {index}")
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield f"{path}, sample {key!r}", key, value
    else:
        raise DatasetError(
            f"{path}: expected an object of samples or a list of records,"
            f" got {json.dumps(data)[:60]}"
        )


def _json_lines(path: Path) -> Iterator[tuple[Place, str, Any]]:
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if line.strip():
            place = f"{path}, line {number}"
            yield _record(_parse(line, place), place)


def _table(path: Path, delimiter: str) -> Iterator[tuple[Place, str, Any]]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    reader = csv.DictReader(io.StringIO(_text(path), newline=""), delimiter=delimiter, strict=True)
    _require_fields(set(reader.fieldnames or ()), str(path))
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise DatasetError(f"{path}, line {reader.line_num}: broken CSV: {error}") from error
        if row is None:
            return
        place = f"{path}, line {reader.line_num}"
        if None in row or None in row.values():
            raise DatasetError(
                f"{place}: expected {len(reader.fieldnames or ())} fields, got"
                f" {'more' if None in row else 'fewer'}; quote fields that hold {delimiter!r}"
            )
        cells: dict[str, Any] = dict(row)
        for modality in MODALITIES:
            if modality in cells:
                cells[modality] = _list_cell(cells[modality], f"{place}, field {modality!r}")
        yield _record(cells, place)


def _parquet(path: Path) -> Iterator[tuple[Place, str, Any]]:
    import pyarrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
        _require_fields(set(file.schema_arrow.names), str(path))
        number = 0
        for batch in file.iter_batches():
            for record in batch.to_pylist():
                place = f"{path}, row {number}"
                for modality in MODALITIES:
                    if isinstance(record.get(modality), str):
                        record[modality] = _list_cell(
                            record[modality], f"{place}, field {modality!r}"
                        )
                yield _record(record, place)
                number += 1
    except (OSError, pyarrow.ArrowException) as error:
        raise DatasetError(f"cannot read {path} as Parquet: {error}") from error


def _record(record: Any, place: Place) -> tuple[Place, str, Any]:
    """Place, sample id and cues (or free text) of one record."""
    if not isinstance(record, Mapping):
        raise DatasetError(f"{place}: expected an object, got {json.dumps(record)[:60]}")
    name = next((field for field in ID_FIELDS if field in record), None)
    if name is None:
        raise DatasetError(
            f"{place}: no sample id; expected one of the fields {', '.join(ID_FIELDS)}"
        )
    key = record[name]
    if isinstance(key, int) and not isinstance(key, bool):
        key = str(key)
    if not isinstance(key, str) or not key:
        raise DatasetError(f"{place}, field {name!r}: expected a sample id, got {key!r}")
    if name in ("video", "media"):
        # "folder/clip.mp4" and the annotator's "clip" are the same sample.
        key = PurePath(key).stem
    if "cues" in record:
        return place, key, record["cues"]
    present = {modality: record[modality] for modality in MODALITIES if modality in record}
    if present:
        extra = {"subtitle", "emotion", "emotions", "label", *ID_FIELDS, *TEXT_FIELDS, *MODALITIES}
        unknown = [str(field) for field in record if field not in extra]
        if unknown:
            raise DatasetError(
                f"{place}: unknown field {', '.join(map(repr, unknown))}; expected"
                f" {', '.join(MODALITIES)} beside {name!r}"
            )
        return place, key, present
    text_field = next((field for field in TEXT_FIELDS if record.get(field)), None)
    if text_field is None:
        raise DatasetError(
            f"{place}: neither cues ({', '.join(MODALITIES)}) nor an explanation"
            f" ({', '.join(TEXT_FIELDS)})"
        )
    return place, key, record[text_field]


def _as_cues(value: Any, place: Place, key: Any, extract: Extract | None) -> SampleCues:
    if not isinstance(key, str) or not key:
        raise DatasetError(f"{place}: a sample id should be a non-empty string, got {key!r}")
    if not isinstance(value, str):
        return as_sample(value, place)
    if extract is None:
        raise DatasetError(f"{place}: free text where cues belong; add --extractor rule")
    return as_sample(extract(value), place)


def _list_cell(cell: str, place: Place) -> Any:
    """A list written in a table cell, as JSON or as Python writes it; an empty cell has none."""
    if not cell.strip():
        return []
    try:
        value = json.loads(cell)
    except ValueError:
        try:
            value = ast.literal_eval(cell)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            raise DatasetError(
                f'{place}: expected a list such as ["she smiles"], got {cell[:60]!r}'
            ) from None
    return value


def _require_fields(fields: set[str], place: Place) -> None:
    if not fields & set(ID_FIELDS):
        raise DatasetError(
            f"{place}: no column for the sample id; expected one of {', '.join(ID_FIELDS)},"
            f" got {', '.join(sorted(map(str, fields))) or 'nothing'}"
        )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8"
        ) from error


def _parse(text: str, place: Place) -> Any:
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _unique(pairs, place))
    except json.JSONDecodeError as error:
        where = (
            f"{place}, column {error.colno}" if "line" in place else f"{place}, line {error.lineno}"
        )
        raise DatasetError(f"{where}: not JSON: {error.msg}") from error
    except RecursionError as error:
        raise DatasetError(f"{place}: nested too deeply to be cues") from error


def _unique(pairs: list[tuple[str, Any]], place: Place) -> dict[str, Any]:
    """An object whose keys occur once: JSON itself would keep the last in silence."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for key in names if names.count(key) > 1)
        raise DatasetError(f"{place}: {twice!r} is given twice in one object; ids must be unique")
    return found


def _extractor(name: str) -> Extract | None:
    if name == "none":
        return None
    if name != "rule":
        raise ConfigError(f"unknown extractor {name!r}; expected rule or none")

    def extract(text: str) -> CueSet:
        from xemogpt.metrics.extraction import RuleExtractor

        return RuleExtractor().extract(text).cues

    return extract
