"""Annotations on disk: one SQLite file a set, written through at every change.

A draft is replaced whole, and only by someone who has seen its latest revision: two windows of
one annotator cannot silently overwrite each other. SQLite's write-ahead log with full syncing
keeps every acknowledged change through a kill of the process or a loss of power.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from xemogpt.errors import DatasetError, OutputError
from xemogpt.ui.drafts import Draft

FILE = "annotations.sqlite"
_VERSION = 1
_PAGE = 4096
_SCHEMA = """
CREATE TABLE IF NOT EXISTS draft (
    annotator TEXT NOT NULL, clip TEXT NOT NULL, revision INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (annotator, clip)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS annotator (
    name TEXT PRIMARY KEY, clip TEXT, sheet TEXT, next_sheet TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS suggestion (
    media_sha256 TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
"""


class Saved(NamedTuple):
    """A draft and how often it was saved; revision 0 is one never saved."""

    revision: int
    draft: Draft


class StaleRevisionError(Exception):
    """The draft was saved from elsewhere in the meantime."""


class Store:
    """The annotations of one set.

    Args:
        path: the SQLite file; made if it is not there.
        max_bytes: more than this is refused as if the disk were full.

    Raises:
        OutputError: if it cannot be opened or made.
        DatasetError: if it is of another version, or no such file at all.
    """

    def __init__(self, path: Path, max_bytes: int = 1_000_000_000) -> None:
        self.path = path
        self.max_bytes = max_bytes
        with self._open() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, _VERSION):
                raise DatasetError(
                    f"{path} is of version {version}; this program reads {_VERSION}, update it"
                )
            connection.execute(f"PRAGMA page_size = {_PAGE}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)
            connection.execute(f"PRAGMA user_version = {_VERSION}")

    def load(self, annotator: str, clip: str) -> Saved:
        """The latest draft; an empty one if there is none yet."""
        with self._open() as connection:
            row = connection.execute(
                "SELECT revision, body FROM draft WHERE annotator = ? AND clip = ?",
                (annotator, clip),
            ).fetchone()
        return Saved(row[0], self._draft(row[1])) if row else Saved(0, Draft())

    def save(self, annotator: str, clip: str, draft: Draft, seen: int) -> int:
        """Replace the draft; on return it is on disk.

        Args:
            annotator: whose draft it is.
            clip: id of the clip.
            draft: what it says now.
            seen: the revision that the change was made to.

        Returns:
            The new revision.

        Raises:
            StaleRevisionError: if ``seen`` is not the latest.
            OutputError: if the disk is full or the file not writable; nothing changed then.
        """
        key = (annotator, clip)
        with self._open() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            row = connection.execute(
                "SELECT revision FROM draft WHERE annotator = ? AND clip = ?", key
            ).fetchone()
            latest = row[0] if row else 0
            if seen != latest:
                raise StaleRevisionError(
                    f"revision {seen} was changed, but {latest} is the latest; reload the page"
                )
            connection.execute(
                "INSERT OR REPLACE INTO draft VALUES (?, ?, ?, ?)",
                (*key, latest + 1, draft.model_dump_json()),
            )
        return latest + 1

    def fill(self, annotator: str, drafts: Mapping[str, Draft], sheet: str) -> None:
        """Put in what an annotator wrote elsewhere: all of it, or nothing."""
        with self._open() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO draft VALUES (?, ?, 1, ?)",
                [(annotator, clip, draft.model_dump_json()) for clip, draft in drafts.items()],
            )
            connection.execute(
                "INSERT OR REPLACE INTO annotator (name, sheet) VALUES (?, ?)", (annotator, sheet)
            )

    def drafts(self, annotator: str) -> dict[str, Draft]:
        """Clip id -> draft of everything that an annotator has touched."""
        with self._open() as connection:
            rows = connection.execute(
                "SELECT clip, body FROM draft WHERE annotator = ? ORDER BY clip", (annotator,)
            ).fetchall()
        return {clip: self._draft(body) for clip, body in rows}

    def place(self, annotator: str) -> str | None:
        """The clip that an annotator looked at last."""
        return self._field(annotator, "clip")

    def set_place(self, annotator: str, clip: str) -> None:
        """Remember where an annotator is."""
        self._set(annotator, "clip", clip)

    def sheets(self, annotator: str) -> tuple[str | None, str | None]:
        """Hashes of the sheet last written, and of the one being written when it was."""
        return self._field(annotator, "sheet"), self._field(annotator, "next_sheet")

    def set_sheet(self, annotator: str, digest: str, *, written: bool) -> None:
        """Remember the hash of a sheet before and after it is written."""
        self._set(annotator, "sheet" if written else "next_sheet", digest)

    def suggestions(self, media_sha256: str) -> str | None:
        """JSON of what was measured on a file, if it was."""
        with self._open() as connection:
            row = connection.execute(
                "SELECT body FROM suggestion WHERE media_sha256 = ?", (media_sha256,)
            ).fetchone()
        return row[0] if row else None

    def keep_suggestions(self, media_sha256: str, body: str) -> None:
        """Keep what was measured: annotators of a clip are shown the same."""
        with self._open() as connection, connection:
            connection.execute(
                "INSERT OR IGNORE INTO suggestion VALUES (?, ?)", (media_sha256, body)
            )

    def _field(self, annotator: str, column: str) -> str | None:
        with self._open() as connection:
            row = connection.execute(
                f"SELECT {column} FROM annotator WHERE name = ?", (annotator,)
            ).fetchone()
        return row[0] if row else None

    def _set(self, annotator: str, column: str, value: str) -> None:
        with self._open() as connection, connection:
            connection.execute(
                f"INSERT INTO annotator (name, {column}) VALUES (?, ?)"
                f" ON CONFLICT (name) DO UPDATE SET {column} = excluded.{column}",
                (annotator, value),
            )

    def _draft(self, body: str) -> Draft:
        try:
            return Draft.model_validate_json(body)
        except ValidationError as error:
            raise DatasetError(f"{self.path} holds a draft this program cannot read") from error

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection of this call alone: threads need not share one."""
        try:
            with closing(sqlite3.connect(self.path, timeout=10.0)) as connection:
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute(f"PRAGMA max_page_count = {self.max_bytes // _PAGE:d}")
                yield connection
        except sqlite3.OperationalError as error:
            raise OutputError(
                f"cannot save to {self.path.name}: {error}; make room or choose a folder you may"
                " write to"
            ) from error
        except sqlite3.DatabaseError as error:
            raise DatasetError(f"{self.path} is no file of annotations: {error}") from error
