"""A build killed at random moments and resumed ends in the bytes of one that was left alone."""

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import psutil
from tests.emocue.pipeline.cheap import CLIPS, PARTS, contents, write_clips

from xemogpt.emocue.pipeline import pool
from xemogpt.emocue.pipeline.build import build_emocue

NUM_KILLS = 20


def start_build(clips: Path, out: Path, method: str) -> tuple[int, int]:
    """A build in a process of its own, and a pipe with a byte for each clip it has done."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reading)
            pool.CONTEXT = multiprocessing.get_context(method)  # type: ignore[assignment]
            build_emocue(clips, out, workers=1, parts=PARTS, progress=lambda status: tell(writing))
        finally:
            os._exit(0)
    os.close(writing)
    return pid, reading


def tell(pipe: int) -> None:
    os.write(pipe, b".")


def test_twenty_kills_leave_no_trace(tmp_path: Path) -> None:
    texts = CLIPS | {f"clip-{number:03}": f"sleep:0.00{number % 5}" for number in range(120)}
    clips = write_clips(tmp_path / "clips", texts)
    build_emocue(clips, tmp_path / "whole", workers=1, parts=PARTS)
    rng = random.Random(0)
    killed_at = []
    for number in range(NUM_KILLS):
        pid, pipe = start_build(clips, tmp_path / "out", "fork")  # quick, not what is tested
        # After some clips; the last few times only when all are done, while files are written.
        wanted = rng.randrange(8) if number < NUM_KILLS - 5 else len(texts) + 1
        done = 0
        while done <= wanted and os.read(pipe, 1):
            done += 1
        time.sleep(rng.uniform(0, 0.03))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(pipe)
        killed_at.append(done)
    summary = build_emocue(clips, tmp_path / "out", workers=1, parts=PARTS)
    assert summary.num_earlier > 15  # kills did not undo the clips that were done
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    assert len(set(killed_at)) > 3


def test_workers_do_not_outlive_who_started_them(tmp_path: Path) -> None:
    clips = write_clips(tmp_path / "clips", {"a": "text", "b": "sleep:3600"})
    pid, pipe = start_build(clips, tmp_path / "out", "spawn")
    for _ in range(2):  # at the start, and when the first clip is done
        assert os.read(pipe, 1)
    (worker,) = [
        child for child in psutil.Process(pid).children() if "spawn_main" in str(child.cmdline())
    ]
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(pipe)
    psutil.wait_procs([worker], timeout=10)
    assert not worker.is_running()
