"""Windows of a media file: what the models and the detectors look at, one at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path

import numpy as np

from xemogpt.errors import MediaError
from xemogpt.media.audio import SAMPLE_RATE, Waveform, iter_audio
from xemogpt.media.info import MediaInfo, probe
from xemogpt.media.pauses import find_cut_s
from xemogpt.media.video import Frame, Frames, iter_frames, read_frames

TOLERANCE_S = 0.25
"""A file longer than a window by no more than this is not cut."""
SHORTEST_S = 1.0
"""No window is shorter than this, unless the file is."""
MAX_PADDING_S = 5.0
"""So much sound is taken beyond the end that the packets state."""
MAX_DURATION_S = 24 * 3600.0
"""Longer files are refused unless the caller says otherwise."""


@dataclass
class Clip:
    """One window of a media file: its sound, and its frames on demand.

    Times are in seconds from the start of the file, also those of the frames.
    """

    path: Path
    info: MediaInfo
    """What the whole file holds."""
    start_s: float
    end_s: float
    waveform: Waveform | None
    """Sound of the window, float32 (S,) at 16 kHz from ``start_s`` on; none if there is none."""
    is_last: bool = True
    _notes: dict[str, None] = field(default_factory=dict, repr=False)

    @property
    def duration_s(self) -> float:
        """Length of the window."""
        return self.end_s - self.start_s

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was found wrong so far; decoding frames may add to it."""
        return tuple(dict.fromkeys([*self.info.warnings, *self._notes]))

    def frames(self, num_frames: int = 16, max_side: int | None = None) -> Frames | None:
        """Frames sampled evenly for the model; none if the window shows nothing.

        Args:
            num_frames: how many; repeated if the window has fewer.
            max_side: scale down until no side is longer.
        """
        if not self._has_pictures():
            return None
        try:
            frames = read_frames(
                self.path,
                num_frames,
                self.start_s,
                self._until_s(),
                max_side=max_side,
                can_seek=self.info.can_seek,
            )
        except MediaError as error:
            self._notes.setdefault(f"no-frames: {error}")
            return None
        self._notes.update(dict.fromkeys(frames.warnings))
        return frames

    def iter_frames(self, fps: float | None = 15, max_side: int | None = 640) -> Iterator[Frame]:
        """Stream the window's frames for detectors; nothing if it shows nothing.

        Args:
            fps: at most this many a second, thinned evenly by time.
            max_side: scale down until no side is longer.
        """
        if self._has_pictures():
            yield from iter_frames(
                self.path,
                fps,
                max_side,
                self.start_s,
                self._until_s(),
                can_seek=self.info.can_seek,
                note=self._notes.setdefault,
            )

    def _until_s(self) -> float | None:
        # The last window takes all that is left, whatever the last packet's duration says.
        return None if self.is_last else self.end_s

    def _has_pictures(self) -> bool:
        video = self.info.video
        return video is not None and video.end_s > self.start_s


def open_clips(
    path: str | Path,
    max_s: float = 12.0,
    *,
    audio_path: str | Path | None = None,
    max_duration_s: float = MAX_DURATION_S,
) -> Iterator[Clip]:
    """Cut a media file into windows and give them one at a time, in order.

    A file no longer than ``max_s`` is one window. A longer one is cut in the quietest pause of
    the last half of each window, or evenly where there is no sound. Every moment belongs to
    exactly one window. Memory does not depend on the file's length.

    Args:
        path: a video, sound or image file.
        max_s: no window is longer, but for a tolerance of 0.25 s.
        audio_path: a separate sound file that replaces the file's own sound.
        max_duration_s: refuse longer files, such as those with forged time stamps.

    Raises:
        MediaError: if a file cannot be read, holds nothing or lasts too long.
        ValueError: if ``max_s`` is shorter than two seconds.
    """
    if max_s < 2 * SHORTEST_S:
        raise ValueError(f"max_s is {max_s:g}; windows need at least {2 * SHORTEST_S:g} s")
    info = probe(path)
    if audio_path is not None:
        info = _with_sound_of(info, probe(audio_path))
    if info.duration_s > max_duration_s:
        raise MediaError(
            f"{path} lasts {info.duration_s:.0f} s by its time stamps, the limit is"
            f" {max_duration_s:.0f} s; cut it, or raise max_duration_s"
        )
    sound_path = info.path if audio_path is None else Path(audio_path)
    notes: dict[str, None] = {}
    sound = _Sound(sound_path if info.audio else None, notes)
    start_s = 0.0
    while True:
        left_s = info.duration_s - start_s
        sound.fill(min(left_s, max_s) + TOLERANCE_S)
        # The sound may run on a little after its last packet's stated end.
        length_s = _length_s(sound.held, left_s, max_s)
        is_last = length_s >= left_s
        waveform = sound.take(None if is_last else length_s)
        end_s = info.duration_s if is_last else start_s + length_s
        yield Clip(info.path, info, start_s, end_s, waveform, is_last, notes)
        if is_last:
            return
        start_s = end_s


def _length_s(held: Waveform, left_s: float, max_s: float) -> float:
    """How long the next window should be, given the sound ahead and how much time is left."""
    if left_s <= max_s + TOLERANCE_S:
        return left_s
    latest_s = min(max_s, left_s - SHORTEST_S)
    cut_s = find_cut_s(held, max_s / 2, latest_s)
    if cut_s is None:
        cut_s = left_s / ceil(left_s / max_s)
    # A whole number of samples, so that windows join without a gap.
    return round(cut_s * SAMPLE_RATE) / SAMPLE_RATE


class _Sound:
    """The sound ahead of the current window, read as it is needed."""

    def __init__(self, path: Path | None, notes: dict[str, None]) -> None:
        self._blocks = iter(()) if path is None else iter_audio(path, note=notes.setdefault)
        self.held: Waveform = np.empty(0, np.float32)

    def fill(self, length_s: float) -> None:
        """Hold at least so much, if there is so much."""
        parts, num_held = [self.held], len(self.held)
        while num_held < length_s * SAMPLE_RATE:
            block = next(self._blocks, None)
            if block is None:
                break
            parts.append(block)
            num_held += len(block)
        self.held = np.concatenate(parts)

    def take(self, length_s: float | None) -> Waveform | None:
        """Hand out the sound of a window, or all that is left; none if there is none."""
        if length_s is None:
            # Beyond the stated end there may be a decoder's padding, or years of forged silence.
            self.fill(len(self.held) / SAMPLE_RATE + MAX_PADDING_S)
            taken, self.held = self.held, np.empty(0, np.float32)
        else:
            size = round(length_s * SAMPLE_RATE)
            # A copy: the rest should not be kept in memory by a view.
            taken, self.held = self.held[:size].copy(), self.held[size:]
        return taken if len(taken) else None


def _with_sound_of(info: MediaInfo, sound: MediaInfo) -> MediaInfo:
    """A file's pictures with another file's sound.

    Raises:
        MediaError: if the other file has no sound.
    """
    if sound.audio is None:
        raise MediaError(f"{sound.path} has no sound; give a sound file beside the video")
    ends_s = [sound.audio.end_s] + ([info.video.end_s] if info.video else [])
    warnings = tuple(dict.fromkeys([*info.warnings, *sound.warnings]))
    return replace(info, audio=sound.audio, duration_s=max(ends_s), warnings=warnings)
