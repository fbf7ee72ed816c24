"""Neutral speech from IPA: Kokoro and Piper's joe on onnxruntime, one thread, no randomness.

Both models predict how many frames each letter lasts. That value is inside their graphs; it is
made an output here, so that the times of words and sounds are those the sound was made from.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from xemogpt.emocue.controlled.lexicon import STRESS, Sound, pronounce
from xemogpt.emocue.controlled.speech import Phone, Waveform
from xemogpt.emocue.controlled.voices import Voice
from xemogpt.errors import WeightsError
from xemogpt.schema import Word
from xemogpt.weights import locate

SAMPLE_RATE = 16_000
KOKORO_RATE, KOKORO_FRAME = 24_000, 600
"""Samples a second, and samples for each unit of duration."""
JOE_RATE, JOE_FRAME = 22_050, 256
KOKORO_EARLY_S, JOE_EARLY_S = 0.05, 0.02
"""Sounds come so much before the models' own frames; measured against pitch and loudness."""
JOE_SCALES = (0.0, 1.0, 0.0)
"""Noise of the sound, slowness, noise of the durations: drawn noise would not repeat."""
_KOKORO_DURATIONS = "/encoder/Round_output_0"
_JOE_DURATIONS = "/Ceil_output_0"


@dataclass(frozen=True)
class Take:
    """A sentence as a model said it."""

    waveform: Waveform
    """Mono, (S,), 16 kHz."""
    words: tuple[Word, ...]
    phones: tuple[Phone, ...]


class Synthesiser:
    """Both models, loaded when first needed. Not thread-safe.

    Args:
        kokoro_folder: the asset ``voices``; from the cache by default.
        joe_folder: the asset ``voice-joe``; from the cache by default.

    Raises:
        WeightsError: if an asset is not there.
    """

    def __init__(
        self, kokoro_folder: str | Path | None = None, joe_folder: str | Path | None = None
    ) -> None:
        self._kokoro_folder = Path(kokoro_folder or locate("voices"))
        self._joe_folder = Path(joe_folder or locate("voice-joe"))
        self._sessions: dict[str, Any] = {}
        vocabulary = json.loads((self._kokoro_folder / "vocab.json").read_text("utf-8"))
        self._letters: dict[str, int] = vocabulary["vocab"]
        letters = json.loads((self._joe_folder / "joe.json").read_text("utf-8"))
        self._joe_letters = {key: ids[0] for key, ids in letters["phoneme_id_map"].items()}
        with np.load(self._kokoro_folder / "voices.npz") as styles:
            self._styles = {name: styles[name] for name in styles.files}

    def take(self, sentence: str, voice: Voice) -> Take:
        """Say a sentence of the grammar.

        Raises:
            UnknownNameError: if a word has no pronunciation.
        """
        words = pronounce(sentence)
        letters, owners = _letters_of([sounds for _, sounds in words])
        say = self._joe if voice.base == "joe" else self._kokoro
        samples, rate, ends_s = say(letters, voice.base)
        phones = _phones(words, owners, ends_s)
        return Take(_resampled(samples, rate), _words(words, phones), tuple(phones))

    def letters(self, base: str) -> Mapping[str, int]:
        """The letters that a base's model knows."""
        return self._joe_letters if base == "joe" else self._letters

    def _kokoro(
        self, letters: Sequence[str], style: str
    ) -> tuple[npt.NDArray[np.float32], int, npt.NDArray[np.float64]]:
        """Samples, their rate, and when each letter ends in seconds, from 0 on (L + 1,)."""
        ids = [0, *(self._letters[letter] for letter in letters), 0]
        styles = self._styles[style]
        inputs = {
            "tokens": np.array([ids], np.int64),
            "style": styles[min(len(letters), len(styles)) - 1].reshape(1, -1).astype(np.float32),
            "speed": np.ones(1, np.float32),
        }
        session = self._session(self._kokoro_folder / "kokoro.onnx", _KOKORO_DURATIONS)
        samples, durations = session.run(None, inputs)
        ends = np.cumsum(durations.ravel()) * KOKORO_FRAME / KOKORO_RATE
        return samples.ravel(), KOKORO_RATE, np.maximum(ends[:-1] - KOKORO_EARLY_S, 0.0)

    def _joe(
        self, letters: Sequence[str], _base: str
    ) -> tuple[npt.NDArray[np.float32], int, npt.NDArray[np.float64]]:
        """As ``_kokoro``. A blank follows each letter and belongs to it."""
        known = self._joe_letters
        ids = [known["^"], known["_"]]
        for letter in letters:
            ids += [known[letter], known["_"]]
        ids.append(known["$"])
        inputs = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array(JOE_SCALES, np.float32),
        }
        session = self._session(self._joe_folder / "joe.onnx", _JOE_DURATIONS)
        samples, durations = session.run(None, inputs)
        ends = np.cumsum(durations.ravel()) * JOE_FRAME / JOE_RATE
        return samples.ravel(), JOE_RATE, np.maximum(ends[1:-1:2] - JOE_EARLY_S, 0.0)

    def _session(self, path: Path, durations: str) -> Any:
        if path.name not in self._sessions:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            try:
                self._sessions[path.name] = onnxruntime.InferenceSession(
                    with_output(path.read_bytes(), durations), options
                )
            except Exception as error:
                raise WeightsError(
                    f"{path} is not the voice expected ({error}); run `xemogpt pull controlled`"
                ) from error
        return self._sessions[path.name]


