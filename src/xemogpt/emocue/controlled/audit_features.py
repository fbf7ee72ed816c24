"""What the models of the shortcut audit are shown: one part of a clip, and nothing else of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xemogpt.emocue.records import EmoCueRecord
from xemogpt.encoders.face_landmarks import FaceLandmarker
from xemogpt.errors import MediaError
from xemogpt.media import iter_frames, read_audio
from xemogpt.signals.voice_curves import VoiceAnalyser

Features = NDArray[np.float64]
MIN_CLIPS_OF_WORD = 3
"""Rarer words tell nothing that could be learned."""
FPS = 15.0


class Looker:
    """Expression and head pose over time, measured on the media.

    Raises:
        WeightsError: if the face landmarker is not there.
    """

    def __init__(self) -> None:
        self._landmarker = FaceLandmarker()

    def curves(self, path: Path) -> Features:
        """(T, 55): 52 blendshapes, yaw, pitch, roll; frames without a face are left out."""
        track = self._landmarker.track(iter_frames(path, FPS))
        rows: Features = np.concatenate([track.blendshapes, track.head_pose], 1, dtype=np.float64)
        seen: Features = rows[track.found]
        # Without a face there is nothing to tell anything from: zeros.
        return seen if len(seen) else np.zeros((1, rows.shape[1]))


def first_frame(curves: Features) -> Features:
    """(55,): the first frame with a face."""
    first: Features = curves[0]
    return first


def shuffled(curves: Features) -> Features:
    """(220,): statistics that do not depend on the order of the frames."""
    return np.concatenate([curves.mean(0), curves.std(0), curves.max(0), curves.min(0)])


def halves(curves: Features) -> Features:
    """(110,): means of both halves, which keep the order; what a control is shown."""
    middle = max(1, len(curves) // 2)
    first, second = curves[:middle], curves[middle:]
    return np.concatenate([first.mean(0), (second if len(second) else first).mean(0)])


def mean_pitch(path: Path, analyser: VoiceAnalyser) -> float:
    """Mean pitch of the voice in semitones above 1 Hz; 0 if no voice is heard."""
    try:
        waveform = read_audio(path).waveform
    except MediaError:
        return 0.0
    curves = analyser.curves(waveform)
    if curves is None or not curves.voiced.any():
        return 0.0
    return float(np.mean(12 * np.log2(curves.pitch_hz[curves.voiced])))


def vocabulary(texts: Sequence[str]) -> list[str]:
    """Words that come in enough texts, in order of the alphabet."""
    counts: dict[str, int] = {}
    for text in texts:
        for word in set(_words(text)):
            counts[word] = counts.get(word, 0) + 1
    return sorted(word for word, count in counts.items() if count >= MIN_CLIPS_OF_WORD)


def bag_of_words(texts: Sequence[str], words: Sequence[str]) -> Features:
    """(N, V): which words occur."""
    index = {word: column for column, word in enumerate(words)}
    bags = np.zeros((len(texts), max(1, len(words))))
    for row, text in enumerate(texts):
        for word in _words(text):
            if word in index:
                bags[row, index[word]] = 1.0
    return bags


def text_of(record: EmoCueRecord) -> str:
    """The subtitle."""
    return record.transcript.text if record.transcript else ""


def kinds_of(record: EmoCueRecord) -> str:
    """Gold kinds as words; what a control is shown."""
    cues: list[Any] = [*record.cues.visual, *record.cues.auditory]
    return " ".join(cue.kind.replace("-", "_") for cue in cues if cue.kind)


def _words(text: str) -> list[str]:
    cleaned = "".join(letter if letter.isalnum() or letter in "'_" else " " for letter in text)
    return cleaned.lower().split()
