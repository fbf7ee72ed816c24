"""A full disk: a clear error, nothing half-written, and the build goes on when there is room."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.emocue.pipeline.cheap import PARTS, contents, write_clips

from xemogpt.emocue.pipeline.build import build_emocue

UNSHARE = ["unshare", "--map-root-user", "--mount"]


def may_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not may_mount(), reason="mount namespaces are not allowed here")
def test_a_build_survives_a_full_disk(tmp_path: Path) -> None:
    texts = {f"clip-{number:03}": f"{number} " + "x" * 12_000 for number in range(60)}
    clips = write_clips(tmp_path / "clips", texts)
    script = Path(__file__).with_name("disk_full.py")
    run = subprocess.run(
        [*UNSHARE, sys.executable, script, clips, tmp_path / "out"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert "make room" in found["message"] and "goes on where it stopped" in found["message"]
    assert "records.jsonl" not in found["names"] and "build.json" not in found["names"]
    assert not any(name.endswith(".jsonl") for name in found["names"])
    assert found["kept"] > 0
    build_emocue(clips, tmp_path / "whole", workers=1, parts=PARTS)
    assert found["contents"] == contents(tmp_path / "whole")
