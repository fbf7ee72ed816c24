"""A build of text files with small real steps, to see what engines do to it."""

import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from xemogpt.emocue.pipeline.job import Job
from xemogpt.emocue.pipeline.parts import Parts, Records
from xemogpt.emocue.records import EmoCueRecord, Split
from xemogpt.emocue.settings import BuildSettings
from xemogpt.emocue.steps.base import StepFunction, Tools
from xemogpt.errors import AnnotatorError, MediaError, WeightsError
from xemogpt.files import sha256_of
from xemogpt.metrics.extraction.endpoint import EndpointDown
from xemogpt.schema import CueSet

CLIPS = {
    "a/one": "the first", "b/two": "the second", "z": "last", "c": "x", "twin": "the first",
    "bad": "unreadable: no such stream",
}  # fmt: skip


def discover(clips: Path) -> Iterator[Job]:
    for path in sorted(clips.rglob("*.txt")):
        found = path.stat()
        relative = path.relative_to(clips).as_posix()
        yield Job(
            id=relative.removesuffix(".txt"), source=str(path), relative=relative,
            size=found.st_size, mtime_ns=found.st_mtime_ns,
        )  # fmt: skip


def read_labels(path: Path) -> dict[str, str]:
    return {name: json.dumps(row) for name, row in json.loads(path.read_text()).items()}


def first_record(job: Job, settings: BuildSettings) -> EmoCueRecord:
    row = json.loads(job.label or "{}")
    return EmoCueRecord(id=job.id, media=f"media/{job.relative}", subject=row.get("subject"))


def read(record: EmoCueRecord, tools: Tools) -> EmoCueRecord:
    path = record.media_path(tools.folder)
    return record.model_copy(
        update={"media_sha256": sha256_of(path), "explanation": path.read_text(encoding="utf-8")}
    )


def obey(record: EmoCueRecord, tools: Tools) -> EmoCueRecord:
    """Do what the file says: words before a colon are orders."""
    order, _, argument = (record.explanation or "").partition(":")
    if order == "unreadable":
        raise MediaError(f"{record.media_path(tools.folder)}:{argument}")
    if order == "refuse":
        raise AnnotatorError(argument)
    if order == "down":
        raise EndpointDown(argument)
    if order == "weights":
        raise WeightsError(argument)
    if order == "bug":
        raise ZeroDivisionError(argument)
    if order == "die" or (order == "die-once" and _first_time(argument)):
        os.kill(os.getpid(), signal.SIGKILL)
    if order == "sleep":
        time.sleep(float(argument))
    if order == "ask":
        argument = tools.annotators[0].ask(argument)  # type: ignore[attr-defined]
    return record.model_copy(update={"cues": CueSet(visual=[argument or "text"])})


def _first_time(argument: str) -> bool:
    try:
        Path(argument).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def clip_steps() -> dict[str, StepFunction]:
    return {"read": read, "obey": obey}


def reasons_to_drop(record: EmoCueRecord, settings: BuildSettings) -> tuple[str, ...]:
    return ("short: one letter",) if len(record.explanation or "") < 2 else ()


def find_duplicates(records: Records, folder: Path) -> dict[str, str]:
    kept: dict[str | None, str] = {}
    found = {}
    for record in records:
        first = kept.setdefault(record.media_sha256, record.id)
        if first != record.id:
            found[record.id] = first
    return found


def assign_splits(records: Records, settings: BuildSettings) -> Mapping[str, Split]:
    return {record.id: "train" if record.id < "m" else "test" for record in records}


def write_tables(folder: Path, records: object) -> None:
    (folder / "README.md").write_text("a card\n", encoding="utf-8")


class Asked:
    """Counts tokens as annotators behind endpoints do."""

    usage = (0, 0)

    def ask(self, question: str) -> str:
        self.usage = (self.usage[0] + len(question.split()), self.usage[1] + 1)
        return question.upper()


def open_annotators(settings: BuildSettings) -> tuple[Any, ...]:
    return (Asked(),)


def versions(settings: BuildSettings) -> dict[str, str]:
    return {"cheap": "1"}


def do_nothing() -> None:
    pass


def tokens_of(annotator: Any) -> tuple[int, int]:
    return annotator.usage


PARTS = Parts(
    discover=discover,
    read_labels=read_labels,
    first_record=first_record,
    clip_steps=clip_steps,
    open_annotators=open_annotators,
    reasons_to_drop=reasons_to_drop,
    find_duplicates=find_duplicates,
    assign_splits=assign_splits,
    write_tables=write_tables,
    versions=versions,
    prepare=do_nothing,
    tokens_of=tokens_of,
)


def write_clips(folder: Path, texts: Mapping[str, str]) -> Path:
    for name, text in texts.items():
        path = folder / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def contents(folder: Path) -> dict[str, str]:
    """Hash of everything that should not differ from build to build."""
    apart = ("steps.jsonl", "build.sqlite", "build.sqlite-wal", "build.sqlite-shm", ".build.lock")
    return {
        path.relative_to(folder).as_posix(): sha256_of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in apart
    }
