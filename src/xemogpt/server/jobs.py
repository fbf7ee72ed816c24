"""Running jobs: from the queue to their end in the list, and away with the upload."""

import asyncio
import logging
import secrets
import sqlite3
from typing import Any

from xemogpt.server.engine import Engine
from xemogpt.server.explaining import Outcomes, explain_ticket
from xemogpt.server.problems import failure
from xemogpt.server.ticket import Ticket
from xemogpt.server.uploads import Upload, disk_full

LOG = logging.getLogger("xemogpt.server")


def start_job(engine: Engine, upload: Upload, owner: str) -> dict[str, Any]:
    """Queue an upload as a job; the job as it is shown.

    Raises:
        Problem: if the disk is full.
    """
    id = secrets.token_hex(16)
    try:
        engine.jobs.add(id, owner, upload.name)
    except sqlite3.Error as error:
        engine.scratch.remove(upload.folder)
        raise disk_full() from error
    ticket = explain_ticket(upload, engine, is_job=True)
    engine.running[id] = ticket
    engine.pool.submit(ticket)
    task = asyncio.create_task(_follow(engine, id, ticket, upload))
    engine.followers.add(task)
    task.add_done_callback(engine.followers.discard)
    job = engine.jobs.get(id, owner)
    assert job is not None
    return job


def cancel_job(engine: Engine, id: str) -> None:
    """Cancel a job unless it has ended."""
    engine.jobs.end(id, "cancelled")
    if ticket := engine.running.get(id):
        engine.pool.cancel(ticket)


async def _follow(engine: Engine, id: str, ticket: Ticket, upload: Upload) -> None:
    """Write down what becomes of a job."""
    outcomes = Outcomes(upload, engine)
    try:
        async for event in ticket.events():
            if event["event"] == "probed":
                engine.jobs.begin(id, event["duration_s"])
            elif event["event"] == "passage":
                engine.jobs.reach(id, event["until_s"])
            elif event["event"] == "words":
                continue  # a job is read window by window
            elif event["event"] == "done":
                engine.jobs.end(id, "done", result=outcomes.result(event["result"]))
            elif event["kind"] == "stopping":
                engine.jobs.end(id, "interrupted")
            elif event["kind"] != "cancelled":
                engine.jobs.end(id, "failed", problem=outcomes.problem(event).body())
    except sqlite3.Error as error:
        LOG.error("job %s cannot be written down: %s", id, error)
        engine.pool.cancel(ticket)
        _fail_small(engine, id)
    finally:
        engine.running.pop(id, None)
        engine.scratch.remove(upload.folder)


def _fail_small(engine: Engine, id: str) -> None:
    """Say at least that it failed; if even that does not fit, the next start says so."""
    problem = failure("internal", "the server had no room to write the result down").body()
    try:
        engine.jobs.end(id, "failed", problem=problem)
    except sqlite3.Error as error:
        LOG.error("nor that it failed: %s", error)
