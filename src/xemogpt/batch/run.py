"""Thousands of clips into one Parquet file: resumable, each clip once, always the same bytes."""

import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from xemogpt.batch.items import Item
from xemogpt.batch.results import write_failures, write_results
from xemogpt.batch.work import ExplainWork
from xemogpt.emocue.pipeline.build import num_cores
from xemogpt.emocue.pipeline.job import Job, Outcome
from xemogpt.emocue.pipeline.pool import Pool
from xemogpt.emocue.pipeline.run import Run
from xemogpt.emocue.pipeline.state import BuildState
from xemogpt.emocue.pipeline.summary import Progress, Status
from xemogpt.emocue.pipeline.worker import Work
from xemogpt.errors import ConfigError, DatasetError, OutputError, XEmoGPTError
from xemogpt.inference.explainer import MEASURED

Engine = Literal["pool", "ray"]
LOCK = ".lock"
MAX_SHOWN = 10
"""Failures that a summary lists."""
SUFFIX = ".parquet"


@dataclass(frozen=True)
class BatchSummary:
    """What came of a batch."""

    num_clips: int
    num_explained: int
    num_failed: int
    num_earlier: int
    """Clips that earlier runs had worked off."""
    seconds: float
    clips_per_minute: float | None
    """Of this run; none if it worked on none."""
    failures: tuple[str, ...] = ()
    """The first; the failures file has all."""


def state_folder(out: Path) -> Path:
    """Where a batch keeps what it has done, so that it can go on."""
    return out.with_name(out.name + ".state")


def explain_to_parquet(
    items: Iterable[Item],
    out: str | Path,
    work: ExplainWork | None = None,
    engine: Engine = "pool",
    workers: int | None = None,
    progress: Progress = lambda status: None,
    *,
    clip_timeout_s: float = 600.0,
    ray_address: str | None = None,
) -> BatchSummary:
    """Explain clips into a Parquet file with a row for each, ids ascending.

    A run that was stopped or killed goes on where it was; clips that failed are tried again, new
    and changed ones are added, and those no longer named are left out. The bytes of the file do
    not depend on engine, workers, kills or time. What is done is kept in ``out`` + ``.state``;
    failures are listed in ``out`` + ``.failures.jsonl``. Needs ``if __name__ == "__main__":``
    around the call in a script, for it starts processes.

    Args:
        items: what to explain, each with an id of its own.
        out: a ``.parquet`` file.
        work: model, device and whether to recognise speech.
        engine: ``pool`` works on this machine, ``ray`` on a Ray cluster.
        workers: processes of one thread each; by default one a core, or one for a model.
        progress: called after each clip.
        clip_timeout_s: a clip that takes longer is stopped and has failed.
        ray_address: of a running cluster; without, ``ray`` starts one on this machine.

    Raises:
        ConfigError: if an argument is out of range.
        DatasetError: if there are no clips, or two have one id.
        OutputError: if the place cannot be written, is in use, or belongs to other settings.
        WeightsError: if a detector's weights are not there.
        MissingDependencyError: if Ray is needed and not installed.
    """
    out, work = Path(out), work or ExplainWork()
    _check(out, workers, clip_timeout_s)
    if engine == "ray":
        from xemogpt.emocue.pipeline.ray_engine import check_ray

        check_ray()
        if Path(work.model).is_dir():
            # Workers of a cluster have a folder of their own.
            work = replace(work, model=str(Path(work.model).absolute()))
    started = time.perf_counter()
    signature = work.signature()
    if workers is None and work.model != MEASURED:
        workers = 1  # each holds the whole model
    folder = state_folder(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(str(folder / LOCK), timeout=0), closing(BuildState(folder)) as state:
            state.sign(signature)
            state.sync(_jobs(items))
            earlier = sum(num for status, num in state.count().items() if status != "todo")
            rate = _Rate(progress)
            run = Run(state, rate)
            jobs = state.todo(Path())
            run.work_off(_outcomes(jobs, engine, work, workers, clip_timeout_s, ray_address))
            num_explained = write_results(out, state.texts(), signature)
            write_failures(out, state.outcomes("failed"))
            failures = islice(state.outcomes("failed"), MAX_SHOWN)
            return BatchSummary(
                num_clips=sum(state.count().values()),
                num_explained=num_explained,
                num_failed=state.count().get("failed", 0),
                num_earlier=earlier,
                seconds=time.perf_counter() - started,
                clips_per_minute=rate.clips_per_minute,
                failures=tuple(f"{each.id}: {each.error}: {each.message}" for each in failures),
            )
    except Timeout:
        raise OutputError(
            f"another run is writing {out}; wait until it is done, or choose another file"
        ) from None
    except OSError as error:
        if isinstance(error, XEmoGPTError):
            raise
        raise OutputError(
            f"cannot write {out}: {error.strerror or error}; choose another place, or make room"
            " and run the same command again: it goes on where it stopped"
        ) from error


class _Rate:
    """Hands on how far a run is, and remembers how fast it was."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.clips_per_minute: float | None = None

    def __call__(self, status: Status) -> None:
        self.clips_per_minute = status.clips_per_minute
        self._progress(status)


def _check(out: Path, workers: int | None, clip_timeout_s: float) -> None:
    if out.suffix.lower() != SUFFIX:
        raise ConfigError(f"{out}: expected a file that ends in {SUFFIX}")
    if out.is_dir():
        raise OutputError(f"{out} is a folder; give the name of a file")
    if workers is not None and workers < 1:
        raise ConfigError(f"workers should be 1 or more, got {workers}")
    if not clip_timeout_s > 0:
        raise ConfigError(f"clip_timeout_s should be above 0, got {clip_timeout_s:g}")


def _jobs(items: Iterable[Item]) -> Iterator[Job]:
    """Jobs as they are asked for.

    Raises:
        DatasetError: if there are none, or an id comes twice.
    """
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise DatasetError(f"the clip {item.id!r} is named twice; give each an id of its own")
        seen.add(item.id)
        yield item.job()
    if not seen:
        raise DatasetError("there are no clips to explain")


def _outcomes(
    jobs: Iterator[Job],
    engine: Engine,
    work: Work,
    workers: int | None,
    clip_timeout_s: float,
    ray_address: str | None,
) -> Generator[Outcome, None, None]:
    if engine == "ray":
        from xemogpt.emocue.pipeline.ray_engine import run_on_ray

        yield from run_on_ray(jobs, work, workers, clip_timeout_s, ray_address)
        return
    with closing(Pool(work, workers or num_cores(), clip_timeout_s)) as pool:
        yield from pool.run(jobs)
