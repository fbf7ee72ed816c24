import pytest
import torch

from xemogpt.inference.explainer import words_only
from xemogpt.inference.requests import Piece, Request
from xemogpt.inference.streaming import TokenTeller
from xemogpt.inference.writers import ModelWriter
from xemogpt.schema import Transcript


class Bytes:
    """A tokenizer whose tokens are bytes, so that a letter may take two; 0 is special."""

    def decode(self, tokens, skip_special_tokens):
        assert skip_special_tokens
        return bytes(token for token in tokens if token).decode("utf-8", errors="replace")


def test_words_are_told_when_they_are_sure():
    told = []
    teller = TokenTeller(Bytes(), [7, 3], lambda row, text: told.append((row, text)))
    rows = " Né ".encode(), b"ab\0\0\0"
    for pair in zip(*rows, strict=True):
        teller.put(torch.tensor(pair))
    teller.end()
    assert [text for row, text in told if row == 7] == ["N", "é"]
    assert [text for row, text in told if row == 3] == ["a", "b"]


def test_a_prompt_is_not_told():
    told = []
    teller = TokenTeller(Bytes(), [0], lambda row, text: told.append(text), has_prompt=True)
    teller.put(torch.tensor([[104, 105]]))
    teller.put(torch.tensor([33]))
    assert told == ["!"]


@pytest.mark.parametrize("decoder", ["fast", "transformers"])
def test_what_a_model_tells_is_what_it_writes(decoder, tmp_path):
    from xemogpt.model.tiny import build_tiny

    model, processor = build_tiny()
    model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    writer = ModelWriter(tmp_path, max_new_tokens=16, decoder=decoder)
    said = ("I am so happy!", "Go away.", "What a long day it was, and nobody came.")
    pieces = [
        Piece(Request(None, text), None, words_only(Transcript(text=text, source="given")), 0.0)
        for text in said
    ]
    told = {index: [] for index in range(3)}
    passages = writer.write(pieces, lambda index, text: told[index].append(text))
    assert [passage.text for passage in passages] == ["".join(told[i]) for i in range(3)]
    assert all(len(words) > 2 for words in told.values())
    assert [passage.text for passage in writer.write(pieces)] == [p.text for p in passages]
