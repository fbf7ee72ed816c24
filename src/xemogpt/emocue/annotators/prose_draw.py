"""Choices of one text: the same seed makes the same ones."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Draw:
    """Draws of one text."""

    def __init__(self, *seed: int) -> None:
        self._values = np.random.default_rng(list(seed))
        self._held: list[float] = []

    def number(self) -> float:
        """From 0 to below 1."""
        if not self._held:
            # Drawing many at once takes a tenth of the time.
            self._held = self._values.random(256).tolist()
        return self._held.pop()

    def pick(self, *options: T) -> T:
        """One of several."""
        return options[int(self.number() * len(options))]

    def one_of(self, options: Sequence[T]) -> T:
        """One of a sequence."""
        return options[int(self.number() * len(options))]

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return self.number() < share

    def between(self, least: int, most: int) -> int:
        """A whole number, both ends included."""
        return least + int(self.number() * (most - least + 1))

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in a random order."""
        return [
            item for _, _, item in sorted((self.number(), i, item) for i, item in enumerate(items))
        ]
