"""The page as text: what is in it, what may not be, and how large it is."""

import base64
import gzip
import re
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from tests.media.factory import Picture, Sound, tone, write_media

from xemogpt.inference import Examination, Explainer
from xemogpt.inference.requests import Passage, Piece, Request
from xemogpt.report import render_report
from xemogpt.report.curves import thinned
from xemogpt.report.moments import linked, moments_of
from xemogpt.schema import Cue, CueSet, Explanation, Provenance, Transcript, Word
from xemogpt.signals import Curve, Measurement

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
MAX_BYTES = 6_000_000
"""Of the page of a clip of 10 s."""


def examined(text: str = EVIL, *, name: str = EVIL) -> Examination:
    """An examination of words alone whose every text is ``text``."""
    cues = CueSet(
        [Cue(text=text, start_s=0.2, end_s=0.9, value=0.5, unit=text, support="contradicted")]
    )
    curve = Curve("smile", np.array([0.0, 0.5, 1.0]), np.array([0.1, np.nan, 0.3]), "coefficient")
    measurement = Measurement(cues, (curve,), None, ())
    explanation = Explanation(
        media=name, text=text, source="model", cues=cues, warnings=(text,),
        transcript=Transcript(
            text=text, source="given", words=(Word(text=text, start_s=0.1, end_s=0.4),)
        ),
        provenance=Provenance(model=text, settings={text: text}, versions={text: text}),
    )  # fmt: skip
    piece = Piece(Request(text), None, measurement, 0.1, 0.0, 1.0)
    return Examination(explanation, (piece,), (Passage(text, cues, ()),))


def test_text_of_others_cannot_become_markup() -> None:
    page = render_report(examined())
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_gaps_in_a_curve_are_gaps() -> None:
    page = render_report(examined())
    assert "NaN" not in page.split("figure =")[1].split("// What the page does")[0]


def test_support_of_each_cue_is_told() -> None:
    assert "contradicted" in render_report(examined("she smiles"))


def test_equal_examinations_make_equal_pages() -> None:
    assert render_report(examined()) == render_report(examined())


def test_words_and_times_of_the_text_are_links() -> None:
    cues = CueSet([Cue(text="blinks", start_s=s, end_s=s + 0.1) for s in (1.0, 2.0)])
    text = "She Blinks at 1.0 s, and blinks again from 2.0 to 2.1 s."
    explanation = Explanation(
        media="a", text=text, source="model", cues=cues, provenance=Provenance(model="m")
    )
    parts = linked(text, moments_of(explanation))
    assert "".join(part.text for part in parts) == text
    links = [(part.text, part.number, part.start_s) for part in parts if part.start_s is not None]
    assert links == [
        ("Blinks", 0, 1.0), ("at 1.0 s", None, 1.0), ("blinks", 1, 2.0),
        ("from 2.0 to 2.1 s", None, 2.0),
    ]  # fmt: skip


def test_thinning_keeps_peaks_and_gaps() -> None:
    values = np.zeros(100_000)
    values[[70_001, 33_333]] = 5.0, -3.0
    values[:5000] = np.nan
    times, thin = thinned(np.arange(100_000.0), values, 1000)
    assert len(times) <= 1000
    assert (np.nanmax(thin), np.nanmin(thin)) == (5.0, -3.0)
    assert np.isnan(thin[0])
    assert (np.diff(times) > 0).all()


def embedded(page: str) -> av.container.InputContainer:
    """The clip that a page carries."""
    data = re.search(r'id="clip" data-mime="[^"]+">([^<]+)<', page)
    assert data is not None
    return av.open(BytesIO(base64.b64decode(data[1])))


@pytest.mark.weights
def test_page_of_ten_seconds_is_small_and_plays(tmp_path: Path) -> None:
    pictures = Picture(num_frames=250, width=640, height=360)
    rng = np.random.default_rng(0)
    sound = Sound(rng.normal(0, 0.2, (1, 480_000)).astype(np.float32))
    clip = write_media(tmp_path / "clip.mp4", pictures, sound)
    page = render_report(Explainer.from_pretrained("measured", use_recognition=False).examine(clip))
    assert len(page.encode()) < MAX_BYTES
    with embedded(page) as found:
        assert found.streams.video[0].codec_context.name == "h264"
        assert found.streams.audio[0].codec_context.name == "aac"
        assert found.duration is not None
        assert found.duration / 1e6 == pytest.approx(10.0, abs=0.2)


@pytest.mark.weights
def test_times_of_the_embedded_clip_are_those_of_the_cues(tmp_path: Path) -> None:
    """A clip whose sound begins late, and whose frames come at odd times."""
    times_s = [0.0, 0.1, 0.5, 0.55, 1.2]
    sound = Sound(tone(200.0, 1.0), start_s=0.4)
    clip = write_media(tmp_path / "odd.mkv", Picture(times_s=times_s), sound)
    page = render_report(Explainer.from_pretrained("measured", use_recognition=False).examine(clip))
    with embedded(page) as found:
        shown = [float(frame.time) for frame in found.decode(video=0)]
    assert shown == pytest.approx(times_s, abs=0.01)


@pytest.mark.weights
def test_sound_alone_is_heard(tmp_path: Path) -> None:
    clip = write_media(tmp_path / "tone.wav", sound=Sound(tone(200.0, 1.0)[:, :48_000],
                       codec="pcm_s16le", format="s16"))  # fmt: skip
    page = render_report(Explainer.from_pretrained("measured", use_recognition=False).examine(clip))
    assert '<audio id="media"' in page
    with embedded(page) as found:
        assert not found.streams.video


@pytest.mark.weights
@pytest.mark.parametrize(("width", "height"), [(2, 2), (33, 17), (2000, 2), (2, 1000)])
def test_pictures_of_odd_shapes_make_a_page(tmp_path: Path, width: int, height: int) -> None:
    picture = Picture(num_frames=3, width=width, height=height, codec="ffv1", pix_fmt="yuv444p")
    clip = write_media(tmp_path / "odd.mkv", picture)
    page = render_report(Explainer.from_pretrained("measured", use_recognition=False).examine(clip))
    with embedded(page) as found:
        assert found.streams.video


@pytest.mark.weights
def test_words_alone_have_no_player() -> None:
    page = render_report(Explainer.from_pretrained("measured").examine(Request(None, "I am fine.")))
    assert 'id="media"' not in page


def test_the_script_that_draws_is_the_one_the_figures_are_made_for() -> None:
    from plotly.offline import get_plotlyjs_version

    packed = files("xemogpt").joinpath("templates", "plotly-basic.min.js.gz").read_bytes()
    head = gzip.decompress(packed)[:200].decode()
    assert f"plotly.js (basic - minified) v{get_plotlyjs_version()}" in head
    assert len(packed) < 500_000
