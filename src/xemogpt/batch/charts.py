"""The charts of the statistics page, as Plotly figures in JSON.

Plotly reads tags in labels, so every text that comes from a file is escaped.
"""

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from xemogpt.batch.counts import BINS, CueCount, Moment, Period, Stats, strongest

MAX_GROUPS, MAX_KINDS, MAX_LABEL = 24, 24, 36
"""What a chart shows; the numbers are all in the JSON."""
ROW_PX = 26
_PARTS = {"visual": "#3b82c4", "auditory": "#d07a2d", "emotional": "#8a63c9"}
# Okabe and Ito's colours: people who see few colours can tell them apart.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a6ff0", "#777777")


def charts_of(stats: Stats) -> dict[str, tuple[str, str]]:
    """Name -> title and figure; only those that have something to show."""
    made = {
        "emotions": ("Expressed emotion, share of clips", _emotions(stats)),
        "groups": (f"Expressed emotion by {stats.by}", _groups(stats)),
        "time": (f"Expressed emotion by {stats.period} of recording", _periods(stats)),
        "clip-emotions": (
            "Emotions from the beginning of a clip to its end",
            _over_clip(stats.emotions_over_clip, _emotion_names(stats)),
        ),
        "clip-cues": (
            "Cues from the beginning of a clip to its end",
            _over_clip(stats.cues_over_clip),
        ),
        "cues": (
            "Cues, share of clips that have one (blue: seen, orange: heard, violet: expressed)",
            _cues(stats),
        ),
    }
    return {
        name: (title, _json(figure)) for name, (title, figure) in made.items() if figure is not None
    }


def _emotions(stats: Stats) -> Any:
    """One bar an emotion with its interval, all clips together; none if groups are shown."""
    import plotly.graph_objects as go

    if stats.by is not None:
        return None
    found = strongest(stats.emotions, "all")[::-1]
    figure = go.Figure(
        go.Bar(
            x=[e.share for e in found], y=[_label(e.emotion) for e in found], orientation="h",
            marker_color="#8a63c9", error_x=_errors(found),
            customdata=[[e.num_clips, e.of_clips, e.low, e.high] for e in found],
            hovertemplate="%{y}: %{x:.1%} (95 % %{customdata[2]:.1%} to %{customdata[3]:.1%})"
            "<br>%{customdata[0]} of %{customdata[1]} clips<extra></extra>",
        )
    )  # fmt: skip
    return _shares(figure, len(found))


