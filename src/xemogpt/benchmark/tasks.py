"""Tasks of EmoCue-Eval: records with references, and the media that a system is shown.

``controlled-400`` and ``controlled:N`` lie in the cache; ``expert:DIR`` is a folder in the
published cue layout; any other name is a folder of EmoCue records.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from xemogpt.benchmark.making.tables import refuse
from xemogpt.benchmark.runlog import Sample
from xemogpt.emocue.records import RECORDS, EmoCueRecord, read_records
from xemogpt.errors import DatasetError, UnknownNameError
from xemogpt.files import sha256_of

NAMES = "controlled-400, controlled:N, expert:DIR, or a folder of records"


@dataclass(frozen=True)
class Task:
    """What is asked, and what a perfect answer would state."""

    name: str
    folder: Path
    records: tuple[EmoCueRecord, ...]
    warnings: tuple[str, ...] = ()

    def media(self, record: EmoCueRecord) -> Path:
        """Where the media of a record are."""
        return record.media_path(self.folder)

    def sample(self, record: EmoCueRecord) -> Sample:
        """What a system is shown."""
        words = record.transcript.text if record.transcript else None
        return Sample(record.id, self.media(record), words)

    @property
    def sha256(self) -> str:
        """Of the records, in order."""
        digest = hashlib.sha256()
        for record in self.records:
            digest.update(record.to_json().encode() + b"\n")
        return digest.hexdigest()


def load_task(
    name_or_folder: str | Path,
    cache_dir: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Task:
    """Load a task by name or folder, and check it.

    Args:
        name_or_folder: ``controlled-400``, ``controlled:N`` (the first N of them),
            ``expert:DIR``, or a folder that holds ``records.jsonl`` or ``cues.json``.
        cache_dir: where generated clips are kept; the user's cache by default.
        progress: called while clips are generated.

    Raises:
        DatasetError: listing all that is wrong with a folder.
        UnknownNameError: if there is no such task.
    """
    from xemogpt.benchmark.controlled_task import controlled_task
    from xemogpt.benchmark.expert import CUES, read_expert

    name = str(name_or_folder)
    if name.startswith("controlled-") or name.startswith("controlled:"):
        return controlled_task(name, cache_dir, progress)
    if name.startswith("expert:"):
        folder = Path(name.removeprefix("expert:"))
        return Task(f"expert:{folder.name}", folder, read_expert(folder))
    folder = Path(name_or_folder)
    if (folder / RECORDS).is_file():
        return records_task(folder)
    if (folder / CUES).is_file():
        return Task(folder.name, folder, read_expert(folder))
    if folder.is_dir():
        raise DatasetError(f"{folder} is no task; expected {RECORDS} or {CUES} in it")
    raise UnknownNameError(f"no task {name!r}; expected {NAMES}")


def records_task(folder: Path) -> Task:
    """A folder of EmoCue records whose media are there and unchanged.

    Raises:
        DatasetError: listing media that are missing or were changed.
    """
    task = Task(folder.resolve().name, folder, tuple(read_records(folder)))
    problems = []
    for record in task.records:
        path = task.media(record)
        if not path.is_file():
            problems.append(f"{record.id}: {path} is missing")
        elif record.media_sha256 and sha256_of(path) != record.media_sha256:
            problems.append(f"{record.id}: {path} is not the file recorded (its hash changed)")
    refuse(problems, f"the media of {folder}")
    return task
