"""Media at their place: linked or copied, whole or not at all, nothing twice."""

import errno
import os
from pathlib import Path
from typing import Any, NoReturn

import pytest

from xemogpt.emocue.pipeline.place import place_media, remove_strays
from xemogpt.errors import OutputError


def refuse(code: int) -> Any:
    def link(*args: Any) -> NoReturn:
        raise OSError(code, os.strerror(code))

    return link


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "clips" / "a.mp4"
    path.parent.mkdir()
    path.write_bytes(b"moving pictures")
    return path


def test_links_share_bytes_and_copies_do_not(source: Path, tmp_path: Path) -> None:
    place_media(source, tmp_path / "out/linked.mp4", "link")
    place_media(source, tmp_path / "out/copied.mp4", "copy")
    assert (tmp_path / "out/linked.mp4").samefile(source)
    assert not (tmp_path / "out/copied.mp4").samefile(source)
    assert (tmp_path / "out/copied.mp4").read_bytes() == b"moving pictures"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "copied.mp4", "linked.mp4",
    ]  # fmt: skip


def test_a_link_to_a_link_is_a_file(source: Path, tmp_path: Path) -> None:
    (tmp_path / "alias.mp4").symlink_to(source)
    place_media(tmp_path / "alias.mp4", tmp_path / "out/a.mp4", "link")
    assert not (tmp_path / "out/a.mp4").is_symlink()
    assert (tmp_path / "out/a.mp4").samefile(source)


def test_where_links_are_refused_a_copy_is_made(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", refuse(errno.EXDEV))
    place_media(source, tmp_path / "out/a.mp4", "link")
    assert (tmp_path / "out/a.mp4").read_bytes() == b"moving pictures"


def test_a_copy_that_is_there_is_not_made_again_and_a_stale_one_is(
    source: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out/a.mp4"
    place_media(source, target, "copy")
    first = target.stat().st_ino
    place_media(source, target, "copy")
    assert target.stat().st_ino == first
    source.write_bytes(b"other pictures now")
    place_media(source, target, "copy")
    assert target.read_bytes() == b"other pictures now"


def test_no_room_leaves_nothing(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", refuse(errno.ENOSPC))
    with pytest.raises(OutputError, match="No space left"):
        place_media(source, tmp_path / "out/a.mp4", "link")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_clip_that_is_gone_is_no_fault_of_the_corpus(source: Path, tmp_path: Path) -> None:
    source.unlink()
    with pytest.raises(FileNotFoundError):
        place_media(source, tmp_path / "out/a.mp4", "copy")


def test_strays_and_empty_folders_go(tmp_path: Path) -> None:
    for name in ("a/kept.mp4", "a/.kept.mp4.0f", "b/c/stray.mp4"):
        path = tmp_path / "media" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "records.jsonl").touch()
    assert remove_strays(tmp_path, {"media/a/kept.mp4"}) == 2
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
    assert left == ["media", "media/a", "media/a/kept.mp4", "records.jsonl"]
