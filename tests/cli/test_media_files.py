import pytest

from xemogpt.cli.media_files import find_media
from xemogpt.errors import MediaError


@pytest.fixture
def folder(tmp_path):
    for name in ("b.mp4", "a.WAV", "notes.txt", "deep/c.mkv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def names(paths):
    return [path.name for path in paths]


def test_a_folder_gives_its_media_sorted(folder):
    assert names(find_media([folder])) == ["a.WAV", "b.mp4", "c.mkv"]


def test_a_glob_gives_matching_media(folder):
    assert names(find_media([f"{folder}/*"])) == ["a.WAV", "b.mp4"]
    assert names(find_media([f"{folder}/**/*.mkv"])) == ["c.mkv"]


def test_each_file_once_in_the_order_named(folder):
    assert names(find_media([folder / "b.mp4", folder])) == ["b.mp4", "a.WAV", "c.mkv"]


def test_a_file_named_outright_may_end_in_anything(folder):
    assert names(find_media([folder / "notes.txt"])) == ["notes.txt"]


def test_a_name_with_glob_signs_that_exists_is_that_file(folder):
    (folder / "clip[1].mp4").touch()
    assert names(find_media([folder / "clip[1].mp4"])) == ["clip[1].mp4"]


def test_nothing_found_is_an_error(folder):
    (folder / "empty").mkdir()
    with pytest.raises(MediaError, match="no media files"):
        find_media([folder / "empty"])
    with pytest.raises(MediaError, match="matches no media"):
        find_media([f"{folder}/*.mov"])
