"""One self-contained HTML page about one explanation: text, cues, key frames, curves.

No network is needed to read it, and all text in it is escaped.
"""

import base64
import json
from html import escape
from math import isfinite
from pathlib import Path
from typing import Any

from xemogpt.files import atomic_write
from xemogpt.inference import Examination
from xemogpt.media import Clip
from xemogpt.schema import Cue

NUM_KEY_FRAMES = 8
THUMBNAIL_HEIGHT = 150
_MODALITY_COLOURS = {"visual": "#3b82c4", "auditory": "#c4763b", "emotional": "#7a57b8"}


def write_report(examination: Examination, path: str | Path) -> None:
    """Write the page for ``examination``, whole or not at all.

    Raises:
        OutputError: if ``path`` cannot be written.
    """
    with atomic_write(path) as file:
        file.write(render_report(examination))


def render_report(examination: Examination) -> str:
    """The page as a string."""
    from jinja2 import Environment, PackageLoader
    from plotly.offline import get_plotlyjs

    page = Environment(loader=PackageLoader("xemogpt"), autoescape=True, trim_blocks=True)
    clips = [piece.clip for piece in examination.pieces if piece.clip]
    return page.get_template("report.html.j2").render(
        explanation=examination.explanation,
        key_frames=[frame for clip in clips[:4] for frame in _key_frames(clip, len(clips[:4]))],
        figure=_figure_json(examination),
        plotly_js=get_plotlyjs(),
        colours=_MODALITY_COLOURS,
    )


def _key_frames(clip: Clip, num_clips: int) -> list[dict[str, Any]]:
    """Evenly spaced thumbnails of one window as data URIs with their times."""
    import cv2

    frames = clip.frames(max(2, NUM_KEY_FRAMES // num_clips))
    if frames is None:
        return []
    thumbnails = []
    for image, time_s in zip(frames.images, frames.times_s, strict=True):
        scale = THUMBNAIL_HEIGHT / image.shape[0]
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        encoded = cv2.imencode(".jpg", small[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
        uri = "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode()
        thumbnails.append({"uri": uri, "time_s": float(time_s)})
    return thumbnails


def _figure_json(examination: Examination) -> str:
    """Cue spans on top and one row a curve beneath, over one time axis."""
    from plotly.subplots import make_subplots

    curves: dict[str, list[Any]] = {}
    for piece in examination.pieces:
        for curve in piece.measurement.curves:
            curves.setdefault(curve.name, []).append(curve)
    spans = [
        (modality, cue)
        for modality, cue in examination.explanation.cues.items()
        if cue.start_s is not None
    ]
    heights = [40 + 26 * len(spans), *[90] * len(curves)]
    titles = ["", *(_curve_title(name, parts[0].unit) for name, parts in curves.items())]
    figure = make_subplots(
        rows=len(heights), cols=1, shared_xaxes=True, vertical_spacing=24 / sum(heights),
        row_heights=heights, subplot_titles=titles,
    )  # fmt: skip
    figure.update_annotations(x=0, xanchor="left", yanchor="bottom", font_size=11)
    for row, (modality, cue) in enumerate(reversed(spans)):
        figure.add_trace(_span_trace(cue, row, _MODALITY_COLOURS[modality]), row=1, col=1)
    figure.update_yaxes(automargin=True, tickfont_size=11, nticks=4, zeroline=False)
    figure.update_yaxes(
        tickvals=list(range(len(spans))),
        ticktext=[escape(cue.text) for _, cue in reversed(spans)],  # Plotly reads tags
        row=1,
        col=1,
    )
    for row, (name, parts) in enumerate(curves.items(), start=2):
        figure.add_trace(_curve_trace(name, parts), row=row, col=1)
    figure.update_xaxes(title_text="seconds", row=len(heights), col=1)
    figure.update_layout(
        height=sum(heights) + 60, showlegend=False, margin={"l": 10, "r": 10, "t": 10, "b": 40},
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(128,128,128,0.06)",
        font={"color": "#888"}, template=None,
    )  # fmt: skip
    # A "<" inside JSON could open or close the script element that carries it.
    return json.dumps(json.loads(figure.to_json())).replace("<", "\\u003c")


def _curve_title(name: str, unit: str) -> str:
    return name.replace("_", " ") + (f" ({unit})" if unit else "")


def _curve_trace(name: str, parts: list[Any]) -> Any:
    """One line through all windows, with a gap between them and where nothing was measured."""
    import plotly.graph_objects as go

    times: list[float | None] = []
    values: list[float | None] = []
    for part in parts:
        times += [*map(float, part.times_s), None]
        values += [float(v) if isfinite(v) else None for v in part.values] + [None]
    line = {"width": 1.5, "color": "#3b82c4"}
    return go.Scatter(x=times, y=values, mode="lines", line=line, name=name)


def _span_trace(cue: Cue, row: int, colour: str) -> Any:
    import plotly.graph_objects as go

    start_s = cue.start_s or 0.0
    end_s = start_s if cue.end_s is None else cue.end_s
    measured = "" if cue.value is None else f"<br>{cue.value:g} {escape(cue.unit or '')}"
    return go.Scatter(
        x=[start_s, max(end_s, start_s + 0.04)],
        y=[row, row],
        mode="lines",
        line={"width": 12, "color": colour},
        hovertemplate=f"{start_s:.2f}-{end_s:.2f} s{measured}<extra></extra>",
    )
