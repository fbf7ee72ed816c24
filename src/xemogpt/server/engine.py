"""What one running server owns: workers, uploads, jobs, counters; begun and ended together."""

import asyncio
import logging
import sqlite3
import time
from contextlib import suppress
from types import TracebackType
from typing import Any

from xemogpt.errors import OutputError, XEmoGPTError
from xemogpt.server.gauges import Gauges
from xemogpt.server.joblist import JobList
from xemogpt.server.pool import Pool
from xemogpt.server.problems import Problem
from xemogpt.server.scratch import Scratch
from xemogpt.server.settings import ServerSettings
from xemogpt.server.ticket import Ticket

LOG = logging.getLogger("xemogpt.server")
_TIDY_S = 600.0


class Engine:
    """``async with Engine(settings)``: workers have loaded inside, and all is gone after.

    Raises:
        ConfigError: if another server uses the state folder.
        OutputError: if the state folder cannot be used.
        WorkerUnable: if the model or the detectors cannot be loaded.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.gauges = Gauges()
        self.pending = 0
        """Requests that are being uploaded, wait or are worked on."""
        self.running: dict[str, Ticket] = {}
        """Tickets of open jobs."""
        self.followers: set[asyncio.Task[None]] = set()
        """Tasks that write down what becomes of jobs."""
        self._scoring = asyncio.Lock()
        self._score_pool: Pool | None = None
        self._tidying: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Engine":
        """Take the folder, look what was interrupted, start the workers."""
        settings = self.settings
        self.scratch = Scratch(settings.state)
        self.jobs = self._open_jobs()
        self.pool = Pool(
            {
                "role": "explain",
                "model": settings.model,
                "device": settings.device,
                "is_measured": settings.is_measured,
                "batch_size": settings.batch_size,
                "max_new_tokens": settings.max_new_tokens,
                # Several workers share the cores; a single one may use two, as the Explainer does.
                "threads": 1 if settings.num_workers > 1 else 2,
                "memory_bytes": settings.limits.worker_memory_bytes,
            },
            settings.num_workers,
            settings.state.absolute(),
            self.gauges,
            settings.batch_wait_s,
        )
        self.gauges.watch(lambda: self.pool.num_waiting, lambda: self.pending)
        try:
            await self.pool.start()
        except BaseException:
            self._let_go()
            raise
        self._tidying = asyncio.create_task(self._tidy())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the workers; jobs that were open are interrupted."""
        if self._tidying is not None:
            self._tidying.cancel()
        await self.pool.stop()
        if self._score_pool is not None:
            await self._score_pool.stop()
        await asyncio.gather(*self.followers, return_exceptions=True)
        self._let_go()

    def _open_jobs(self) -> JobList:
        path = self.settings.state / "jobs.sqlite"
        try:
            jobs = JobList(path)
            interrupted = jobs.interrupt_open()
        except sqlite3.Error as error:
            self.scratch.close()
            raise OutputError(
                f"cannot use {path}: {error}; make room, or choose another --state folder"
            ) from error
        if interrupted:
            LOG.warning("%d job(s) were interrupted when the server ended", interrupted)
        return jobs

    def _let_go(self) -> None:
        with suppress(Exception):  # a full disk should not keep the rest from being let go
            self.jobs.interrupt_open()
        self.jobs.close()
        self.scratch.close()

    async def score(self, order: dict[str, Any]) -> dict[str, Any]:
        """Score in a process of its own, started at the first call: it loads torch.

        Raises:
            Problem: if the cues are malformed, or it took too long.
        """
        async with self._scoring:
            if self._score_pool is None:
                memory = self.settings.limits.worker_memory_bytes
                options = {"role": "score", "threads": 1, "memory_bytes": memory}
                pool = Pool(options, 1, self.settings.state.absolute(), self.gauges)
                try:
                    await pool.start()
                except XEmoGPTError as error:
                    detail = f"scoring is not available: {error}"
                    raise Problem(503, "unhealthy", detail, {"Retry-After": "60"}) from error
                self._score_pool = pool
        limits = self.settings.limits
        ticket = Ticket({"do": "score", **order}, limits.score_s, limits.queue_s)
        self._score_pool.submit(ticket)
        try:
            return await ticket.result()
        except BaseException:
            self._score_pool.cancel(ticket)
            raise

    def admit(self) -> "Admission":
        """A place among the requests at hand, for the length of a ``with``.

        Raises:
            Problem: 429 with Retry-After if there are too many.
        """
        return Admission(self)

    async def _tidy(self) -> None:
        """Forget old jobs, now and then."""
        while True:
            with suppress(Exception):
                self.jobs.forget_before(time.time() - self.settings.keep_jobs_s)
            await asyncio.sleep(_TIDY_S)


class Admission:
    """Counts a request from before its upload to its answer. Leaving twice is harmless."""

    def __init__(self, engine: Engine) -> None:
        if engine.pending >= engine.settings.limits.pending:
            wait_s = engine.pool.retry_after_s()
            raise Problem(
                429,
                "too-many-requests",
                f"{engine.pending} requests are at hand already; try again in {wait_s} s",
                {"Retry-After": str(wait_s)},
            )
        self._engine = engine
        self._is_in = True
        engine.pending += 1

    def leave(self) -> None:
        """Make room for another."""
        if self._is_in:
            self._is_in = False
            self._engine.pending -= 1
