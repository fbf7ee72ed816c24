"""Decoders of the model writer: the same words, and clear refusals."""

import pytest

from xemogpt.errors import ConfigError
from xemogpt.inference.explainer import words_only
from xemogpt.inference.requests import Piece, Request
from xemogpt.inference.writers import ModelWriter
from xemogpt.model.tiny import build_tiny
from xemogpt.schema import Transcript


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("writer")
    model, processor = build_tiny()
    model.save_pretrained(path, full=True)
    processor.save_pretrained(path)
    return path


def pieces(*texts):
    return [
        Piece(
            Request(None, text),
            None,
            words_only(Transcript(text=text, source="given")),
            seconds=0.0,
        )
        for text in texts
    ]


def test_both_decoders_write_the_same(folder):
    asked = pieces("I am fine, thank you very much.", "No!", "We meet at ten.", "Never again.")
    texts = {}
    for decoder in ("fast", "transformers"):
        writer = ModelWriter(folder, batch_size=2, max_new_tokens=24, decoder=decoder, look_ahead=2)
        assert writer.settings["decoder"] == decoder and writer.batch_size == 4
        texts[decoder] = [passage.text for passage in writer.write(asked)]
    assert texts["fast"] == texts["transformers"]
    # Sorted by length within, in the order asked without.
    alone = ModelWriter(folder, batch_size=1, max_new_tokens=24)
    assert alone.settings["decoder"] == "fast"
    assert [alone.write([piece])[0].text for piece in asked] == texts["fast"]


def test_bad_decoders_are_named(folder):
    with pytest.raises(ConfigError, match="expected one of: auto, fast, transformers"):
        ModelWriter(folder, decoder="slow")
    with pytest.raises(ConfigError, match="decode with decoder='fast'"):
        ModelWriter(folder, decoder="transformers", precision="int8")
