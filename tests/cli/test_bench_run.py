"""``xemogpt bench run`` as users run it."""

import json
import subprocess
import sys

import pytest
from tests.benchmark.folders import make_records, write_predictions
from typer.testing import CliRunner

from xemogpt.benchmark.runlog import read_runlog
from xemogpt.cli.app import app
from xemogpt.errors import ConfigError, UnknownNameError


def run(*args):
    result = CliRunner().invoke(app, ["bench", "run", *map(str, args)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def arguments(tmp_path):
    folder = make_records(tmp_path / "mine", 4)
    file = write_predictions(tmp_path / "p.jsonl", ["clip0", "clip1"])
    return ["--task", folder, "--model", file, "--out", tmp_path / "runs"]


def test_run_and_folder(arguments, tmp_path):
    shown = run(*arguments)
    assert shown.exit_code == 0
    assert "full: 2 answers (0 empty), 2 failures" in shown.stdout
    assert f"xemogpt bench report {tmp_path / 'runs' / 'full'}" in shown.stdout
    assert "clip2: no prediction" in shown.stderr
    log = read_runlog(tmp_path / "runs" / "full")
    assert (log.task, log.model, len(log.failures)) == ("mine", "p.jsonl", 2)
    data = json.loads(run(*arguments, "--json").stdout)
    assert data["runs"][0]["answers_sha256"] == log.answers_sha256


def test_wrong_arguments(arguments):
    with pytest.raises(UnknownNameError, match="no condition 'sideways'"):
        run(*arguments, "--condition", "sideways")
    with pytest.raises(ConfigError, match="cannot be tested under"):
        run(*arguments, "--condition", "full", "--condition", "no-audio")
    assert not arguments[-1].exists()
    assert run(*arguments, "--limit", 0).exit_code == 2


def test_exit_code_of_a_users_error(tmp_path):
    code = "from xemogpt.cli.app import main; main()"
    command = ["bench", "run", "--task", "nowhere", "--model", "nano", "--out", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-c", code, *command], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: no task 'nowhere'; expected controlled-400")
