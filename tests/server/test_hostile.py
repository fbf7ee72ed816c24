import importlib.util
import threading
import time
from pathlib import Path

import psutil
import pytest
from tests.server.running import run_server

pytestmark = [pytest.mark.weights, pytest.mark.shared]


def test_mutated_files_end_nothing(server, smile, clip_path):
    path = Path(__file__).parents[2] / "benchmarks" / "server_fuzz.py"
    spec = importlib.util.spec_from_file_location("server_fuzz", path)
    fuzz = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fuzz)
    clips = [smile.read_bytes(), clip_path("lipnet__bbaf2n.mpg").read_bytes()]
    found = fuzz.attack(server, clips, 14, seed=1)
    assert not found["faults"] and not found["files_left"] and found["server_alive"], found
    assert len(found["answers"]) > 1, "all were answered alike: were they mutated?"


def test_too_slow_and_killed_workers_are_replaced(tmp_path, smile, clip_path):
    with run_server(tmp_path / "state", "--timeout", "2") as server, server.client() as client:
        slow = clip_path("edtalk__uncrop_Obama.mp4")
        (first,) = server.workers()
        answer = client.post("/v1/explain", files={"file": slow.open("rb")})
        assert answer.status_code == 422 and answer.json()["type"].endswith("too-slow")
        assert not first.is_running()
        words = {"subtitle": (None, "I am happy.")}
        assert client.post("/v1/explain", files=words).status_code == 200
        # What a file that ends its decoder does, done to the decoder of a file that would not.
        answers = []
        sent = threading.Thread(
            target=lambda: answers.append(
                client.post("/v1/explain", files={"file": slow.open("rb")})
            )
        )
        sent.start()
        while not server.uploads():
            time.sleep(0.01)
        time.sleep(0.1)
        server.workers()[0].kill()
        sent.join()
        assert answers[0].status_code == 422
        assert answers[0].json()["type"].endswith("crashed"), answers[0].text
        assert client.post("/v1/explain", files=words).status_code == 200
        assert "xemogpt_worker_restarts_total 2.0" in client.get("/metrics").text
        assert server.is_clean()


def test_memory_is_limited(tmp_path):
    """A worker that may have little refuses what needs much, and goes on or is replaced."""
    from tests.media.factory import Picture, write_media

    # Each reference frame of a stream this large takes 14 MB; the decoder keeps several.
    picture = Picture(3, 4096, 2304, colours=((9, 9, 9), (200, 0, 0), (0, 90, 0), (0, 0, 90)))
    path = write_media(tmp_path / "large.mp4", picture)
    limits = ("--worker-memory-gb", "0.5")
    with run_server(tmp_path / "state", *limits) as server, server.client() as client:
        (worker,) = server.workers()
        assert worker.rlimit(psutil.RLIMIT_DATA) == (500_000_000, 500_000_000)
        # How much a worker starts with differs between machines: leave it 16 MB more than that.
        room = worker.memory_info().data + 16_000_000
        worker.rlimit(psutil.RLIMIT_DATA, (room, 500_000_000))
        answer = client.post("/v1/explain", files={"file": path.open("rb")})
        assert answer.status_code == 422, answer.text
        # What says so is the decoder, which may hand on nothing, the worker, or its end.
        assert answer.json()["error"]["code"] in ("media", "too-heavy", "crashed"), answer.text
        words = {"subtitle": (None, "I am happy.")}
        assert client.post("/v1/explain", files=words).status_code == 200
        assert server.is_clean()
