"""Shapes of the speaking mouth: phones to actions of the lips and the jaw."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from xemogpt.emocue.controlled.head import ACTIONS

Floats = NDArray[np.floating[Any]]
STEP_S = 0.005
VOWEL_BLUR_S = 0.13
"""Neighbouring sounds share the mouth over about a syllable's half."""
CLOSURE_BLUR_S = 0.06
"""Closures are quick, or they would vanish between two vowels."""


class Sounding(Protocol):
    """What a phone tells: ``speech.Phone`` is one."""

    @property
    def symbol(self) -> str:
        """IPA."""

    @property
    def start_s(self) -> float:
        """In the clip."""

    @property
    def end_s(self) -> float:
        """In the clip."""


_COLUMNS = ("jawOpen", "mouthPucker", "mouthFunnel", "mouthStretch", "mouthClose", "mouthLowerDown")
_SHAPES: dict[str, tuple[float, ...]] = {
    # jaw, pucker, funnel, stretch, close, lower lip down
    "aɑɐʌæä": (0.62, 0.0, 0.0, 0.08, 0.0, 0.25),
    "ɒɔ": (0.5, 0.15, 0.45, 0.0, 0.0, 0.1),
    "oɵ": (0.36, 0.4, 0.4, 0.0, 0.0, 0.0),
    "uʊwʉɯ": (0.14, 0.75, 0.25, 0.0, 0.0, 0.0),
    "eɛœø": (0.42, 0.0, 0.0, 0.22, 0.0, 0.2),
    "əɜɚɝɘ": (0.32, 0.0, 0.1, 0.05, 0.0, 0.1),
    "iɪyj": (0.17, 0.0, 0.0, 0.4, 0.0, 0.12),
    "pbm": (0.0, 0.05, 0.0, 0.0, 1.0, 0.0),
    "fvɱ": (0.03, 0.0, 0.0, 0.1, 0.5, 0.0),
    "szʦʣ": (0.06, 0.0, 0.0, 0.25, 0.0, 0.15),
    "ʃʒʧʤ": (0.1, 0.2, 0.5, 0.0, 0.0, 0.0),
    "tdnlɾθð": (0.14, 0.0, 0.0, 0.08, 0.0, 0.08),
    "rɹɻʁ": (0.15, 0.35, 0.15, 0.0, 0.0, 0.0),
    "kgɡŋxhɦʔcɟç": (0.22, 0.0, 0.0, 0.05, 0.0, 0.05),
}
_SHAPE_OF = {symbol: np.array(shape) for symbols, shape in _SHAPES.items() for symbol in symbols}
_CLOSE = _COLUMNS.index("mouthClose")


def mouth_of(phones: Sequence[Sounding], times_s: Floats) -> NDArray[np.float32]:
    """Actions of speech alone.

    Args:
        phones: in order of time; symbols of several letters share their time evenly, marks of
            stress and length are passed over, and unknown letters are neutral vowels.
        times_s: (T,) of the frames.

    Returns:
        (T, 52) strengths.
    """
    actions = np.zeros((len(times_s), len(ACTIONS)), np.float32)
    if not phones or not len(times_s):
        return actions
    end_s = max(float(times_s[-1]), max(phone.end_s for phone in phones)) + 2 * VOWEL_BLUR_S
    grid = np.arange(0, end_s, STEP_S)
    targets = np.zeros((len(grid), len(_COLUMNS)))
    for phone in phones:
        shapes = shapes_of(phone.symbol)
        edges = np.linspace(phone.start_s, phone.end_s, len(shapes) + 1)
        for shape, start_s, stop_s in zip(shapes, edges[:-1], edges[1:], strict=True):
            targets[(grid >= start_s) & (grid < stop_s)] = shape
    closing = np.minimum(1.0, 1.2 * _blur(targets[:, _CLOSE : _CLOSE + 1], CLOSURE_BLUR_S))
    shapes_now = _blur(targets, VOWEL_BLUR_S) * (1 - closing)
    shapes_now[:, _CLOSE] = 0.0
    for column, name in enumerate(_COLUMNS):
        values = np.interp(times_s, grid, shapes_now[:, column])
        for index in _indices(name):
            actions[:, index] = values
    pressing = 0.25 * np.interp(times_s, grid, closing[:, 0])
    for index in _indices("mouthPress"):
        actions[:, index] = pressing
    return actions


def shapes_of(symbol: str) -> list[NDArray[np.float64]]:
    """The shapes that a phone runs through.

    >>> len(shapes_of("ˈaɪ")), len(shapes_of("uː")), len(shapes_of(""))
    (2, 1, 0)
    """
    letters = [letter for letter in symbol if letter.isalpha() and letter not in "ːˑʰʲʷˠˤˈˌ"]
    return [_SHAPE_OF.get(letter, _SHAPE_OF["ə"]) for letter in letters]


def _blur(values: Floats, width_s: float) -> Floats:
    """Raised-cosine average along the first axis."""
    half = round(width_s / STEP_S / 2)
    window = np.hanning(2 * half + 3)[1:-1]
    window /= window.sum()
    columns = [np.convolve(column, window, "same") for column in values.T]
    blurred: Floats = np.stack(columns, axis=1)
    return blurred


def _indices(name: str) -> list[int]:
    return [ACTIONS.index(n) for n in (name, f"{name}Left", f"{name}Right") if n in ACTIONS]
