"""What is done of a build: an SQLite file in the corpus folder, a row for each clip.

A result is committed when it comes, so that a kill loses at most the clips being worked on.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from xemogpt.emocue.pipeline.job import Job, Outcome, Status, Timing
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.errors import OutputError

STATE = "build.sqlite"
FORMAT = 1
"""Of the state file."""
_PAGE = 256
"""Rows that are in memory at once."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS clips (
    id TEXT PRIMARY KEY,
    relative TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    label TEXT,
    status TEXT NOT NULL DEFAULT 'todo',
    record TEXT,
    step TEXT,
    reasons TEXT,
    error TEXT,
    message TEXT,
    timings TEXT,
    tokens_in INTEGER NOT NULL DEFAULT 0,
    tokens_out INTEGER NOT NULL DEFAULT 0,
    is_seen INTEGER NOT NULL DEFAULT 1  -- 0: gone, 1: new, 2: known
);
"""
_UPSERT = """
INSERT INTO clips (id, relative, size, mtime_ns, label) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET is_seen = 2, relative = excluded.relative, size = excluded.size,
    mtime_ns = excluded.mtime_ns, label = excluded.label,
    status = CASE WHEN status != 'failed' AND (relative, size, mtime_ns, label)
        IS (excluded.relative, excluded.size, excluded.mtime_ns, excluded.label)
        THEN status ELSE 'todo' END
