"""The report as tables: the same in Markdown, CSV and on the page."""

from collections.abc import Mapping
from typing import Any

from xemogpt.benchmark.breakdown import SCENARIO, TAG
from xemogpt.benchmark.cells import Row, Table
from xemogpt.benchmark.conditions import FULL, TEXT_ONLY
from xemogpt.benchmark.estimates import Estimate
from xemogpt.benchmark.report import BenchReport
from xemogpt.benchmark.scoring import SystemScore
from xemogpt.benchmark.truth import reference_kind
from xemogpt.metrics.results import COLUMNS, MEASURES
from xemogpt.schema import Modality
from xemogpt.signals.vocabulary import KINDS

MIN_GROUP = 5
"""Samples of a tag from which it is shown."""


def tables_of(report: BenchReport) -> list[Table]:
    """All tables that this report allows, in the order of the page."""
    made = (
        _scores(report), _measures(report), _emotions(report), _groups(report, SCENARIO),
        _groups(report, TAG), _kinds(report), _timing(report), _contradictions(report),
        _contradicted_kinds(report), _evidence(report), _conditions(report),
        _comparisons(report), _reference(report), _runs(report),
    )  # fmt: skip
    return [table for table in made if table.rows]


def beside(report: BenchReport) -> list[SystemScore]:
    """What every score stands beside: words alone, the perfect prediction, the best cheat.

    Runs with sound or pictures taken away have tables of their own; they are here only where no
    run is of the full clips.
    """
    cheat = report.strongest_cheat()
    shown = [report.systems[name] for name, run in report.runs.items()
             if run.condition in (FULL, TEXT_ONLY)]  # fmt: skip
    return [
        *(shown if report.full_runs() else report.of_role("run")),
        *report.of_role("perfect"),
        *([cheat] if cheat is not None else []),
    ]


def f1_of(score: SystemScore, column: str) -> Estimate:
    """Corpus F1 of a modality with its interval."""
    return _measure(score, column, "f1")


def _measure(score: SystemScore, column: str, measure: str) -> Estimate:
    low, high = score.report.intervals[column][measure]
    value = getattr(score.report.scores(column), measure)
    count = len(score.report.ids)
    return Estimate(value=None if value != value else value, low=low, high=high, count=count)


def _scores(report: BenchReport) -> Table:
    rows: list[Row] = []
    for score in report.systems.values():
        found = score.contradictions
        rows.append(
            (score.name, score.role, *(f1_of(score, column) for column in COLUMNS),
             score.emotion["recall"], found.rate if found else None,
             score.report.counts["missing"])
        )  # fmt: skip
    return Table(
        "scores",
        "Scores",
        "F1 of EmoCue-360, strict protocol, mean over samples with 95 % intervals. A sample"
        " without an answer counts as 0. Emotion recall: share of samples whose main expressed"
        " emotion is among those named. Hallucinated: share of judged cues that exact truth"
        " contradicts.",
        ("system", "role", *(f"{column} F1" for column in COLUMNS), "emotion recall",
         "hallucinated", "missing"),
        tuple(rows),
    )  # fmt: skip


def _measures(report: BenchReport) -> Table:
    rows: list[Row] = [
        (score.name, column, *(_measure(score, column, measure) for measure in MEASURES))
        for score in beside(report)
        for column in COLUMNS
    ]
    return Table(
        "precision_recall", "Precision and recall",
        "Of the cues stated, how many match a reference; of the references, how many are matched."
        " Each is a mean over samples, so F1 is not the harmonic mean of the two.",
        ("system", "modality", *MEASURES), tuple(rows),
    )  # fmt: skip


def _emotions(report: BenchReport) -> Table:
    rows: list[Row] = [
        (score.name, *(score.emotion[name] for name in ("recall", "first", "precision", "num")))
        for score in report.systems.values()
        if score.emotion["recall"].count
    ]
    return Table(
        "emotions", "Expressed emotions",
        "Share of samples whose main emotion is among those named; whose main emotion is the one"
        " named first; share of the named emotions that are in the reference; how many are named."
        " Naming many lifts recall, so read it beside the others.",
        ("system", "recall", "named first", "precision", "emotions named"), tuple(rows),
    )  # fmt: skip


def _groups(report: BenchReport, prefix: str) -> Table:
    what = prefix.rstrip(": ")
    rows: list[Row] = []
    for group in next(iter(report.systems.values())).groups:
        if not group.startswith(prefix):
            continue
        for score in beside(report):
            columns = score.groups[group]
            count = columns["overall"].count
            if prefix == SCENARIO or count >= MIN_GROUP:
                rows.append((group.removeprefix(prefix), count, score.name,
                             *(columns[name] for name in (*COLUMNS, "emotion"))))  # fmt: skip
    note = f"F1 within each {what}, and recall of the main emotion." + (
        f" Tags with fewer than {MIN_GROUP} samples are left out." if prefix == TAG else ""
    )
    return Table(
        f"by_{what}", f"By {what}", note,
        (what, "samples", "system", *(f"{column} F1" for column in COLUMNS), "emotion recall"),
        tuple(rows),
    )  # fmt: skip


def kind_order(report: BenchReport) -> list[tuple[Modality, str, int]]:
    """Kinds of the reference cues with their numbers: visual ones first, as in the vocabulary."""
    counts: dict[tuple[Modality, str], int] = {}
    for record in report.records:
        for modality, cue in record.cues.items():
            kind = None if modality == "emotional" else reference_kind(cue, modality)
            if kind is not None:
                counts[modality, kind] = counts.get((modality, kind), 0) + 1
    place = {name: index for index, name in enumerate(KINDS)}
    order = sorted(counts, key=lambda key: (key[0] != "visual", place.get(key[1], 999), key[1]))
    return [(modality, kind, counts[modality, kind]) for modality, kind in order]


