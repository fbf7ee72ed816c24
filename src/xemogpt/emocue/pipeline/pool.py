"""Worker processes that may die or hang without harm to the clips of the others."""

import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext

from xemogpt.emocue.pipeline.job import Job, Outcome
from xemogpt.emocue.pipeline.worker import READY, THREADS, Work, raise_fatal, serve
from xemogpt.errors import XEmoGPTError

CONTEXT: SpawnContext | ForkServerContext = multiprocessing.get_context("spawn")
"""Of worker processes: forked ones would share the threads and locks of whoever builds."""
MAX_FALSE_STARTS = 3
"""Workers in a row that die before their first clip."""
START_TIMEOUT_S = 120.0
"""A worker imports what it needs in this time."""


class Pool:
    """Hands clips to worker processes as they become free: one clip each, none waiting.

    Args:
        start: what workers need.
        workers: how many processes, of one thread each.
        clip_timeout_s: a clip that takes longer is stopped and has failed.
    """

    def __init__(self, start: Work, workers: int, clip_timeout_s: float = 600.0) -> None:
        self._start = start
        self._num = workers
        self._timeout_s = clip_timeout_s
        self._hands: list[_Hand] = []
        self._false_starts = 0

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Outcomes as they come, in any order; jobs are taken only when a worker is free.

        A clip whose worker died is tried again when all others are done, alone and in a fresh
        process; if that dies too, the clip has failed.

        Raises:
            XEmoGPTError: what would spoil every clip.
        """
        lost: deque[Job] = deque()
        yield from self._run(iter(jobs), self._num, lost, last_try=False)
        while lost:
            self.close()
            yield from self._run(iter([lost.popleft()]), 1, lost, last_try=True)

    def close(self) -> None:
        """Stop the workers; what they were at is lost."""
        for hand in self._hands:
            hand.stop()
        self._hands.clear()

    def _run(
        self, jobs: Iterator[Job], num: int, lost: deque[Job], last_try: bool
    ) -> Iterator[Outcome]:
        upcoming = next(jobs, None)
        while upcoming is not None or any(hand.job for hand in self._hands):
            while upcoming is not None and len(self._hands) < num:
                self._hands.append(_Hand(self._start))
            for hand in self._hands:
                if hand.is_free and upcoming is not None:
                    hand.give(upcoming, self._timeout_s)
                    upcoming = next(jobs, None)
            for outcome in self._wait(lost, last_try):
                if outcome.status == "fatal":
                    raise_fatal(outcome)
                yield outcome

    def _wait(self, lost: deque[Job], last_try: bool) -> Iterator[Outcome]:
        """Wait for an answer, a death or the end of somebody's time."""
        until = min((hand.until for hand in self._hands), default=time.monotonic())
        by_connection = {hand.connection: hand for hand in self._hands}
        ready = wait(list(by_connection), timeout=max(0.0, until - time.monotonic()))
        for connection in ready:
            hand = by_connection[connection]  # type: ignore[index]
            try:
                answer = hand.connection.recv_bytes()
            except (EOFError, ConnectionError):
                yield from self._bury(hand, lost, last_try)
                continue
            self._false_starts = 0
            if answer == READY:
                hand.be_ready()
            else:
                hand.be_free()
                yield Outcome.model_validate_json(answer)
        now = time.monotonic()
        for hand in [hand for hand in self._hands if hand.until <= now]:
            yield from self._stop_late(hand)

    def _bury(self, hand: "_Hand", lost: deque[Job], last_try: bool) -> Iterator[Outcome]:
        """A worker died: its clip is tried again, or has failed."""
        self._hands.remove(hand)
        how = hand.stop()
        job = hand.job
        if job is None:
            self._false_starts += not hand.is_ready
            if self._false_starts >= MAX_FALSE_STARTS:
                raise XEmoGPTError(
                    f"worker processes cannot start ({how}); see the lines above. A script that"
                    " starts workers needs `if __name__ == '__main__':` around the call"
                )
        elif last_try:
            yield _failure(job, "WorkerDied", f"the process at work died twice ({how})")
        else:
            lost.append(job)

    def _stop_late(self, hand: "_Hand") -> Iterator[Outcome]:
        if hand.is_free:
            return
        self._hands.remove(hand)
        hand.stop()
        if hand.job is None:
            raise XEmoGPTError(f"a worker process was not ready after {START_TIMEOUT_S:g} s")
        yield _failure(
            hand.job,
            "ClipTimeout",
            f"took longer than {self._timeout_s:g} s and was stopped; --clip-timeout allows more",
        )


class _Hand:
    """One worker process and the clip it is at."""

    def __init__(self, start: Work) -> None:
        self.connection: Connection
        self.connection, theirs = CONTEXT.Pipe()
        self._process = CONTEXT.Process(target=serve, args=(theirs, start), daemon=True)
        with _one_thread_each():
            self._process.start()
        theirs.close()  # so that its death is seen as the end of the pipe
        self.job: Job | None = None
        self.is_ready = False
        self.until = time.monotonic() + START_TIMEOUT_S
        """When patience ends; never for one that is free."""

    @property
    def is_free(self) -> bool:
        """Whether it can be given a clip."""
        return self.is_ready and self.job is None

    def give(self, job: Job, timeout_s: float) -> None:
        """Send a clip; a worker that has died is noticed later."""
        self.job = job
        self.until = time.monotonic() + timeout_s
        with suppress(ConnectionError):
            self.connection.send_bytes(job.model_dump_json().encode())

    def be_ready(self) -> None:
        """It has said that it is there."""
        self.is_ready = True
        self.be_free()

    def be_free(self) -> None:
        """It has answered."""
        self.job = None
        self.until = float("inf")

    def stop(self) -> str:
        """Kill it, whatever it does; how it ended, in words."""
        self.connection.close()
        if self._process.exitcode is None:
            self._process.join(0.2)
        if self._process.exitcode is None:
            self._process.kill()
        self._process.join()
        code = self._process.exitcode or 0
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _failure(job: Job, error: str, message: str) -> Outcome:
    return Outcome(id=job.id, status="failed", step="worker", error=error, message=message)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started meanwhile compute with one thread: more would only fight."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
