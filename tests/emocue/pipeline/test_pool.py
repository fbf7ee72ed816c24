"""Workers that die or hang: their clip is named, the others are done."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.emocue.pipeline.cheap import PARTS, discover, write_clips

from xemogpt.emocue.pipeline.job import Outcome
from xemogpt.emocue.pipeline.parts import Parts
from xemogpt.emocue.pipeline.pool import Pool
from xemogpt.emocue.pipeline.worker import Start
from xemogpt.emocue.settings import BuildSettings
from xemogpt.errors import XEmoGPTError


def run(
    tmp_path: Path, texts: dict[str, str], workers: int = 2, parts: Parts = PARTS, **options: float
) -> dict[str, Outcome]:
    clips = write_clips(tmp_path / "clips", texts)
    start = Start(str(tmp_path / "out"), BuildSettings().model_dump_json(), "link", parts)
    pool = Pool(start, workers, **options)
    try:
        return {outcome.id: outcome for outcome in pool.run(discover(clips))}
    finally:
        pool.close()


def test_a_clip_that_kills_its_process_fails_alone(tmp_path: Path) -> None:
    texts = {f"{number:02}": f"text {number}" for number in range(20)}
    once = f"die-once:{tmp_path / 'died'}"
    found = run(tmp_path, texts | {"05": "die:", "11": once})
    assert len(found) == 20
    failed = found.pop("05")
    assert (failed.status, failed.error, failed.step) == ("failed", "WorkerDied", "worker")
    assert "died twice (signal SIGKILL)" in (failed.message or "")
    assert (tmp_path / "died").exists()
    assert {outcome.status for outcome in found.values()} == {"done"}


def test_a_clip_that_hangs_is_stopped(tmp_path: Path) -> None:
    texts = {"a": "before", "b": "sleep:3600", "c": "after", "d": "sleep:0.1"}
    started = time.monotonic()
    found = run(tmp_path, texts, clip_timeout_s=1.0)
    assert time.monotonic() - started < 30
    assert [found[name].status for name in "abcd"] == ["done", "failed", "done", "done"]
    assert found["b"].error == "ClipTimeout"
    assert "longer than 1 s" in (found["b"].message or "")


def test_clips_are_taken_as_workers_become_free(tmp_path: Path) -> None:
    clips = write_clips(tmp_path / "clips", {f"{n:02}": f"text {n}" for n in range(30)})
    taken = 0

    def jobs():  # type: ignore[no-untyped-def]
        nonlocal taken
        for job in discover(clips):
            taken += 1
            yield job

    start = Start(str(tmp_path / "out"), BuildSettings().model_dump_json(), "link", PARTS)
    pool = Pool(start, 2)
    try:
        for done, _ in enumerate(pool.run(jobs()), start=1):
            assert taken <= done + 3  # one with each worker, one at hand
    finally:
        pool.close()
    assert done == 30


def cannot_prepare() -> None:
    raise ImportError("no such library")


def test_workers_that_cannot_start_are_not_started_for_ever(tmp_path: Path) -> None:
    with pytest.raises(XEmoGPTError, match="cannot start"):
        run(tmp_path, {"a": "text"}, 1, replace(PARTS, prepare=cannot_prepare))
