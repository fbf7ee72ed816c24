"""``xemogpt bench make`` as users run it, with simulated annotators."""

import json

import pytest
from tests.benchmark.making.simulated import fill, make_clips, shared_and_own
from typer.testing import CliRunner

from xemogpt.cli.app import app
from xemogpt.errors import DatasetError, MediaError


def run(*args):
    result = CliRunner().invoke(app, ["bench", "make", *map(str, args)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_from_clips_to_task(tmp_path):
    clips, folder, out = make_clips(tmp_path / "clips"), tmp_path / "set", tmp_path / "task"
    planned = run("plan", clips, "--scenarios", clips / "scenarios.csv", "--out", folder)
    assert "clear: 3 of 3 clips" in planned.stdout
    assert "400 were asked for; there are no more" in planned.stderr
    assert "left out: copy.mp4: same contents as clip1.mp4" in planned.stderr
    sheets = run("sheets", folder, "--annotators", "ada, ben")
    assert "ben.csv (or .jsonl): 6 clips" in sheets.stdout.replace("\n", "")
    with pytest.raises(DatasetError, match="is not done"):
        run("agree", folder, "--encoder", "tiny-text")
    first, second = shared_and_own([f"clip{number}" for number in range(6)])
    fill(folder, "ada", first)
    fill(folder, "ben", second)
    shown = run("agree", folder, "--encoder", "tiny-text").stdout
    assert "6 cues to decide" in shown.replace("\n", " ")
    report = json.loads(run("agree", folder, "--encoder", "tiny-text", "--json").stdout)
    assert report["modalities"]["visual"]["f1"]["value"] == pytest.approx(0.8)
    with pytest.raises(DatasetError, match="6 cues are open"):
        run("export", folder, "--out", out)
    assert "6 clips, 18 cues" in run("export", folder, "--out", out, "--keep", "all").stdout
    assert len(json.loads((out / "cues.json").read_text())) == 6


def test_wrong_arguments(tmp_path):
    with pytest.raises(MediaError, match="is no folder"):
        run("plan", tmp_path / "nowhere", "--out", tmp_path / "set")
    with pytest.raises(MediaError, match="no media files"):
        run("plan", tmp_path, "--out", tmp_path / "set")
    with pytest.raises(DatasetError, match="start with: xemogpt bench make plan"):
        run("agree", tmp_path)
    refused = run("export", tmp_path, "--out", tmp_path / "task", "--keep", "some")
    assert refused.exit_code == 2
    assert "expected all or none" in refused.stderr
