"""Builds: nothing lost, nothing twice, the same bytes however they come about."""

import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from tests.emocue.pipeline.cheap import CLIPS, PARTS, contents, write_clips

from xemogpt.emocue.pipeline.build import LOCK, build_emocue
from xemogpt.emocue.pipeline.summary import BuildSummary, Status
from xemogpt.emocue.records import read_records
from xemogpt.emocue.settings import BuildSettings, Thresholds
from xemogpt.errors import ConfigError, DatasetError, OutputError, WeightsError
from xemogpt.metrics.extraction.endpoint import EndpointDown


def build(folder: Path, out: str = "out", **options: Any) -> BuildSummary:
    options = {"workers": 1, "parts": PARTS} | options
    return build_emocue(folder / "clips", folder / out, **options)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_clips(tmp_path / "clips", CLIPS)
    return tmp_path


def test_a_folder_becomes_a_corpus(folder: Path) -> None:
    seen: list[Status] = []
    summary = build(folder, workers=2, progress=seen.append)
    records = read_records(folder / "out")
    assert [(record.id, record.split) for record in records] == [
        ("a/one", "train"), ("b/two", "train"), ("z", "test"),
    ]  # fmt: skip
    assert lines(folder / "out/dropped.jsonl") == [
        {"id": "c", "step": "gate", "reasons": ["short: one letter"]},
        {"id": "twin", "step": "duplicates", "reasons": ["duplicate: the same as a/one"]},
    ]
    (error,) = lines(folder / "out/errors.jsonl")
    assert (error["id"], error["step"], error["error"]) == ("bad", "obey", "MediaError")
    # No folder of this machine is in the corpus.
    assert error["message"] == "media/bad.txt: no such stream"
    media = {path.name for path in (folder / "out/media").rglob("*.*")}
    assert media == {"one.txt", "two.txt", "z.txt"}
    assert (folder / "out/media/z.txt").samefile(folder / "clips/z.txt")
    counts = (summary.num_clips, summary.num_records, summary.num_dropped)
    assert counts == (6, 3, 1)
    assert (summary.num_duplicates, summary.num_failed, summary.num_earlier) == (1, 1, 0)
    assert summary.failures_by_step == {"obey": 1}
    assert [status.num_done for status in seen] == list(range(7))
    assert (seen[-1].num_failed, seen[-1].num_dropped) == (1, 1)


def test_times_are_in_one_file_and_hashes_in_another(folder: Path) -> None:
    build(folder)
    steps = lines(folder / "out/steps.jsonl")
    assert [row["step"] for row in steps if row["id"] == "z"] == [
        "media", "start", "read", "obey", "gate",
    ]  # fmt: skip
    assert [row["step"] for row in steps if row["id"] == "*"] == ["duplicates", "splits"]
    assert all(row["seconds"] >= 0 and row["finished_at"].endswith("+00:00") for row in steps)
    manifest = json.loads((folder / "out/build.json").read_text())
    assert manifest["counts"] == {
        "clips": 6, "records": 3, "dropped": 1, "duplicates": 1, "failed": 1,
    }  # fmt: skip
    assert manifest["dropped_by_reason"] == {"short": 1}
    assert manifest["sha256"]["records.jsonl"] == contents(folder / "out")["records.jsonl"]
    assert (manifest["fps"], manifest["thresholds.min_cues"]) == (15.0, 1)


def test_workers_links_and_copies_make_no_difference(folder: Path) -> None:
    build(folder, "one")
    build(folder, "three", workers=3, media="copy")
    assert contents(folder / "one") == contents(folder / "three")
    assert not (folder / "three/media/z.txt").samefile(folder / "clips/z.txt")


def test_a_second_run_does_only_what_failed(folder: Path) -> None:
    build(folder)
    before = contents(folder / "out")
    seen: list[Status] = []
    summary = build(folder, progress=seen.append)
    assert (summary.num_earlier, summary.num_failed, len(seen)) == (5, 1, 2)
    assert contents(folder / "out") == before
    (folder / "clips/bad.txt").write_text("mended")
    summary = build(folder)
    assert (summary.num_records, summary.num_failed) == (4, 0)
    assert lines(folder / "out/errors.jsonl") == []
    assert build(folder).clips_per_minute is None
    assert contents(folder / "out") == contents_of_a_new_build(folder)


