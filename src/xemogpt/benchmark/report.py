"""The report of one or more runs of one task: every score with what it has to be held against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from xemogpt.benchmark.comparisons import PairTest, compare_systems
from xemogpt.benchmark.conditions import FULL, TEXT_ONLY
from xemogpt.benchmark.evidence import (
    ConditionScores,
    EvidenceTest,
    condition_scores,
    evidence_tests,
    models_of,
)
from xemogpt.benchmark.notes import notes_on
from xemogpt.benchmark.runlog import RUN, RunLog, read_runlog
from xemogpt.benchmark.scoring import (
    SystemScore,
    answered,
    cheating_predictions,
    perfect_prediction,
    score_run,
    score_system,
)
from xemogpt.benchmark.tasks import Task
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.errors import DatasetError
from xemogpt.metrics.emocue360 import EmoCue360
from xemogpt.metrics.results import COLUMNS

PERFECT = "perfect prediction"
MAX_FAILURES = 20
"""Failures of a run that the report lists."""


@dataclass(frozen=True)
class BenchReport:
    """Everything that the report's files are written from."""

    task: Task
    records: tuple[EmoCueRecord, ...]
    """Of the samples scored: those that every run was asked."""
    runs: dict[str, RunLog]
    """Name in the report -> run."""
    systems: dict[str, SystemScore]
    """Runs first, then the perfect prediction, then the answers that cheat."""
    comparisons: tuple[PairTest, ...]
    evidence: tuple[EvidenceTest, ...]
    conditions: tuple[ConditionScores, ...]
    reference: dict[str, Any] | None
    """Name of a run -> scores by the published protocol, or why there are none."""
    notes: tuple[str, ...]
    seed: int

    def of_role(self, role: str) -> list[SystemScore]:
        """Systems of one role, in order."""
        return [score for score in self.systems.values() if score.role == role]

    def full_runs(self) -> list[SystemScore]:
        """Runs with nothing taken away."""
        return [self.systems[name] for name, run in self.runs.items() if run.condition == FULL]

    def strongest_cheat(self) -> SystemScore | None:
        """The answers that cheat best, by overall F1."""
        return max(self.of_role("cheating"), key=lambda s: s.report.overall.f1, default=None)

    def to_dict(self) -> dict[str, Any]:
        """The object of ``report.json``."""
        return {
            "task": self.task.name,
            "task_sha256": self.task.sha256,
            "num_records": len(self.task.records),
            "num_scored": len(self.records),
            "seed": self.seed,
            "metric": next(iter(self.systems.values())).report.versions,
            "notes": list(self.notes),
            "runs": {name: _run_dict(run) for name, run in self.runs.items()},
            "systems": {name: _system_dict(score) for name, score in self.systems.items()},
            "comparisons": [found.model_dump() for found in self.comparisons],
            "evidence": [found.model_dump() for found in self.evidence],
            "conditions": [found.model_dump() for found in self.conditions],
            "reference_protocol": self.reference,
        }


def read_runs(paths: Sequence[str | Path]) -> list[RunLog]:
    """The runs in these folders; a folder of runs, one a condition, gives all of them.

    Raises:
        DatasetError: if a folder holds no complete run, or two runs are the same.
    """
    runs: dict[Path, RunLog] = {}
    for given in map(Path, paths):
        inside = [found.parent for found in given.glob(f"*/{RUN}")] if given.is_dir() else []
        # The full clips first, then what is taken away.
        inside.sort(key=lambda path: (path.name != FULL, path.name))
        is_run = not inside or (given / RUN).exists()
        for path in [given] if is_run else inside:
            if path.resolve() in runs:
                raise DatasetError(f"{path} is given twice; give each run once")
            runs[path.resolve()] = read_runlog(path)
    if not runs:
        raise DatasetError("no runs were given; expected folders made by bench run")
    return list(runs.values())


def task_name(runs: Sequence[RunLog], given: str | None) -> str:
    """Which task to load: the one given, or a generated one that the runs name.

    Raises:
        DatasetError: if runs are of different tasks, or name one whose place they do not know.
    """
    named = sorted({run.task for run in runs})
    if len(named) > 1:
        raise DatasetError(
            f"the runs are of different tasks ({', '.join(named)}); report each task for itself"
        )
    if given is not None:
        return given
    if named[0].startswith("controlled"):
        return named[0]
    raise DatasetError(f"the runs are of {named[0]}, wherever that lies; give its place by --task")


def check_task(runs: Sequence[RunLog], task: Task) -> tuple[EmoCueRecord, ...]:
    """The records that every run was asked, in the order of the task.

    Raises:
        DatasetError: if a run is of another task or of other records, or none was asked of all.
    """
    task_name(runs, task.name)
    task_sha256 = task.sha256
    for run in runs:
        if run.task_sha256 != task_sha256:
            raise DatasetError(
                f"the run of {run.model} ({run.condition}) was made on records with the hash"
                f" {run.task_sha256[:12]}, but {task.name} in {task.folder} has"
                f" {task_sha256[:12]}: the task was changed, or it is another; give the one that"
                " was run with --task, or repeat the run"
            )
    asked = [{a.id for a in run.answers} | {f.id for f in run.failures} for run in runs]
    shared = tuple(r for r in task.records if all(r.id in ids for ids in asked))
    if not shared:
        raise DatasetError("the runs have no sample in common; repeat them with the same --limit")
    return shared


