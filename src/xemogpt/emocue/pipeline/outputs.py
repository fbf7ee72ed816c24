"""The files of a finished corpus: the same bytes however the build came about.

Times are in ``steps.jsonl`` alone. ``build.json`` is written last: where it is, the rest is whole.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, TypeVar

from xemogpt.emocue.pipeline.job import WHOLE_CORPUS, Timing
from xemogpt.emocue.pipeline.parts import Parts
from xemogpt.emocue.pipeline.place import MEDIA, MediaMode, place_media, remove_strays
from xemogpt.emocue.pipeline.state import BuildState
from xemogpt.emocue.pipeline.work import now
from xemogpt.emocue.records import RECORDS, EmoCueRecord, Split, write_records
from xemogpt.emocue.settings import BuildSettings
from xemogpt.files import atomic_write, sha256_of

MANIFEST = "build.json"
CARD, PLOT = "README.md", "cues.svg"
T = TypeVar("T")
DROPPED, ERRORS, STEPS = "dropped.jsonl", "errors.jsonl", "steps.jsonl"


@dataclass(frozen=True)
class Written:
    """What the corpus holds."""

    num_records: int
    num_dropped: int
    num_duplicates: int


def write_outputs(
    folder: Path,
    clips: Path,
    state: BuildState,
    settings: BuildSettings,
    media: MediaMode,
    parts: Parts,
    signature: Mapping[str, Any],
) -> Written:
    """Run the steps of the whole corpus and write its files.

    Args:
        folder: of the corpus.
        clips: the folder of clips.
        state: with every clip worked off.
        settings: of the build.
        media: how media get into the corpus.
        parts: the steps.
        signature: what the records depend on.

    Raises:
        OutputError: if something cannot be written; no file is left half-written.
    """
    for _, relative in state.media():
        # An earlier run may have removed a duplicate that is none now.
        place_media(clips / relative, folder / MEDIA / relative, media)
    (folder / MANIFEST).unlink(missing_ok=True)
    timings: list[Timing] = []
    duplicates = _timed(
        timings, "duplicates", lambda: parts.find_duplicates(state.records(), folder)
    )
    kept = _Kept(state, duplicates)
    splits = _timed(timings, "splits", lambda: parts.assign_splits(kept, settings))
    kept.splits = splits
    write_records(folder, kept)
    num_records = sum(1 for _ in kept)
    num_dropped = _write_lines(folder / DROPPED, _dropped(state, duplicates))
    num_failed = _write_lines(folder / ERRORS, _errors(state))
    if num_records:
        parts.write_tables(folder, kept.again)
    else:
        for stale in (*folder.glob("*.parquet"), folder / CARD, folder / PLOT):
            stale.unlink(missing_ok=True)
    names = {record.media for record in kept}
    remove_strays(folder, {name for name in names if name is not None})
    _write_lines(folder / STEPS, _steps(state, timings))
    _write_manifest(
        folder,
        signature,
        {
            "clips": sum(state.count().values()),
            "records": num_records,
            "dropped": num_dropped - len(duplicates),
            "duplicates": len(duplicates),
            "failed": num_failed,
        },
        state,
    )
    return Written(num_records, num_dropped - len(duplicates), len(duplicates))


class _Kept:
    """The records of the corpus, read anew each time: they need not fit into memory."""

    def __init__(self, state: BuildState, duplicates: Mapping[str, str]) -> None:
        self._state = state
        self._duplicates = duplicates
        self.splits: Mapping[str, Split] = {}

    def __iter__(self) -> Iterator[EmoCueRecord]:
        for record in self._state.records():
            if record.id not in self._duplicates:
                split = self.splits.get(record.id, record.split)
                yield record.model_copy(update={"split": split})

    def again(self) -> Iterator[EmoCueRecord]:
        """From the first on."""
        return iter(self)


def _timed(timings: list[Timing], name: str, function: Callable[[], T]) -> T:
    wall, cpu = perf_counter(), process_time()
    found = function()
    timings.append(
        Timing(
            step=name,
            seconds=round(perf_counter() - wall, 6),
            cpu_seconds=round(process_time() - cpu, 6),
            finished_at=now(),
        )
    )
    return found


def _dropped(state: BuildState, duplicates: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for outcome in state.outcomes("dropped"):
        yield {"id": outcome.id, "step": outcome.step, "reasons": list(outcome.reasons)}
    for name, kept in sorted(duplicates.items()):
        yield {"id": name, "step": "duplicates", "reasons": [f"duplicate: the same as {kept}"]}


def _errors(state: BuildState) -> Iterator[dict[str, Any]]:
    for each in state.outcomes("failed"):
        yield {"id": each.id, "step": each.step, "error": each.error, "message": each.message}


def _steps(state: BuildState, timings: Iterable[Timing]) -> Iterator[dict[str, Any]]:
    for name, timing in state.timings():
        yield {"id": name, **timing.model_dump()}
    for timing in timings:
        yield {"id": WHOLE_CORPUS, **timing.model_dump()}


def _write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    num = 0
    with atomic_write(path) as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            num += 1
    return num


def _write_manifest(
    folder: Path, signature: Mapping[str, Any], counts: Mapping[str, int], state: BuildState
) -> None:
    files = (RECORDS, DROPPED, ERRORS, *sorted(path.name for path in folder.glob("*.parquet")))
    reasons = Counter(
        reason.split(":")[0] for each in state.outcomes("dropped") for reason in each.reasons
    )
    manifest = {
        **signature,
        "counts": dict(counts),
        "dropped_by_reason": dict(sorted(reasons.items())),
        "failed_by_step": state.failures_by_step(),
        "sha256": {name: sha256_of(folder / name) for name in files},
    }
    with atomic_write(folder / MANIFEST) as file:
        json.dump(manifest, file, indent=1, sort_keys=True, ensure_ascii=False)
        file.write("\n")
