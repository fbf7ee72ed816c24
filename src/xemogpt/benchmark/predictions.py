"""Answers that another system has already given, read from a file."""

import csv
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

from pydantic import ValidationError

from xemogpt.benchmark.runlog import Answer
from xemogpt.errors import DatasetError
from xemogpt.metrics.loading import ID_FIELDS, TEXT_FIELDS, load_cues
from xemogpt.metrics.samples import SampleCues
from xemogpt.schema import MODALITIES, CueSet


def read_predictions(path: Path) -> dict[str, Answer]:
    """Answers by sample id, from any layout that ``xemogpt score`` reads.

    Text is kept beside cues where the file has both, and so are times of cues. Free text without
    cues has ``cues`` none: whoever scores it extracts them.

    Raises:
        DatasetError: naming file, line and field, if it cannot be read.
    """
    # What score accepts is accepted, what it refuses is refused: one reader for both.
    checked = load_cues(path)
    rows = dict(_rows(path))
    return {key: _answer(key, found, rows.get(key, {}), path) for key, found in checked.items()}


def _answer(key: str, checked: SampleCues, row: Mapping[str, Any], path: Path) -> Answer:
    text = next((row[name] for name in TEXT_FIELDS if isinstance(row.get(name), str)), "")
    given = row.get("cues", row)
    has_cues = isinstance(given, Mapping) and any(modality in given for modality in MODALITIES)
    cues = _cues(given, checked) if has_cues or not text else None
    try:
        return Answer(id=key, text=text, cues=cues, emotions=_emotions(row))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise DatasetError(f"{path}, sample {key!r}: {first['msg']}") from error


def _cues(given: Any, checked: SampleCues) -> CueSet:
    """With times, kinds and sources where the file states them."""
    if isinstance(given, Mapping):
        lists = {modality: given.get(modality) or [] for modality in MODALITIES}
        try:
            return CueSet(**lists)
        except ValidationError:
            pass  # a table's cells, or an empty cue: the texts alone
    texts = {modality: [cue for cue in checked.of(modality) if cue] for modality in MODALITIES}
    return CueSet(**texts)


def _emotions(row: Mapping[str, Any]) -> tuple[str, ...]:
    given = row.get("emotions", row.get("emotion"))
    if isinstance(given, str):
        given = given.split(",")
    if not isinstance(given, list):
        return ()
    labels = [item.get("label") if isinstance(item, Mapping) else item for item in given]
    return tuple(label.strip() for label in labels if isinstance(label, str) and label.strip())


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Id and fields of each record; ``load_cues`` has seen to it that they can be read."""
    for key, row in _raw(path):
        if isinstance(row, str):
            yield str(key), {"text": row}
        elif isinstance(row, Mapping):
            name = next((field for field in ID_FIELDS if field in row), None)
            if key is None and name is not None:
                found = str(row[name])
                key = PurePath(found).stem if name in ("video", "media") else found
            yield str(key), row


def _raw(path: Path) -> Iterator[tuple[str | None, Any]]:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        from pyarrow import parquet

        for row in parquet.read_table(path).to_pylist():
            yield None, row
    elif suffix in (".csv", ".tsv"):
        csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t" if suffix == ".tsv" else ","):
                yield None, row
    elif suffix == ".json":
        data = json.loads(path.read_text(encoding="utf-8-sig"))
        if isinstance(data, list):
            yield from ((None, row) for row in data)
        elif "media" in data and "cues" in data:
            yield None, data
        else:
            yield from data.items()
    else:
        with path.open(encoding="utf-8-sig") as file:
            yield from ((None, json.loads(line)) for line in file if line.strip())