def with_output(model: bytes, name: str) -> bytes:
    """An ONNX model with one more output.

    Protocol buffers that are written one after the other are read as one, with their lists
    joined: a graph of nothing but an output, put behind the model, adds that output.
    """
    value_info = _message(1, name.encode())
    return model + _message(7, _message(12, value_info))


def _message(field: int, payload: bytes) -> bytes:
    size, length = b"", len(payload)
    while length > 127:
        size += bytes([length & 127 | 128])
        length >>= 7
    return bytes([field << 3 | 2]) + size + bytes([length]) + payload


def _letters_of(words: Sequence[Sequence[Sound]]) -> tuple[list[str], list[int | None]]:
    """Letters of a sentence, and to which of its phones each belongs; spaces to none."""
    letters: list[str] = []
    owners: list[int | None] = []
    number = 0
    for position, sounds in enumerate(words):
        if position:
            letters.append(" ")
            owners.append(None)
        for sound in sounds:
            text = (STRESS if sound.is_stressed else "") + sound.phone
            letters += text
            owners += [number] * len(text)
            number += 1
    return [*letters, "."], [*owners, None]


def _phones(
    words: Sequence[tuple[str, Sequence[Sound]]],
    owners: Sequence[int | None],
    ends_s: npt.NDArray[np.float64],
) -> list[Phone]:
    """``ends_s`` (L + 1,): of what comes before the first letter, then of each letter."""
    symbols = [sound.phone for _, sounds in words for sound in sounds]
    return [
        Phone(
            symbol,
            float(ends_s[owners.index(number)]),
            float(ends_s[len(owners) - owners[::-1].index(number)]),
        )
        for number, symbol in enumerate(symbols)
    ]


def _words(
    words: Sequence[tuple[str, Sequence[Sound]]], phones: Sequence[Phone]
) -> tuple[Word, ...]:
    found, at = [], 0
    for text, sounds in words:
        own = phones[at : at + len(sounds)]
        found.append(Word(text=text, start_s=own[0].start_s, end_s=own[-1].end_s))
        at += len(sounds)
    return tuple(found)


def _resampled(samples: npt.NDArray[np.float32], rate: int) -> Waveform:
    from math import gcd

    from scipy.signal import resample_poly

    common = gcd(SAMPLE_RATE, rate)
    waveform = resample_poly(samples, SAMPLE_RATE // common, rate // common)
    return np.asarray(waveform, dtype=np.float32)
