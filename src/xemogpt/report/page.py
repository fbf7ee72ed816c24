"""The page itself: text, cues, pictures, curves and the clip, put together and escaped."""

import base64
import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from xemogpt.files import atomic_write
from xemogpt.inference import Examination
from xemogpt.report.curves import MARGIN, figure_json
from xemogpt.report.keyframes import key_frames
from xemogpt.report.moments import COLOURS, linked, moments_of
from xemogpt.report.player import embed
from xemogpt.schema import Cue


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
        settings=_in_script(
            {
                "margin": MARGIN,
                "length": length_s,
                "media": explanation.media,
                "cues": [{"modality": each.modality, **_plain(each.cue)} for each in moments],
            }
        ),
        plotly=packed_plotly(),
        colours=COLOURS,
    )


@cache
def packed_plotly() -> str:
    """Plotly's script, gzipped, in base64; browsers unpack it themselves.

    It is the basic bundle (npm's plotly.js-basic-dist-min, MIT, unchanged), of the version that
    the Python package brings whole: lines and bars are all that a report draws, and a browser
    reads it in a fourth of the time.
    """
    packed = files("xemogpt").joinpath("templates", "plotly-basic.min.js.gz").read_bytes()
    return base64.b64encode(packed).decode()


def _length_s(examination: Examination) -> float:
    """Where the time axis ends: with the clip, or with the last cue of a text that has times."""
    ends = [piece.end_s for piece in examination.pieces]
    ends += [cue.end_s or cue.start_s or 0.0 for _, cue in examination.explanation.cues.items()]
    return max([0.1, *ends])


def _plain(cue: Cue) -> dict[str, Any]:
    return cue.model_dump(mode="json", exclude_none=True)


def _in_script(value: Any) -> str:
    return json.dumps(value).replace("<", "\\u003c")
