"""The clip as the page plays it: encoded again, small, with the times that the cues use."""

import base64
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from itertools import islice
from typing import Any

import av
import numpy as np

from xemogpt.inference import Examination
from xemogpt.media import Clip, Frame

MAX_SIDE = 480
"""Pixels of the longer side."""
MAX_FPS = 25.0
QUALITY = "26"
"""Constant rate factor of x264: lower is better and larger."""
MAX_BYTES = 24_000_000
"""What the pictures of a page may weigh, however long the clip is."""
MAX_BIT_RATE, MIN_BIT_RATE = 1_000_000, 120_000
MAX_LENGTH_S = 1200.0
"""Longer clips are shown up to here."""
SOUND_BIT_RATE = 64_000
SAMPLE_RATE = 16_000
_TICKS = 90_000
"""Of the pictures' clock, a second."""
_BLOCK = 1024


@dataclass(frozen=True)
class Player:
    """Media to embed."""

    mime: str
    data: str
    """The file in base64."""
    has_pictures: bool
    shown_s: float
    """Length of what is embedded."""


def embed(examination: Examination) -> Player | None:
    """H.264 and AAC in MP4 of what was looked at, or none if there were only words or one picture.

    Time 0 of the file is time 0 of the cues, whatever clock the original had; the sound is the one
    that the detectors heard (16 kHz, one channel), also where it came from a separate file.
    """
    clips = [piece.clip for piece in examination.pieces if piece.clip is not None]
    clips = [clip for clip in clips if clip.start_s < MAX_LENGTH_S]
    if not clips or (clips[-1].end_s < 0.1 and clips[0].waveform is None):
        return None
    length_s = min(clips[-1].end_s, MAX_LENGTH_S)
    file = BytesIO()
    with av.open(file, "w", format="mp4") as container:
        has_pictures = _encode(container, clips, length_s)
    mime = "video/mp4" if has_pictures else "audio/mp4"
    return Player(mime, base64.b64encode(file.getvalue()).decode(), has_pictures, length_s)


def _encode(container: Any, clips: Sequence[Clip], length_s: float) -> bool:
    """Write pictures and sound by turns, window by window; whether there are pictures."""
    pictures: _Pictures | None = None
    sound: _Sound | None = None
    # Both streams have to be there before the first packet is written.
    shape = next((frame.image.shape for clip in clips for frame in _one_frame(clip)), None)
    if shape is not None:
        pictures = _Pictures(container, shape, length_s)
    if any(clip.waveform is not None for clip in clips):
        sound = _Sound(container)
    for clip in clips:
        if pictures is not None:
            for frame in clip.iter_frames(MAX_FPS, MAX_SIDE):
                if frame.time_s > length_s:
                    break
                pictures.add(frame.image, frame.time_s)
        if sound is not None and clip.waveform is not None:
            sound.add(clip.waveform, clip.start_s)
    for part in (pictures, sound):
        if part is not None:
            part.end()
    return pictures is not None


def _one_frame(clip: Clip) -> list[Frame]:
    with closing(clip.iter_frames(MAX_FPS, MAX_SIDE)) as frames:  # type: ignore[type-var]
        return list(islice(frames, 1))


class _Pictures:
    """An H.264 stream whose frames keep their times."""

    def __init__(self, container: Any, shape: Sequence[int], length_s: float) -> None:
        self._container = container
        height, width = shape[0] // 2 * 2, shape[1] // 2 * 2  # 4:2:0 wants even sides
        rate = min(MAX_BIT_RATE, max(MIN_BIT_RATE, int(8 * MAX_BYTES / max(length_s, 1.0))))
        self._stream = container.add_stream("libx264", rate=round(MAX_FPS))
        self._stream.width, self._stream.height = max(2, width), max(2, height)
        self._stream.pix_fmt = "yuv420p"
        self._stream.time_base = Fraction(1, _TICKS)
        self._stream.codec_context.time_base = Fraction(1, _TICKS)
        self._stream.options = {
            "crf": QUALITY, "preset": "veryfast", "maxrate": str(rate), "bufsize": str(rate),
            # A key frame a second: a jump to a cue then shows it at once.
            "g": str(round(MAX_FPS)), "threads": "1",
        }  # fmt: skip
        self._last = -1

    def add(self, image: np.ndarray[Any, Any], time_s: float) -> None:
        """Show an image (H, W, 3) from a time on."""
        height, width = self._stream.height, self._stream.width
        part = image[:height, :width]
        # A picture of one pixel's height or width, or of another size, is filled up.
        missing = height - part.shape[0], width - part.shape[1]
        part = np.pad(part, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")
        part = np.ascontiguousarray(part)
        frame = av.VideoFrame.from_ndarray(part, format="rgb24")
        frame.pts = max(self._last + 1, round(time_s * _TICKS))
        frame.time_base = Fraction(1, _TICKS)
        self._last = frame.pts
        self._container.mux(self._stream.encode(frame))

    def end(self) -> None:
        """Write what the encoder holds back."""
        self._container.mux(self._stream.encode(None))


class _Sound:
    """An AAC stream; silence stands where the windows hold no sound."""

    def __init__(self, container: Any) -> None:
        self._container = container
        self._stream = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        self._stream.bit_rate = SOUND_BIT_RATE
        self._num = 0

    def add(self, waveform: np.ndarray[Any, Any], start_s: float) -> None:
        """Sound (S,) at 16 kHz from a time on."""
        gap = round(start_s * SAMPLE_RATE) - self._num
        for block in _blocks(waveform if gap <= 0 else np.pad(waveform, (gap, 0))):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(block[None], np.float32), format="fltp", layout="mono"
            )
            frame.sample_rate = SAMPLE_RATE
            frame.pts = self._num
            frame.time_base = Fraction(1, SAMPLE_RATE)
            self._num += len(block)
            self._container.mux(self._stream.encode(frame))

    def end(self) -> None:
        """Write what the encoder holds back."""
        self._container.mux(self._stream.encode(None))


def _blocks(waveform: np.ndarray[Any, Any]) -> Iterator[np.ndarray[Any, Any]]:
    for start in range(0, len(waveform), _BLOCK):
        yield waveform[start : start + _BLOCK]
