"""Records of a corpus: round trips, and every way in which a file of them can be bad."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from xemogpt.emocue.records import RECORDS, EmoCueRecord, Label, Step, read_records, write_records
from xemogpt.errors import DatasetError
from xemogpt.schema import Cue, CueSet, Transcript


def _record(name: str = "a") -> EmoCueRecord:
    smile = Cue(text="smiles", kind="smile", start_s=0.5, end_s=1.25, source="asked")
    return EmoCueRecord(
        id=name,
        media=f"media/{name}.mp4",
        duration_s=3.0,
        subject="id-003",
        transcript=Transcript(text="Größe ist alles.", source="given", language="de"),
        labels=(Label(name="emotion", value="happy", source="asked"),),
        cues=CueSet([smile], emotional=["happy"]),
        asked=CueSet([smile]),
        quality={"snr_db": 21.5},
        steps=(Step(tool="render", version="1"),),
        split="test",
        is_exact=True,
    )


def test_records_round_trip(tmp_path: Path):
    records = [_record("b"), _record("a")]
    path = write_records(tmp_path, records)
    assert path == tmp_path / RECORDS
    assert read_records(tmp_path) == records
    assert read_records(path) == records


def test_equal_records_give_equal_bytes(tmp_path: Path):
    first = write_records(tmp_path / "one", [_record()]).read_bytes()
    assert write_records(tmp_path / "two", [_record()]).read_bytes() == first
    assert "Größe" in first.decode()


def test_what_is_not_set_is_not_written():
    assert set(json.loads(EmoCueRecord(id="a", media="a.mp4").to_json())) == {"id", "media"}


def test_a_label_by_name():
    assert _record().label("emotion") == "happy"
    assert _record().label("sentiment") is None


@pytest.mark.parametrize("media", ["/etc/passwd", "../a.mp4", "media/../../a.mp4", "a\\b.mp4", ""])
def test_media_stay_inside_the_corpus(media: str):
    with pytest.raises(ValidationError, match="inside the corpus folder"):
        EmoCueRecord(id="a", media=media)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('{"id": "b", "media": 3}', "line 2, field 'media'"),
        ('{"id": "", "media": "a.mp4"}', "line 2, field 'id'"),
        ('{"id": "b", "media": "a.mp4", "cue": 1}', "line 2, field 'cue'"),
        ('{"id": "b", "media": "a.mp4", "duration_s": -1}', "line 2, field 'duration_s'"),
        ("{not json", "line 2"),
        ('{"id": "a", "media": "b.mp4"}', "id 'a' was given in line 1"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, named: str):
    path = tmp_path / RECORDS
    path.write_text(_record().to_json() + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(DatasetError, match=named):
        read_records(tmp_path)


def test_a_folder_without_records(tmp_path: Path):
    with pytest.raises(DatasetError, match="cannot read"):
        read_records(tmp_path)
    (tmp_path / RECORDS).write_text("\n")
    with pytest.raises(DatasetError, match="holds no records"):
        read_records(tmp_path)


def test_text_that_is_not_utf8(tmp_path: Path):
    (tmp_path / RECORDS).write_bytes(b'{"id": "\xff"}\n')
    with pytest.raises(DatasetError, match="not UTF-8"):
        read_records(tmp_path)