"""


class BuildState:
    """The state of one corpus folder; for one process at a time.

    Args:
        folder: of the corpus.

    Raises:
        OutputError: if the file is damaged or cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / STATE
        with self._clear():
            self._db = sqlite3.connect(self._path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            # A kill loses nothing; a power cut at most the last clips, which are then done again.
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def sign(self, signature: Mapping[str, Any]) -> None:
        """Keep what the records depend on; a folder takes only one such set.

        Raises:
            OutputError: naming what differs, if the folder was made otherwise.
        """
        wanted = {key: json.dumps(value, sort_keys=True) for key, value in signature.items()}
        with self._clear():
            found = dict(self._db.execute("SELECT key, value FROM meta").fetchall())
        if not found:
            with self._clear(), self._transaction():
                self._db.executemany("INSERT INTO meta VALUES (?, ?)", wanted.items())
            return
        differing = [
            f"{key}: {_brief(found.get(key))} there, {_brief(wanted.get(key))} now"
            for key in sorted(wanted.keys() | found.keys())
            if wanted.get(key) != found.get(key)
        ]
        if differing:
            raise OutputError(
                f"{self._path.parent} was built with other settings or another version"
                f" ({'; '.join(differing)}); choose another folder, or delete this one to build"
                " it anew"
            )

    def sync(self, jobs: Iterable[Job]) -> None:
        """Take in the clips that are there now.

        New and changed clips are to do, failed ones again; those that are gone are forgotten.

        Raises:
            OutputError: if the folder was built from entirely other clips.
        """
        with self._clear(), self._transaction():
            self._db.execute("UPDATE clips SET is_seen = 0")
            rows = ((job.id, job.relative, job.size, job.mtime_ns, job.label) for job in jobs)
            self._db.executemany(_UPSERT, rows)
            gone = self._one("SELECT count(*) FROM clips WHERE is_seen = 0")
            known = self._one("SELECT count(*) FROM clips WHERE is_seen = 2")
            if gone and not known:
                raise OutputError(
                    f"{self._path.parent} was built from other clips: none of its {gone} is in"
                    " the folder given; give the same folder of clips, or another --out"
                )
            self._db.execute("DELETE FROM clips WHERE is_seen = 0")

    def todo(self, clips: Path) -> Iterator[Job]:
        """Clips to work on, ids ascending; the state may change meanwhile.

        Args:
            clips: the folder of clips.
        """
        columns = "id, relative, size, mtime_ns, label"
        for name, relative, size, mtime_ns, label in self._pages(columns, ("todo",)):
            yield Job(
                id=name, source=str(clips / relative), relative=relative, size=size,
                mtime_ns=mtime_ns, label=label,
            )  # fmt: skip

    def store(self, outcome: Outcome) -> None:
        """Keep what came of a clip.

        Raises:
            OutputError: if it cannot be written.
        """
        timings = [timing.model_dump() for timing in outcome.timings]
        with self._clear():
            self._db.execute(
                "UPDATE clips SET status = ?, record = ?, step = ?, reasons = ?, error = ?,"
                " message = ?, timings = ?, tokens_in = ?, tokens_out = ? WHERE id = ?",
                (outcome.status, outcome.record, outcome.step, json.dumps(outcome.reasons),
                 outcome.error, outcome.message, json.dumps(timings), outcome.tokens_in,
                 outcome.tokens_out, outcome.id),
            )  # fmt: skip

    def count(self) -> dict[str, int]:
        """Clips by status."""
        rows = self._db.execute("SELECT status, count(*) FROM clips GROUP BY status")
        return dict(rows.fetchall())

    def tokens(self) -> tuple[int, int]:
        """Sent and received for the clips of the corpus, over all runs."""
        found = self._db.execute("SELECT total(tokens_in), total(tokens_out) FROM clips").fetchone()
        return int(found[0]), int(found[1])

    def failures_by_step(self) -> dict[str, int]:
        """How many clips failed at which step."""
        rows = self._db.execute("SELECT step FROM clips WHERE status = 'failed' ORDER BY step")
        return dict(Counter(step for (step,) in rows))

    def records(self) -> Iterator[EmoCueRecord]:
        """Records of the clips that are done, ids ascending."""
        for text in self.texts():
            yield EmoCueRecord.model_validate_json(text)

    def texts(self) -> Iterator[str]:
        """What the outcomes of the clips that are done hold as their records, ids ascending."""
        for _, text in self._pages("id, record", ("done",)):
            yield text

    def media(self) -> Iterator[tuple[str, str]]:
        """Id and path below the folder of clips of what is done."""
        yield from self._pages("id, relative", ("done",))

    def outcomes(self, status: Status) -> Iterator[Outcome]:
        """What came of the clips of one status, ids ascending; without their timings."""
        columns = "id, step, reasons, error, message"
        for name, step, reasons, error, message in self._pages(columns, (status,)):
            yield Outcome(
                id=name, status=status, step=step, reasons=json.loads(reasons), error=error,
                message=message,
            )  # fmt: skip

    def timings(self) -> Iterator[tuple[str, Timing]]:
        """Id and timing of every step of every clip, ids ascending."""
        statuses: tuple[Status, ...] = ("done", "dropped", "failed")
        for name, text in self._pages("id, timings", statuses):
            for timing in json.loads(text or "[]"):
                yield name, Timing(**timing)

    def _pages(self, columns: str, statuses: tuple[str, ...]) -> Iterator[Any]:
        last = ""
        marks = ", ".join("?" * len(statuses))
        query = (
            f"SELECT {columns} FROM clips WHERE status IN ({marks}) AND id > ?"
            f" ORDER BY id LIMIT {_PAGE}"
        )
        while True:
            with self._clear():
                rows = self._db.execute(query, (*statuses, last)).fetchall()
            if not rows:
                return
            yield from rows
            last = rows[-1][0]

    def _one(self, query: str) -> int:
        found: int = self._db.execute(query).fetchone()[0]
        return found

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def _clear(self) -> Iterator[None]:
        """Turn errors of the database into ours."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise OutputError(
                f"cannot write {self._path}: {error}; make room or choose another folder, then"
                " run the same command again: it goes on where it stopped"
            ) from error
        except sqlite3.DatabaseError as error:
            raise OutputError(
                f"{self._path} is damaged ({error}); delete {self._path.parent} to build it anew"
            ) from error


def _brief(text: str | None) -> str:
    """A value short enough for a message; hashes by their beginning."""
    if text is None:
        return "nothing"
    return text if len(text) <= 60 else f"{text[:57]}..."
