"""What a reader must know before believing the numbers, in sentences."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from xemogpt.benchmark.conditions import FULL, TEXT_ONLY
from xemogpt.benchmark.evidence import models_of
from xemogpt.benchmark.runlog import RunLog
from xemogpt.benchmark.truth import reference_kind

if TYPE_CHECKING:
    from xemogpt.benchmark.report import BenchReport

LEAST_PERFECT = 0.97
MOST_CHEATING = 0.35
"""Overall F1 of a sound task: the perfect prediction at least, answers that cheat at most."""
LEAST_POSITIVES = 40
"""Reference cues of a kind below which its recall says little."""
FEW_SAMPLES = 50


def notes_on(report: "BenchReport") -> tuple[str, ...]:
    """The notes, in order of weight."""
    return tuple((*_on_samples(report), *_on_soundness(report), *_on_runs(report)))


def _on_samples(report: "BenchReport") -> Iterator[str]:
    num, total = len(report.records), len(report.task.records)
    if num < total:
        yield f"Only {num} of the task's {total} samples were asked of every run and are scored."
    if num < FEW_SAMPLES:
        yield f"{num} samples are few: intervals are rough, and differences hard to find."
    yield from report.task.warnings
    exact = sum(record.is_exact for record in report.records)
    if not exact:
        yield (
            "No record has exact truth: what is stated and not in the reference may still be"
            " there, so no hallucination rate is given."
        )
    elif exact < num:
        yield f"Hallucinations are counted on the {exact} samples with exact truth."
    counts = Counter(
        kind
        for record in report.records
        for modality, cue in record.cues.items()
        if modality != "emotional" and (kind := reference_kind(cue, modality))
    )
    rare = [kind for kind, count in counts.items() if count < LEAST_POSITIVES]
    if rare:
        yield (
            f"{len(rare)} of {len(counts)} kinds of cue have fewer than {LEAST_POSITIVES}"
            " reference cues here; their recall says little."
        )


def _on_soundness(report: "BenchReport") -> Iterator[str]:
    for score in report.of_role("perfect"):
        f1 = score.report.overall.f1
        if f1 < LEAST_PERFECT:
            yield (
                f"The perfect prediction scores {f1:.3f}, below {LEAST_PERFECT}: no system that"
                " answers in text can be told from a better one above that."
            )
    for score in report.of_role("cheating"):
        f1 = score.report.overall.f1
        if f1 >= MOST_CHEATING:
            yield (
                f"Answers that look at nothing ({score.name}) score {f1:.3f}, {MOST_CHEATING} or"
                " more: a score is good only by what it has above that."
            )


def _on_runs(report: "BenchReport") -> Iterator[str]:
    for name, run in report.runs.items():
        if run.failures:
            yield f"{name}: {len(run.failures)} samples failed and count as 0."
        if run.num_empty:
            yield f"{name}: {run.num_empty} answers are empty and count as 0."
    given = [name for name, run in report.runs.items() if any(a.cues for a in run.answers)]
    told = [name for name in report.runs if name not in given]
    if given and told:
        yield (
            f"{', '.join(given)}: scored on the cues given; {', '.join(told)}: on those read from"
            " the text. Reading loses and splits some, so hold like against like."
        )
    yield from _on_conditions(report.runs)
    versions = {run.versions.get("xemogpt") for run in report.runs.values()}
    if len(versions) > 1:
        shown = ", ".join(sorted(str(version) for version in versions))
        yield f"The runs were made by different versions of xemogpt ({shown})."


def _on_conditions(runs: Mapping[str, RunLog]) -> Iterator[str]:
    """Runs without the other run that they have to be held against."""
    names = list(runs)
    without_words, without_full = [], []
    for places in models_of(list(runs.values())).values():
        conditions = {runs[names[place]].condition for place in places}
        if FULL not in conditions:
            without_full += [names[place] for place in places]
        elif TEXT_ONLY not in conditions:
            without_words += [
                names[place] for place in places if runs[names[place]].condition == FULL
            ]
    if without_words:
        yield (
            f"No text-only run is given of {', '.join(without_words)}: how much the words alone"
            " tell it is not known (bench run --condition text-only)."
        )
    if without_full:
        yield (
            f"No run of the full clips with the same settings, weights and seed stands beside"
            f" {', '.join(without_full)}: evidence cannot be tested."
        )
