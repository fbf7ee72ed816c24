"""The record of an EmoCue corpus: one clip, its cues with times, and where each thing comes from.

A corpus is a folder: ``records.jsonl`` (one record a line, in the order of the corpus) and the
media its records name by paths relative to the folder.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import Field, ValidationError, field_validator

from xemogpt.errors import DatasetError
from xemogpt.files import atomic_write
from xemogpt.schema import CueSet, Record, Transcript

RECORDS = "records.jsonl"
Split = Literal["train", "validation", "test"]


class Label(Record):
    """Something said of the whole clip, such as an emotion word, and who said it."""

    name: str
    """What is labelled: ``emotion``, ``sentiment``, ``intensity``."""
    value: str
    source: str
    """``annotated``, ``asked`` (by the script of a generated clip), or a model's name."""


class Step(Record):
    """One step that made or changed the record."""

    tool: str
    version: str
    model: str | None = None
    """Weights or endpoint that took part, if any."""
    prompt_sha256: str | None = None
    finished_at: str | None = None
    """UTC, ISO 8601; none where records must be equal byte for byte from run to run."""


class EmoCueRecord(Record):
    """One clip of a corpus. All times are in seconds from the start of the media."""

    id: str = Field(min_length=1, max_length=200)
    media: str | None = None
    """Path relative to the folder of the corpus, with forward slashes; none for words alone."""
    media_sha256: str | None = None
    duration_s: float | None = Field(default=None, gt=0)
    subject: str | None = None
    """Who is seen or heard; splits keep subjects apart."""
    transcript: Transcript | None = None
    labels: tuple[Label, ...] = ()
    cues: CueSet = CueSet()
    """The reference cues: what a perfect answer states."""
    asked: CueSet | None = None
    """Generated clips: the cues of the script."""
    measured: CueSet | None = None
    """What the detectors find in the media."""
    descriptions: dict[str, str] = Field(default={})
    """Modality -> a description from that modality alone."""
    explanation: str | None = None
    emotions: tuple[str, ...] = ()
    """Open-vocabulary expressed emotions, the main one first."""
    is_exact: bool = False
    """Whether the cues are known by construction: a kind neither asked nor measured is absent."""
    scenario: str | None = None
    """Group of a benchmark: ``clear``, ``hard``, ``temporal``, ``incongruent``, or a user's own."""
    tags: tuple[str, ...] = ()
    """Finer conditions, such as ``dark``, ``masked``, ``rise-then-fall``."""
    quality: dict[str, float] = Field(default={})
    """Score -> value; the scores are listed in ``docs/emocue.md``."""
    flags: tuple[str, ...] = ()
    """What a reader must know, each "code: sentence"."""
    steps: tuple[Step, ...] = ()
    licence: str | None = None
    split: Split | None = None
    is_generated: bool = False
    """Rendered and synthesised rather than recorded."""

    @field_validator("media")
    @classmethod
    def _stays_inside(cls, media: str | None) -> str | None:
        if media is None:
            return None
        path = PurePosixPath(media)
        if not media or path.is_absolute() or ".." in path.parts or "\\" in media:
            raise ValueError(f"should be a path inside the corpus folder, got {media!r}")
        return media

    def media_path(self, folder: Path) -> Path:
        """Where the media is, in a corpus folder.

        Raises:
            DatasetError: if the record has none.
        """
        if self.media is None:
            raise DatasetError(f"record {self.id!r} has no media; expected a clip to look at")
        return folder / self.media

    def label(self, name: str) -> str | None:
        """The value of the first label of that name."""
        return next((label.value for label in self.labels if label.name == name), None)

    def to_json(self) -> str:
        """One line; equal records give equal bytes."""
        return json.dumps(
            self.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False, sort_keys=True
        )


def read_records(folder: str | Path) -> list[EmoCueRecord]:
    """The records of a corpus folder (or of a ``.jsonl`` file), ids unique.

    Raises:
        DatasetError: naming file, line and field, if one cannot be read.
    """
    path = Path(folder)
    path = path / RECORDS if path.is_dir() else path
    records: dict[str, int] = {}
    found = []
    for number, record in _lines(path):
        if record.id in records:
            first = records[record.id]
            raise DatasetError(f"{path}, line {number}: id {record.id!r} was given in line {first}")
        records[record.id] = number
        found.append(record)
    if not found:
        raise DatasetError(f"{path} holds no records")
    return found


def write_records(folder: str | Path, records: Iterable[EmoCueRecord]) -> Path:
    """Write ``records.jsonl`` whole, or not at all."""
    path = Path(folder) / RECORDS
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as file:
        for record in records:
            file.write(record.to_json() + "\n")
    return path


def _lines(path: Path) -> Iterator[tuple[int, EmoCueRecord]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, parse_record(line, f"{path}, line {number}")
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is not UTF-8 text (byte {error.start})") from error


def parse_record(line: str, place: str) -> EmoCueRecord:
    """The record of a line.

    Raises:
        DatasetError: naming the place and the field.
    """
    try:
        return EmoCueRecord.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "record"
        raise DatasetError(f"{place}, field {field!r}: {first['msg']}") from error
