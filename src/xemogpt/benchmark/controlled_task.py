"""The controlled tasks: clips of fixed scripts, checked against published hashes.

The scripts are those that the manifest names. The same truth comes out everywhere; encoded media
may differ in bytes from one build of the encoder to another, and measurements with them: then a
warning says so.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
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
Progress = Callable[[int, int], None]
_REBUILD = "delete the folder to generate it again"


def controlled_task(
    name: str, cache_dir: Path | None, progress: Progress = lambda done, total: None
) -> Task:
    """``controlled-400`` or ``controlled:N``, from the cache; generated if it is not there.

    Raises:
        UnknownNameError: if the name is of another form.
        DatasetError: if a clip cannot be made, or the records are not those published.
        WeightsError: if head or voices are not there.
    """
    num = _num_clips(name)
    published = read_manifest()
    root = (cache_dir or user_cache_dir()) / "tasks"
    # Another version may publish other clips: they must not meet in one folder.
    folder = root / f"controlled-{num}-{published['truth_sha256'][:12]}"
    if not (folder / RECORDS).is_file():
        _generate(_ids(published, num), folder, progress)
    found = records_task(folder)
    return Task(name, folder, found.records, check_published(found.records, folder, published))


def manifest_of(records: Sequence[EmoCueRecord]) -> dict[str, Any]:
    """What identifies a generated task: its truth, clip by clip, and its media."""
    return {
        "seed": SEED,
        "num": len(records),
        "truth_sha256": truth_hash(records),
        "encoder": encoder_version(),
        "clips": {record.id: [truth_hash([record]), record.media_sha256] for record in records},
    }


def write_manifest(records: Sequence[EmoCueRecord], path: Path) -> None:
    """Write the manifest of the published task; for those who publish it."""
    with atomic_write(path) as file:
        json.dump(manifest_of(records), file, indent=1)
        file.write("\n")


def read_manifest() -> dict[str, Any]:
    """The published manifest."""
    text = (resources.files("xemogpt.benchmark") / MANIFEST).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def truth_hash(records: Sequence[EmoCueRecord]) -> str:
    """SHA-256 over what is true by construction: who says what, and what was asked, without times.

    Times come from synthesised speech, whose last digits may differ between processors.
    """
    digest = hashlib.sha256()
    for record in records:
        kept = record.model_dump(
            mode="json",
            include={"id", "subject", "labels", "emotions", "scenario", "tags", "split"},
        )
        kept["words"] = record.transcript.text if record.transcript else None
        asked = record.asked.items() if record.asked else ()
        kept["asked"] = [[modality, cue.kind, cue.text] for modality, cue in asked]
        digest.update(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


def encoder_version() -> str:
    """What encodes the media."""
    return f"av {version('av')}"


def check_published(
    records: Sequence[EmoCueRecord], folder: Path, published: dict[str, Any]
) -> tuple[str, ...]:
    """Compare records with those published.

    Returns:
        Warnings about differing media.

    Raises:
        DatasetError: if what is true of a clip is not what was published.
    """
    clips = published["clips"]
    others = [r.id for r in records if clips.get(r.id, [None])[0] != truth_hash([r])]
    if others:
        raise DatasetError(
            f"{len(others)} of {len(records)} records in {folder} are not those published, the"
            f" first {others[0]}: they were changed, or another xemogpt made them; {_REBUILD}"
        )
    changed = [record.id for record in records if clips[record.id][1] != record.media_sha256]
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


def _num_clips(name: str) -> int:
    text = name.removeprefix("controlled")[1:]
    num = int(text) if text.isascii() and text.isdigit() else 0
    if not 4 <= num <= NUM or num % 4 or (name[len("controlled")] == "-" and num != NUM):
        raise UnknownNameError(
            f"no task {name!r}; expected controlled-400, or controlled:N for the first N of them,"
            f" N a multiple of 4 and at most {NUM}"
        )
    return num


def _ids(published: dict[str, Any], num: int) -> list[str]:
    """As many clips of each scenario, the first of each."""
    by_scenario: dict[str, list[str]] = {}
    for name in published["clips"]:
        by_scenario.setdefault(name.split("-")[2], []).append(name)
    each = num // len(by_scenario)
    return [name for names in by_scenario.values() for name in names[:each]]


def _generate(names: list[str], folder: Path, progress: Progress) -> None:
    # The generator needs the pulled head and voices; a task that is there already does not.
    from xemogpt.emocue.controlled.corpus import make_corpus
    from xemogpt.emocue.controlled.plan import script_named
    from xemogpt.emocue.controlled.speaker import Repertoire

    scripts = [script_named(Repertoire(), name) for name in names]
    summary = make_corpus(scripts, folder, settings={"seed": SEED}, progress=progress)
    if summary.failures:
        first = summary.failures[0]
        (folder / RECORDS).unlink(missing_ok=True)
        raise DatasetError(
            f"{len(summary.failures)} of {len(names)} clips could not be generated; the first:"
            f" {first}; mend that and run again: what is done is kept"
        )
