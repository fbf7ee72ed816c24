"""Measured curves and cue spans over one time axis, as a Plotly figure."""

import json
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

import numpy as np

from xemogpt.inference import Examination
from xemogpt.report.moments import COLOURS, Moment
from xemogpt.signals import Curve

MAX_POINTS = 4000
"""Of a curve; longer ones keep the highest and lowest value of each stretch."""
MAX_NAMED = 30
"""So many cues have a line each, with their words; more share lines."""
PANEL_PX, LINE_PX, TITLE_PX = 96, 20, 26
MARGIN = {"l": 44, "r": 12, "t": 22, "b": 40}
"""Pixels; the page draws its playhead by them."""
# Middle tones, told apart by people who see few colours, legible on white and on black.
_LINES = ("#3b82c4", "#d07a2d", "#2e9e6b", "#b05fb8", "#c9504b")
_PANELS = (
    ("voice pitch", ("pitch",)),
    ("loudness", ("loudness",)),
    ("expression", ("smile", "brow raise", "brow lowering", "blink")),
    ("mouth and eyes", ("lip gap", "eye opening")),
    ("gaze", ("gaze to the left", "gaze down")),
    ("head pose", ("head yaw", "head pitch", "head roll")),
)
_HIDDEN = ("speech",)
"""The speech detector's probability says what the words say."""


def figure_json(examination: Examination, moments: Sequence[Moment], length_s: float) -> str:
    """The figure as JSON that may stand in a script element."""
    from plotly.subplots import make_subplots

    panels = list(_panels(examination))
    timed = [moment for moment in moments if moment.start_s is not None]
    lines = _lines(timed)
    num_lines = max(1, 1 + max(lines, default=0))
    heights = [PANEL_PX] * len(panels) + [LINE_PX * num_lines + 8]
    total = sum(heights) + TITLE_PX * (len(heights) - 1)
    spacing = TITLE_PX / total if len(heights) > 1 else 0.0
    figure = make_subplots(
        rows=len(heights), cols=1, shared_xaxes=True, vertical_spacing=spacing,
        row_heights=heights, subplot_titles=[*(_title(*panel) for panel in panels), "cues"],
    )  # fmt: skip
    figure.update_annotations(x=0, xanchor="left", yanchor="bottom", font_size=11)
    for row, (_, curves) in enumerate(panels, start=1):
        for colour, parts in zip(_LINES, curves, strict=False):
            figure.add_trace(_curve_trace(parts, colour), row=row, col=1)
    placed = [(moment, num_lines - 1 - line) for moment, line in zip(timed, lines, strict=True)]
    for trace in _span_traces(placed, length_s, is_named=len(timed) <= MAX_NAMED):
        figure.add_trace(trace, row=len(heights), col=1)
    figure.update_yaxes(
        tickfont_size=10, nticks=4, zeroline=False, fixedrange=True,
        gridcolor="rgba(128,128,128,.18)",
    )  # fmt: skip
    figure.update_yaxes(visible=False, range=[-0.6, num_lines - 0.4], row=len(heights), col=1)
    figure.update_xaxes(range=[0, max(length_s, 0.1)], gridcolor="rgba(128,128,128,.18)")
    figure.update_xaxes(title_text="seconds", row=len(heights), col=1)
    figure.update_layout(
        height=total + MARGIN["t"] + MARGIN["b"], showlegend=False, margin=MARGIN, template=None,
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(128,128,128,0.06)", dragmode=False,
        hovermode="closest",
    )  # fmt: skip
    # A "<" inside JSON could open or close the script element that carries it.
    return json.dumps(json.loads(figure.to_json())).replace("<", "\\u003c")


def _panels(examination: Examination) -> Iterator[tuple[str, list[list[Curve]]]]:
    """Title and curves, each with its windows; curves that no panel knows get one of their own."""
    found: dict[str, list[Curve]] = {}
    for piece in examination.pieces:
        for curve in piece.measurement.curves:
            if curve.name not in _HIDDEN and np.isfinite(curve.values).any():
                found.setdefault(curve.name, []).append(curve)
    for title, names in _PANELS:
        curves = [found.pop(name) for name in names if name in found]
        if curves:
            yield title, curves
    for name, parts in found.items():
        yield name, [parts]


