"""Jobs in SQLite: their state survives the server, and is honest after it was killed."""

import json
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

STATES = ("queued", "running", "done", "failed", "cancelled", "interrupted")
_OPEN = ("queued", "running")
_TABLE = """
create table if not exists jobs (
    id text primary key, owner text not null, state text not null, media text not null,
    created real not null, started real, finished real,
    duration_s real, reached_s real not null default 0, problem text, result text
)
"""
_SHOWN = "id, state, media, created, started, finished, duration_s, reached_s, problem"


class JobList:
    """A table of jobs.

    Args:
        path: the database; made if absent.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute(_TABLE)

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._db.close()

    def interrupt_open(self) -> int:
        """Mark what a server that is no more had begun or queued; the number of jobs."""
        return self._change(
            "update jobs set state = 'interrupted', finished = ? where state in (?, ?)",
            (time.time(), *_OPEN),
        )

    def add(self, id: str, owner: str, media: str) -> None:
        """A queued job.

        Raises:
            sqlite3.Error: if the disk is full.
        """
        self._change(
            "insert into jobs (id, owner, state, media, created) values (?, ?, 'queued', ?, ?)",
            (id, owner, media, time.time()),
        )

    def begin(self, id: str, duration_s: float) -> None:
        """A worker has it."""
        self._change(
            "update jobs set state = 'running', started = ?, duration_s = ?"
            " where id = ? and state = 'queued'",
            (time.time(), duration_s, id),
        )

    def reach(self, id: str, reached_s: float) -> None:
        """How much of the media is explained, in seconds."""
        self._change("update jobs set reached_s = ? where id = ?", (reached_s, id))

    def end(
        self,
        id: str,
        state: str,
        *,
        result: dict[str, Any] | None = None,
        problem: dict[str, Any] | None = None,
    ) -> bool:
        """Close an open job; false if it was closed before."""
        values = [None if value is None else json.dumps(value) for value in (result, problem)]
        changed = self._change(
            "update jobs set state = ?, finished = ?, result = ?, problem = ?"
            " where id = ? and state in (?, ?)",
            (state, time.time(), *values, id, *_OPEN),
        )
        return changed > 0

    def get(self, id: str, owner: str) -> dict[str, Any] | None:
        """A job without its result; none if there is none, or it is another's."""
        rows = self._rows(f"select {_SHOWN} from jobs where id = ? and owner = ?", (id, owner))
        return _shown(rows[0]) if rows else None

    def latest(self, owner: str, limit: int) -> list[dict[str, Any]]:
        """The newest jobs, newest first."""
        rows = self._rows(
            f"select {_SHOWN} from jobs where owner = ? order by created desc, id limit ?",
            (owner, limit),
        )
        return [_shown(row) for row in rows]

    def result(self, id: str, owner: str) -> str | None:
        """The explanation of a job that is done, as JSON."""
        rows = self._rows(
            "select result from jobs where id = ? and owner = ? and state = 'done'", (id, owner)
        )
        return rows[0][0] if rows else None

    def delete(self, id: str, owner: str) -> bool:
        """Forget a job; whether there was one."""
        return self._change("delete from jobs where id = ? and owner = ?", (id, owner)) > 0

    def forget_before(self, time_s: float) -> int:
        """Forget jobs that ended before a moment; the number of jobs."""
        return self._change("delete from jobs where finished < ?", (time_s,))

    def counts(self) -> dict[str, int]:
        """Jobs by state, states without any included."""
        found = dict(self._rows("select state, count(*) from jobs group by state", ()))
        return {state: found.get(state, 0) for state in STATES}

    def num_open(self) -> int:
        """Jobs that wait or run."""
        counts = self.counts()
        return sum(counts[state] for state in _OPEN)

    def _change(self, statement: str, values: tuple[Any, ...]) -> int:
        with self._lock:
            return self._db.execute(statement, values).rowcount

    def _rows(self, statement: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()


def _shown(row: tuple[Any, ...]) -> dict[str, Any]:
    job = dict(zip(_SHOWN.split(", "), row, strict=True))
    job["problem"] = None if job["problem"] is None else json.loads(job["problem"])
    return job
