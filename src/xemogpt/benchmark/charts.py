"""The charts of the report's page, as Plotly figures in JSON.

Plotly reads tags in labels, so every text of a run is escaped. Colours are those of Okabe and
Ito, which people who see few colours can tell apart; text takes the page's colour.
"""

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from xemogpt.benchmark.breakdown import SCENARIO
from xemogpt.benchmark.conditions import CONDITIONS
from xemogpt.benchmark.estimates import Estimate
from xemogpt.benchmark.report import BenchReport
from xemogpt.benchmark.scoring import SystemScore
from xemogpt.benchmark.tables import beside, f1_of, kind_order
from xemogpt.metrics.results import COLUMNS

_RUN_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
_PERFECT, _CHEATING = "#777777", "#b09000"
_VERDICTS = {"pass": "#009e73", "fail": "#d55e00", "unclear": "#e69f00", "not testable": "#777777"}
_SYMBOLS = {"run": "circle", "perfect": "diamond-open", "cheating": "x-thin-open"}
ROW_PX = 26
DODGE_PX = 9
"""Between the systems of one line."""
MAX_LABEL = 48


def charts_of(report: BenchReport) -> dict[str, str]:
    """Name -> figure; only those that have something to show."""
    made = {
        "modalities": _modalities(report),
        "scenarios": _scenarios(report),
        "kinds": _kinds(report),
        "evidence": _evidence(report),
        "conditions": _conditions(report),
    }
    return {name: _json(figure) for name, figure in made.items() if figure is not None}


def _modalities(report: BenchReport) -> Any:
    """One panel a modality: every system with its interval."""
    from plotly.subplots import make_subplots

    systems = list(reversed(report.systems.values()))
    figure = make_subplots(
        rows=1, cols=len(COLUMNS), shared_yaxes=True, subplot_titles=[c.title() for c in COLUMNS],
        horizontal_spacing=0.02,
    )  # fmt: skip
    colours = _colours(report)
    for panel, column in enumerate(COLUMNS, start=1):
        for score in systems:
            trace = _dots(
                score, [f1_of(score, column)], [_label(score.name)], colours, legend=False
            )
            figure.add_trace(trace, row=1, col=panel)
    figure.update_xaxes(range=[-0.02, 1.04], tickvals=[0, 0.5, 1])
    return _framed(figure, len(systems), has_titles=True)


def _scenarios(report: BenchReport) -> Any:
    groups = [name for name in next(iter(report.systems.values())).groups
              if name.startswith(SCENARIO)]  # fmt: skip
    if not groups:
        return None
    counts = [next(iter(report.systems.values())).groups[g]["overall"].count for g in groups]
    labels = [f"{_label(group.removeprefix(SCENARIO))} ({count})"
              for group, count in zip(groups, counts, strict=True)]  # fmt: skip
    rows = [(score, [score.groups[group]["overall"] for group in groups])
            for score in beside(report)]  # fmt: skip
    return _by_row(report, rows, labels, "overall F1")


def _kinds(report: BenchReport) -> Any:
    order = kind_order(report)
    if not order:
        return None
    empty = Estimate(value=None, low=None, high=None, count=0)
    labels = [f"{_label(kind)} ({count}, {modality})" for modality, kind, count in order]
    rows = [(score, [score.kinds.get(kind, empty) for _, kind, _ in order])
            for score in beside(report)]  # fmt: skip
    return _by_row(report, rows, labels, "share of reference cues matched")


def _evidence(report: BenchReport) -> Any:
    """What is left beyond chance, beside the limit."""
    import plotly.graph_objects as go

    tests = [test for test in report.evidence if test.excess.value is not None]
    if not tests:
        return None
    figure = go.Figure()
    labels = [f"{_label(test.model)}: {test.condition}" for test in tests]
    for verdict, colour in _VERDICTS.items():
        chosen = [(label, test.excess) for label, test in zip(labels, tests, strict=True)
                  if test.verdict == verdict]  # fmt: skip
        if chosen:
            texts, estimates = zip(*chosen, strict=True)
            figure.add_trace(_trace(verdict, estimates, texts, colour, "circle"))
    limit = tests[0].limit
    figure.add_vline(x=limit, line_dash="dot", line_color="#888", annotation_text=f"limit {limit}",
                     annotation_position="top left")  # fmt: skip
    figure.update_yaxes(categoryorder="array", categoryarray=labels[::-1])
    figure.update_xaxes(title_text="cues left beyond chance", rangemode="tozero")
    return _framed(figure, len(tests))


