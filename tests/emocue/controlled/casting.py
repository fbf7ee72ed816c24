"""A casting for tests of what is drawn: filler words, voices that nobody hears, plain edits."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from xemogpt.emocue.controlled.plan import plan
from xemogpt.emocue.controlled.script import Script

VOICES = {"train": ("a", "b"), "validation": ("c",), "test": ("d",)}
EDITS: dict[str, dict[str, object]] = {
    "pitch-rise": {"pitch_trend_st": 6.0},
    "pitch-fall": {"pitch_trend_st": -9.0},
    "loudness-rise": {"loudness_trend_db": 9.0},
    "loudness-fall": {"loudness_trend_db": -14.0},
    "fast-speech": {"rate": 1.4},
    "slow-speech": {"rate": 0.65},
}


class PlainCasting:
    """Meets ``Casting``."""

    def voices(self, split: str) -> tuple[str, ...]:
        return VOICES[split]

    def sentence(self, rng: np.random.Generator, sentiment: str, split: str) -> str:
        return " ".join([split, sentiment, *["word"] * int(rng.integers(5, 11))])

    def edit(self, kind: str) -> Mapping[str, object]:
        return EDITS.get(kind, {})


def plain_plan(*args: Any) -> Iterator[Script]:
    return plan(PlainCasting(), *args)


__all__ = ["PlainCasting", "plain_plan"]
