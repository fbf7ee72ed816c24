"""The page itself: text, cues, pictures, curves and the clip, put together and escaped."""

import base64
import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from xemogpt.files import atomic_write
from xemogpt.inference import Examination
from xemogpt.report.curves import MARGIN, figure_json
from xemogpt.report.keyframes import key_frames
from xemogpt.report.moments import COLOURS, linked, moments_of
from xemogpt.report.player import embed


def write_report(examination: Examination, path: str | Path) -> None:
    """Write the page for ``examination``, whole or not at all.

    Raises:
        OutputError: if ``path`` cannot be written.
    """
    page = render_report(examination)
    with atomic_write(path) as file:
        # A lone surrogate in a file's name or a model's answer cannot be written as UTF-8.
        file.write(page.encode("utf-8", "replace").decode("utf-8"))


def render_report(examination: Examination) -> str:
    """The page as a string: HTML that needs no other file and no network.

    Raises:
        MediaError: if the clip, read again for its pictures, is gone.
    """
    from jinja2 import Environment, PackageLoader

    explanation = examination.explanation
    moments = moments_of(explanation)
    player = embed(examination)
    length_s = _length_s(examination)
    environment = Environment(loader=PackageLoader("xemogpt"), autoescape=True, trim_blocks=True)
    return environment.get_template("report.html.j2").render(
        explanation=explanation,
        passages=linked(explanation.text, moments),
        moments=moments,
        key_frames=key_frames(examination),
        player=player,
        length_s=length_s,
        figure=figure_json(examination, moments, length_s),
        settings=_in_script({"margin": MARGIN, "length": length_s}),
        plotly=packed_plotly(),
        colours=COLOURS,
    )


@cache
def packed_plotly() -> str:
    """Plotly's script, gzipped, in base64: a third of its size; browsers unpack it themselves."""
    from plotly.offline import get_plotlyjs

    # Time 0 in the header: equal pages have equal bytes.
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), 9, mtime=0)).decode()


def _length_s(examination: Examination) -> float:
    """Where the time axis ends: with the clip, or with the last cue of a text that has times."""
    ends = [piece.end_s for piece in examination.pieces]
    ends += [cue.end_s or cue.start_s or 0.0 for _, cue in examination.explanation.cues.items()]
    return max([0.1, *ends])


def _in_script(value: Any) -> str:
    return json.dumps(value).replace("<", "\\u003c")
