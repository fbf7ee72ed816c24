from dataclasses import dataclass

import numpy as np
import pytest

from xemogpt.emocue.controlled.head import ACTIONS
from xemogpt.emocue.controlled.visemes import mouth_of, shapes_of

TIMES = np.arange(30) / 15


@dataclass(frozen=True)
class Phone:
    symbol: str
    start_s: float
    end_s: float


def spoken(symbols: str, each_s: float = 0.1) -> list[Phone]:
    return [Phone(s, 0.3 + i * each_s, 0.3 + (i + 1) * each_s) for i, s in enumerate(symbols)]


def course(symbols: str, action: str, times: np.ndarray = TIMES) -> np.ndarray:
    return np.asarray(mouth_of(spoken(symbols), times)[:, ACTIONS.index(action)])


def test_open_vowels_open_the_jaw_more_than_close_ones() -> None:
    assert course("aaa", "jawOpen").max() > course("iii", "jawOpen").max() + 0.2


def test_rounded_vowels_pucker() -> None:
    assert course("uuu", "mouthPucker").max() > 0.5 > course("aaa", "mouthPucker").max()


def test_lips_close_between_vowels() -> None:
    times = np.arange(200) / 200
    jaw = course("aaba", "jawOpen", times)
    assert jaw[(times > 0.54) & (times < 0.56)].max() < 0.25 * jaw.max()


def test_syllables_open_and_close_the_jaw_again_and_again() -> None:
    jaw = course("matabalama", "jawOpen")
    assert jaw[4:20].std() > 0.08


def test_nothing_moves_before_and_after_speech() -> None:
    actions = mouth_of(spoken("mata"), TIMES)
    assert np.abs(actions[TIMES < 0.2]).max() == 0
    assert np.abs(actions[TIMES > 0.85]).max() == 0
    assert actions.max() <= 1
    assert mouth_of([], TIMES).max() == 0


@pytest.mark.parametrize(("symbol", "num"), [("aɪ", 2), ("ˈuː", 1), ("ˈ", 0), ("tʃ", 2)])
def test_letters_of_a_symbol_follow_each_other(symbol: str, num: int) -> None:
    assert len(shapes_of(symbol)) == num
