"""Worker processes and the queue before them: dynamic batches, limits of time, restarts."""

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from xemogpt.errors import XEmoGPTError
from xemogpt.server.gauges import Gauges
from xemogpt.server.process import WorkerGone, WorkerProcess
from xemogpt.server.ticket import Ticket

LOG = logging.getLogger("xemogpt.server")
_TRY_AGAIN_S = 2.0


class Pool:
    """Hands tickets to workers, as many together as a worker takes.

    Args:
        options: see ``WorkerProcess``.
        num_workers: processes.
        folder: where they run.
        gauges: what is counted.
        batch_wait_s: how long a free worker waits for a fuller batch.
    """

    def __init__(
        self,
        options: dict[str, Any],
        num_workers: int,
        folder: Path,
        gauges: Gauges,
        batch_wait_s: float = 0.0,
    ) -> None:
        self._options, self._num_workers, self._folder = options, num_workers, folder
        self._gauges, self._batch_wait_s = gauges, batch_wait_s
        self._waiting: deque[Ticket] = deque()
        self._jobs: deque[Ticket] = deque()
        self._arrived = asyncio.Event()
        self._workers: list[WorkerProcess] = []
        self._loops: list[asyncio.Task[None]] = []
        self._at_work: dict[str, WorkerProcess] = {}
        self._jobs_at_work = 0
        # With several workers one is always left to those who wait.
        self._most_jobs = max(1, num_workers - 1)
        self._service_s = 2.0
        """Seconds of a worker a request takes, averaged over the latest ones."""

    async def start(self) -> None:
        """Start the workers; returns when all have loaded.

        Raises:
            XEmoGPTError: if they cannot load what they need.
        """
        workers = [WorkerProcess(self._options, self._folder) for _ in range(self._num_workers)]
        self._workers = workers
        try:
            # The first alone: if weights are missing, one says so.
            for worker in workers:
                await worker.start()
        except WorkerGone:
            await self.stop()
            raise XEmoGPTError("a worker process ended while it loaded; see above why") from None
        except BaseException:
            await self.stop()
            raise
        self._loops = [asyncio.create_task(self._run(worker)) for worker in workers]

    async def stop(self) -> None:
        """End the workers; whoever still waits is told so."""
        for loop in self._loops:
            loop.cancel()
        for ticket in [*self._waiting, *self._jobs]:
            ticket.fail("stopping", "the server is stopping; try again later")
        await asyncio.gather(*self._loops, return_exceptions=True)
        for worker in self._workers:
            await worker.kill()

    @property
    def num_waiting(self) -> int:
        """Tickets that no worker has yet."""
        return len(self._waiting) + len(self._jobs)

    @property
    def is_healthy(self) -> bool:
        """Whether a worker runs."""
        return any(worker.pid is not None for worker in self._workers)

    @property
    def pids(self) -> list[int]:
        """Processes that run."""
        return [worker.pid for worker in self._workers if worker.pid is not None]

    def retry_after_s(self) -> int:
        """When it may be worth trying again, in whole seconds."""
        ahead = len(self._waiting) + len(self._at_work)
        return max(1, min(600, math.ceil(ahead * self._service_s / self._num_workers / 2)))

    def submit(self, ticket: Ticket) -> None:
        """Queue a ticket."""
        (self._jobs if ticket.is_job else self._waiting).append(ticket)
        self._arrived.set()

    def cancel(self, ticket: Ticket) -> None:
        """Nobody wants it any more: it is not begun, or its worker is told."""
        if ticket.has_ended:
            return
        ticket.is_cancelled = True
        ticket.fail("cancelled", "cancelled on request")
        for line in (self._waiting, self._jobs):
            with suppress(ValueError):
                line.remove(ticket)
        if worker := self._at_work.get(ticket.id):
            task = asyncio.create_task(self._tell_cancelled(worker, ticket))
            task.add_done_callback(lambda done: done.exception())

    async def _tell_cancelled(self, worker: WorkerProcess, ticket: Ticket) -> None:
        with suppress(WorkerGone):
            await worker.send({"do": "cancel", "id": ticket.id})

    def _next(self, *, with_jobs: bool = True) -> Ticket | None:
        """The ticket to begin next, if any."""
        while self._waiting:
            ticket = self._waiting.popleft()
            if ticket.expires is not None and time.monotonic() > ticket.expires:
                ticket.fail("busy", "the server is too busy: no worker was free in time")
                continue
            return ticket
        if with_jobs and self._jobs and self._jobs_at_work < self._most_jobs:
            return self._jobs.popleft()
        return None

    async def _gather(self, most: int) -> list[Ticket]:
        """Wait for work; then a moment more, if more can be done together."""
        while (first := self._next()) is None:
            self._arrived.clear()
            await self._arrived.wait()
        batch = [first]
        until = time.monotonic() + self._batch_wait_s
        while len(batch) < most and not (first.is_job or first.must_be_alone):
            if self._waiting and self._waiting[0].must_be_alone:
                break
            if (more := self._next(with_jobs=False)) is not None:
                batch.append(more)
                continue
            self._arrived.clear()
            try:
                async with asyncio.timeout(until - time.monotonic()):
                    await self._arrived.wait()
            except TimeoutError:
                break
        if self._waiting or self._jobs:
            self._arrived.set()  # another worker may have been waiting too
        return batch

    async def _run(self, worker: WorkerProcess) -> None:
        """One worker's life: work, and a new process whenever the last one ended."""
        while True:
            if worker.pid is None:
                await self._revive(worker)
            batch = await self._gather(worker.batch_size)
            jobs = sum(ticket.is_job for ticket in batch)
            self._jobs_at_work += jobs
            for ticket in batch:
                self._at_work[ticket.id] = worker
            try:
                await self._work(worker, batch)
            except asyncio.CancelledError:
                for ticket in batch:
                    ticket.fail("stopping", "the server is stopping; try again later")
                raise
            finally:
                self._jobs_at_work -= jobs
                for ticket in batch:
                    self._at_work.pop(ticket.id, None)
                self._arrived.set()

    async def _work(self, worker: WorkerProcess, batch: Sequence[Ticket]) -> None:
        started = time.monotonic()
        by_id = {ticket.id: ticket for ticket in batch}
        for ticket in batch:
            ticket.started = started
            self._gauges.wait_seconds.observe(started - ticket.arrived)
        self._gauges.batch_size.observe(len(batch))
        try:
            async with asyncio.timeout(sum(ticket.run_s for ticket in batch)):
                await worker.send(_order(batch))
                stall_s = worker.batch_size * sum(ticket.stall_s for ticket in batch)
                while (event := await _soon(worker, stall_s))["event"] != "idle":
                    by_id[event["id"]].tell(event)
        except TimeoutError:
            await worker.kill()
            self._spoiled(batch, "too-slow", "it took longer to decode and explain than allowed")
        except WorkerGone:
            await worker.kill()
            self._spoiled(batch, "crashed", "decoding it ended the decoder; is the file damaged?")
        except Exception:
            LOG.exception("a bug: a worker said what the server does not understand")
            await worker.kill()
            for ticket in batch:
                ticket.fail("internal", "an error of the server; its log says more")
        took_s = time.monotonic() - started
        self._gauges.service_seconds.observe(took_s)
        if not any(ticket.is_job for ticket in batch):
            self._service_s += 0.2 * (took_s / len(batch) - self._service_s)

    def _spoiled(self, batch: Sequence[Ticket], kind: str, detail: str) -> None:
        """The worker is gone: of several tickets, each gets a second try by itself."""
        left = [ticket for ticket in batch if not ticket.has_ended]
        for ticket in reversed(left):
            if len(batch) == 1 or ticket.must_be_alone:
                ticket.fail(kind, detail)
            else:
                ticket.must_be_alone = True
                self._waiting.appendleft(ticket)

    async def _revive(self, worker: WorkerProcess) -> None:
        self._gauges.restarts.inc()
        while True:
            try:
                await worker.start()
                return
            except (WorkerGone, XEmoGPTError, TimeoutError, OSError) as error:
                LOG.error("a worker cannot be started again: %s", error)
                await worker.kill()
                await asyncio.sleep(_TRY_AGAIN_S)


async def _soon(worker: WorkerProcess, within_s: float) -> dict[str, Any]:
    async with asyncio.timeout(within_s):
        return await worker.receive()


def _order(batch: Sequence[Ticket]) -> dict[str, Any]:
    if batch[0].order["do"] == "score":
        return batch[0].order
    return {"do": "explain", "items": [ticket.order for ticket in batch]}
