"""``xemogpt data build`` as users run it: real builds of text files with small steps."""

import json
from pathlib import Path

import pytest
import typer
from click.testing import Result
from tests.emocue.pipeline.cheap import CLIPS, PARTS, write_clips
from typer.testing import CliRunner

from xemogpt.cli import data_build
from xemogpt.emocue.pipeline import build
from xemogpt.errors import ConfigError, DatasetError, OutputError


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "real_parts", lambda: PARTS)


def run(*args: object) -> Result:
    app = typer.Typer()
    data_build.register(app)
    app.callback()(lambda: None)  # one command alone would not be named
    result = CliRunner().invoke(app, ["build", *map(str, args)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    return write_clips(tmp_path / "clips", CLIPS)


def test_a_build_says_what_came_of_it(clips: Path, tmp_path: Path) -> None:
    result = run(clips, "--out", tmp_path / "out", "--workers", 1)
    assert result.exit_code == data_build.SOME_FAILED
    assert "3 records" in result.stdout and "of 6 clips" in result.stdout
    assert "1 below a threshold, 1 duplicates, 1 failed" in result.stdout
    assert "failed at obey: 1" in result.stdout and "clips a minute" in result.stdout
    assert "failed: bad: obey: MediaError: media/bad.txt: no such stream" in result.stderr
    assert "the same command tries them again" in result.stderr
    (clips / "bad.txt").unlink()
    again = run(clips, "--out", tmp_path / "out", "--json")
    assert again.exit_code == 0
    found = json.loads(again.stdout)
    assert (found["num_records"], found["num_earlier"], found["failures"]) == (3, 5, [])
    assert found["clips_per_minute"] is None


def test_options_become_settings(clips: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps({"z": {"subject": "Zoe"}, "nobody": {}}))
    options = [
        "--labels", labels, "--no-recognise", "--fps", 10, "--seed", 3, "--licence", "CC0-1.0",
        "--thresholds", "min-face-coverage=0.3", "--thresholds", "max_duration_s=9",
        "--media", "copy", "--workers", 1,
    ]  # fmt: skip
    result = run(clips, "--out", tmp_path / "out", *options)
    assert "labels without a clip: nobody" in result.stderr
    made = json.loads((tmp_path / "out/build.json").read_text())
    assert (made["recognise"], made["fps"], made["seed"]) == (False, 10.0, 3)
    assert (made["licence"], made["annotators"]) == ("CC0-1.0", ["template"])
    assert made["thresholds.min_face_coverage"] == 0.3
    assert made["thresholds.max_duration_s"] == 9.0
    assert not (tmp_path / "out/media/z.txt").samefile(clips / "z.txt")
    with pytest.raises(OutputError, match=r"fps: 10\.0 there, 15\.0 now"):
        run(clips, "--out", tmp_path / "out")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--thresholds", "min_smiles=3"], "expected name=value, with a name of min_duration_s"),
        (["--thresholds", "min_cues"], "expected name=value"),
        (["--thresholds", "min_cues=many"], "min_cues=many: Input should be a valid integer"),
        (["--fps", "900"], "fps is 900.0: Input should be less than or equal to 60"),
    ],
)
def test_settings_are_checked(clips: Path, options: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run(clips, "--out", clips.parent / "out", *options)
    assert not (clips.parent / "out").exists()


def test_no_clips(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no folder"):
        run(tmp_path / "nowhere", "--out", tmp_path / "out")