def _title(title: str, curves: Sequence[Sequence[Curve]]) -> str:
    """The panel's name and unit, and the names of its curves in their colours."""
    unit = curves[0][0].unit
    same = all(parts[0].unit == unit for parts in curves)
    if len(curves) == 1:
        return escape(title + (f" ({unit})" if unit else ""))
    head = escape(title + (f" ({unit})" if same and unit == "degrees" else ""))
    names = (
        f'<span style="color:{colour}">{escape(parts[0].name)}</span>'
        for colour, parts in zip(_LINES, curves, strict=False)
    )
    return f"{head}: {', '.join(names)}"


def _curve_trace(parts: Sequence[Curve], colour: str) -> Any:
    """One line through all windows, with a gap between them and where nothing was measured."""
    import plotly.graph_objects as go

    times: list[np.ndarray[Any, Any]] = []
    values: list[np.ndarray[Any, Any]] = []
    for part in parts:
        thin_times, thin_values = thinned(
            np.asarray(part.times_s, float), np.asarray(part.values, float),
            max(2, MAX_POINTS // len(parts)),
        )  # fmt: skip
        times += [thin_times, thin_times[-1:]]
        values += [thin_values, np.full(min(1, len(thin_times)), np.nan)]
    # None rather than NaN, which JSON does not have; four digits are what can be seen.
    y = [float(f"{v:.4g}") if np.isfinite(v) else None for v in np.concatenate(values)]
    unit = escape(parts[0].unit)
    return go.Scatter(
        x=np.concatenate(times).round(3).tolist(), y=y, mode="lines", name=parts[0].name,
        line={"width": 1.6, "color": colour},
        hovertemplate=f"{escape(parts[0].name)} %{{y:.3g}} {unit} at %{{x:.2f}} s<extra></extra>",
    )  # fmt: skip


def thinned(
    times: np.ndarray[Any, Any], values: np.ndarray[Any, Any], limit: int
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """At most ``limit`` points: of each stretch the lowest and the highest, so no peak is lost."""
    if len(times) <= limit:
        return times, values
    kept: list[int] = []
    for stretch in np.array_split(np.arange(len(times)), max(1, limit // 2)):
        part = values[stretch]
        if np.isfinite(part).any():
            ends = {int(stretch[np.nanargmin(part)]), int(stretch[np.nanargmax(part)])}
            kept += sorted(ends)
        else:
            kept.append(int(stretch[0]))
    return times[kept], values[kept]


def _lines(timed: Sequence[Moment]) -> list[int]:
    """Which line each span is drawn on: one each, or shared where there are many."""
    if len(timed) <= MAX_NAMED:
        return list(range(len(timed)))
    free_from: list[float] = []
    lines = []
    for moment in timed:
        start_s = moment.start_s or 0.0
        line = next((i for i, free_s in enumerate(free_from) if free_s <= start_s), len(free_from))
        if line == len(free_from):
            free_from.append(0.0)
        free_from[line] = moment.until_s + 0.05
        lines.append(line)
    return lines


def _span_traces(
    placed: Sequence[tuple[Moment, int]], length_s: float, is_named: bool
) -> Iterator[Any]:
    """One trace a modality for all its spans, and one for all words: Plotly is slow with many."""
    import plotly.graph_objects as go

    ends = [max(moment.until_s, (moment.start_s or 0.0) + 0.004 * length_s) for moment, _ in placed]
    for modality, colour in COLOURS.items():
        x: list[float | None] = []
        y: list[int | None] = []
        told: list[str | None] = []
        for (moment, line), until_s in zip(placed, ends, strict=True):
            if moment.modality == modality:
                x += [moment.start_s, until_s, None]
                y += [line, line, None]
                told += [f"{escape(moment.cue.text)}<br>{moment.when}"] * 2 + [None]
        if x:
            yield go.Scatter(
                x=x, y=y, text=told, mode="lines", opacity=0.45,
                line={"width": 14 if is_named else 10, "color": colour},
                hovertemplate="%{text}<extra></extra>",
            )  # fmt: skip
    if placed and is_named:
        late = [(moment.start_s or 0.0) > 0.5 * length_s for moment, _ in placed]
        yield go.Scatter(
            x=[
                until_s if is_late else moment.start_s
                for (moment, _), until_s, is_late in zip(placed, ends, late, strict=True)
            ],
            y=[line for _, line in placed], mode="text", hoverinfo="skip", textfont_size=11,
            text=[escape(_short(moment.cue.text)) for moment, _ in placed],
            textposition=["middle left" if is_late else "middle right" for is_late in late],
        )  # fmt: skip


def _short(text: str, limit: int = 44) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "\u2026"
