"""The report's files: one HTML page that needs no network, Markdown, JSON, and tables as CSV."""

import json
from pathlib import Path
from typing import Any

from xemogpt.benchmark.cells import bullets, to_csv, to_markdown
from xemogpt.benchmark.charts import charts_of
from xemogpt.benchmark.report import BenchReport
from xemogpt.benchmark.samples import samples_csv
from xemogpt.benchmark.tables import tables_of
from xemogpt.files import atomic_write
from xemogpt.schema import MODALITIES

NUM_EXAMPLES = 4
"""Answers of each full run that the page shows, spread over the task."""
MAX_TEXT = 1500
"""Characters of an answer that are shown."""
UNDER = {
    "scores": "modalities",
    "by_scenario": "scenarios",
    "by_kind": "kinds",
    "evidence": "evidence",
    "conditions": "conditions",
}
"""Table -> the chart above it."""
FOLDED = ("precision_recall", "by_tag", "by_kind", "hallucinated_kinds", "by_scenario")
"""Long tables that are folded at first."""
PANELS = ("modalities", "conditions")
"""Charts of several panels, which a phone scrolls sideways."""


def write_report(report: BenchReport, out: str | Path) -> list[Path]:
    """Write all files into the folder ``out``, each whole or not at all.

    Raises:
        OutputError: if the folder cannot be written.
    """
    out = Path(out)
    texts = {
        "report.json": json.dumps(report.to_dict(), ensure_ascii=False, indent=1) + "\n",
        "report.md": markdown(report),
        "report.html": page(report),
        "samples.csv": samples_csv(report),
        **{f"{table.name}.csv": to_csv(table) for table in tables_of(report)},
    }
    for name, text in texts.items():
        with atomic_write(out / name) as file:
            # A lone surrogate in somebody's answer cannot be written as UTF-8.
            file.write(text.encode("utf-8", "replace").decode("utf-8"))
    return [out / name for name in texts]


def markdown(report: BenchReport) -> str:
    """Notes and tables."""
    head = f"# EmoCue-Eval: {bullets([report.task.name])[2:].strip()}\n\n{_counts(report)}\n\n"
    parts = [head, bullets(report.notes), *map(to_markdown, tables_of(report))]
    return "\n".join(part for part in parts if part)


def page(report: BenchReport) -> str:
    """The HTML page."""
    from jinja2 import Environment, PackageLoader
    from plotly.offline import get_plotlyjs

    charts = charts_of(report)
    environment = Environment(loader=PackageLoader("xemogpt"), autoescape=True, trim_blocks=True)
    return environment.get_template("bench.html.j2").render(
        task=report.task.name,
        counts=_counts(report),
        notes=report.notes,
        tables=tables_of(report),
        under=UNDER,
        folded=FOLDED,
        charts=charts,
        panels=PANELS,
        examples=examples(report),
        modalities=MODALITIES,
        versions=next(iter(report.systems.values())).report.versions,
        sha256=report.task.sha256,
        seed=report.seed,
        runs=report.runs,
        plotly_js=get_plotlyjs(),
    )


def examples(report: BenchReport) -> list[dict[str, Any]]:
    """A few answers of each full run with what matched, was missed and was invented."""
    step = max(1, len(report.records) // NUM_EXAMPLES)
    chosen = report.records[::step][:NUM_EXAMPLES]
    found = []
    for score in report.full_runs():
        answers = {answer.id: answer for answer in report.runs[score.name].answers}
        for record in chosen:
            answer = answers.get(record.id)
            found.append(
                {
                    "system": score.name,
                    "id": record.id,
                    "words": record.transcript.text if record.transcript else "",
                    "text": answer.text[:MAX_TEXT] if answer else "",
                    "is_missing": record.id not in score.said,
                    "f1": score.report.sample_scores(record.id)["overall"].f1,
                    "results": score.report.samples[record.id].by_modality,
                }
            )
    return found


def _counts(report: BenchReport) -> str:
    num, total = len(report.records), len(report.task.records)
    samples = f"{num} samples" if num == total else f"{num} of {total} samples"
    runs = "1 run" if len(report.runs) == 1 else f"{len(report.runs)} runs"
    return f"{samples}, {runs}."
