"""One piece of work on its way through the server."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from typing import Any

from xemogpt.server.problems import Problem, failure

Event = dict[str, Any]


class Ticket:
    """Work that waits, is worked on, or is done.

    Args:
        order: what the worker gets; an ``id`` is added.
        run_s: computing time allowed.
        queue_s: waiting time allowed; none for jobs.
        stall_s: time allowed without any news from the worker, for each window it may hold.
        is_job: jobs give way to requests that somebody waits for.
    """

    def __init__(
        self,
        order: dict[str, Any],
        run_s: float,
        queue_s: float | None,
        *,
        stall_s: float | None = None,
        is_job: bool = False,
    ) -> None:
        self.id = secrets.token_hex(8)
        self.order = {**order, "id": self.id}
        self.run_s, self.is_job = run_s, is_job
        self.stall_s = run_s if stall_s is None else stall_s
        self.arrived = time.monotonic()
        self.expires = None if queue_s is None else self.arrived + queue_s
        self.must_be_alone = False
        """Set after a batch with it in it ended a worker: who was it?"""
        self.is_cancelled = False
        self.started: float | None = None
        self.duration_s: float | None = None
        self.reached_s = 0.0
        self.num_said = 0
        """Characters told of the passage that is being written."""
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._ended = False

    @property
    def has_ended(self) -> bool:
        """Whether ``done`` or ``failed`` was told."""
        return self._ended

    def tell(self, event: Event) -> None:
        """Pass on an event of the worker; nothing after the end, no words or passage twice."""
        if self._ended:
            return
        if event["event"] == "probed":
            self.duration_s = event["duration_s"]
        if event["event"] == "passage":
            if self.duration_s and event["until_s"] <= self.reached_s:
                return  # a second try after a neighbour ended the worker
            self.reached_s, self.num_said = event["until_s"], 0
        if event["event"] == "words":
            is_known = bool(self.duration_s) and event["until_s"] <= self.reached_s
            new = "" if is_known else event["text"][max(0, self.num_said - event["offset"]) :]
            if not new:
                return  # a second try says what was said
            self.num_said += len(new)
            event = {"event": "words", "id": self.id, "text": new}
        self._ended = event["event"] in ("done", "failed")
        self._events.put_nowait(event)

    def fail(self, kind: str, detail: str) -> None:
        """End it without a result."""
        self.tell({"event": "failed", "id": self.id, "kind": kind, "detail": detail})

    async def events(self) -> AsyncIterator[Event]:
        """What is told, up to and with ``done`` or ``failed``."""
        while True:
            event = await self._events.get()
            yield event
            if event["event"] in ("done", "failed"):
                return

    async def result(self) -> dict[str, Any]:
        """Wait for the end.

        Raises:
            Problem: if it failed.
        """
        async for event in self.events():
            if event["event"] == "done":
                result: dict[str, Any] = event["result"]
                return result
            if event["event"] == "failed":
                raise failure(event["kind"], event["detail"])
        raise Problem(500, "internal", "the work ended without a result")
