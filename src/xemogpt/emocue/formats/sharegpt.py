"""Conversations about clips: ShareGPT as R1-Omni and EmoBench-M write it, LLaMA-Factory, ms-swift.

The first question and answer make the record; system message and further turns are kept as
labels, so that they are written again.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from xemogpt.emocue.formats.base import BadField
from xemogpt.emocue.formats.media import AUDIO_SUFFIXES, IMAGE_SUFFIXES, name_id
from xemogpt.emocue.formats.rowformat import RowFormat
from xemogpt.emocue.formats.rows import Row, first_entry, json_entries, json_line, lines
from xemogpt.emocue.formats.turns import Turn, as_messages, as_turns, question_of
from xemogpt.emocue.records import EmoCueRecord, Label
from xemogpt.files import atomic_write

KINDS = ("video", "audio", "image")
FILE_LABELS = {kind: f"{kind}-file" for kind in KINDS}
"""Kind -> label with the path as the file gives it."""
_PLACEHOLDER = re.compile(r"<(video|audio|image)>\n?")


class ShareGPT(RowFormat):
    """``[{"video": "x.mp4", "conversations": [{"from": "human", ...}, {"from": "gpt", ...}]}]``.

    Every layout reads every other; they differ in what they write.
    """

    name = "sharegpt"
    turns_field = "conversations"

    def detect(self, path: Path) -> bool:
        """See ``Format``."""
        row = _first(path)
        has_lists = any(isinstance(row.get(f"{kind}s"), list) for kind in KINDS)
        return "conversations" in row and not has_lists

    def rows(self, path: Path) -> Iterator[Row]:
        """See ``RowFormat``: a JSON list, or one object a line."""
        if path.suffix.lower() in (".jsonl", ".ndjson"):
            for number, line in lines(path):
                yield number, _object(json_line(line))
        else:
            for number, key, value in json_entries(path):
                listed = key is None
                yield number, _object(value if listed else BadField("row", "expected a list"))

    def record(self, row: Any) -> EmoCueRecord:
        """See ``RowFormat``."""
        files = [(kind, name) for kind in KINDS for name in _files(row, kind)]
        turns = as_turns(row)
        _check_placeholders(turns, files)
        given = row.get("id")
        name = files[0][1] if files else None
        if isinstance(given, bool) or not isinstance(given, str | int | None):
            raise BadField("id", f"expected a name, got {given!r:.60}")
        if given in (None, "") and name is None:
            raise BadField("id", "is missing, and so is a video, audio or image to name it by")
        labels = [(FILE_LABELS[kind], path) for kind, path in files]
        answer = None
        for turn in turns:
            text = _PLACEHOLDER.sub("", turn.text).strip()
            if turn.role == "assistant" and answer is None:
                answer = text
            else:
                labels.append(
                    ({"user": "question", "assistant": "answer"}.get(turn.role, "system"), text)
                )
        return EmoCueRecord(
            id=str(given) if given not in (None, "") else name_id(name or ""),
            labels=tuple(Label(name=k, value=v, source="annotated") for k, v in labels),
            explanation=answer,
        )

    def again(self, known: EmoCueRecord, record: EmoCueRecord, num: int) -> EmoCueRecord | None:
        """Another question about the same clip is a record of its own; the same one is refused."""
        if known.model_copy(update={"id": record.id}) == record:
            return None
        return record.model_copy(update={"id": f"{record.id}~{num}"})

    def row(self, record: EmoCueRecord) -> dict[str, Any] | None:
        """See ``RowFormat``: the explanation answers what the prompts of xemogpt ask."""
        if not record.explanation:
            return None
        files = _files_of(record)
        kinds = [kind for kind, _ in files]
        turns = [Turn("system", label.value) for label in record.labels if label.name == "system"][
            :1
        ]
        asked = [Turn("user" if label.name == "question" else "assistant", label.value)
                 for label in record.labels if label.name in ("question", "answer")]  # fmt: skip
        turns = turns or ([] if asked else [Turn("system", question_of(record, kinds)[0])])
        first = asked[0] if asked else Turn("user", question_of(record, kinds)[1])
        marks = "".join(f"<{kind}>\n" for kind in kinds)
        turns += [first._replace(text=marks + first.text), Turn("assistant", record.explanation)]
        row = {"id": record.id, **self._media(files)}
        return {**row, **as_messages([*turns, *asked[1:]], self.turns_field)}

    def write_rows(self, rows: Iterable[Any], out: Path) -> tuple[Path, ...]:
        """See ``RowFormat``: a list, one object a line; JSON lines if ``out`` says so."""
        is_lines = out.suffix.lower() in (".jsonl", ".ndjson")
        with atomic_write(out) as file:
            mark = "" if is_lines else "[\n"
            for row in rows:
                file.write(mark + json.dumps(row, ensure_ascii=False))
                mark = "\n" if is_lines else ",\n"
            file.write("\n" if is_lines else "\n]\n")
        return (out,)

    def media_name(self, row: Any, record: EmoCueRecord) -> str:
        """See ``RowFormat``."""
        return next((name for kind in KINDS for name in _files(row, kind)), record.id)

    def _media(self, files: list[tuple[str, str]]) -> dict[str, Any]:
        names = {kind: [name for found, name in files if found == kind] for kind in KINDS}
        return {kind: v[0] if len(v) == 1 else v for kind, v in names.items() if v}


class LlamaFactory(ShareGPT):
    """The same with lists of media, and the ``dataset_info.json`` that LLaMA-Factory looks for."""

    name = "llama-factory"

    def detect(self, path: Path) -> bool:
        """See ``Format``."""
        row = _first(path)
        has_lists = any(isinstance(row.get(f"{kind}s"), list) for kind in KINDS)
        return "conversations" in row and has_lists

    def write_rows(self, rows: Iterable[Any], out: Path) -> tuple[Path, ...]:
        """See ``RowFormat``."""
        used: set[str] = set()
        paths = super().write_rows(_watched(rows, used), out)
        optional = ("system", *(f"{kind}s" for kind in KINDS))
        # A column that no row has would stop the trainer.
        columns = {"messages": self.turns_field} | {x: x for x in optional if x in used}
        info = out.parent / "dataset_info.json"
        entry = {"file_name": out.name, "formatting": "sharegpt", "columns": columns}
        known = json_object(info) if info.exists() else {}
        with atomic_write(info) as file:
            file.write(json.dumps({**known, out.stem: entry}, ensure_ascii=False, indent=2) + "\n")
        return (*paths, info)

    def _media(self, files: list[tuple[str, str]]) -> dict[str, Any]:
        names = {kind: [name for found, name in files if found == kind] for kind in KINDS}
        return {f"{kind}s": found for kind, found in names.items() if found}


class MsSwift(LlamaFactory):
    """``{"messages": [{"role", "content"}], "videos": [...]}``, one a line, for ms-swift."""

    name = "ms-swift"
    turns_field = "messages"

    def detect(self, path: Path) -> bool:
        """See ``Format``."""
        return "messages" in _first(path)

    def write_rows(self, rows: Iterable[Any], out: Path) -> tuple[Path, ...]:
        """See ``RowFormat``."""
        return ShareGPT.write_rows(self, rows, out)


def json_object(path: Path) -> dict[str, Any]:
    """A file that holds one object; other entries of it are kept when ours is added."""
    return {key: value for _, key, value in json_entries(path) if key is not None}


def _watched(rows: Iterable[Any], used: set[str]) -> Iterator[Any]:
    for row in rows:
        used.update(row)
        yield row


def _first(path: Path) -> dict[str, Any]:
    if path.suffix.lower() in (".jsonl", ".ndjson") and path.is_file():
        value = json_line(next(lines(path), (0, "null"))[1])
    else:
        key, value = first_entry(path)
        value = None if key is not None else value
    return value if isinstance(value, dict) else {}


def _object(value: Any) -> Any:
    if isinstance(value, BadField | dict):
        return value
    return BadField("row", f"expected an object, got {json.dumps(value, ensure_ascii=False):.60}")


def _files(row: dict[str, Any], kind: str) -> list[str]:
    """Media of one kind, under its singular or plural name, as a text or a list."""
    found: list[str] = []
    for field in (kind, f"{kind}s"):
        value = row.get(field)
        names = value if isinstance(value, list) else [] if value is None else [value]
        if not all(isinstance(name, str) and name for name in names):
            raise BadField(field, f"expected paths, got {json.dumps(value):.60}")
        found += names
    return found


def _check_placeholders(turns: list[Turn], files: list[tuple[str, str]]) -> None:
    said = [kind for turn in turns for kind in _PLACEHOLDER.findall(turn.text)]
    for kind in KINDS:
        num_marks, num_files = said.count(kind), sum(found == kind for found, _ in files)
        # Without any placeholder the medium goes first, as trainers do it.
        if num_marks and num_marks != num_files:
            raise BadField(kind, f"{num_marks} <{kind}> in the turns, but {num_files} of its files")


def _files_of(record: EmoCueRecord) -> list[tuple[str, str]]:
    """Kind and path of what a record is about: its media, and files that it was imported with."""
    kinds = {label: kind for kind, label in FILE_LABELS.items()}
    labelled = [(kinds[x.name], x.value) for x in record.labels if x.name in kinds]
    if record.media is None:
        return labelled
    suffix = Path(record.media).suffix.lower()
    kind = "audio" if suffix in AUDIO_SUFFIXES else "image" if suffix in IMAGE_SUFFIXES else "video"
    # The media of the corpus stands for the first file, which is where it came from.
    return [(kind, record.media), *labelled[1:]]
