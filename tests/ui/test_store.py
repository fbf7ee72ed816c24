"""Nothing acknowledged is lost: kills, full disks, two windows, many writers."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest
from tests.ui.sets import draft

from xemogpt.errors import DatasetError, OutputError
from xemogpt.ui.store import StaleRevisionError, Store

WRITER = """
import sys
from pathlib import Path
from xemogpt.ui.drafts import Draft, DraftCue
from xemogpt.ui.store import Store
store = Store(Path(sys.argv[1]))
seen = store.load("ada", "clip").revision
while True:
    cue = DraftCue(key="k", modality="visual", text=f"cue {seen + 1}")
    seen = store.save("ada", "clip", Draft(cues=(cue,)), seen)
    print(seen, flush=True)
"""


def test_a_draft_comes_back_as_it_was(tmp_path):
    store = Store(tmp_path / "a.sqlite")
    given = draft(("visual", " half a c", 0.25), nothing=("auditory",))
    assert store.save("ada", "clip", given, 0) == 1
    again = Store(tmp_path / "a.sqlite").load("ada", "clip")
    assert again == (1, given)
    assert Store(tmp_path / "a.sqlite").load("ben", "clip").revision == 0


def test_a_stale_window_cannot_overwrite(tmp_path):
    store = Store(tmp_path / "a.sqlite")
    store.save("ada", "clip", draft(("visual", "first")), 0)
    with pytest.raises(StaleRevisionError, match="1 is the latest"):
        store.save("ada", "clip", draft(("visual", "second")), 0)
    assert store.load("ada", "clip").draft.cues[0].text == "first"


def test_of_writers_at_once_one_wins_each_revision(tmp_path):
    store = Store(tmp_path / "a.sqlite")
    won = []

    def write(name):
        for _ in range(10):
            seen = store.load("ada", "clip").revision
            with suppress(StaleRevisionError):
                won.append(store.save("ada", "clip", draft(("visual", name)), seen))

    threads = [threading.Thread(target=write, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == list(range(1, len(won) + 1)), "a revision was given twice or lost"
    assert store.load("ada", "clip").revision == len(won)


def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path):
    """SIGKILL in the middle of writing, several times: what was said to be saved is there."""
    path = tmp_path / "a.sqlite"
    for kill_after_s in (0.05, 0.11, 0.17):
        before = Store(path).load("ada", "clip").revision
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        acknowledged = [process.stdout.readline()]  # it is up
        time.sleep(kill_after_s)
        os.kill(process.pid, signal.SIGKILL)
        acknowledged += process.stdout.read().splitlines()
        process.wait()
        last = int([line for line in acknowledged if line.strip()][-1])
        saved = Store(path).load("ada", "clip")
        assert saved.revision in (last, last + 1)
        assert saved.revision > before
        assert saved.draft.cues[0].text == f"cue {saved.revision}"


def test_a_full_disk_is_told_and_what_was_there_stays(tmp_path):
    store = Store(tmp_path / "a.sqlite")
    store.save("ada", "clip", draft(("visual", "kept")), 0)
    # SQLite's own limit answers as a disk without room does: "database or disk is full".
    full = Store(tmp_path / "a.sqlite", max_bytes=100_000)
    with pytest.raises(OutputError, match=r"full.*make room"):
        for number in range(50):
            many = [("visual", "x" * 500) for _ in range(100)]
            full.save("ada", f"other{number}", draft(*many), 0)
    assert store.load("ada", "clip").draft.cues[0].text == "kept"


def test_a_file_that_is_no_store_is_refused(tmp_path):
    (tmp_path / "a.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(DatasetError, match="no file of annotations"):
        Store(tmp_path / "a.sqlite")
    newer = tmp_path / "b.sqlite"
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(DatasetError, match="version 9"):
        Store(newer)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(OutputError, match="cannot save"):
        Store(tmp_path / "absent" / "a.sqlite")
