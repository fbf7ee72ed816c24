"""What flows through an Explainer: requests, pieces of them, passages written about pieces."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from xemogpt.errors import XEmoGPTError
from xemogpt.media import Clip
from xemogpt.schema import CueSet, Emotion, Explanation
from xemogpt.signals import Measurement

MediaLike = str | Path


@dataclass(frozen=True)
class Request:
    """One thing to explain: a clip, its words, or both."""

    media: MediaLike | None = None
    """A video or sound file; none if there are only words."""
    subtitle: str | Path | None = None
    """What is said: text, or an srt, vtt or txt file. None: the subtitle file beside the clip,
    else speech recognition."""
    audio: MediaLike | None = None
    """A separate sound file for a silent video."""

    @property
    def name(self) -> str:
        """What to call it in results and messages."""
        return "(text)" if self.media is None else str(self.media)

    @property
    def key(self) -> str:
        """The request as one line of JSON; equal requests have equal keys."""
        parts = (self.media, self.subtitle, self.audio)
        return json.dumps([None if part is None else str(part) for part in parts])


@dataclass(frozen=True)
class Failure:
    """A request that could not be explained, and why."""

    request: Request
    error: XEmoGPTError


@dataclass(frozen=True)
class Piece:
    """One measured window of a request; there is no clip if only words were given."""

    request: Request
    clip: Clip | None
    measurement: Measurement
    seconds: float
    """Wall time of decoding and measuring, and once written of its share of the writer's time."""
    start_s: float = 0.0
    end_s: float = 0.0
    """The window, in seconds from the start of the media; zero if there is none."""

    def without_media(self) -> "Piece":
        """The same without sound, frames and curves: what a long clip's explanation still needs."""
        return replace(self, clip=None, measurement=replace(self.measurement, curves=()))


@dataclass(frozen=True)
class Passage:
    """What was written about one window: the text, the cues it names, its conclusion."""

    text: str
    cues: CueSet
    emotions: tuple[Emotion, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Examination:
    """An explanation together with what it was made from, window by window."""

    explanation: Explanation
    pieces: tuple[Piece, ...]
    passages: tuple[Passage, ...]
