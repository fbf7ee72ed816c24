"""Workers that start in milliseconds: forked from a server that has imported what they need."""

import multiprocessing

import pytest

from xemogpt.emocue.pipeline import pool


@pytest.fixture(autouse=True)
def quick_workers(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Builds of this folder's tests start workers so, but for those marked ``slow``."""
    if request.node.get_closest_marker("slow") is None:
        multiprocessing.set_forkserver_preload(["tests.emocue.pipeline.cheap", "__main__"])
        monkeypatch.setattr(pool, "CONTEXT", multiprocessing.get_context("forkserver"))
