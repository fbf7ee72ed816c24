import csv
import json
import re

import pytest
from tests.benchmark.exact import make_run, make_task, right
from tests.benchmark.folders import make_records, write_predictions
from typer.testing import CliRunner

from xemogpt.benchmark.cells import Table, parts, shown, to_csv
from xemogpt.benchmark.comparisons import Difference
from xemogpt.benchmark.emotions import named_emotions
from xemogpt.benchmark.estimates import Estimate
from xemogpt.benchmark.evidence import evidence_tests, verdict_of
from xemogpt.benchmark.page import write_report
from xemogpt.benchmark.report import (
    PERFECT,
    build_report,
    check_task,
    read_runs,
    run_names,
    task_name,
)
from xemogpt.benchmark.runlog import Answer, RunFailure
from xemogpt.benchmark.scoring import score_run
from xemogpt.benchmark.tables import beside, tables_of
from xemogpt.benchmark.truth import judge
from xemogpt.cli.app import app
from xemogpt.emocue.verification.kinds import is_denial, stated_kind
from xemogpt.errors import DatasetError
from xemogpt.metrics.emocue360 import EmoCue360
from xemogpt.schema import MODALITIES, Cue, CueSet


@pytest.fixture(scope="module")
def task():
    return make_task()


@pytest.fixture(scope="module")
def metric():
    return EmoCue360("strict")


def test_right_answers_score_one_and_failures_nothing(task, metric):
    answers = [right(record) for record in task.records]
    whole = score_run(make_run(task, answers), task.records, metric, name="whole")
    assert whole.report.overall.f1 == pytest.approx(1.0)
    assert whole.emotion["recall"].value == 1.0
    failed = RunFailure(id=task.records[-1].id, error="it crashed")
    empty = Answer(id=task.records[-2].id, text=" ")
    run = make_run(task, [*answers[:-2], empty], failures=(failed,))
    partial = score_run(run, task.records, metric, name="partial")
    share = (len(answers) - 2) / len(answers)
    assert partial.report.overall.f1 == pytest.approx(share)
    assert partial.emotion["recall"].value == pytest.approx(share)
    assert partial.report.counts["missing"] == 2
    assert partial.groups["scenario: clear"]["overall"].value == pytest.approx(1.0)
    assert partial.groups["scenario: temporal"]["overall"].value == pytest.approx(10 / 12)


def test_times_are_compared_where_both_state_them(task, metric):
    late = []
    for record in task.records:
        cues = right(record).cues
        seen = [cue.model_copy(update={"start_s": 1.5, "end_s": 2.5}) for cue in cues.visual]
        late.append(Answer(id=record.id, text="", cues=CueSet(seen, cues.auditory)))
    timing = score_run(make_run(task, late), task.records, metric, name="late").timing
    assert timing["start_error_s"].value == pytest.approx(0.5)
    assert timing["iou"].value == pytest.approx(0.5 / 1.5)


def test_kinds_that_are_missed_count_as_nothing(task, metric):
    answers = [right(record, auditory=record.cues.auditory[0].kind == "pause")
               for record in task.records]  # fmt: skip
    kinds = score_run(make_run(task, answers), task.records, metric, name="deaf").kinds
    assert (kinds["pause"].value, kinds["monotone"].value) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("text", "modality", "kind", "verdict"),
    [
        ("she smiles", "visual", "smile", "true"),
        ("she does not smile", "visual", "smile", "contradicted"),
        ("she lowers the eyebrows", "visual", "brow-lower", "contradicted"),
        ("she does not lower the eyebrows", "visual", "brow-lower", "true"),
        ("she blinks", "visual", "blink", "true"),
        ("a red scarf", "visual", None, "not judged"),
        ("she pauses", "auditory", "pause", "true"),
        ("speaks fast", "auditory", "fast-speech", "contradicted"),
    ],
)
def test_exact_truth_judges_statements(task, text, modality, kind, verdict):
    # The first record smiles, pauses, and is measured to blink; nothing else is there.
    assert judge(Cue(text=text), modality, task.records[0]) == (kind, verdict)


def test_denials_and_kinds():
    assert is_denial("without a smile", "visual")
    assert not is_denial("smiles without showing teeth", "visual")
    assert stated_kind("the corners of the mouth are red", "visual") is None


