"""Sheets: who gets which clip, and what is wrong with those that come back."""

import csv
import json
from collections import Counter
from itertools import combinations

import pytest
from tests.benchmark.making.simulated import fill, make_clips

from xemogpt.benchmark.making.answers import read_answers
from xemogpt.benchmark.making.folder import PlannedClip
from xemogpt.benchmark.making.plan import make_plan
from xemogpt.benchmark.making.sheets import COLUMNS, assign, make_sheets
from xemogpt.errors import ConfigError, DatasetError, OutputError


def clip(number, scenario="clear"):
    return PlannedClip(
        id=f"c{number:03}", media=f"{number}.mp4", media_sha256="0", duration_s=1,
        has_video=True, has_sound=True, scenario=scenario,
    )  # fmt: skip


@pytest.fixture(scope="module")
def clips_folder(tmp_path_factory):
    return make_clips(tmp_path_factory.mktemp("media") / "clips")


@pytest.fixture
def folder(clips_folder, tmp_path):
    made = tmp_path / "set"
    make_plan(clips_folder, sorted(clips_folder.glob("clip*.mp4")), made)
    make_sheets(made, ["ada", "ben"], blank_lines=2)
    return made


def edit(folder, annotator, change):
    """Rewrite a sheet's rows by a function that may change, drop or add rows."""
    path = folder / "sheets" / f"{annotator}.csv"
    with path.open(newline="") as file:
        rows = change(list(csv.DictReader(file)))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def problems_of(folder):
    with pytest.raises(DatasetError) as caught:
        read_answers(folder)
    return str(caught.value)


@pytest.mark.parametrize(("num_annotators", "per_clip"), [(2, 2), (3, 2), (5, 2), (4, 3)])
def test_assignment_is_balanced(num_annotators, per_clip):
    names = [f"r{index}" for index in range(num_annotators)]
    clips = [clip(number, "hard" if number % 3 else "clear") for number in range(60)]
    assigned = assign(clips, names, per_clip, seed=0)
    assert {len(set(team)) for team in assigned.values()} == {per_clip}
    load = Counter(name for team in assigned.values() for name in team)
    assert max(load.values()) - min(load.values()) <= 1
    met = Counter(frozenset(team) for team in assigned.values())
    assert set(met) == {frozenset(team) for team in combinations(names, per_clip)}
    leads = Counter(team[0] for team in assigned.values())
    assert max(leads.values()) <= 2 * 60 / num_annotators
    assert assign(clips, names, per_clip, seed=0) == assigned


def test_sheets_have_blank_lines_for_what_can_be_annotated(folder):
    with (folder / "sheets" / "ada.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    places = Counter((row["id"], row["modality"]) for row in rows)
    assert set(places.values()) == {2}
    assert ("clip5", "auditory") not in places
    assert len(places) == 6 * 3 - 1
    lines = (folder / "sheets" / "ada.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == rows
    assert "Expressed, not felt" in (folder / "sheets" / "INSTRUCTIONS.md").read_text()
    with pytest.raises(OutputError, match="exists already"):
        make_sheets(folder, ["ada", "ben"])


@pytest.mark.parametrize(
    ("names", "message"),
    [(["ada"], "two"), (["ada", "Ada"], "twice"), (["../x", "b"], "names a file"),
     (["assignment", "b"], "names a file")],
)  # fmt: skip
def test_bad_annotators(folder, names, message):
    with pytest.raises(ConfigError, match=message):
        make_sheets(folder, names)


def test_filled_sheets_come_back(folder):
    smile = ("she  smiles", "0,1", "0.5")
    fill(folder, "ada", {("clip0", "visual"): [smile, ("he nods", "", "")]})
    fill(folder, "ben", {("clip0", "emotional"): [("amused", "", "")]}, as_jsonl=True)
    cues = read_answers(folder).cues
    assert set(cues) == {f"clip{number}" for number in range(6)}
    seen = cues["clip0"]["ada"].visual
    assert [(cue.text, cue.start_s, cue.end_s) for cue in seen] == [
        ("she smiles", 0.1, 0.5), ("he nods", None, None),
    ]  # fmt: skip
    assert cues["clip0"]["ben"].emotional[0].source == "annotated"
    assert len(cues["clip1"]["ada"]) == 0


def test_semicolons_and_byte_order_marks_of_spreadsheets(folder):
    fill(folder, "ada", {("clip0", "visual"): [("she smiles", "0,1", "0,5")]})
    fill(folder, "ben", {})
    path = folder / "sheets" / "ada.csv"
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    assert read_answers(folder).cues["clip0"]["ada"].visual[0].end_s == 0.5


def test_everything_wrong_is_reported_at_once(folder):
    fill(folder, "ben", {})

    def spoil(rows):
        first = [row for row in rows if row["id"] == "clip0"]
        wrong = [
            {"id": "clip9", "cue": "she smiles"},
            {"modality": "olfactory", "cue": "perfume"},
            {"cue": "", "start_s": "0.1", "end_s": "0.2"},
            {"cue": "she smiles", "start_s": "0.1", "end_s": "99"},
            {"cue": "she smiles", "start_s": "0.5", "end_s": "0.2"},
            {"cue": "she smiles", "start_s": "early", "end_s": "0.2"},
            {"cue": "she smiles", "start_s": "0.2"},
            {"cue": "..."},
        ]
        return [first[0] | bad for bad in wrong] + rows

    edit(folder, "ada", spoil)
    shown = problems_of(folder)
    for part in (
        "line 2, field 'id': 'clip9' is no clip of this sheet",
        "line 3, field 'modality': expected one of visual, auditory, emotional, got 'olfactory'",
        "line 4, field 'cue': blank",
        "line 5, field 'end_s': 99 s is outside the clip (0 to 1",
        "line 6, field 'end_s': 0.2 s is before the start, 0.5 s",
        "line 7, field 'start_s': expected seconds, got 'early'",
        "line 8, field 'end_s': blank; give both times or neither",
        "line 9, field 'cue': blank",
        "clip 'clip0' is not done (auditory, emotional)",
        "clip 'clip5' is not done (visual, emotional)",
    ):
        assert part in shown, part


def test_files_that_are_damaged_or_disagree(folder):
    fill(folder, "ben", {})
    fill(folder, "ben", {("clip0", "visual"): [("she smiles", "", "")]}, as_jsonl=True)
    (folder / "sheets" / "ada.csv").write_bytes(b"id,media\n\xff\xfe")
    (folder / "sheets" / "ada.jsonl").write_text('{"id": "clip0"\n[1]\n{"id": true}\n')
    shown = problems_of(folder)
    for part in ("ben.jsonl are both filled and differ", "ada.csv is not UTF-8",
                 "ada.jsonl, line 1: not JSON", "line 2: expected an object",
                 "line 3, field 'id': expected a text or a number"):  # fmt: skip
        assert part in shown, part
    for suffix in (".csv", ".jsonl"):
        (folder / "sheets" / f"ada{suffix}").unlink()
    assert "ada.jsonl are missing" in problems_of(folder)


def test_unfinished_clips_may_be_left_out(folder):
    fill(folder, "ada", {})
    fill(folder, "ben", {})
    edit(folder, "ben", lambda rows: [row for row in rows if row["id"] not in ("clip2", "clip3")])
    assert "clip 'clip3' is not done (visual, auditory, emotional)" in problems_of(folder)
    answers = read_answers(folder, allow_partial=True)
    assert set(answers.cues) == {"clip0", "clip1", "clip4", "clip5"}
    assert len(answers.not_done) == 2
