"""Running a system on a task: in batches, resumable, with every answer and failure kept.

A run that is killed and started again ends with the same results as one that was not: batches
are cut by place in the task, and answers that are there are not asked for again. Failures are.
"""

import platform
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from xemogpt.benchmark.answerlog import AnswerLog, Result
from xemogpt.benchmark.conditions import CONDITIONS, FULL, SWAPPED, TEXT_ONLY, apply_condition
from xemogpt.benchmark.runlog import (
    ANSWERS,
    Answer,
    RunFailure,
    RunLog,
    Sample,
    answers_hash,
    write_runlog,
)
from xemogpt.benchmark.systems import PredictionsSystem, System
from xemogpt.benchmark.tasks import Task
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.errors import ConfigError, OutputError, UnknownNameError, XEmoGPTError

LOCK = ".lock"


def run_task(
    task: Task,
    system: System,
    out: str | Path,
    *,
    condition: str = FULL,
    seed: int = 0,
    limit: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> RunLog:
    """Run ``system`` on ``task`` into the folder ``out``, going on where an earlier run stopped.

    Args:
        task: what is asked.
        system: who answers.
        out: folder of this run.
        condition: what is done to the media first, one of ``CONDITIONS``.
        seed: of what the condition draws.
        limit: only the first so many samples.
        progress: called with how many samples are done, and of how many.

    Raises:
        UnknownNameError: if there is no such condition.
        ConfigError: if answers from a file are asked for under a condition they do not know.
        OutputError: if ``out`` holds another run, is in use, or cannot be written.
    """
    check_run(system, condition, limit)
    out = Path(out)
    identity = _identity(task, system, condition, seed)
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        out.mkdir(parents=True, exist_ok=True)
        with FileLock(str(out / LOCK), timeout=0):
            log = AnswerLog(out / ANSWERS, identity)
            stage = _Stage(task, condition, seed, out / "media")
            try:
                records = task.records[:limit]
                _answer_all(records, system, log, stage, progress)
            finally:
                log.close()
                shutil.rmtree(stage.folder, ignore_errors=True)
            results = [log.results[record.id] for record in records]
            run = _runlog(identity, results, stage, limit, started_at)
            write_runlog(run, out)
    except Timeout:
        raise OutputError(f"another run is writing {out}; wait for it or choose another") from None
    except OSError as error:
        if isinstance(error, XEmoGPTError):
            raise
        raise OutputError(f"cannot write {out}: {error.strerror or error}") from error
    return run


def check_run(system: System, condition: str, limit: int | None = None) -> None:
    """Whether this can be run at all, before anything takes time.

    Raises:
        UnknownNameError: if there is no such condition.
        ConfigError: if the system holds answers that cannot be given anew, or the limit is not
            positive.
    """
    if condition not in CONDITIONS:
        raise UnknownNameError(
            f"no condition {condition!r}; expected one of {', '.join(CONDITIONS)}"
        )
    if limit is not None and limit < 1:
        raise ConfigError(f"limit is {limit}; expected 1 or more")
    if condition != FULL and isinstance(system, PredictionsSystem):
        raise ConfigError(
            f"{system.name} holds answers that were given before; they cannot be tested under"
            f" {condition}: run the system itself, or give a file of its answers under it as"
            " a run of its own"
        )


def _identity(task: Task, system: System, condition: str, seed: int) -> dict[str, Any]:
    """What results depend on; equal identities, equal results."""
    names = dict.fromkeys(("xemogpt", *system.packages))
    return {
        "task": task.name,
        "task_sha256": task.sha256,
        "model": system.name,
        "condition": condition,
        "settings": {**system.settings, "run_batch_size": system.batch_size}
        if system.depends_on_batch
        else system.settings,
        "weights": system.weights,
        "seed": seed,
        "versions": {"python": platform.python_version()}
        | {name: found for name in names if (found := _version(name))},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


class _Stage:
    """Prepares what a system is shown under one condition."""

    def __init__(self, task: Task, condition: str, seed: int, folder: Path) -> None:
        self.task, self.condition, self.folder = task, condition, folder
        self.others = _others(task.records, seed) if condition == SWAPPED else {}
        self._by_id = {record.id: record for record in task.records}
        self._place = {record.id: index for index, record in enumerate(task.records)}

    def prepare(self, record: EmoCueRecord) -> Sample | RunFailure:
        """The sample under the condition."""
        sample = self.task.sample(record)
        if self.condition == FULL:
            return sample
        if self.condition == TEXT_ONLY:
            if not sample.subtitle:
                return RunFailure(id=record.id, error="text-only: the record has no words")
            return replace(sample, media=None)
        source = self.task.media(record)
        other = self.others.get(record.id)
        other_media = self.task.media(self._by_id[other]) if other else None
        self.folder.mkdir(parents=True, exist_ok=True)
        # Ids may hold anything; the place in the task is a safe name.
        target = self.folder / f"{self._place[record.id]:05d}{source.suffix}"
        try:
            made = apply_condition(source, self.condition, other_media, target)
        except XEmoGPTError as error:
            return RunFailure(id=record.id, error=f"{self.condition}: {error}")
        return replace(sample, media=made)

    def clear(self, samples: Sequence[Sample]) -> None:
        """Delete media made for these samples."""
        for sample in samples:
            if sample.media is not None and sample.media.parent == self.folder:
                sample.media.unlink(missing_ok=True)


def _others(records: Sequence[EmoCueRecord], seed: int) -> dict[str, str]:
    """Whose pictures each sample gets: drawn, of another expressed emotion where there is one."""
    order = [records[index] for index in np.random.default_rng(seed).permutation(len(records))]
    others = {}
    for place, record in enumerate(order):
        rest = order[place + 1 :] + order[:place]
        chosen = next((other for other in rest if other.emotions != record.emotions), None)
        if chosen is None and rest:
            chosen = rest[0]
        if chosen is not None:
            others[record.id] = chosen.id
    return others


def _answer_all(
    records: Sequence[EmoCueRecord],
    system: System,
    log: AnswerLog,
    stage: _Stage,
    progress: Callable[[int, int], None],
) -> None:
    done = {key for key, result in log.results.items() if isinstance(result, Answer)}
    num_done = sum(record.id in done for record in records)
    progress(num_done, len(records))
    for batch in _batches(records, system.batch_size):
        todo = [record for record in batch if record.id not in done]
        if not todo:
            continue
        # Where answers depend on the company they are given in, it has to be the same.
        shown = batch if system.depends_on_batch else todo
        results = _answer(shown, system, stage)
        log.add([result for result in results if result.id not in done])
        num_done += len(todo)
        progress(num_done, len(records))


def _batches(records: Sequence[EmoCueRecord], size: int) -> Iterator[Sequence[EmoCueRecord]]:
    for start in range(0, len(records), size):
        yield records[start : start + size]


def _answer(records: Sequence[EmoCueRecord], system: System, stage: _Stage) -> list[Result]:
    """Results in the order of ``records``."""
    prepared = [stage.prepare(record) for record in records]
    samples = [item for item in prepared if isinstance(item, Sample)]
    try:
        answered = iter(system.answer(samples) if samples else [])
    finally:
        stage.clear(samples)
    return [next(answered) if isinstance(item, Sample) else item for item in prepared]


def _runlog(
    identity: dict[str, Any],
    results: Sequence[Result],
    stage: _Stage,
    limit: int | None,
    started_at: str,
) -> RunLog:
    answers = tuple(result for result in results if isinstance(result, Answer))
    failures = tuple(result for result in results if isinstance(result, RunFailure))
    asked = {result.id for result in results}
    return RunLog(
        **{**identity, "settings": {**identity["settings"], "limit": limit}},
        swapped={key: other for key, other in stage.others.items() if key in asked},
        answers=answers,
        failures=failures,
        answers_sha256=answers_hash(answers, failures),
        started_at=started_at,
        seconds=sum(answer.seconds for answer in answers),
    )
