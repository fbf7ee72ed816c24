import pytest

from xemogpt.inference import Examination
from xemogpt.inference.requests import Passage, Piece, Request
from xemogpt.report import render_report
from xemogpt.schema import Cue, CueSet, Explanation, Provenance
from xemogpt.signals import Curve, Measurement

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture
def examination():
    cues = CueSet([Cue(text=EVIL, start_s=0.2, end_s=0.9, value=0.5, unit=EVIL)])
    curve = Curve("smile", [0.0, 0.5, 1.0], [0.1, float("nan"), 0.3], "coefficient")
    measurement = Measurement(cues, (curve,), None, ())
    explanation = Explanation(
        media=EVIL, text=EVIL, source="model", cues=cues, provenance=Provenance(model=EVIL)
    )
    piece = Piece(Request(EVIL), None, measurement, 0.1)
    return Examination(explanation, (piece,), (Passage(EVIL, cues, ()),))


def test_text_of_others_cannot_become_markup(examination):
    page = render_report(examination)
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_gaps_in_a_curve_are_gaps(examination):
    assert "NaN" not in render_report(examination).split("figure =")[1].split("// What the page does")[0]
