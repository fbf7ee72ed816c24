"""Answers of an endpoint on disk: what was paid for once is never asked again."""

import hashlib
import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from xemogpt.errors import DatasetError, OutputError

CACHE_VERSION = 1
_APPLICATION_ID = 0x584D4F43  # "XMOC": tells our file from any other SQLite file.
_TABLE = """
CREATE TABLE answers (
    key TEXT PRIMARY KEY,
    model TEXT NOT NULL,
    prompt TEXT NOT NULL,
    text_sha256 TEXT NOT NULL,
    answer TEXT,
    problem TEXT,
    tries INTEGER NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    updated_at REAL NOT NULL
)
"""


@dataclass(frozen=True)
class CachedAnswer:
    """One row: an answer, or the problem that there was instead."""

    answer: str | None
    problem: str | None
    tries: int
    prompt_tokens: int = 0
    completion_tokens: int = 0


def cache_key(model: str, prompt: str, text: str) -> str:
    """Key of one question: model, wording and text, each hashed in full."""
    digest = hashlib.sha256()
    for part in (model, prompt, text):
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


class AnswerCache:
    """A SQLite file of answers; each is written in a transaction of its own.

    Args:
        path: the file, made if absent; ``:memory:`` keeps nothing.

    Raises:
        DatasetError: if the file is none of ours or of another version.
        OutputError: if it cannot be opened for writing.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        self._lock = threading.Lock()
        if self.path != ":memory:":
            try:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OutputError(f"cannot make the folder of cache {path}: {error}") from error
        try:
            self._db = sqlite3.connect(self.path, check_same_thread=False, timeout=30)
            self._prepare()
        except sqlite3.DatabaseError as error:
            if "not a database" in str(error) or "malformed" in str(error):
                raise DatasetError(
                    f"{self.path} is not a cache of answers ({error}); name another file"
                ) from error
            raise OutputError(f"cannot open cache {self.path}: {error}") from error

    def _prepare(self) -> None:
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            owner = self._db.execute("PRAGMA application_id").fetchone()[0]
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if owner == _APPLICATION_ID and version == CACHE_VERSION:
                return
            if owner == _APPLICATION_ID:
                raise DatasetError(
                    f"cache {self.path} has version {version}, this xemogpt reads version"
                    f" {CACHE_VERSION}; name another file with --cache, or delete it"
                )
            if tables:
                raise DatasetError(
                    f"{self.path} is a SQLite file of something else; name another with --cache"
                )
            self._db.execute(_TABLE)
            self._db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            self._db.execute(f"PRAGMA user_version = {CACHE_VERSION}")

    def get(self, key: str) -> CachedAnswer | None:
        """The row of ``key``, if it was ever asked."""
        with self._lock:
            row = self._db.execute(
                "SELECT answer, problem, tries, prompt_tokens, completion_tokens"
                " FROM answers WHERE key = ?",
                (key,),
            ).fetchone()
        return CachedAnswer(*row) if row else None

    def put(self, key: str, model: str, prompt: str, text: str, row: CachedAnswer) -> None:
        """Store an answer or a problem, replacing what was there.

        Raises:
            OutputError: if the disk is full or read-only.
        """
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        values = (key, model, prompt, digest, row.answer, row.problem, row.tries)
        counts = (row.prompt_tokens, row.completion_tokens, time.time())
        try:
            with self._lock, self._db:
                self._db.execute(
                    f"REPLACE INTO answers VALUES ({', '.join('?' * 10)})", values + counts
                )
        except sqlite3.Error as error:
            raise OutputError(f"cannot write cache {self.path}: {error}") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
