"""Copies of real clips are found under other codecs and sizes; other takes are left alone."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from xemogpt.emocue.duplicates import find_duplicates
from xemogpt.emocue.records import EmoCueRecord


@pytest.fixture(scope="module")
def making() -> ModuleType:
    """The benchmark, for its copies."""
    path = Path(__file__).parents[2] / "benchmarks" / "duplicates.py"
    spec = importlib.util.spec_from_file_location("duplicates_benchmark", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def found_in(folder: Path) -> dict[str, str]:
    paths = sorted(folder.iterdir())
    return find_duplicates([EmoCueRecord(id=p.stem, media=p.name) for p in paths], folder)


@pytest.mark.shared
def test_copies_with_pictures(making: ModuleType, clip_path, tmp_path: Path):
    # The same speaker in the same place: another sentence is no copy.
    for number, start_s in enumerate((0.0, 3.0)):
        piece = making.Coding("piece", 1.0, 10**6, "aac", 96_000, start_s, start_s + 3)
        making.encode(clip_path("edtalk__uncrop_Obama.mp4"), tmp_path / f"{number}.mp4", piece)
        making.encode(clip_path("edtalk__uncrop_Obama.mp4"), tmp_path / f"silent{number}.mp4",
                      piece, with_sound=False)  # fmt: skip
    making.encode(tmp_path / "0.mp4", tmp_path / "0small.mp4", making.PICTURES[0])
    making.encode(tmp_path / "1.mp4", tmp_path / "1trimmed.mp4", making.PICTURES[2])
    making.encode(tmp_path / "silent1.mp4", tmp_path / "silent1small.mp4", making.PICTURES[0])
    # A clip without its sound is another sample than the clip with it.
    assert found_in(tmp_path) == {"0small": "0", "1trimmed": "1", "silent1small": "silent1"}


@pytest.mark.shared
def test_another_emotion_is_no_copy(making: ModuleType, shared_dir: Path, tmp_path: Path):
    takes = sorted((shared_dir / "data" / "speech").glob("ravdess_*-01-01-01.flac"))
    assert len(takes) > 10  # emotions and intensities: one speaker, one sentence
    for path in takes:
        (tmp_path / path.name).symlink_to(path)
    making.encode(takes[5], tmp_path / "z.ogg", making.SPEECH[2])
    assert found_in(tmp_path) == {"z": takes[5].stem}


def test_equal_bytes_are_found_and_the_unreadable_passed_over(tmp_path: Path):
    records = [
        EmoCueRecord(id=name, media=f"{name}.mp4", media_sha256=digest)
        for name, digest in (("c", "1"), ("a", "1"), ("b", "2"))
    ]
    for record in records:
        record.media_path(tmp_path).write_bytes(b"no media")
    assert find_duplicates(records, tmp_path) == {"c": "a"}
    assert find_duplicates([EmoCueRecord(id="words")], tmp_path) == {}
