"""A corpus from scripts: several processes, resumable, nothing lost, the same bytes every time."""

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from xemogpt.emocue.controlled.buildlog import BuildLog
from xemogpt.emocue.controlled.clipfile import video_encoder
from xemogpt.emocue.controlled.make import Studio, make_clip, versions
from xemogpt.emocue.controlled.script import Script
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.errors import (
    ConfigError,
    MissingDependencyError,
    OutputError,
    WeightsError,
    XEmoGPTError,
)

LOCK = ".build.lock"
_FATAL = (WeightsError, MissingDependencyError, OutputError)
"""What would spoil every clip."""
PARENT_CHECK_S = 1.0
"""How often a worker looks whether the build still runs."""
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
Progress = Callable[[int, int], None]
"""Called with how many clips are done, and of how many."""


@dataclass(frozen=True)
class ClipFailure:
    """A clip that could not be made."""

    id: str
    error: str
    """Class of the error."""
    message: str

    def __str__(self) -> str:
        return f"{self.id}: {self.error}: {self.message}"


@dataclass(frozen=True)
class BuildSummary:
    """What came of a build."""

    num_clips: int
    """In the corpus now."""
    num_kept: int
    """Of those, made by an earlier run."""
    failures: tuple[ClipFailure, ...]
    seconds: float

    @property
    def clips_per_hour(self) -> float | None:
        """Of the clips that this run made; none if it made none."""
        made = self.num_clips - self.num_kept
        return 3600 * made / self.seconds if made and self.seconds > 0 else None


def build_corpus(
    scripts: Iterable[Script],
    out: str | Path,
    open_studio: Callable[[], Studio],
    workers: int = 2,
    progress: Progress = lambda done, total: None,
    *,
    settings: Mapping[str, Any] | None = None,
) -> BuildSummary:
    """Make the clips of scripts and their records.

    A run that was killed goes on where it stopped; clips that failed are tried again. Bytes do
    not depend on the number of workers, on kills, or on the time.

    Args:
        scripts: their order is that of the records.
        out: folder of the corpus.
        open_studio: loads the parts, once a process; can be sent to another process.
        workers: processes; 1 works in this process.
        progress: called after each clip.
        settings: kept in the manifest, such as the seed; a folder takes only one set of them.

    Raises:
        ConfigError: if there are no scripts, two have one id, or ``workers`` is not positive.
        OutputError: if the folder was made with other settings, cannot be written, or another
            build is writing it.
        MediaError: if no video encoder is there.
        WeightsError: if an asset is not there.
        MissingDependencyError: if a package of the extra ``controlled`` is not there.
    """
    wanted = list(scripts)
    _check(wanted, workers)
    video_encoder()
    out = Path(out)
    started = time.perf_counter()
    try:
        out.mkdir(parents=True, exist_ok=True)
        with FileLock(str(out / LOCK), timeout=0):
            log = BuildLog(out, wanted, {**(settings or {}), "versions": versions()})
            records = log.resume()
            num_kept = len(records)
            failures = []
            progress(num_kept, len(wanted))
            todo = [script for script in wanted if script.id not in records]
            for done, result in enumerate(_make_each(todo, out, workers, open_studio), start=1):
                if isinstance(result, ClipFailure):
                    failures.append(result)
                else:
                    log.append(result)
                    records[result.id] = result
                progress(num_kept + done, len(wanted))
            order = {script.id: index for index, script in enumerate(wanted)}
            failures.sort(key=lambda failure: order[failure.id])
            log.finish(records, [asdict(failure) for failure in failures])
    except Timeout:
        raise OutputError(
            f"another build is writing {out}; wait for it or choose another"
        ) from None
    except OSError as error:
        if isinstance(error, XEmoGPTError):
            raise
        raise OutputError(f"cannot write {out}: {error.strerror or error}") from error
    return BuildSummary(len(records), num_kept, tuple(failures), time.perf_counter() - started)


def _check(scripts: Sequence[Script], workers: int) -> None:
    if workers < 1:
        raise ConfigError(f"workers should be 1 or more, got {workers}")
    if not scripts:
        raise ConfigError("there are no scripts to make clips of; ask for at least one")
    ids = [script.id for script in scripts]
    if len(set(ids)) < len(ids):
        twice = sorted({name for name in ids if ids.count(name) > 1})
        raise ConfigError(f"ids of scripts should be unique; {', '.join(twice[:3])} came twice")


def _make_each(
    todo: Sequence[Script], out: Path, workers: int, open_studio: Callable[[], Studio]
) -> Iterator[EmoCueRecord | ClipFailure]:
    """Make clips as they come, in any order."""
    if not todo:
        return
    if workers == 1:
        studio = open_studio()
        for script in todo:
            yield _make(script, out, studio)
        return
    with _one_thread_each():
        pool = ProcessPoolExecutor(
            min(workers, len(todo)),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start_worker,
            initargs=(open_studio, out),
        )
        try:
            futures = {pool.submit(_work, script): script for script in todo}
            for future in as_completed(futures):
                yield _result(future, futures[future])
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _result(
    future: "Future[EmoCueRecord | ClipFailure]", script: Script
) -> EmoCueRecord | ClipFailure:
    try:
        return future.result()
    except BrokenProcessPool:
        # Killed, out of memory, or crashed in a library; its clip is not known.
        return ClipFailure(
            script.id, "BrokenProcessPool", "a worker process died; run again to go on"
        )


def _make(script: Script, out: Path, studio: Studio) -> EmoCueRecord | ClipFailure:
    """One clip; what spoils it alone becomes a failure.

    Raises:
        XEmoGPTError: if it would spoil every clip.
    """
    try:
        return make_clip(script, out, studio)
    except _FATAL:
        raise
    except Exception as error:  # one clip's bug should not cost the others
        return ClipFailure(script.id, type(error).__name__, str(error))


@dataclass
class _Worker:
    """What a worker process keeps between clips."""

    open_studio: Callable[[], Studio]
    out: Path
    studio: Studio | None = None


_workers: list[_Worker] = []
"""In a worker process, the one; elsewhere empty."""


def _start_worker(open_studio: Callable[[], Studio], out: Path) -> None:
    import cv2

    cv2.setNumThreads(1)
    # A killed build cannot stop its workers: without this they would wait for work for ever.
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    _workers[:] = [_Worker(open_studio, out)]


def _end_with(parent: int) -> None:
    """End this process when the one that started it is gone."""
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_S)
    os._exit(1)


def _work(script: Script) -> EmoCueRecord | ClipFailure:
    (worker,) = _workers
    if worker.studio is None:
        # Not in the initializer, whose errors would reach nobody.
        worker.studio = worker.open_studio()
    return _make(script, worker.out, worker.studio)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started meanwhile compute with one thread: more would only fight."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
