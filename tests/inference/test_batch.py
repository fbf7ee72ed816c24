import json
import os
import signal
import subprocess
import sys
import time

import pytest

from xemogpt import Explainer
from xemogpt.errors import OutputError
from xemogpt.inference import Request
from xemogpt.inference.batch import explain_to_file
from xemogpt.schema import Explanation

pytestmark = pytest.mark.weights

TEXTS = [f"line {n}" for n in range(6)]

# Explains six texts slowly enough to be killed in the middle.
SLOW_RUN = """
import sys, time
from pathlib import Path
from xemogpt import Explainer
from xemogpt.inference import Request
from xemogpt.inference.batch import explain_to_file

requests = [Request(subtitle=f"line {n}") for n in range(6)]
explain_to_file(Explainer(), requests, Path(sys.argv[1]), lambda result: time.sleep(0.4))
"""


def said(path):
    lines = path.read_text().splitlines()
    return [Explanation.model_validate_json(line).transcript.text for line in lines]


def run(out, texts=TEXTS, **kwargs):
    return explain_to_file(Explainer(), [Request(subtitle=t) for t in texts], out, **kwargs)


def test_one_line_a_request_in_order(tmp_path):
    seen = []
    summary = run(tmp_path / "out.jsonl", on_result=seen.append)
    assert said(tmp_path / "out.jsonl") == TEXTS
    assert (summary.num_explained, summary.num_resumed, len(seen)) == (6, 0, 6)
    assert {p.name for p in tmp_path.iterdir()} <= {"out.jsonl", "out.jsonl.partial.lock"}


def test_a_killed_run_goes_on_where_it_stopped(tmp_path):
    out = tmp_path / "out.jsonl"
    process = subprocess.Popen([sys.executable, "-c", SLOW_RUN, str(out)])
    partial = tmp_path / "out.jsonl.partial"
    deadline = time.monotonic() + 60
    while not (partial.exists() and partial.read_text().count("\n") >= 3):
        assert time.monotonic() < deadline, "the run never got going"
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not out.exists()
    with partial.open("a") as file:
        file.write('["half a li')  # what a kill in the middle of a write leaves
    summary = run(out)
    assert summary.num_resumed >= 2
    assert said(out) == TEXTS
    assert not partial.exists()


def test_failures_are_listed_and_tried_again(tmp_path):
    out, bad = tmp_path / "out.jsonl", tmp_path / "bad.mp4"
    bad.write_bytes(b"not media")
    summary = explain_to_file(Explainer(), [Request(bad), Request(subtitle="ok")], out)
    assert said(out) == ["ok"]
    (row,) = map(json.loads, (tmp_path / "out.jsonl.errors.jsonl").read_text().splitlines())
    assert (row["media"], row["error"]) == (str(bad), "MediaError")
    assert summary.failures[0].request.media == bad
    run(out, ["ok"])
    assert not (tmp_path / "out.jsonl.errors.jsonl").exists()


def test_a_partial_file_of_other_settings_is_not_used(tmp_path):
    out = tmp_path / "out.jsonl"
    (tmp_path / "out.jsonl.partial").write_text('{"settings": "of another model"}\n')
    assert run(out).num_resumed == 0


def test_equal_requests_are_each_answered(tmp_path):
    run(tmp_path / "out.jsonl", ["same", "same"])
    assert said(tmp_path / "out.jsonl") == ["same", "same"]


def test_two_runs_on_one_file_are_refused(tmp_path):
    from filelock import FileLock

    out = tmp_path / "out.jsonl"
    with FileLock(f"{out}.partial.lock"), pytest.raises(OutputError, match="another run"):
        run(out)


def test_an_unwritable_place_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write"):
        run(tmp_path / "file" / "out.jsonl")