def build_report(
    runs: Sequence[RunLog],
    task: Task,
    *,
    encoder: str = "minilm",
    use_reference: bool = False,
    seed: int = 0,
) -> BenchReport:
    """Score runs of one task, beside the perfect prediction and answers that cheat.

    Args:
        runs: one or more, of any models and conditions.
        task: that was run.
        encoder: text encoder of EmoCue-360.
        use_reference: whether to score by the published protocol too.
        seed: of bootstrap and baselines.

    Raises:
        DatasetError: if runs and task do not belong together.
    """
    records = check_task(runs, task)
    metric = EmoCue360("strict", encoder)
    named = dict(zip(run_names(runs), runs, strict=True))
    systems = {
        name: score_run(run, records, metric, name=name, seed=seed) for name, run in named.items()
    }
    systems[PERFECT] = score_system(
        perfect_prediction(records), records, metric, name=PERFECT, role="perfect", seed=seed
    )
    for name, said in cheating_predictions(records, seed).items():
        systems[name] = score_system(said, records, metric, name=name, role="cheating", seed=seed)
    evidence: list[EvidenceTest] = []
    conditions: list[ConditionScores] = []
    names = list(named)
    for places in models_of(runs).values():
        scores = {runs[i].condition: (runs[i], systems[names[i]]) for i in places}
        evidence += evidence_tests(scores, metric, seed)
        if len(scores) > 1:
            model = next((names[i] for i in places if runs[i].condition == FULL), names[places[0]])
            conditions += condition_scores(model, scores, seed)
    pairs = _pairs(named, systems)
    report = BenchReport(
        task=task,
        records=records,
        runs=named,
        systems=systems,
        comparisons=tuple(compare_systems(pairs, seed)),
        evidence=tuple(evidence),
        conditions=tuple(conditions),
        reference=_reference(named, records, encoder) if use_reference else None,
        notes=(),
        seed=seed,
    )
    return replace(report, notes=notes_on(report))


def run_names(runs: Sequence[RunLog]) -> list[str]:
    """Short names that tell the runs apart.

    A path's last part stands for it, an endpoint's model for its address; conditions other than
    ``full`` are added, and numbers where names are still the same.
    """
    found: list[str] = []
    for run in runs:
        model = run.model
        model = model.partition("#")[2] if model.startswith("openai:") else model
        short = model.replace("\\", "/").rstrip("/").rpartition("/")[2] or run.model or "model"
        name = short[:60] + ("" if run.condition == FULL else f", {run.condition}")
        taken = name in found or name == PERFECT
        number = 2
        while taken and f"{name} ({number})" in found:
            number += 1
        found.append(f"{name} ({number})" if taken else name)
    return found


def _pairs(
    runs: Mapping[str, RunLog], systems: Mapping[str, SystemScore]
) -> list[tuple[SystemScore, SystemScore, str]]:
    """Full runs against each other, against the best cheat, and against words alone."""
    full = [systems[name] for name, run in runs.items() if run.condition == FULL]
    words = [systems[name] for name, run in runs.items() if run.condition == TEXT_ONLY]
    cheats = [score for score in systems.values() if score.role == "cheating"]
    best = max(cheats, key=lambda score: score.report.overall.f1, default=None)
    pairs = [(a, b, "run against run") for i, a in enumerate(full) for b in full[i + 1 :]]
    pairs += [(a, b, "against words alone") for a in full for b in words]
    if best is not None:
        pairs += [(a, best, "against the best answers that cheat") for a in full]
    return pairs


def _reference(
    runs: Mapping[str, RunLog], records: Sequence[EmoCueRecord], encoder: str
) -> dict[str, Any]:
    """Scores by the published protocol, which leaves missing answers out."""
    metric = EmoCue360("reference", encoder)
    target = {record.id: record.cues for record in records}
    found: dict[str, Any] = {}
    for name, run in runs.items():
        preds = {key: said.cues for key, said in answered(run).items() if key in target}
        if not preds:
            found[name] = None
            continue
        scored = metric.score(preds, target, use_baselines=False)
        found[name] = {column: scored.scores(column).to_dict() for column in COLUMNS} | {
            "num_samples": len(preds),
            "intervals": scored.intervals,
        }
    return found


def _run_dict(run: RunLog) -> dict[str, Any]:
    return {
        **run.model_dump(mode="json", exclude={"answers", "failures", "swapped"}),
        "num_answers": len(run.answers),
        "num_empty": run.num_empty,
        "num_failures": len(run.failures),
        "failures": [failure.model_dump() for failure in run.failures[:MAX_FAILURES]],
    }


def _system_dict(score: SystemScore) -> dict[str, Any]:
    report = score.report
    return {
        "role": score.role,
        **{column: report.scores(column).to_dict() for column in COLUMNS},
        "intervals": report.intervals,
        "counts": report.counts,
        "emotion": _dump(score.emotion),
        "groups": {group: _dump(columns) for group, columns in score.groups.items()},
        "kinds": _dump(score.kinds),
        "timing": _dump(score.timing),
        "contradictions": score.contradictions.model_dump() if score.contradictions else None,
    }


def _dump(estimates: Mapping[str, Any]) -> dict[str, Any]:
    return {name: estimate.model_dump() for name, estimate in estimates.items()}
