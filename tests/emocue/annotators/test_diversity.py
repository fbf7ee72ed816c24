"""Distinct-n and self-BLEU, against hand counts and a plain implementation."""

import math
from collections import Counter

import numpy as np
import pytest

from xemogpt.emocue.annotators.base import Shown
from xemogpt.emocue.annotators.diversity import (
    distinct,
    ngrams,
    self_bleu,
    skeleton,
    tokens,
    unquoted,
)
from xemogpt.emocue.annotators.template import TemplateAnnotator
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.schema import Cue, CueSet


def plain_bleu(words: list[str], others: list[list[str]]) -> float:
    """BLEU-4 as in its definition: every reference counted anew."""
    log = 0.0
    for n in range(1, 5):
        own = Counter(ngrams(words, n))
        clipped = sum(
            min(count, max(Counter(ngrams(other, n))[gram] for other in others))
            for gram, count in own.items()
        )
        log += math.log(max(clipped, 0.1) / max(sum(own.values()), 1)) / 4
    nearest = min((abs(len(other) - len(words)), len(other)) for other in others)[1]
    return math.exp(log) * (1.0 if len(words) >= nearest else math.exp(1 - nearest / len(words)))


def test_self_bleu_is_bleu_against_the_others() -> None:
    rng = np.random.default_rng(0)
    texts = [[f"w{word}" for word in rng.integers(0, 6, rng.integers(5, 14))] for _ in range(12)]
    expected = [plain_bleu(t, texts[:i] + texts[i + 1 :]) for i, t in enumerate(texts)]
    assert self_bleu(texts) == pytest.approx(expected)


def test_copies_and_strangers() -> None:
    copies = self_bleu([tokens("the person smiles at once")] * 3)
    assert copies == pytest.approx([1.0] * 3)
    strangers = self_bleu([list("abcdef"), list("ghijkl")])
    assert max(strangers) < 0.05


def test_one_text_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="give two"):
        self_bleu([["a"]])


def test_distinct() -> None:
    assert distinct([["a", "a", "b"]], 2) == 1.0
    assert distinct([["a", "a", "a"]], 1) == pytest.approx(1 / 3)
    assert distinct([], 1) == 0.0


def test_frames() -> None:
    one = skeleton('At 1.25 s, they nod. "They nod" is said.', ["nod"])
    assert one == "at # s, they <cue>. … is said."
    assert unquoted("The words are “a b”.") == "The words are …."
    assert skeleton("nodding they nod", ["nod"]) == "nodding they <cue>"


def test_one_clip_is_told_in_many_frames() -> None:
    """The same six cues under 500 seeds: only plan, frames and words can differ."""

    def cue(text: str, kind: str, start_s: float) -> Cue:
        return Cue(text=text, kind=kind, start_s=start_s, end_s=start_s + 1, source="measured")

    measured = CueSet(
        visual=[cue("smiles", "smile", 0.5), cue("looks down", "gaze-down", 2.0),
                cue("raises the eyebrows", "brow-raise", 0.7)],
        auditory=[cue("speaks fast", "fast-speech", 0.4), cue("pauses", "pause", 1.8),
                  cue("the pitch rises", "pitch-rise", 0.4)],
    )  # fmt: skip
    record = EmoCueRecord(id="a", duration_s=4.0, measured=measured)
    frames, words = set(), []
    for seed in range(500):
        fusion = TemplateAnnotator().fuse(Shown(record, None, seed))
        told = [each.text for name, each in fusion.cues.items() if name != "emotional"]
        frames.add(skeleton(fusion.text, told, [each.text for each in fusion.cues.emotional]))
        words.append(tokens(fusion.text))
    assert len(frames) >= 300
    # One and the same clip a hundred times; copies would have 1.
    assert float(np.mean(self_bleu(words[:100]))) < 0.8