def _kinds(report: BenchReport) -> Table:
    rows: list[Row] = [
        (kind, modality, count, *(score.kinds.get(kind) for score in beside(report)))
        for modality, kind, count in kind_order(report)
    ]
    return Table(
        "by_kind", "By kind of cue",
        "Share of the reference cues of a kind that is matched, by the similarity that the metric"
        " gives; 0 for a cue that is missed.",
        ("kind", "modality", "cues", *(score.name for score in beside(report))), tuple(rows),
    )  # fmt: skip


def _timing(report: BenchReport) -> Table:
    rows: list[Row] = [
        (score.name, score.timing["start_error_s"].count,
         *(score.timing[name] for name in ("start_error_s", "end_error_s", "iou")))
        for score in beside(report)
        if score.timing["start_error_s"].count
    ]  # fmt: skip
    return Table(
        "timing", "Times of cues",
        "Over matched cues with times on both sides, mean over samples: absolute error of start"
        " and end in seconds, and intersection over union. Times of a model on this machine may be"
        " those of the detectors that checked its cues.",
        ("system", "samples", "start error (s)", "end error (s)", "IoU"), tuple(rows),
    )  # fmt: skip


def _contradictions(report: BenchReport) -> Table:
    rows: list[Row] = [
        (score.name, found.num_stated, found.num_judged, found.num_contradicted, found.rate,
         found.by_modality["visual"], found.by_modality["auditory"])
        for score in report.systems.values()
        if (found := score.contradictions)
    ]  # fmt: skip
    return Table(
        "hallucinations", "Hallucinated cues",
        "On clips of exact truth: stated visual and auditory cues, those of a known kind (judged),"
        " and those whose kind was neither asked for nor measured, or which deny one that is"
        " there. Not judged where other pictures were shown: other things are true of them.",
        ("system", "stated", "judged", "contradicted", "rate", "visual rate", "auditory rate"),
        tuple(rows),
    )  # fmt: skip


def _contradicted_kinds(report: BenchReport) -> Table:
    rows: list[Row] = [
        (score.name, kind, wrong, total, round(wrong / total, 3))
        for score in report.of_role("run")
        if score.contradictions
        for kind, (wrong, total) in list(score.contradictions.by_kind.items())[:10]
        if wrong
    ]
    return Table(
        "hallucinated_kinds", "Kinds hallucinated most", "At most ten of each run.",
        ("system", "kind", "contradicted", "judged", "share"), tuple(rows),
    )  # fmt: skip


def _evidence(report: BenchReport) -> Table:
    rows: list[Row] = [
        (test.model, test.condition, test.question, test.num_cues, test.left,
         None if test.by_chance is None else round(test.by_chance, 3), test.excess,
         test.limit, test.verdict)
        for test in report.evidence
    ]  # fmt: skip
    return Table(
        "evidence", "Evidence tests",
        "What is left of the cues when their evidence is taken away, over what is left by chance."
        " Pass: the whole interval is within the limit; fail: all of it is beyond; unclear: it"
        " holds the limit.",
        ("system", "condition", "what is counted", "cues with evidence", "left", "by chance",
         "excess", "at most", "verdict"), tuple(rows),
    )  # fmt: skip


def _conditions(report: BenchReport) -> Table:
    rows: list[Row] = [
        (found.model, found.condition, *(found.f1[column] for column in COLUMNS),
         found.num_failures)
        for found in report.conditions
    ]  # fmt: skip
    return Table(
        "conditions", "F1 under each condition", "Failures count as 0.",
        ("system", "condition", *(f"{column} F1" for column in COLUMNS), "failures"), tuple(rows),
    )  # fmt: skip


def _comparisons(report: BenchReport) -> Table:
    rows: list[Row] = [
        (test.first, test.second, test.why, *(test.f1[column] for column in COLUMNS),
         test.emotion, test.p_adjusted)
        for test in report.comparisons
    ]  # fmt: skip
    return Table(
        "significance", "Differences between systems",
        "First minus second on the same samples, paired bootstrap with 10,000 resamples; the last"
        " column adjusts the p-values of overall F1 for their number (Holm).",
        ("first", "second", "why", *(f"{column} F1" for column in COLUMNS), "emotion recall",
         "adjusted p"), tuple(rows),
    )  # fmt: skip


def _reference(report: BenchReport) -> Table:
    rows: list[Row] = [
        (name, found["num_samples"], *(_published(found, column) for column in COLUMNS))
        for name, found in (report.reference or {}).items()
        if found is not None
    ]
    return Table(
        "reference_protocol", "The published protocol",
        "F1 by raw cosine as published; answers that are missing are left out, so these numbers"
        " flatter. See docs/emocue360.md.",
        ("system", "samples", *(f"{column} F1" for column in COLUMNS)), tuple(rows),
    )  # fmt: skip


def _published(found: Mapping[str, Any], column: str) -> Estimate:
    low, high = found["intervals"][column]["f1"]
    return Estimate(value=found[column]["f1"], low=low, high=high, count=found["num_samples"])


def _runs(report: BenchReport) -> Table:
    rows: list[Row] = [
        (name, run.model, run.condition, len(run.answers), run.num_empty, len(run.failures),
         round(run.seconds, 1), run.answers_sha256[:12], run.started_at)
        for name, run in report.runs.items()
    ]  # fmt: skip
    return Table(
        "runs", "Runs", "",
        ("name", "model", "condition", "answers", "empty", "failures", "seconds", "answers' hash",
         "last started"), tuple(rows),
    )  # fmt: skip