def _conditions(report: BenchReport) -> Any:
    """F1 of each model under each condition, one panel a modality."""
    from plotly.subplots import make_subplots

    if not report.conditions:
        return None
    figure = make_subplots(
        rows=1, cols=len(COLUMNS), shared_yaxes=True, subplot_titles=[c.title() for c in COLUMNS],
        horizontal_spacing=0.02,
    )  # fmt: skip
    models = list(dict.fromkeys(found.model for found in report.conditions))
    shown = [name for name in CONDITIONS if any(f.condition == name for f in report.conditions)]
    for panel, column in enumerate(COLUMNS, start=1):
        for place, model in enumerate(models):
            rows = {f.condition: f.f1[column] for f in report.conditions if f.model == model}
            trace = _trace(
                _label(model), list(rows.values()), list(rows), _RUN_COLOURS[place % 6], "circle"
            )
            trace.showlegend = panel == 1 and len(models) > 1
            trace.legendgroup = str(place)
            figure.add_trace(trace, row=1, col=panel)
    figure.update_xaxes(range=[-0.02, 1.04], tickvals=[0, 0.5, 1])
    figure.update_yaxes(categoryorder="array", categoryarray=shown[::-1])
    return _framed(figure, len(shown), has_titles=True, has_legend=len(models) > 1)


def _by_row(
    report: BenchReport,
    rows: Sequence[tuple[SystemScore, Sequence[Estimate]]],
    labels: Sequence[str],
    title: str,
) -> Any:
    """One line a label, one colour a system."""
    import plotly.graph_objects as go

    colours = _colours(report)
    # From the bottom up, and beside each other: equal numbers would hide each other.
    figure = go.Figure([_dots(score, found, labels, colours) for score, found in rows[::-1]])
    figure.update_traces(orientation="h", marker_size=7)
    for place, trace in enumerate(figure.data):
        trace.offsetgroup = str(place)
    figure.update_layout(scattermode="group", scattergap=0.3, legend_traceorder="reversed")
    figure.update_yaxes(categoryorder="array", categoryarray=list(labels)[::-1])
    figure.update_xaxes(title_text=title, range=[-0.02, 1.04])
    row_px = max(ROW_PX, DODGE_PX * len(rows))
    return _framed(figure, len(labels), has_legend=True, row_px=row_px)


def _dots(
    score: SystemScore,
    estimates: Sequence[Estimate],
    labels: Sequence[str],
    colours: dict[str, str],
    *,
    legend: bool = True,
) -> Any:
    trace = _trace(_label(score.name), estimates, labels, colours[score.name], _SYMBOLS[score.role])
    trace.showlegend = legend
    return trace


def _trace(
    name: str, estimates: Sequence[Estimate], labels: Sequence[str], colour: str, symbol: str
) -> Any:
    """Dots with intervals; what is not defined is not drawn."""
    import plotly.graph_objects as go

    known = [(label, e) for label, e in zip(labels, estimates, strict=True) if e.value is not None]
    values = [float(e.value or 0.0) for _, e in known]
    highs = [(value if e.high is None else e.high) - value
             for value, (_, e) in zip(values, known, strict=True)]  # fmt: skip
    lows = [value - (value if e.low is None else e.low)
            for value, (_, e) in zip(values, known, strict=True)]  # fmt: skip
    return go.Scatter(
        x=values,
        y=[label for label, _ in known],
        name=name,
        mode="markers",
        marker={"color": colour, "size": 9, "symbol": symbol,
                "line": {"width": 2, "color": colour}},
        error_x={"type": "data", "array": highs, "arrayminus": lows, "color": colour,
                 "thickness": 1.5, "width": 3},
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.3f}<extra>" + name + "</extra>",
    )  # fmt: skip


def _framed(
    figure: Any,
    num_rows: int,
    *,
    has_titles: bool = False,
    has_legend: bool = False,
    row_px: int = ROW_PX,
) -> Any:
    titles_px, rows_px = 28 * has_titles, row_px * num_rows
    top_px = 12 + titles_px + 24 * has_legend
    figure.update_layout(
        height=top_px + rows_px + 48,
        showlegend=has_legend,
        margin={"l": 10, "r": 14, "t": top_px, "b": 48},
        legend={"orientation": "h", "y": 1 + titles_px / rows_px, "yanchor": "bottom", "x": 0.0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(128,128,128,0.07)",
        template=None,
        font={"size": 12},
    )
    figure.update_xaxes(gridcolor="rgba(128,128,128,0.25)", zeroline=False)
    figure.update_yaxes(gridcolor="rgba(128,128,128,0.18)", automargin=True, type="category",
                        range=[-0.6, num_rows - 0.4])  # fmt: skip
    return figure


def _colours(report: BenchReport) -> dict[str, str]:
    runs = report.of_role("run")
    found = {run.name: _RUN_COLOURS[i % len(_RUN_COLOURS)] for i, run in enumerate(runs)}
    for score in report.systems.values():
        found.setdefault(score.name, _PERFECT if score.role == "perfect" else _CHEATING)
    return found


def _label(text: str) -> str:
    """Short, and without tags that Plotly would read."""
    text = " ".join(text.split())
    return escape(text if len(text) <= MAX_LABEL else text[: MAX_LABEL - 3] + "...")


def _json(figure: Any) -> str:
    # A "<" inside JSON could open or close the script element that carries it.
    return json.dumps(json.loads(figure.to_json())).replace("<", "\\u003c")