def test_changed_new_and_removed_clips_are_noticed(folder: Path) -> None:
    build(folder)
    (folder / "clips/z.txt").unlink()
    (folder / "clips/a/one.txt").write_text("the first, said otherwise")
    write_clips(folder / "clips", {"new/clip": "came later"})
    summary = build(folder)
    assert summary.num_earlier == 3  # two, c and twin
    assert contents(folder / "out") == contents_of_a_new_build(folder)
    assert "media/z.txt" not in contents(folder / "out")
    # What was a duplicate is none any more; its media is back.
    assert "media/twin.txt" in contents(folder / "out")


def contents_of_a_new_build(folder: Path) -> dict[str, str]:
    build(folder, "anew")
    return contents(folder / "anew")


def test_labels_reach_their_clips(folder: Path) -> None:
    labels = folder / "labels.json"
    labels.write_text(json.dumps({"z": {"subject": "Zoe"}, "who": {}}))
    assert build(folder, labels=labels).unknown_labels == ("who",)
    assert [record.subject for record in read_records(folder / "out")] == [None, None, "Zoe"]
    labels.write_text(json.dumps({"z": {"subject": "Zora"}}))
    # Only the clip whose label changed is done again, and the one that failed.
    assert build(folder, labels=labels).num_earlier == 4
    assert read_records(folder / "out")[-1].subject == "Zora"
    labels.write_text(json.dumps({"who": {}}))
    with pytest.raises(DatasetError, match=r"none of its 1 ids .* 'who'"):
        build(folder, labels=labels)


def test_labels_of_a_folder_above_are_cut_to_the_clips(folder: Path) -> None:
    labels = folder / "all.json"
    rows = {"clips/z": {"subject": "Zoe"}, "other/z": {"subject": "No"}, "z": {"subject": "No"}}
    labels.write_text(json.dumps(rows))
    assert build(folder, labels=labels).unknown_labels == ()
    assert read_records(folder / "out")[-1].subject == "Zoe"


def test_one_unreadable_clip_among_a_thousand(tmp_path: Path) -> None:
    texts = {f"{number // 100}/{number:04}": f"text {number}" for number in range(1000)}
    write_clips(tmp_path / "clips", texts | {"5/0500": "unreadable: cut off"})
    summary = build(tmp_path, workers=2)
    assert (summary.num_records, summary.num_failed) == (999, 1)
    assert [row["id"] for row in lines(tmp_path / "out/errors.jsonl")] == ["5/0500"]
    assert summary.failures[0].message == "media/5/0500.txt: cut off"


def test_a_bug_costs_one_clip(folder: Path) -> None:
    write_clips(folder / "clips", {"buggy": "bug: by zero", "wordless": "refuse: no idea"})
    failures = {each.id: (each.step, each.error) for each in build(folder).failures}
    assert failures["buggy"] == ("obey", "ZeroDivisionError")
    assert failures["wordless"] == ("obey", "AnnotatorError")


@pytest.mark.parametrize(("order", "error"), [("down", EndpointDown), ("weights", WeightsError)])
def test_what_would_spoil_all_stops_the_build_and_keeps_what_is_done(
    folder: Path, order: str, error: type[Exception]
) -> None:
    write_clips(folder / "clips", {"m": f"{order}:start it, then run again"})
    with pytest.raises(error, match="start it, then run again"):
        build(folder)
    assert not (folder / "out/records.jsonl").exists()
    (folder / "clips/m.txt").write_text("up again")
    assert build(folder).num_earlier == 3  # a/one, b/two and c; bad is tried again
    assert contents(folder / "out") == contents_of_a_new_build(folder)


def test_a_folder_takes_one_set_of_settings(folder: Path) -> None:
    build(folder)
    with pytest.raises(OutputError, match=r"fps: 15.0 there, 10.0 now\); choose another folder"):
        build(folder, settings=BuildSettings(fps=10))
    with pytest.raises(OutputError, match=r"thresholds\.min_cues: 1 there, 2 now"):
        build(folder, settings=BuildSettings(thresholds=Thresholds(min_cues=2)))


