"""What the page writes is what `bench make` reads; what others wrote is never overwritten."""

import csv

import pytest
from tests.benchmark.making.simulated import fill
from tests.ui.sets import draft, fill_all, make_set, suggest

from xemogpt.benchmark.making.answers import read_answers
from xemogpt.benchmark.tasks import load_task
from xemogpt.errors import DatasetError, UnknownNameError
from xemogpt.ui.desk import Desk
from xemogpt.ui.drafts import flaws, state


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_set(tmp_path_factory.mktemp("set"))


@pytest.fixture
def folder(made, tmp_path):
    """A fresh set over the same clips."""
    import shutil

    target = tmp_path / "set"
    shutil.copytree(made, target)
    (target.parent / "clips").symlink_to(made.parent / "clips")
    return target


def test_cues_timed_on_the_page_are_the_answers(folder):
    desk = Desk(folder, suggest)
    fill_all(desk, "ada")
    fill_all(desk, "ben")
    desk.write_sheets()
    answers = read_answers(folder)
    assert not answers.not_done
    assert len(answers.cues) == 6
    smile = answers.cues["clip0"]["ada"].visual[0]
    assert (smile.text, smile.start_s, smile.end_s) == ("she smiles broadly", 0.1, 0.5)
    assert answers.cues["clip5"]["ada"].auditory == ()


def test_half_a_clip_is_not_done_rather_than_taken_for_all(folder):
    desk = Desk(folder)
    fill_all(desk, "ada")
    desk.save("ada", 0, draft(("visual", "she smiles")), desk.view("ada", 0).revision)
    fill_all(desk, "ben")
    desk.write_sheets()
    clip = desk.clip("ada", 0)
    answers = read_answers(folder, allow_partial=True)
    assert clip.id not in answers.cues
    assert any(clip.id in line for line in answers.not_done)


def test_every_flaw_that_a_sheet_would_be_refused_for_is_told_at_once(folder):
    clip = Desk(folder).clip("ada", 0)
    given = draft(
        ("visual", " ... "), ("visual", "None."), ("visual", "smiles", 0.5),
        ("visual", "nods", 0.5, 0.2),
        ("visual", "blinks", 0.5, 99), ("visual", "raises the brows", 0.2, 0.4),
        nothing=("visual",),
    )  # fmt: skip
    assert list(flaws(given, clip)) == ["k0", "k1", "k2", "k3", "k4", "visual"]
    assert state(given, clip) == "begun"


def test_nothing_to_report_is_an_answer(folder):
    desk = Desk(folder)
    for annotator in ("ada", "ben"):
        for index, clip in enumerate(desk.clips[annotator]):
            desk.save(annotator, index, draft(nothing=clip.modalities), 0)
    desk.write_sheets()
    assert not read_answers(folder).not_done
    assert desk.progress() == {name: {"done": 6, "begun": 0, "open": 0} for name in ("ada", "ben")}


def test_a_sheet_filled_in_a_spreadsheet_is_taken_over(folder):
    fill(folder, "ada", {("clip0", "visual"): [("nods", "0.1", "0,4")]})
    desk = Desk(folder)
    index = [clip.id for clip in desk.clips["ada"]].index("clip0")
    view = desk.view("ada", index)
    assert [(cue.text, cue.end_s) for cue in view.draft.cues] == [("nods", 0.4)]
    assert set(view.draft.nothing) == {"auditory", "emotional"}
    assert view.state == "done"
    desk.write_sheets()
    assert desk.progress()["ada"]["done"] == 6


def test_what_others_wrote_meanwhile_is_not_overwritten(folder):
    desk = Desk(folder)
    fill_all(desk, "ada")
    desk.write_sheets()
    fill(folder, "ada", {})
    fill(folder, "ben", {}, as_jsonl=True)
    for annotator in ("ada", "ben"):
        with pytest.raises(DatasetError, match="outside this page"):
            desk.write_sheets([annotator])


def test_a_kill_between_noting_and_writing_a_sheet_is_no_conflict(folder, monkeypatch):
    desk = Desk(folder)
    fill_all(desk, "ada")
    real, calls = desk.store.set_sheet, []

    def die_after_writing(annotator, digest, *, written):
        if written:
            calls.append(annotator)
            raise KeyboardInterrupt
        real(annotator, digest, written=written)

    monkeypatch.setattr(desk.store, "set_sheet", die_after_writing)
    with pytest.raises(KeyboardInterrupt):
        desk.write_sheets(["ada"])
    assert calls == ["ada"]
    again = Desk(folder)
    again.save("ada", 0, draft(("visual", "nods")), 1)
    again.write_sheets(["ada"])
    rows = list(csv.DictReader((folder / "sheets" / "ada.csv").open(encoding="utf-8", newline="")))
    assert not any(row["cue"] for row in rows if row["id"] == again.clip("ada", 0).id)


def test_export_loads_as_an_expert_task(folder):
    desk = Desk(folder, encoder="tiny-text")
    fill_all(desk, "ada")
    fill_all(desk, "ben", heard="he shouts angrily")
    found = desk.agreement()
    assert found["num_clips"] == 6
    assert found["modalities"]["visual"]["f1"]["value"] == 1.0
    assert set(found["modalities"]) == {"visual", "auditory", "emotional", "overall"}
    exported = desk.export("all")
    task = load_task(f"expert:{folder / exported['folder']}")
    assert len(task.records) == 6
    smile = next(record for record in task.records if record.id == "clip0").cues.visual[0]
    assert (smile.text, smile.start_s, smile.end_s) == ("she smiles broadly", 0.1, 0.5)
    assert desk.export("none")["folder"] == "expert-2", "an export is never overwritten"


def test_a_page_for_one_annotator_opens_nobody_else(folder):
    fill_all(Desk(folder), "ada")
    desk = Desk(folder, only=["ben"])
    assert desk.admitted == ["ben"]
    with pytest.raises(UnknownNameError, match="no annotator of set here"):
        desk.view("ada", 0)
    with pytest.raises(UnknownNameError, match="no annotator of set here"):
        desk.save("ada", 0, draft(), 1)
    assert desk.progress()["ada"]["done"] == 6
    with pytest.raises(UnknownNameError, match="expected one of ada, ben"):
        Desk(folder, only=["eve"])


def test_names_outside_the_plan_are_refused(folder):
    desk = Desk(folder)
    with pytest.raises(UnknownNameError, match="no annotator"):
        desk.view("eve", 0)
    with pytest.raises(UnknownNameError, match="has 6"):
        desk.view("ada", 6)
    escaping = desk.clip("ada", 0).model_copy(update={"media": "../../../etc/passwd"})
    with pytest.raises(DatasetError, match="not in the folder"):
        desk.media(escaping)
