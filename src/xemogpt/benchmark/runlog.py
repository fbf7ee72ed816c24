"""The log of one run: every answer of one system on one task, and what is needed to repeat it.

A run folder holds ``run.json`` (a ``RunLog``) once the run is complete, and ``answers.jsonl``,
to which each answer is added as it comes.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from xemogpt.errors import DatasetError
from xemogpt.files import atomic_write
from xemogpt.schema import CueSet, Record

RUN = "run.json"
ANSWERS = "answers.jsonl"
VERSION: Literal[1] = 1
Setting = str | int | float | bool | None


@dataclass(frozen=True)
class Sample:
    """What a system is shown of one clip: never its reference."""

    id: str
    media: Path | None
    """None where only words are shown."""
    subtitle: str | None = None
    """What is said; None if nobody knows."""


class Answer(Record):
    """What a system said of one sample."""

    id: str
    text: str
    """The explanation in words; empty if the system gave cues only, or nothing."""
    cues: CueSet | None = None
    """The cues that it stated; none if they are to be extracted from the text."""
    emotions: tuple[str, ...] = ()
    """Expressed emotions, the main one first."""
    seconds: float = Field(default=0.0, ge=0)
    """Wall time it took."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was said."""
        return not self.text.strip() and not self.cues and not self.emotions


class RunFailure(Record):
    """A sample without an answer, and why."""

    id: str
    error: str


class RunLog(Record):
    """One complete run. Of two runs of the same, only the fields about time differ."""

    version: Literal[1] = VERSION
    task: str
    task_sha256: str
    """Of all records of the task."""
    model: str
    """As it was named on the command line."""
    condition: str = "full"
    """What was done to the media before the system saw them."""
    settings: dict[str, Setting] = Field(default={})
    """Of the system and the run: batch size, limit, decoding."""
    weights: dict[str, str] = Field(default={})
    """Name -> SHA-256 of the files that answered."""
    seed: int = 0
    versions: dict[str, str] = Field(default={})
    """Package -> version."""
    swapped: dict[str, str] = Field(default={})
    """Condition ``swapped-video``: sample -> the sample whose pictures were shown instead."""
    answers: tuple[Answer, ...] = ()
    """In the order of the task."""
    failures: tuple[RunFailure, ...] = ()
    """In the order of the task."""
    answers_sha256: str
    """Of answers and failures without their times: equal for equal results."""
    started_at: str
    """UTC, ISO 8601: when the last part of the run was started."""
    seconds: float
    """Sum over the answers."""

    @property
    def num_empty(self) -> int:
        """How many answers say nothing."""
        return sum(answer.is_empty for answer in self.answers)


def answers_hash(answers: Sequence[Answer], failures: Sequence[RunFailure]) -> str:
    """SHA-256 of the results without their times."""
    digest = hashlib.sha256()
    for item in (*answers, *failures):
        line = item.model_dump(mode="json", exclude={"seconds"})
        digest.update(json.dumps(line, sort_keys=True, ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


def write_runlog(run: RunLog, folder: str | Path) -> Path:
    """Write ``run.json`` into a run folder, whole or not at all."""
    path = Path(folder) / RUN
    with atomic_write(path) as file:
        file.write(run.model_dump_json(indent=1) + "\n")
    return path


def read_runlog(path: str | Path) -> RunLog:
    """The log of a run folder, or of a ``run.json``.

    Raises:
        DatasetError: if there is none, it is of another version, or it is damaged.
    """
    path = Path(path)
    if path.is_dir():
        if not (path / RUN).exists() and (path / ANSWERS).exists():
            raise DatasetError(
                f"{path} holds a run that is not complete; repeat its bench run to go on with it"
            )
        path = path / RUN
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(
            f"cannot read {path}: {error.strerror}; expected a folder made by bench run"
        ) from error
    except ValueError as error:
        raise DatasetError(f"{path} is damaged: {error}; repeat its bench run") from error
    version = data.get("version") if isinstance(data, dict) else None
    if version != VERSION:
        stated = "states no version" if version is None else f"is of version {version!r}"
        raise DatasetError(
            f"{path} {stated}; this xemogpt reads run logs of version {VERSION}: read it with the"
            " xemogpt that wrote it, or repeat the run"
        )
    try:
        run = RunLog.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise DatasetError(f"{path}, field {field!r}: {first['msg']}") from error
    if run.answers_sha256 != answers_hash(run.answers, run.failures):
        raise DatasetError(
            f"{path} was changed after the run: its answers do not have the hash it states"
        )
    return run
