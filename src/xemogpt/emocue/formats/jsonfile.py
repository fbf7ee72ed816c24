"""JSON files that map the names of clips to objects, and the EmoCue layout of cues."""

import json
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from xemogpt.emocue.formats.base import BadField
from xemogpt.emocue.formats.rowformat import RowFormat, row_id
from xemogpt.emocue.formats.rows import Row, first_entry, json_entries
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.files import atomic_write
from xemogpt.schema import MODALITIES, Cue, CueSet


class JsonMapFormat(RowFormat):
    """``{name: {...}}``; the name stands under ``name`` in a row."""

    keys: frozenset[str]
    """Keys of which an object has at least one."""

    def detect(self, path: Path) -> bool:
        """See ``Format``."""
        key, value = first_entry(path)
        return key is not None and isinstance(value, dict) and bool(self.keys & set(value))

    def rows(self, path: Path) -> Iterator[Row]:
        """See ``RowFormat``."""
        seen: dict[str, int] = {}
        for line, key, value in json_entries(path):
            if key is None or not isinstance(value, dict):
                yield line, BadField("row", 'expected "name": {...}, got something else')
            elif key in seen:
                yield line, BadField("name", f"{key!r} was given in line {seen[key]}")
            else:
                seen[key] = line
                yield line, {**value, "name": key}

    @abstractmethod
    def row(self, record: EmoCueRecord) -> dict[str, Any] | None:
        """See ``RowFormat``."""

    def write_rows(self, rows: Iterable[Any], out: Path) -> tuple[Path, ...]:
        """See ``RowFormat``: one clip a line."""
        with atomic_write(out) as file:
            file.write("{")
            mark = "\n"
            for row in rows:
                value = {key: row[key] for key in row if key != "name"}
                name = json.dumps(row["name"], ensure_ascii=False)
                file.write(f"{mark}{name}: {json.dumps(value, ensure_ascii=False)}")
                mark = ",\n"
            file.write("\n}\n")
        return (out,)

    def media_name(self, row: Any, record: EmoCueRecord) -> str:
        """See ``RowFormat``."""
        return str(row["name"])


class EmoCueCues(JsonMapFormat):
    """``{name: {"visual": [...], "auditory": [...], "emotional": [...]}}``, input of EmoCue-360.

    The layout has no place for what is said: cues about the words are among the auditory ones,
    and stay there. A cue is a text; an object with ``text`` is read too.
    """

    name = "emocue-cues"
    keys = frozenset(MODALITIES)

    def record(self, row: Any) -> EmoCueRecord:
        """See ``RowFormat``."""
        unknown = sorted(set(row) - {"name", *MODALITIES})
        if unknown:
            raise BadField(unknown[0], f"expected {', '.join(MODALITIES)}")
        cues = {modality: _cues(row, modality) for modality in MODALITIES}
        return EmoCueRecord(id=row_id(row, "name"), cues=CueSet(**cues))

    def row(self, record: EmoCueRecord) -> dict[str, Any]:
        """See ``RowFormat``."""
        row: dict[str, Any] = {"name": record.id}
        for modality in MODALITIES:
            row[modality] = [cue.text for cue in record.cues.of(modality)]
        return row


def _cues(row: Mapping[str, Any], field: str) -> list[Cue]:
    value = row.get(field)
    if not isinstance(value, list | None):
        raise BadField(field, f"expected a list of cues, got {json.dumps(value):.60}")
    found = []
    for index, cue in enumerate(value or []):
        text = cue.get("text") if isinstance(cue, dict) else cue
        if not isinstance(text, str) or not text.strip():
            raise BadField(f"{field}[{index}]", f"expected a cue in words, got {cue!r:.60}")
        given = cue if isinstance(cue, dict) else {"text": text.strip()}
        try:
            found.append(Cue.model_validate({"source": "annotated", **given}))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = ".".join(str(part) for part in (f"{field}[{index}]", *first["loc"]))
            raise BadField(name, first["msg"]) from error
    return found