def test_hallucinations_are_counted(task, metric):
    answers = []
    for record in task.records:
        said = right(record).cues
        answers.append(
            Answer(id=record.id, text="", cues=CueSet([*said.visual, "shakes the head"]))
        )
    found = score_run(make_run(task, answers), task.records, metric, name="x").contradictions
    assert (found.num_judged, found.num_contradicted) == (48, 24)
    assert found.rate.value == pytest.approx(0.5)
    assert found.by_kind["head-shake"] == (24, 24)


def _evidence(task, metric, keeps):
    """Verdicts for a model that keeps, or loses, its cues when the evidence is gone."""
    records = task.records
    partner = {r.id: records[(i + 1) % len(records)] for i, r in enumerate(records)}
    full = [right(r) for r in records]
    moving = [
        Answer(id=a.id, text="", cues=CueSet([*a.cues.visual, "nods twice"], a.cues.auditory))
        for a in full
    ]
    without_sound = [right(r, auditory=keeps) for r in records]
    frozen = moving if keeps else full
    swapped = moving if keeps else [
        Answer(id=r.id, text="", cues=CueSet(right(partner[r.id]).cues.visual)) for r in records
    ]  # fmt: skip
    runs = [
        make_run(task, moving),
        make_run(task, without_sound, condition="no-audio"),
        make_run(task, frozen, condition="frozen-frames"),
        make_run(task, swapped, condition="swapped-video",
                 swapped={key: value.id for key, value in partner.items()}),
    ]  # fmt: skip
    scores = {
        run.condition: (run, score_run(run, records, metric, name=run.condition)) for run in runs
    }
    # Of other pictures other things are true; without sound the pictures are still the clip's.
    judged = [name for name, (_, score) in scores.items() if score.contradictions]
    assert judged == ["full", "no-audio"]
    return {test.condition: test.verdict for test in evidence_tests(scores, metric)}


def test_evidence_verdicts(task, metric):
    conditions = ("no-audio", "frozen-frames", "swapped-video")
    assert _evidence(task, metric, keeps=False) == dict.fromkeys(conditions, "pass")
    assert _evidence(task, metric, keeps=True) == dict.fromkeys(conditions, "fail")


def test_a_report_is_written_whole_and_safe(task, tmp_path):
    hostile = '<script>alert(1)</script>|=HYPERLINK("x")'
    good = make_run(task, [right(record) for record in task.records])
    bad = make_run(
        task,
        [Answer(id=r.id, text=f"{hostile}. She smiles.") for r in task.records],
        model=f"=cmd|{hostile}",
    )
    report = build_report([good, bad], task, use_reference=True)
    assert report.systems[PERFECT].report.overall.f1 >= 0.97
    assert report.strongest_cheat().report.overall.f1 < 0.6
    (pair,) = [c for c in report.comparisons if c.why == "run against run"]
    assert pair.f1["overall"].difference > 0.3 and pair.p_adjusted < 0.05
    paths = {path.name: path for path in write_report(report, tmp_path / "out")}
    page = paths["report.html"].read_text()
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page
    assert not re.search("(src|href)=", page[: page.index("<script>")])
    assert paths["report.html"].stat().st_size < 6_000_000
    found = json.loads(paths["report.json"].read_text())
    assert found["systems"]["right"]["overall"]["f1"] == pytest.approx(1.0)
    assert found["num_scored"] == len(task.records)
    rows = list(csv.DictReader(paths["scores.csv"].open()))
    assert float(rows[0]["overall F1"]) == pytest.approx(1.0)
    assert float(rows[0]["overall F1 low"]) <= 1.0
    assert not any(cell.startswith("=") for row in rows for cell in row.values())
    markdown = paths["report.md"].read_text()
    assert "| right | run | 1.000 [1.000, 1.000] |" in markdown and "<script>" not in markdown
    assert any("No text-only run" in note for note in report.notes)
    measures = list(csv.DictReader(paths["precision_recall.csv"].open()))
    assert [row["modality"] for row in measures[:4]] == [*MODALITIES, "overall"]
    assert float(measures[3]["recall"]) == pytest.approx(1.0)
    published = list(csv.DictReader(paths["reference_protocol.csv"].open()))
    assert published[0]["samples"] == str(len(task.records)) and published[0]["overall F1 low"]


