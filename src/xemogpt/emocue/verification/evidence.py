"""What a record has to hold statements against: measured cues, and unimodal descriptions."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from xemogpt.emocue.records import EmoCueRecord
from xemogpt.emocue.verification.clauses import read_sentences
from xemogpt.emocue.verification.kinds import COVERED_BY
from xemogpt.metrics.polarity import stem
from xemogpt.schema import Cue, CueSet, Modality

BLIND = ("no-face", "no-video", "too-few-frames")
DEAF = ("no-sound", "short-sound")
NEEDS_SIZE = frozenset({
    "brow-raise", "inner-brow-raise", "brow-lower", "eyes-wide", "eyes-narrow", "eyes-closed",
    "blink", "blink-rate", "gaze-down", "gaze-up", "gaze-averted", "neutral-face",
})  # fmt: skip
"""Kinds that are not measured in small faces."""
NEEDS_FRAMES = frozenset({"blink", "blink-rate", "head-nod", "head-shake"})
"""Kinds that are not measured at few frames a second."""
NEEDS_SPEECH = frozenset({
    "low-pitch", "high-pitch", "monotone", "lively-pitch", "pitch-rise", "pitch-fall",
    "loudness-rise", "loudness-fall", "fast-speech", "slow-speech", "breathy-voice", "tense-voice",
})  # fmt: skip
"""Kinds that are not measured in very little speech."""
SPOKEN = frozenset({"speech", "talking"})
LEAST_S = {"blink-rate": 5.0, "head-still": 2.0}
"""Shorter clips do not show these."""
_WORD = re.compile(r"[^\W\d_]{3,}")
_EMPTY = frozenset({
    "the", "and", "his", "her", "their", "its", "with", "while", "that", "this", "which", "who",
    "has", "have", "had", "are", "was", "were", "from", "for", "into", "over", "then", "there",
    "person", "individual", "speaker", "woman", "man", "she", "they", "very", "clip", "video",
})  # fmt: skip
MIN_SPEECH_S = 0.6
"""As in ``signals.voice``, which is not imported for it: that loads the detectors."""
SURE = 0.4
"""A denial of what was measured with less confidence is not held against."""
Span = tuple[float, float]


@dataclass(frozen=True)
class Evidence:
    """What is known of a clip without the explanation that is checked."""

    measured: CueSet
    descriptions: dict[str, str]
    flags: tuple[str, ...]
    duration_s: float | None
    has_words: bool

    @classmethod
    def of(cls, record: EmoCueRecord) -> "Evidence":
        """The evidence of a record."""
        words = record.transcript is not None and bool(record.transcript.text.strip())
        return cls(
            record.measured or CueSet(), dict(record.descriptions), record.flags,
            record.duration_s, words,
        )  # fmt: skip

    def can_measure(self, kind: str, modality: Modality) -> bool:
        """Whether the detectors could have seen or heard a kind in this clip."""
        codes = {flag.partition(":")[0] for flag in self.flags}
        if codes.intersection(BLIND if modality == "visual" else DEAF):
            return False
        if "face-too-small" in codes and kind in NEEDS_SIZE:
            return False
        if "low-frame-rate" in codes and kind in NEEDS_FRAMES:
            return False
        if self.duration_s is not None and self.duration_s < LEAST_S.get(kind, 0.0):
            return False
        return kind not in NEEDS_SPEECH or self._speech_s >= MIN_SPEECH_S

    @cached_property
    def _speech_s(self) -> float:
        return sum(end_s - start_s for start_s, end_s in self.spans("speech"))

    def lacks(self, modality: Modality) -> bool:
        """Whether the clip has no pictures, or no sound: then nothing can be seen or heard."""
        code = "no-video" if modality == "visual" else "no-sound"
        return any(flag.startswith(code) for flag in self.flags)

    def cues(self, kind: str) -> list[Cue]:
        """Measured cues of a kind, or of kinds that make a statement of it true enough."""
        wanted = {kind, *COVERED_BY.get(kind, ())}
        if kind in SPOKEN:
            wanted |= SPOKEN  # "speaks" is seen and heard
        return [cue for _, cue in self.measured.items() if cue.kind in wanted]

    def spans(self, kind: str) -> list[Span]:
        """Start and end of those that have times, in seconds."""
        return [
            (cue.start_s, cue.end_s)
            for cue in self.cues(kind)
            if cue.start_s is not None and cue.end_s is not None
        ]

    def holds(self, kind: str) -> bool:
        """Whether a kind was measured or described; that somebody speaks follows from words."""
        if self.cues(kind) or kind in self.described:
            return True
        return kind in SPOKEN and self.has_words

    @cached_property
    def described(self) -> frozenset[str]:
        """Kinds that the unimodal descriptions state."""
        return frozenset(
            clause.kind
            for text in self.descriptions.values()
            for sentence in read_sentences(text)
            for clause in sentence.clauses
            if clause.kind is not None and not clause.is_denied
        )

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(_stems(" ".join(self.descriptions.values())))

    def mentions(self, text: str) -> bool:
        """Whether most of what a statement of no known kind speaks of is in a description."""
        wanted = set(_stems(text))
        return bool(wanted) and len(wanted & self._words) >= 0.6 * len(wanted)


def _stems(text: str) -> Iterable[str]:
    return (stem(word) for word in map(str.lower, _WORD.findall(text)) if word not in _EMPTY)