def test_a_folder_of_another_version_is_refused(folder: Path) -> None:
    build(folder)
    newer = replace(PARTS, versions=newer_versions)
    with pytest.raises(OutputError, match=r'version of cheap: "1" there, "2" now.*delete this one'):
        build(folder, parts=newer)
    (folder / "out/build.sqlite").write_bytes(b"an older kind of state" * 300)
    with pytest.raises(OutputError, match=r"is damaged .* delete"):
        build(folder)


def newer_versions(settings: BuildSettings) -> dict[str, str]:
    return {"cheap": "2"}


def test_a_folder_of_other_clips_is_refused(folder: Path, tmp_path: Path) -> None:
    build(folder)
    write_clips(tmp_path / "elsewhere", {"q": "others"})
    with pytest.raises(OutputError, match="none of its 6 is in the folder given"):
        build_emocue(tmp_path / "elsewhere", folder / "out", parts=PARTS)
    before = contents(folder / "out")
    build(folder)
    assert contents(folder / "out") == before


def test_a_corpus_from_elsewhere_is_not_overwritten(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out/records.jsonl").write_text("{}")
    with pytest.raises(OutputError, match="did not make here"):
        build(folder)


def test_tokens_are_counted_once(folder: Path) -> None:
    write_clips(folder / "clips", {"p": "ask:what is seen here", "q": "ask:why"})
    seen: list[Status] = []
    summary = build(folder, progress=seen.append)
    assert (summary.tokens_in, summary.tokens_out) == (5, 2)
    assert seen[-1].tokens == 7
    seen.clear()
    again = build(folder, progress=seen.append)
    assert (again.tokens_in, again.tokens_out, seen[-1].tokens) == (5, 2, 0)


def test_two_builds_do_not_share_a_folder(folder: Path) -> None:
    (folder / "out").mkdir()
    with FileLock(str(folder / "out" / LOCK)), pytest.raises(OutputError, match="another build"):
        build(folder)


def test_what_a_killed_write_left_is_removed(folder: Path) -> None:
    build(folder)
    before = contents(folder / "out")
    (folder / "out/media/.z.txt.1f").write_text("half")
    (folder / "out/media/left").mkdir()
    (folder / "out/media/left/over.txt").write_text("of a clip that was dropped")
    (folder / "out/media/z.txt").unlink()
    build(folder)
    assert contents(folder / "out") == before
    assert not (folder / "out/media/left").exists()


def no_room(folder: Path, records: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_no_room_for_the_last_files_is_no_loss(folder: Path) -> None:
    build(folder)
    before = contents(folder / "out")
    with pytest.raises(OutputError, match="No space left on device; make room, then run"):
        build(folder, parts=replace(PARTS, write_tables=no_room))
    assert not (folder / "out/build.json").exists()  # so the corpus is known not to be whole
    build(folder)
    assert contents(folder / "out") == before


def test_all_may_be_dropped(tmp_path: Path) -> None:
    write_clips(tmp_path / "clips", {"c": "x"})
    assert build(tmp_path).num_records == 0
    assert (tmp_path / "out/records.jsonl").read_text() == ""
    assert not (tmp_path / "out/README.md").exists()


def test_places_and_numbers_are_checked(folder: Path) -> None:
    clips = folder / "clips"
    with pytest.raises(DatasetError, match="is no folder"):
        build_emocue(clips / "z.txt", folder / "out", parts=PARTS)
    for out in (clips, clips / "corpus"):
        with pytest.raises(ConfigError, match="would hold each other"):
            build_emocue(clips, out, parts=PARTS)
    with pytest.raises(ConfigError, match="workers"):
        build(folder, workers=0)
    with pytest.raises(ConfigError, match="clip_timeout_s"):
        build(folder, clip_timeout_s=0)
    os.mkdir(folder / "empty")
    with pytest.raises(DatasetError, match="holds no clips"):
        build_emocue(folder / "empty", folder / "out", parts=PARTS)
    (folder / "file").touch()
    with pytest.raises(OutputError, match="cannot make"):
        build(folder, "file/out")
