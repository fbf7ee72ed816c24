"""The offline path needs no network: a build in which any address is refused."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

GUARD = '''"""Every Python process of the test starts with this."""
import sys

def refuse(event, args):
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        raise OSError(f"no network in this test: {event} {args}")
    if event in ("socket.connect", "socket.sendto") and isinstance(args[1], tuple):
        raise OSError(f"no network in this test: {event} {args[1]}")

sys.addaudithook(refuse)
'''
ASK = "import urllib.request; urllib.request.urlopen('http://{}', timeout=3)"


@pytest.mark.weights
@pytest.mark.shared
@pytest.mark.slow
def test_a_build_asks_nobody(clip_path: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD)
    (tmp_path / "clips").mkdir()
    shutil.copy(clip_path("lipnet__bbaf2n.mpg"), tmp_path / "clips")
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "guard")}
    for address in ("127.0.0.1:9", "example.invalid"):
        asked = subprocess.run(
            [sys.executable, "-c", ASK.format(address)],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "no network in this test" in asked.stderr, "the guard itself works"
    command = "from xemogpt.cli.app import main; main()"
    arguments = ["data", "build", str(tmp_path / "clips"), "--out", str(tmp_path / "corpus")]
    built = subprocess.run(
        [sys.executable, "-c", command, *arguments, "--workers", "2"],
        env=environment, capture_output=True, text=True, check=False, timeout=150,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    assert "no network in this test" not in built.stderr
    assert (tmp_path / "corpus" / "README.md").is_file()
