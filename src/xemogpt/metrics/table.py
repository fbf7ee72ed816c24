"""Scores as a table in the terminal."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from xemogpt.metrics.bootstrap import Comparison
from xemogpt.metrics.results import COLUMNS, MEASURES
from xemogpt.metrics.scorereport import ScoreReport

if TYPE_CHECKING:
    from rich.console import RenderableType


def score_table(report: ScoreReport, title: str = "EmoCue-360") -> "list[RenderableType]":
    """Scores with intervals, baselines under them, and one line on what was left out."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"{title} ({report.protocol} protocol)", title_justify="left")
    table.add_column("")
    for measure in MEASURES:
        table.add_column(measure.replace("f1", "F1").capitalize(), justify="right")
    intervals = report.intervals
    for column in COLUMNS:
        scores = report.scores(column)
        cells = []
        for measure in MEASURES:
            low, high = intervals[column][measure]
            cells.append(f"{getattr(scores, measure):.3f}{_range(low, high)}")
        table.add_row(column, *cells, style="bold" if column == "overall" else None)
    parts: list[RenderableType] = [table]
    if report.baselines:
        parts.append(_baseline_table(report))
    parts.append(escape(_notes(report)))
    return parts


def comparison_table(
    compared: Mapping[str, Comparison], first: str, second: str
) -> "list[RenderableType]":
    """Differences of F1 between two systems, and the verdict in words."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"F1: A ({escape(first)}) minus B ({escape(second)})", title_justify="left")
    for heading in ("", "A - B", "95 % interval", "p"):
        table.add_column(heading, justify="right" if heading else "left")
    for column, found in compared.items():
        table.add_row(
            column,
            f"{found.difference:+.4f}",
            f"{found.low:+.4f} to {found.high:+.4f}",
            f"{found.p_value:.4f}",
            style="bold" if column == "overall" else None,
        )
    return [table, escape(verdict(compared["overall"], first, second))]


def verdict(found: Comparison, first: str, second: str) -> str:
    """Which system is better overall, by how much, and whether that could be chance."""
    if found.difference != found.difference or found.difference == 0:
        return "Overall, neither system is better."
    better, worse = (first, second) if found.difference > 0 else (second, first)
    amount = abs(found.difference)
    if found.p_value < 0.05:
        return (
            f"Overall, {better} is better than {worse} by {amount:.4f} F1"
            f" (p = {found.p_value:.4f})."
        )
    return (
        f"Overall, {better} scores {amount:.4f} F1 more than {worse}, which may be chance"
        f" (p = {found.p_value:.4f})."
    )


def _baseline_table(report: ScoreReport) -> "RenderableType":
    from rich.table import Table

    table = Table(title="F1 of answers that cheat", title_justify="left")
    table.add_column("")
    for column in COLUMNS:
        table.add_column(column.capitalize(), justify="right")
    for name, scores in report.baselines.items():
        if scores is None:
            table.add_row(name, *(["not possible here"] + [""] * 3), style="dim")
        else:
            table.add_row(name, *(_number(scores[column]["f1"]) for column in COLUMNS))
    return table


def _notes(report: ScoreReport) -> str:
    counts = report.counts
    encoder = report.versions["encoder"]
    notes = [f"{counts['samples']} samples; encoder {encoder}"]
    if counts["missing"]:
        notes.append(f"{counts['missing']} without a prediction, counted as 0")
    if counts["only_in_preds"]:
        notes.append(f"{counts['only_in_preds']} predictions without a reference, not counted")
    if counts["contradicted_pairs"]:
        notes.append(f"{counts['contradicted_pairs']} pairs refused because they contradict")
    if counts["left_out_cues"]:
        notes.append(f"{counts['left_out_cues']} subtitle or blank cues left out")
    return "; ".join(notes) + "."


def _number(value: float | None) -> str:
    return "n/a" if value is None or value != value else f"{value:.4f}"


def _range(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" [{low:.2f}, {high:.2f}]"
