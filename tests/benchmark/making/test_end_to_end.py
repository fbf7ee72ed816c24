"""From a folder of clips to an expert task, with simulated annotators of known disagreement."""

import csv
import json

import pytest
from tests.benchmark.making.simulated import fill, make_clips, shared_and_own

from xemogpt.benchmark.making.adjudication import TO_FILL
from xemogpt.benchmark.making.agree import agree
from xemogpt.benchmark.making.export import export_task
from xemogpt.benchmark.making.plan import make_plan
from xemogpt.benchmark.making.sheets import make_sheets
from xemogpt.emocue.records import read_records
from xemogpt.errors import DatasetError, OutputError


@pytest.fixture(scope="module")
def clips_folder(tmp_path_factory):
    return make_clips(tmp_path_factory.mktemp("media") / "clips")


@pytest.fixture
def folder(clips_folder, tmp_path):
    """A set that two simulated annotators have filled in, one as CSV and one as JSONL."""
    made = tmp_path / "set"
    plan, _ = make_plan(
        clips_folder, sorted(clips_folder.glob("*.mp4")), made,
        scenarios=clips_folder / "scenarios.csv",
    )  # fmt: skip
    make_sheets(made, ["ada", "ben"])
    first, second = shared_and_own([clip.id for clip in plan.clips])
    fill(made, "ada", first)
    fill(made, "ben", second, as_jsonl=True)
    return made


