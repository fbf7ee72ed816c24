"""From an upload to a ticket, and from a worker's result to what a client may see."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from xemogpt.server.engine import Engine
from xemogpt.server.problems import Problem, failure
from xemogpt.server.ticket import Event, Ticket
from xemogpt.server.uploads import Upload

_HEARTBEAT_S = 10.0


def explain_ticket(upload: Upload, engine: Engine, *, is_job: bool = False) -> Ticket:
    """The work of explaining an upload, with the limits that hold for it."""
    limits = engine.settings.limits
    order = {
        "do": "explain",
        "media": None if upload.media is None else str(upload.media),
        "audio": None if upload.audio is None else str(upload.audio),
        "subtitle": upload.subtitle,
        "recognise": upload.recognise,
        "max_duration_s": limits.job_duration_s if is_job else limits.duration_s,
        "max_frame_pixels": limits.frame_pixels,
        "max_total_pixels": limits.total_pixels,
    }
    if is_job:
        # A window of a job may take no longer than a whole request: hours are for long media.
        return Ticket(order, limits.job_s, None, stall_s=limits.explain_s, is_job=True)
    return Ticket(order, limits.explain_s, limits.queue_s)


class Outcomes:
    """Makes results and failures presentable: the client's name instead of our paths.

    Args:
        upload: what was explained.
        engine: names the model and counts failures.
    """

    def __init__(self, upload: Upload, engine: Engine) -> None:
        self._upload, self._engine = upload, engine

    def result(self, result: dict[str, Any]) -> dict[str, Any]:
        """An explanation."""
        result["media"] = self._upload.name
        model = self._engine.settings.model
        if result["provenance"]["model"] == model:
            result["provenance"]["model"] = self._engine.settings.model_id
        result["warnings"] = [self.text(warning) for warning in result["warnings"]]
        return result

    def problem(self, event: Event) -> Problem:
        """A failure."""
        self._engine.gauges.failures.labels(event["kind"]).inc()
        problem = failure(event["kind"], self.text(event["detail"]))
        if event["kind"] in ("busy", "stopping"):
            problem.headers["Retry-After"] = str(self._engine.pool.retry_after_s())
        return problem

    def text(self, text: str) -> str:
        """Without paths of this machine."""
        for path in (self._upload.media, self._upload.audio):
            if path is not None:
                text = text.replace(str(path), self._upload.name)
        return text.replace(str(self._upload.folder), "")


async def explain_and_wait(request: Request, upload: Upload, engine: Engine) -> dict[str, Any]:
    """The explanation of an upload, or nothing more to do if the client goes away.

    Raises:
        Problem: if it cannot be explained.
    """
    outcomes, ticket = Outcomes(upload, engine), explain_ticket(upload, engine)
    engine.pool.submit(ticket)
    finished = asyncio.ensure_future(_end_of(ticket))
    gone = asyncio.ensure_future(_until_gone(request))
    try:
        await asyncio.wait((finished, gone), return_when=asyncio.FIRST_COMPLETED)
        if not finished.done():
            raise Problem(400, "gone", "the client went away")
        event = finished.result()
    finally:
        finished.cancel()
        gone.cancel()
        engine.pool.cancel(ticket)
    if event["event"] == "failed":
        raise outcomes.problem(event)
    return outcomes.result(event["result"])


async def _end_of(ticket: Ticket) -> Event:
    async for event in ticket.events():
        last = event
    return last


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class OwnedStream(StreamingResponse):
    """A stream that lets go of what it holds even if it is never begun."""

    def __init__(self, content: AsyncIterator[str], release: Callable[[], None]) -> None:
        super().__init__(
            content,
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        self._release = release

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send, then let go."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._release()


async def beating(ticket: Ticket) -> AsyncIterator[Event | None]:
    """Events of a ticket, and none whenever nothing happened for a while."""
    events = aiter(ticket.events())
    step = asyncio.ensure_future(anext(events, None))
    try:
        while True:
            await asyncio.wait((step,), timeout=_HEARTBEAT_S)
            if not step.done():
                yield None
                continue
            event = step.result()
            if event is None:
                return
            yield event
            step = asyncio.ensure_future(anext(events, None))
    finally:
        step.cancel()


def server_sent(event: str | None, data: Any) -> str:
    """One server-sent event."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return (f"event: {event}\n" if event else "") + f"data: {text}\n\n"


async def explain_events(ticket: Ticket, outcomes: Outcomes) -> AsyncIterator[str]:
    """``probed``; ``words`` as they come, a ``passage`` a window; the end."""
    async for event in beating(ticket):
        if event is None:
            yield ": still at work\n\n"
        elif event["event"] == "done":
            yield server_sent("explanation", outcomes.result(event["result"]))
        elif event["event"] == "failed":
            yield server_sent("problem", outcomes.problem(event).body())
        else:
            shown = {k: v for k, v in event.items() if k not in ("event", "id")}
            yield server_sent(event["event"], shown)
