"""Label files in each of their shapes; everything wrong is said at once."""

import json
from pathlib import Path

import pytest

from xemogpt.emocue.clips import discover
from xemogpt.emocue.labelfile import MAX_SHOWN, LabelRow, read_labels
from xemogpt.errors import DatasetError


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_shapes_that_people_have(tmp_path: Path):
    semicolons = written(tmp_path / "a.csv", "\ufeffID;Emotion;Text\r\nx;happy;Oh, no\r\n\r\n")
    assert read_labels(semicolons) == {"x": LabelRow(emotion="happy", transcript="Oh, no")}
    tabs = written(tmp_path / "a.tsv", "name\tsplit\tlanguage\nf/x\tdev\tde\n")
    assert read_labels(tabs) == {"f/x": LabelRow(split="validation", language="de")}
    lines = written(tmp_path / "a.jsonl", '{"id": "x", "sentiment": -0.5, "subject": null}\n')
    assert read_labels(lines) == {"x": LabelRow(sentiment="-0.5")}


def test_endings_stay_where_they_tell_two_apart(tmp_path: Path):
    path = written(tmp_path / "a.csv", "file,emotion\na.mp4,happy\na.wav,sad\nb.mp4,calm\n")
    assert list(read_labels(path)) == ["a.mp4", "a.wav", "b"]


def test_everything_wrong_is_said_at_once(tmp_path: Path):
    rows = [
        {"id": "a", "emotion": ["happy"]},
        {"id": "../b", "emotion": "sad"},
        {"id": "c", "mood": "sad"},
        {"id": "d", "language": "English"},
        ["e"],
    ]
    path = written(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows)) + "\n{broken\n")
    with pytest.raises(DatasetError) as caught:
        read_labels(path)
    places = [
        line.split(":")[0].removeprefix(f"{path}, ") for line in str(caught.value).split("\n")
    ]
    assert places == [
        "line 1, field 'emotion'", "line 2, field 'id'", "line 3, field 'mood'",
        "line 4, field 'language'", "line 5, field 'row'", "line 6, field 'row'",
    ]  # fmt: skip


def test_many_problems_are_counted(tmp_path: Path):
    path = written(tmp_path / "a.csv", "id,split\n" + "".join(f"{n},x\n" for n in range(50)))
    with pytest.raises(DatasetError, match=f"and {50 - MAX_SHOWN} more"):
        read_labels(path)


@pytest.mark.parametrize("name", ["a.xlsx", "missing.csv"])
def test_no_label_file(tmp_path: Path, name: str):
    with pytest.raises(DatasetError, match=name):
        read_labels(tmp_path / name)


def test_text_that_is_not_utf8(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes("id,text\na,für\n".encode("latin-1"))
    with pytest.raises(DatasetError, match="not UTF-8"):
        read_labels(tmp_path / "a.csv")


@pytest.mark.shared
def test_a_listing_fits_the_clips_it_lists(shared_dir: Path):
    listing = shared_dir / "data" / "manifest.jsonl"
    rows = read_labels(listing)
    ids = [clip.id for clip in discover(listing)]
    assert ids == sorted(ids) and len(ids) > 1600
    assert (
        set(ids) >= set(rows) and rows["speech/ravdess_03-01-01-01-01-01-01"].emotion == "neutral"
    )
    # The wav beside one clip is named in that clip's row, and has none of its own.
    assert len(set(ids) - set(rows)) <= 1