def read_rows(folder):
    with (folder / "adjudication.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(folder, rows):
    with (folder / "adjudication.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_agreement_is_what_was_simulated(folder):
    """Each of 6 clips: 3 cues by one, 2 of them by the other, of 5 types in the set."""
    report = agree(folder, encoder="tiny-text")
    visual = report.modalities["visual"]
    assert visual.num_cues == {"ada": 18, "ben": 12}
    assert (visual.num_clips, visual.num_groups, visual.num_shared) == (6, 18, 12)
    assert visual.num_types == 5
    assert visual.f1.value == pytest.approx(2 * 12 / 30)
    # 30 units of 2 values: 12 both present, 6 one present, 12 both absent.
    assert visual.alpha.value == pytest.approx(1 - 59 * 12 / (60**2 - 30**2 - 30**2))
    # 18 units, none of them both absent.
    assert visual.alpha_stated.value == pytest.approx(1 - 35 * 12 / (36**2 - 30**2 - 6**2))
    assert visual.alpha_stated.value < 0
    # 0.1 to 0.5 against 0.3 to 0.7.
    assert visual.time_iou == pytest.approx(0.2 / 0.6)
    assert report.modalities["auditory"].num_clips == 5
    assert report.modalities["auditory"].alpha.value is None
    # Every clip has the same counts, so resampling clips changes nothing.
    assert visual.f1.low == visual.f1.high == pytest.approx(0.8)


def test_decisions_become_a_task(folder, clips_folder, tmp_path):
    agree(folder, encoder="tiny-text")
    rows = read_rows(folder)
    assert len(rows) == 6
    assert {row["annotator"] for row in rows} == {"ada"}
    assert all(row["nearest_annotator"] == "ben" and row["nearest_start_s"] == "0.3"
               for row in rows)  # fmt: skip
    choices = ["keep", "drop", "merge", "edit", "keep", "Keep"]
    for row, choice in zip(rows, choices, strict=True):
        row["decision"] = choice
    rows[3] |= {"edited_cue": "he winks", "edited_start_s": "0,2", "edited_end_s": "0,4"}
    write_rows(folder, rows)
    out = tmp_path / "task"
    exported = export_task(folder, out)
    assert sorted(path.name for path in out.iterdir()) == [
        "cues.json", "media", "records.jsonl", "scenarios.csv", "subtitles.csv",
    ]  # fmt: skip
    cues = json.loads((out / "cues.json").read_text(encoding="utf-8"))
    by_clip = {row["id"]: row for row in rows}
    sizes = {key: len(cues[key]["visual"]) for key in by_clip}
    for row, choice in zip(rows, choices, strict=True):
        assert sizes[row["id"]] == (2 if choice in ("drop", "merge") else 3)
    assert "he winks" in cues[rows[3]["id"]]["visual"]
    assert rows[3]["cue"] not in cues[rows[3]["id"]]["visual"]
    records = read_records(out)
    assert records == exported.records
    edited = next(record for record in records if record.id == rows[3]["id"])
    assert ("he winks", 0.2, 0.4) in [(c.text, c.start_s, c.end_s) for c in edited.cues.visual]
    # The mean of what both say.
    matched = [cue for cue in edited.cues.visual if cue.text not in ("he winks",)]
    assert {(cue.start_s, cue.end_s) for cue in matched} == {(0.2, 0.6)}
    for record in records:
        assert (out / record.media).read_bytes() == (clips_folder / f"{record.id}.mp4").read_bytes()
        assert list(cues[record.id]) == ["visual", "auditory", "emotional"]
    assert "clip0,Hello" not in (out / "subtitles.csv").read_text()
    assert 'clip0,"Hello, there"' in (out / "subtitles.csv").read_text()
    assert "clip5,hard" in (out / "scenarios.csv").read_text()


def test_open_cues_are_refused_unless_said(folder, tmp_path):
    agree(folder, encoder="tiny-text")
    with pytest.raises(DatasetError, match=r"6 cues are open.*--keep all"):
        export_task(folder, tmp_path / "task")
    assert not (tmp_path / "task").exists()
    kept = export_task(folder, tmp_path / "all", keep="all").records
    dropped = export_task(folder, tmp_path / "none", keep="none").records
    assert [len(record.cues) for record in kept] == [3] * 6
    assert [len(record.cues) for record in dropped] == [2] * 6
    with pytest.raises(OutputError, match="exists already"):
        export_task(folder, tmp_path / "all", keep="all")


def test_decisions_survive_a_second_agreement_and_are_not_lost_silently(folder):
    agree(folder, encoder="tiny-text")
    rows = read_rows(folder)
    rows[0]["decision"] = "drop"
    write_rows(folder, rows)
    assert agree(folder, encoder="tiny-text").num_carried == 1
    again = read_rows(folder)
    assert [row["decision"] for row in again] == ["drop", *[""] * 5]
    sheet = folder / "sheets" / "ada.csv"
    sheet.write_text(
        "".join(line for line in sheet.read_text().splitlines(keepends=True)
                if not (line.startswith(rows[0]["id"]) and rows[0]["cue"] in line))
    )  # fmt: skip
    with pytest.raises(DatasetError, match="changed since the last agreement"):
        export_task(folder, folder / "task", keep="all")
    with pytest.raises(OutputError, match=r"1 decisions .* --discard-decisions"):
        agree(folder, encoder="tiny-text")
    report = agree(folder, encoder="tiny-text", discard_decisions=True)
    assert report.num_open == 5
    assert not any(row[name] for row in read_rows(folder) for name in TO_FILL)


def test_decisions_go_on_where_they_were_made(folder, tmp_path):
    """After a second agreement one file holds them; more may be filled in there."""
    agree(folder, encoder="tiny-text")
    path = folder / "adjudication.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[0]["decision"] = "drop"
    path.write_text("\n".join(map(json.dumps, rows)))
    agree(folder, encoder="tiny-text")
    rows = [json.loads(line) | {"decision": "drop"} for line in path.read_text().splitlines()]
    path.write_text("\n".join(map(json.dumps, rows)))
    records = export_task(folder, tmp_path / "task").records
    assert [len(record.cues) for record in records] == [2] * 6


def test_bad_decisions_are_named_together(folder, tmp_path):
    agree(folder, encoder="tiny-text")
    rows = read_rows(folder)
    rows[0]["decision"] = "perhaps"
    rows[1]["decision"] = "edit"
    rows[2] |= {"decision": "edit", "edited_start_s": "5", "edited_end_s": "6"}
    rows[3]["item"] = "unknown"
    rows[4]["edited_cue"] = "without a decision"
    write_rows(folder, rows)
    with pytest.raises(DatasetError) as caught:
        export_task(folder, tmp_path / "task", keep="all")
    shown = str(caught.value)
    for part in ("line 2, field 'decision': expected keep, drop, merge, edit, got 'perhaps'",
                 "line 3, field 'edited_cue'", "line 4, field 'edited_start_s'",
                 "line 5, field 'item'", "line 6, field 'decision': blank", "is gone"):  # fmt: skip
        assert part in shown, part
    assert not (tmp_path / "task").exists()


def test_changed_media_are_refused(folder, clips_folder, tmp_path):
    agree(folder, encoder="tiny-text")
    moved = tmp_path / "moved"
    moved.mkdir()
    for path in clips_folder.glob("clip*.mp4"):
        (moved / path.name).write_bytes(path.read_bytes())
    (moved / "clip1.mp4").write_bytes(b"other")
    (moved / "clip2.mp4").unlink()
    with pytest.raises(DatasetError, match="2 to mend") as caught:
        export_task(folder, tmp_path / "task", keep="all", clips_folder=moved)
    assert "its hash changed" in str(caught.value)
    assert "clip2.mp4 is missing" in str(caught.value)
    assert not (tmp_path / "task").exists()


def test_an_exported_set_is_a_task_that_runs(folder, tmp_path):
    from xemogpt.benchmark.runner import run_task
    from xemogpt.benchmark.systems import SystemOptions, load_system
    from xemogpt.benchmark.tasks import load_task

    agree(folder, encoder="tiny-text")
    out = tmp_path / "task"
    exported = export_task(folder, out, keep="all").records
    task = load_task(f"expert:{out}")
    assert [record.id for record in task.records] == [record.id for record in exported]
    assert {record.scenario for record in task.records} == {"clear", "hard"}
    # The times of the export are kept, and nobody called the cues exact.
    assert task.records[0].cues.visual == exported[0].cues.visual
    assert not any(record.is_exact for record in task.records)
    predictions = tmp_path / "answers.json"
    predictions.write_text(json.dumps({r.id: {"visual": ["smiles"]} for r in exported[:4]}))
    run = run_task(task, load_system(str(predictions), SystemOptions()), tmp_path / "run")
    assert [answer.id for answer in run.answers] == [record.id for record in exported[:4]]
    assert {failure.id for failure in run.failures} == {record.id for record in exported[4:]}
