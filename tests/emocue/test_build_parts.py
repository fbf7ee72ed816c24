"""From files to first records, and from all records to a corpus: clips, labels, gate, splits."""

import os
import shutil
from pathlib import Path

import pytest
from tests.media.factory import Picture, Sound, tone, write_media

from xemogpt.emocue.clips import discover, initial_record
from xemogpt.emocue.duplicates import find_duplicates
from xemogpt.emocue.labelfile import LabelRow, read_labels
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.emocue.settings import BuildSettings, SplitShares, Thresholds
from xemogpt.emocue.splits import assign_splits
from xemogpt.emocue.steps.quality import reasons_to_drop
from xemogpt.errors import ConfigError, DatasetError
from xemogpt.schema import CueSet


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    folder = tmp_path / "clips"
    for name in ("b.mp4", "a/x.wav", "a/x.mp4", ".hidden.mp4", "notes.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    (tmp_path / "outside.mp4").write_bytes(b"x")
    os.symlink(tmp_path / "outside.mp4", folder / "link.mp4")
    return folder


def test_clips_are_found_in_order_and_the_rest_is_reported(clips: Path):
    noted: dict[str, str] = {}
    found = list(discover(clips, noted.__setitem__))
    # Two files that differ in their ending alone keep it.
    assert [clip.id for clip in found] == ["a/x.mp4", "a/x.wav", "b"]
    assert [clip.relative for clip in found] == ["a/x.mp4", "a/x.wav", "b.mp4"]
    assert "out of the folder" in noted["link.mp4"] and ".hidden.mp4" in noted
    with pytest.raises(DatasetError, match="is no folder"):
        list(discover(clips / "nowhere"))


def test_the_first_record(clips: Path):
    (clips / "b.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHello there.\n")
    clip = next(clip for clip in discover(clips, lambda *_: None) if clip.id == "b")
    settings = BuildSettings(licence="CC0-1.0")
    plain = initial_record(clip, {}, settings)
    assert plain.media == "media/b.mp4" and plain.licence == "CC0-1.0"
    assert plain.transcript is not None and plain.transcript.text == "Hello there."
    row = LabelRow(emotion="happy", subject="s1", transcript="Given.", split="test")
    given = initial_record(clip, {"b": row}, settings)
    assert (given.label("emotion"), given.subject, given.split) == ("happy", "s1", "test")
    assert given.transcript is not None and given.transcript.source == "given"
    (clips / "b.srt").write_bytes(b"\x00\xff\xfe broken")
    assert initial_record(clip, {}, settings).flags[0].startswith("bad-subtitles: ")


def test_labels_are_read(tmp_path: Path):
    path = tmp_path / "labels.csv"
    path.write_text('file,Label,speaker,text\na/x.wav,happy,7,"Yes, ""you""\ndo."\nb.mp4,,8,\n')
    found = read_labels(path, {"a/x", "b"})
    assert found["a/x"] == LabelRow(emotion="happy", subject="7", transcript='Yes, "you" do.')
    assert found["b"] == LabelRow(subject="8")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("id,mood\na,x\n", "mood"),
        ("emotion\nhappy\n", "id"),
        ("id,split\na,training\n", r"line 2, field 'split'"),
        ("id,emotion\na,x\na,y\n", r"line 3, field 'id': 'a' was given in line 2"),
        ("id,emotion\nz,x\n", r"line 2, field 'id': no clip is called 'z'"),
        ("id,emotion\na,x,y\n", r"line 2, field 'row': 3 values for 2 columns"),
        ("id,emotion\n", "holds no rows"),
    ],
)
def test_bad_labels_are_named(tmp_path: Path, text: str, named: str):
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(DatasetError, match=named):
        read_labels(path, {"a"})


def test_the_gate_says_why():
    record = EmoCueRecord(
        id="a",
        media="a.mp4",
        duration_s=0.2,
        measured=CueSet(),
        quality={"face_coverage": 0.3, "snr_db": 2.0, "speech_coverage": 0.9},
    )
    reasons = {reason.split(":")[0]: reason for reason in reasons_to_drop(record, Thresholds())}
    assert len(reasons) == 4 and {"too-short", "few-cues"} < set(reasons)
    assert any("30%" in reason for reason in reasons.values())
    fine = record.model_copy(
        update={"duration_s": 3.0, "measured": CueSet(["smiles"]), "quality": {"snr_db": 20.0}}
    )
    assert reasons_to_drop(fine, Thresholds()) == ()


def test_splits_keep_subjects_apart():
    records = [
        EmoCueRecord(id=f"{subject}-{number}", subject=f"s{subject}")
        for subject in range(20)
        for number in range(5)
    ]
    found = assign_splits(records, SplitShares(train=0.6, validation=0.2, test=0.2), seed=1)
    by_subject: dict[str | None, set[str | None]] = {}
    for record in found:
        by_subject.setdefault(record.subject, set()).add(record.split)
    assert all(len(splits) == 1 for splits in by_subject.values())
    counts = [sum(r.split == name for r in found) for name in ("train", "validation", "test")]
    assert counts == [60, 20, 20]
    again = assign_splits(records[::-1], SplitShares(train=0.6, validation=0.2, test=0.2), seed=1)
    assert {r.id: r.split for r in again} == {r.id: r.split for r in found}
    given = [records[0].model_copy(update={"split": "test"}), *records[1:]]
    assert {r.split for r in assign_splits(given) if r.subject == "s0"} == {"test"}
    with pytest.raises(ConfigError):
        assign_splits(records, SplitShares(train=0, validation=0, test=0))


def test_copies_are_found_and_others_are_not(tmp_path: Path):
    for name, pitch in (("a", 220.0), ("b", 330.0)):
        write_media(
            tmp_path / f"{name}.mp4",
            Picture(num_frames=20, rate=10, width=96, height=64),
            Sound(tone(pitch, 2.0)),
        )
    shutil.copy(tmp_path / "a.mp4", tmp_path / "c.mp4")
    records = [EmoCueRecord(id=name, media=f"{name}.mp4") for name in "abc"]
    assert find_duplicates(records, tmp_path).get("c") == "a"
