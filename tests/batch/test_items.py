from datetime import datetime
from pathlib import Path

import pytest

from xemogpt.batch.items import MAX_LINE, read_manifest
from xemogpt.errors import DatasetError


def manifest(folder: Path, text: str) -> Path:
    path = folder / "manifest.jsonl"
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_are_from_the_manifests_folder(tmp_path: Path) -> None:
    (tmp_path / "words.srt").touch()
    lines = (
        '{"file": "a.mp4", "speaker": "ann", "subtitle": "words.srt", "recorded_at": "2026-05-01"}'
        '\n\n{"media": "/else/b.mp4", "id": "b", "subtitle": "I am fine."}\n'
    )
    first, second = read_manifest(manifest(tmp_path, lines))
    assert (first.id, first.file) == ("a.mp4", str(tmp_path / "a.mp4"))
    assert first.subtitle == str(tmp_path / "words.srt")
    assert first.recorded_at == datetime(2026, 5, 1)
    assert (second.id, second.file, second.subtitle) == ("b", "/else/b.mp4", "I am fine.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names no clips"),
        ("not json\n", "line 1: not a JSON object"),
        ("[1]\n", "line 1"),
        ('{"file": "a"}\n{"flie": "b"}\n', "line 2: file"),
        ('{"file": "a"}\n{"file": "a"}\n', "line 2: the id 'a' was there before"),
        ('{"file": ""}\n', "line 1"),
        ('{"file": "a", "recorded_at": "yesterday"}\n', "line 1: recorded_at"),
        ('{"file": "' + "a" * MAX_LINE + '"}', "longer than"),
        ("[" * 100_000 + "\n", "nested too deeply|not a JSON"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        read_manifest(manifest(tmp_path, text))


def test_a_manifest_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot read the manifest"):
        read_manifest(tmp_path / "missing.jsonl")
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match="not UTF-8"):
        read_manifest(tmp_path / "binary.jsonl")


@pytest.mark.parametrize("name", ["a\0b.mp4", "x" * 5000 + ".mp4"])
def test_names_no_file_can_have_become_jobs_that_fail(tmp_path: Path, name: str) -> None:
    (item,) = read_manifest(manifest(tmp_path, __import__("json").dumps({"file": name})))
    job = item.job()
    assert (job.size, job.mtime_ns) == (0, 0)
