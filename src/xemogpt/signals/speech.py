"""Words with times: Whisper through CTranslate2, guarded against words that nobody said."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from xemogpt.schema import Transcript, Word
from xemogpt.signals.voice_curves import SAMPLE_RATE

MAX_CHUNK_S = 30
MARGIN_S = 3
"""Silence after the sound, instead of Whisper's padding to 30 s: the same words, sooner."""
MIN_SPEECH_S = 0.25
MAX_NO_SPEECH = 0.6
MIN_LOG_PROBABILITY = -1.0
MIN_WORD_PROBABILITY = 0.3
MAX_COMPRESSION = 2.4
"""Repeated phrases compress well: text above this ratio is a loop."""


class Recogniser:
    """Recognises speech in any of Whisper's languages. Not thread-safe.

    Args:
        folder: a CTranslate2 Whisper; by default ``xemogpt.weights.locate("whisper-base-ct2")``.
        compute_type: int8 is about twice as fast as float32 and wrote the same words on our clips.
        num_threads: CPU threads.

    Raises:
        WeightsError: if the asset is not there.
    """

    def __init__(
        self,
        folder: str | Path | None = None,
        compute_type: Literal["int8", "float32"] = "int8",
        num_threads: int = 2,
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

    def transcribe(
        self, waveform: NDArray[np.float32], start_s: float = 0.0, language: str | None = None
    ) -> Transcript | None:
        """What is said in a waveform (S,) at 16 kHz, or none if nothing sure was heard.

        Args:
            waveform: mono samples; more than 30 s are taken in pieces.
            start_s: where it begins in the media; added to the times.
            language: ISO 639-1 code if it is known.
        """
        duration_s = len(waveform) / SAMPLE_RATE
        if duration_s < MIN_SPEECH_S or float(np.abs(waveform).max(initial=0.0)) < 1e-3:
            return None
        segments, info = self._model.transcribe(
            waveform,
            language=language,
            beam_size=1,
            temperature=0.0,
            word_timestamps=True,
            condition_on_previous_text=False,
            # Whisper encodes 30 s whatever it is given; a shorter window costs that much less.
            chunk_length=min(MAX_CHUNK_S, int(np.ceil(duration_s)) + MARGIN_S),
            no_speech_threshold=MAX_NO_SPEECH,
            log_prob_threshold=MIN_LOG_PROBABILITY,
            compression_ratio_threshold=MAX_COMPRESSION,
        )
        kept = [segment for segment in segments if _believable(segment)]
        words = tuple(
            Word(
                text=word.word.strip(),
                start_s=round(start_s + float(word.start), 3),
                end_s=round(start_s + min(float(word.end), duration_s), 3),
                confidence=round(float(min(1.0, word.probability)), 3),
            )
            for segment in kept
            for word in segment.words or ()
            if word.word.strip() and word.start < duration_s
        )
        text = "".join(segment.text for segment in kept).strip()
        if not text or not words:
            return None
        return Transcript(text=text, language=info.language, source="recognised", words=words)


def _believable(segment: Any) -> bool:
    """Whether a segment is speech that was heard, not text that Whisper fills silence with."""
    if segment.no_speech_prob > MAX_NO_SPEECH and segment.avg_logprob < MIN_LOG_PROBABILITY / 2:
        return False
    if segment.avg_logprob < MIN_LOG_PROBABILITY or segment.compression_ratio > MAX_COMPRESSION:
        return False
    words = segment.words or ()
    return bool(words) and float(np.mean([w.probability for w in words])) >= MIN_WORD_PROBABILITY
