"""The command line: a manifest into a table, and what is refused."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.media.factory import Picture, write_media


def xemogpt(*args: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", "from xemogpt.cli.app import main; main()", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.weights
def test_a_manifest_becomes_a_table(tmp_path: Path) -> None:
    write_media(tmp_path / "a.mp4", Picture(num_frames=6))
    lines = [
        {"file": "a.mp4", "id": "one", "speaker": "ann", "subtitle": "I am fine."},
        {"file": "missing.mp4", "id": "two"},
    ]
    (tmp_path / "list.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    out = tmp_path / "deep" / "results.parquet"
    run = xemogpt("explain", tmp_path / "list.jsonl", "--workers", "1", "--out", out)
    assert run.returncode == 1
    assert "1 of 2 explained" in run.stderr
    assert "two: MediaError" in run.stderr
    (row,) = pq.read_table(out).to_pylist()
    assert (row["id"], row["speaker"], row["transcript"]) == ("one", "ann", "I am fine.")


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["a.mp4", "--engine", "ray"], 2, "go with --out results.parquet"),
        (["a.mp4", "--out", "x.parquet", "--subtitle", "x"], 2, "do not go with a .parquet"),
        (["missing.jsonl", "--out", "x.parquet"], 1, "cannot read the manifest"),
        (["--out", "x.parquet"], 1, "no clips to explain"),
    ],
)
@pytest.mark.weights
def test_wrong_use_says_so(args: list[str], code: int, message: str, tmp_path: Path) -> None:
    moved = [str(tmp_path / arg) if arg.endswith((".parquet", ".jsonl")) else arg for arg in args]
    run = xemogpt("explain", *moved)
    assert run.returncode == code, run.stderr
    assert message in " ".join(run.stderr.replace("│", " ").split())
    assert "Traceback" not in run.stderr