def test_words_alone_stand_beside_every_score(task):
    full = make_run(task, [right(record) for record in task.records])
    silent = [right(record, visual=False, auditory=False) for record in task.records]
    words = make_run(task, silent, condition="text-only")
    deaf = make_run(task, [right(r, auditory=False) for r in task.records], condition="no-audio")
    other = deaf.model_copy(update={"seed": 1})
    report = build_report([full, words, deaf, other], task)
    names = [score.name for score in beside(report)]
    assert names[:3] == ["right", "right, text-only", PERFECT]
    (table,) = [table for table in tables_of(report) if table.name == "by_scenario"]
    assert {row[2] for row in table.rows} == set(names)
    (pair,) = [found for found in report.comparisons if found.why == "against words alone"]
    assert pair.f1["visual"].difference == pytest.approx(1.0)
    assert {test.condition: test.verdict for test in report.evidence} == {
        "no-audio": "pass", "text-only": "pass",
    }  # fmt: skip
    assert not any("text-only" in note for note in report.notes)
    # The run of another seed is not held against this full one.
    (note,) = [note for note in report.notes if "evidence cannot be tested" in note]
    assert "right, no-audio (2)" in note


@pytest.mark.parametrize(
    ("labels", "text", "named"),
    [
        (["Happy"], "sounds angry", ("joy", "anger")),
        ([], "is not happy but sad", ("sadness",)),
        ([], "without any anger", ()),
        ([], "no marked emotion is expressed", ("neutral",)),
        ([], "shows no emotion", ("neutral",)),
        ([], "no expression of joy", ()),
        ([" "], "", ()),
    ],
)
def test_emotions_are_named_in_order(labels, text, named):
    cues = [Cue(text=text)] if text else []
    assert named_emotions(labels, cues) == named


def test_naming_every_emotion_helps_recall_only(task, metric):
    every = ("sad", "happy", "angry")
    answers = [right(r).model_copy(update={"emotions": every}) for r in task.records]
    emotion = score_run(make_run(task, answers), task.records, metric, name="x").emotion
    assert emotion["recall"].value == 1.0 and emotion["num"].value == 3
    assert emotion["first"].value == pytest.approx(1 / 3)
    assert emotion["precision"].value == pytest.approx(1 / 3)


def test_numbers_are_shown_with_their_intervals():
    value = Estimate(value=-0.0001, low=-0.12, high=0.0, count=4)
    assert parts(value) == ("0.000", "[-0.120, 0.000]")
    difference = Difference(difference=0.5, low=-0.0, high=1.0, p_value=0.03)
    assert shown(difference) == "+0.500 [+0.000, +1.000] p = 0.0300"
    table = Table("t", "T", "", ("a", "b"), (("=1+1", value), ("b", None)))
    assert to_csv(table).splitlines() == ["a,b,b low,b high", "'=1+1,-0.0001,-0.12,0.0", "b,,,"]


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.0, 0.1, "pass"), (0.05, 0.2, "unclear"), (0.11, 0.2, "fail"), (None, None, "not testable")],
)
def test_whole_intervals_decide(low, high, verdict):
    assert verdict_of(Estimate(value=low, low=low, high=high, count=9)) == verdict


def test_runs_and_tasks_must_belong_together(task):
    answers = [right(record) for record in task.records]
    run = make_run(task, answers)
    other = make_task(6)
    with pytest.raises(DatasetError, match="the task was changed, or it is another"):
        check_task([run], other)
    with pytest.raises(DatasetError, match="different tasks"):
        task_name([run, run.model_copy(update={"task": "another"})], None)
    with pytest.raises(DatasetError, match="give its place by --task"):
        task_name([run], None)
    half = run.model_copy(update={"answers": run.answers[:12]})
    assert len(check_task([run, half], task)) == 12
    none = run.model_copy(update={"answers": ()})
    with pytest.raises(DatasetError, match="no sample in common"):
        check_task([none], task)
    twice = [run, run.model_copy(update={"model": "folder/right"})]
    assert run_names(twice) == ["right", "right (2)"]


def test_the_command(tmp_path):
    folder = make_records(tmp_path / "mine")
    predictions = write_predictions(tmp_path / "p.jsonl", ["clip0", "clip1", "clip2"])
    cli = CliRunner()
    made = cli.invoke(
        app,
        ["bench", "run", "--task", str(folder), "--model", str(predictions), "--out",
         str(tmp_path / "run")],
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    arguments = ["bench", "report", str(tmp_path / "run"), "--out", str(tmp_path / "report")]
    shown = cli.invoke(app, [*arguments, "--task", str(folder), "--json"])
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.stdout)
    # Three of six samples have no prediction.
    assert found["systems"]["p.jsonl"]["overall"]["f1"] < 0.5
    assert found["runs"]["p.jsonl"]["num_failures"] == 3
    assert (tmp_path / "report" / "report.html").is_file()
    with pytest.raises(DatasetError, match="given twice"):
        read_runs([tmp_path / "run", tmp_path / "run"])
