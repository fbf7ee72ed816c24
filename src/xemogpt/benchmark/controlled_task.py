"""The controlled tasks: clips drawn from a fixed seed, checked against hashes.

The same records come out everywhere. Encoded media may differ in bytes from one version of the
encoder to another, and measurements with them; then a warning says so.
"""

import hashlib
import json
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

from xemogpt.benchmark.tasks import Task, records_task
from xemogpt.emocue.records import RECORDS, EmoCueRecord
from xemogpt.errors import DatasetError, UnknownNameError
from xemogpt.files import atomic_write
from xemogpt.weights.cache import cache_dir as user_cache_dir

SEED = 400
NUM = 400
MANIFEST = "controlled_400.json"
"""Package data: what ``manifest_of`` gives for the benchmark's own 400 clips."""
_REBUILD = "delete the folder to generate it again"


def controlled_task(name: str, cache_dir: Path | None) -> Task:
    """``controlled-400`` or ``controlled:N``, from the cache.

    Raises:
        UnknownNameError: if the name is of another form.
        DatasetError: if it is not there, or the records are not those published.
    """
    num = _num_clips(name)
    root = (cache_dir or user_cache_dir()) / "tasks"
    folder = root / f"controlled-{num}-seed{SEED}"
    if not (folder / RECORDS).is_file():
        raise DatasetError(
            f"{name} is not in {folder}, and this version cannot generate it yet: its voices are"
            " missing; run expert:DIR or a folder of records instead"
        )
    found = records_task(folder)
    warnings = _check(found.records, folder) if num == NUM else ()
    return Task(name, folder, found.records, warnings)


def _num_clips(name: str) -> int:
    text = name.removeprefix("controlled")[1:]
    num = int(text) if text.isascii() and text.isdigit() else 0
    if num < 4 or num % 4 or (name[len("controlled")] == "-" and num != NUM):
        raise UnknownNameError(
            f"no task {name!r}; expected controlled-400, or controlled:N with N a multiple of 4"
        )
    return num


def manifest_of(records: tuple[EmoCueRecord, ...]) -> dict[str, Any]:
    """What identifies a generated task: its truth, and its media by hash."""
    return {
        "seed": SEED,
        "num": len(records),
        "truth_sha256": truth_hash(records),
        "media_sha256": {record.id: record.media_sha256 for record in records},
        "encoder": encoder_version(),
    }


def write_manifest(records: tuple[EmoCueRecord, ...], path: Path) -> None:
    """Write the manifest of the published task; for those who publish it."""
    with atomic_write(path) as file:
        json.dump(manifest_of(records), file, indent=1)
        file.write("\n")


def truth_hash(records: tuple[EmoCueRecord, ...]) -> str:
    """SHA-256 over what does not depend on the encoder: scripts, words and what was asked."""
    digest = hashlib.sha256()
    for record in records:
        kept = record.model_dump(
            mode="json",
            include={"id", "subject", "transcript", "labels", "asked", "emotions", "scenario",
                     "tags", "split"},
        )  # fmt: skip
        digest.update(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


def encoder_version() -> str:
    """What encodes the media."""
    return f"av {version('av')}"


def _check(records: tuple[EmoCueRecord, ...], folder: Path) -> tuple[str, ...]:
    """Compare with the published manifest, if this package holds one.

    Returns:
        Warnings about differing media.
    """
    file = resources.files("xemogpt.benchmark") / MANIFEST
    if not file.is_file():
        return ("no-manifest: this version publishes no hashes of controlled-400 to check against",)
    published = json.loads(file.read_text(encoding="utf-8"))
    if published["truth_sha256"] != truth_hash(records):
        raise DatasetError(
            f"the records in {folder} are not those published as controlled-400: they were"
            f" changed, or another xemogpt made them; {_REBUILD}"
        )
    hashes = published["media_sha256"]
    changed = [record.id for record in records if hashes.get(record.id) != record.media_sha256]
    if not changed:
        return ()
    here = encoder_version()
    reason = (
        f"encoded by {here}, published with {published['encoder']}"
        if here != published["encoder"]
        else "perhaps by another build of the encoder or on another processor"
    )
    return (
        f"other-media: {len(changed)} of {len(records)} clips differ in bytes from those published"
        f" ({reason}); state this with the scores",
    )
