"""Who can speak, what can be said, and which edits make a voice sound a certain way.

Scripts are drawn from a casting, so that drawing them needs no voices to be installed.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import numpy as np

from xemogpt.emocue.records import Split

Sentiment = Literal["positive", "negative", "neutral"]


class Casting(Protocol):
    """What scripts are drawn from."""

    def voices(self, split: Split) -> Sequence[str]:
        """Voices of a split; no voice is in two."""

    def sentence(self, rng: np.random.Generator, sentiment: Sentiment, split: Split) -> str:
        """A sentence whose wording has that sentiment; no sentence is in two splits."""

    def edit(self, kind: str) -> Mapping[str, object]:
        """Fields of ``VoiceEdit`` that make an auditory kind heard."""