def _groups(stats: Stats) -> Any:
    """One stacked bar a group, largest groups on top."""
    import plotly.graph_objects as go

    if stats.by is None or stats.by == "emotion":
        return None
    shown = stats.groups[:MAX_GROUPS][::-1]
    counts = {(e.group, e.emotion): e for e in stats.emotions}
    sizes = {e.group: e.of_clips for e in stats.emotions}
    figure = go.Figure()
    for colour, emotion in zip(_cycle(), _emotion_names(stats), strict=False):
        found = [counts.get((group, emotion)) for group in shown]
        figure.add_bar(
            name=_label(emotion), orientation="h", marker_color=colour,
            x=[each.share if each else 0.0 for each in found],
            y=[f"{_label(group)} ({sizes[group]})" for group in shown],
            customdata=[
                [e.num_clips, e.of_clips, e.low, e.high] if e else [0, 0, 0, 0] for e in found
            ],
            hovertemplate=f"{_label(emotion)} %{{x:.1%}} (95 % %{{customdata[2]:.1%}} to"
            " %{customdata[3]:.1%})<br>%{customdata[0]} of %{customdata[1]} clips<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="stack")
    return _shares(figure, len(shown) + 2, has_legend=True)


def _periods(stats: Stats) -> Any:
    import plotly.graph_objects as go

    if len({each.begins for each in stats.emotions_over_time}) < 2:
        return None
    figure = go.Figure()
    for colour, emotion in zip(_cycle(), _emotion_names(stats), strict=False):
        found = [each for each in stats.emotions_over_time if each.emotion == emotion]
        _line(figure, emotion, [each.begins for each in found], found, colour)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero", automargin=True)
    return _plain(figure, 320, has_legend=True)


def _over_clip(moments: Sequence[Moment], order: Sequence[str] = ()) -> Any:
    import plotly.graph_objects as go

    if not moments:
        return None
    figure = go.Figure()
    there = dict.fromkeys(moment.name for moment in moments)
    # In the order of the other charts, so that an emotion keeps its colour.
    names = [*(name for name in order if name in there), *(n for n in there if n not in order)]
    for colour, name in zip(_cycle(), names, strict=False):
        found = [moment for moment in moments if moment.name == name]
        _line(figure, name, [(moment.part + 0.5) / BINS for moment in found], found, colour)
    figure.update_xaxes(tickformat=".0%", range=[0, 1], title_text="part of the clip")
    figure.update_yaxes(
        tickformat=".0%", rangemode="tozero", title_text="share of clips", automargin=True
    )
    return _plain(figure, 340, has_legend=True)


def _cues(stats: Stats) -> Any:
    """The most frequent kinds of all groups together, coloured by modality."""
    import plotly.graph_objects as go

    if stats.by is not None:
        return None
    found = sorted(stats.cues, key=lambda cue: -cue.num_clips)[:MAX_KINDS][::-1]
    if not found:
        return None
    figure = go.Figure(
        go.Bar(
            x=[cue.share for cue in found], y=[_label(cue.kind) for cue in found],
            orientation="h", marker_color=[_PARTS.get(cue.modality, "#777777") for cue in found],
            error_x=_errors(found),
            customdata=[[cue.modality, cue.num_clips, cue.num_cues, cue.per_minute or 0,
                         cue.median_s or 0] for cue in found],
            hovertemplate="%{y} (%{customdata[0]}): %{x:.1%}<br>%{customdata[1]} clips,"
            " %{customdata[2]} times, %{customdata[3]:.2f} a minute, median"
            " %{customdata[4]:.2f} s<extra></extra>",
        )
    )  # fmt: skip
    return _shares(figure, len(found))


def _line(
    figure: Any, name: str, x: list[Any], found: Sequence[Moment | Period], colour: str
) -> None:
    """Shares over an axis; the interval of each is told when it is pointed at."""
    figure.add_scatter(
        x=x, y=[each.share for each in found], name=_label(name), mode="lines+markers",
        line={"color": colour},
        customdata=[[each.num_clips, each.of_clips, each.low, each.high] for each in found],
        hovertemplate=f"{_label(name)}: %{{y:.1%}} (95 % %{{customdata[2]:.1%}} to"
        " %{customdata[3]:.1%})<br>%{customdata[0]} of %{customdata[1]} clips<extra></extra>",
    )  # fmt: skip


def _errors(found: Sequence[Any]) -> dict[str, Any]:
    return {
        "type": "data", "symmetric": False, "color": "#888888", "thickness": 1.4,
        "array": [max(0.0, each.high - each.share) for each in found],
        "arrayminus": [max(0.0, each.share - each.low) for each in found],
    }  # fmt: skip


def _emotion_names(stats: Stats) -> list[str]:
    totals: dict[str, int] = {}
    for each in stats.emotions:
        totals[each.emotion] = totals.get(each.emotion, 0) + each.num_clips
    return sorted(totals, key=lambda name: (-totals[name], name))


def _cycle() -> tuple[str, ...]:
    return _COLOURS * 4


def _label(text: str) -> str:
    short = text if len(text) <= MAX_LABEL else "\u2026" + text[1 - MAX_LABEL :]
    return escape(short)


def _shares(figure: Any, num_rows: int, has_legend: bool = False) -> Any:
    figure.update_xaxes(tickformat=".0%", range=[0, 1.02], fixedrange=True)
    figure.update_yaxes(automargin=True, fixedrange=True)
    return _plain(figure, 54 + ROW_PX * max(2, num_rows), has_legend)


def _plain(figure: Any, height: int, has_legend: bool = False) -> Any:
    grid = "rgba(128,128,128,.2)"
    figure.update_xaxes(gridcolor=grid, zeroline=False)
    figure.update_yaxes(gridcolor=grid, zeroline=False)
    figure.update_layout(
        height=height, margin={"l": 10, "r": 16, "t": 14, "b": 40}, template=None,
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(128,128,128,0.05)", dragmode=False,
        showlegend=has_legend,
        # Above the chart, so that a phone keeps its width for the lines.
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    )  # fmt: skip
    return figure


def _json(figure: Any) -> str:
    # A "<" inside JSON could open or close the script element that carries it.
    return json.dumps(json.loads(figure.to_json())).replace("<", "\\u003c")


def top_cues(cues: Sequence[CueCount], group: str, num: int = 6) -> list[CueCount]:
    """The cues that most clips of a group have, expressed emotions left out."""
    found = [cue for cue in cues if cue.group == group and cue.modality != "emotional"]
    return sorted(found, key=lambda cue: (-cue.share, cue.kind))[:num]
