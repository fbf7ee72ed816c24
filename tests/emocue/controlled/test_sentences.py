"""Sentences of the grammar and how their words are said."""

import numpy as np
import pytest

from xemogpt.emocue.controlled.lexicon import lexicon, pronounce, sounds_of
from xemogpt.emocue.controlled.sentences import (
    SHARES,
    draw_sentence,
    num_sentences,
    split_of_sentence,
    vocabulary,
)
from xemogpt.errors import UnknownNameError

SENTIMENTS = ("positive", "negative", "neutral")


def _drawn(sentiment: str, split: str, num: int = 400) -> list[str]:
    rng = np.random.default_rng([1, num])
    return [draw_sentence(rng, sentiment, split) for _ in range(num)]


@pytest.mark.parametrize("sentiment", SENTIMENTS)
def test_thousands_are_possible_and_few_are_drawn_twice(sentiment: str):
    assert num_sentences(sentiment) > 10_000
    seen = {sentence for split in SHARES for sentence in _drawn(sentiment, split, 1000)}
    assert len(seen) > 2000


@pytest.mark.parametrize("sentiment", SENTIMENTS)
def test_sentences_are_of_length_and_can_be_said(sentiment: str):
    for sentence in _drawn(sentiment, "train"):
        assert 5 <= len(sentence.split()) <= 12, sentence
        assert sentence[0].isupper() and sentence.endswith(".")
        assert "{" not in sentence
        assert [word for word, _ in pronounce(sentence)] == sentence.rstrip(".").split()


def test_splits_and_sentiments_share_no_sentence():
    drawn = {(s, split): set(_drawn(s, split)) for s in SENTIMENTS for split in SHARES}
    assert len(set().union(*drawn.values())) == sum(len(part) for part in drawn.values())
    assert all(split_of_sentence(t) == split for (_, split), part in drawn.items() for t in part)


def test_splits_have_their_shares():
    rng = np.random.default_rng(0)
    splits = [
        split_of_sentence(f"A sentence of number {rng.integers(10**9)}.") for _ in range(3000)
    ]
    for split, percent in SHARES.items():
        assert splits.count(split) / 30 == pytest.approx(percent, abs=3)


def test_the_same_draw_gives_the_same_sentence():
    assert _drawn("positive", "test", 20) == _drawn("positive", "test", 20)


def test_the_lexicon_is_the_vocabulary():
    assert set(lexicon()) == vocabulary()
    assert 250 <= len(vocabulary()) <= 350


def test_each_longer_word_has_one_stress_on_or_before_a_vowel():
    for word, sounds in lexicon().items():
        assert sum(sound.is_stressed for sound in sounds) <= 1, word


def test_unknown_names_are_told():
    with pytest.raises(UnknownNameError, match="no pronunciation for zebra"):
        pronounce("The zebra waits.")
    with pytest.raises(UnknownNameError, match="without words"):
        pronounce(" ")
    with pytest.raises(UnknownNameError, match="begins with no sound"):
        sounds_of("tʃˈy")
    with pytest.raises(UnknownNameError, match="'cheerful'"):
        draw_sentence(np.random.default_rng(0), "cheerful", "train")
