"""Words with times: Whisper through CTranslate2, guarded against words that nobody said."""

import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from xemogpt.media.audio import SAMPLE_RATE
from xemogpt.schema import Transcript, Word

MAX_CHUNK_S = 28.0
"""Whisper hears at most 30 s at once, the margin included."""
FULL_S = 29.9
MARGIN_S = 10.0
"""Silence after the sound, in place of Whisper's padding to 30 s. It takes a third of the time;
what comes out unsure is heard again at 30 s, and the words are then as right
(benchmarks/signals.py --what recognition)."""
SURE_LOG_PROBABILITY = -0.5
MIN_SPEECH_S = 0.25
MAX_NO_SPEECH = 0.6
MIN_LOG_PROBABILITY = -1.0
MIN_WORD_PROBABILITY = 0.3
MAX_COMPRESSION = 2.4
"""Repeated phrases compress well: text above this ratio is a loop."""
TOKENS_PER_S = 12
FRAME_SAMPLES = 160


class _Decoded(NamedTuple):
    """What Whisper made of one chunk."""

    text: str
    language: str
    words: tuple[Word, ...]
    log_probability: float
    """Mean over tokens."""
    no_speech: float


class Recogniser:
    """Recognises speech in any of Whisper's languages. Not thread-safe.

    Args:
        folder: a CTranslate2 Whisper; by default ``xemogpt.weights.locate("whisper-base-ct2")``.
        compute_type: int8 is about twice as fast as float32 and wrote the same words on our clips.
        num_threads: CPU threads.
        margin_s: silence appended before encoding; at least 30 s pads as Whisper was trained.

    Raises:
        WeightsError: if the asset is not there.
    """

    def __init__(
        self,
        folder: str | Path | None = None,
        compute_type: Literal["int8", "float32"] = "int8",
        num_threads: int = 2,
        margin_s: float = MARGIN_S,
    ) -> None:
        from faster_whisper import WhisperModel

        if folder is None:
            from xemogpt.weights import locate

            folder = locate("whisper-base-ct2")
        self._model: Any = WhisperModel(
            str(folder),
            device="cpu",
            compute_type=compute_type,
            cpu_threads=num_threads,
            local_files_only=True,
        )
        self.margin_s = margin_s

    def transcribe(
        self, waveform: NDArray[np.float32], start_s: float = 0.0, language: str | None = None
    ) -> Transcript | None:
        """What is said in a waveform (S,) at 16 kHz, or none if nothing sure was heard.

        Args:
            waveform: mono samples; more than 28 s are taken in equal pieces.
            start_s: where it begins in the media; added to the times.
            language: ISO 639-1 code if it is known.
        """
        if float(np.abs(waveform).max(initial=0.0)) < 1e-3:
            return None
        heard = [
            decoded
            for piece, piece_start_s in _pieces(waveform, start_s)
            if (decoded := self._hear(piece, piece_start_s, language)) and _believable(decoded)
        ]
        if not heard:
            return None
        return Transcript(
            text=" ".join(decoded.text for decoded in heard),
            language=heard[0].language,
            source="recognised",
            words=tuple(word for decoded in heard for word in decoded.words),
        )

    def _hear(
        self, waveform: NDArray[np.float32], start_s: float, language: str | None
    ) -> _Decoded | None:
        """Decode with a short margin, and again with a full one if that came out unsure."""
        full = FULL_S - len(waveform) / SAMPLE_RATE
        margin = min(self.margin_s, full)
        decoded = self._decode(waveform, start_s, language, margin)
        sure = (
            decoded is not None
            and _believable(decoded)
            and decoded.log_probability >= SURE_LOG_PROBABILITY
        )
        if sure or margin >= full:
            return decoded
        return self._decode(waveform, start_s, language, full)

    def _decode(
        self, waveform: NDArray[np.float32], start_s: float, language: str | None, margin_s: float
    ) -> _Decoded | None:
        """Greedy text of at most 28 s, without time tokens; words are aligned afterwards."""
        from faster_whisper.tokenizer import Tokenizer

        whisper = self._model.model
        padded = np.pad(waveform, (0, int(margin_s * SAMPLE_RATE)))
        encoded = self._model.encode(self._model.feature_extractor(padded))
        if language is None:
            best, _ = whisper.detect_language(encoded)[0][0]
            language = best.strip("<|>")
        tokenizer = Tokenizer(
            self._model.hf_tokenizer, whisper.is_multilingual, task="transcribe", language=language
        )
        duration_s = len(waveform) / SAMPLE_RATE
        result = whisper.generate(
            encoded,
            [[*tokenizer.sot_sequence, tokenizer.no_timestamps]],
            beam_size=1,
            max_length=min(440, int(duration_s * TOKENS_PER_S) + 20),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=[-1, *tokenizer.non_speech_tokens],
        )[0]
        tokens = [token for token in result.sequences_ids[0] if token < tokenizer.eot]
        text = tokenizer.decode(tokens).strip()
        if not text:
            return None
        words = self._words(tokenizer, tokens, encoded, len(waveform), start_s)
        return _Decoded(text, language, words, result.scores[0], result.no_speech_prob)

    def _words(
        self, tokenizer: Any, tokens: list[int], encoded: Any, num_samples: int, start_s: float
    ) -> tuple[Word, ...]:
        """Words with their times, from the attention of Whisper's alignment heads."""
        frames = num_samples // FRAME_SAMPLES
        (aligned,) = self._model.find_alignment(tokenizer, [tokens], encoded, frames)
        end_s = num_samples / SAMPLE_RATE
        return tuple(
            Word(
                text=item["word"].strip(),
                start_s=round(start_s + min(float(item["start"]), end_s), 3),
                end_s=round(start_s + min(float(item["end"]), end_s), 3),
                confidence=round(min(1.0, float(item["probability"])), 3),
            )
            for item in aligned
            if item["word"].strip()
        )


def _pieces(
    waveform: NDArray[np.float32], start_s: float
) -> Iterator[tuple[NDArray[np.float32], float]]:
    """Equal pieces of at most 28 s with the time each begins at; tiny ones hold no word."""
    count = max(1, int(np.ceil(len(waveform) / (MAX_CHUNK_S * SAMPLE_RATE))))
    edges = np.linspace(0, len(waveform), count + 1).astype(int)
    for first, last in pairwise(edges):
        if last - first >= MIN_SPEECH_S * SAMPLE_RATE:
            yield waveform[first:last], start_s + first / SAMPLE_RATE


def _believable(decoded: _Decoded) -> bool:
    """Whether it is speech that was heard, not text that Whisper fills silence with."""
    if decoded.no_speech > MAX_NO_SPEECH and decoded.log_probability < MIN_LOG_PROBABILITY / 2:
        return False
    if decoded.log_probability < MIN_LOG_PROBABILITY:
        return False
    raw = decoded.text.encode()
    if len(raw) > 40 and len(raw) / len(zlib.compress(raw)) > MAX_COMPRESSION:
        return False
    sure = [word.confidence or 0.0 for word in decoded.words]
    return bool(sure) and float(np.mean(sure)) >= MIN_WORD_PROBABILITY
