"""Frames of a video: sampled as the published model samples them, or streamed for detectors."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np

from xemogpt.errors import MediaError
from xemogpt.media.container import Source, check_pixels, open_source
from xemogpt.media.demux import Clock, Note, decoded, frame_period_s, packets, require
from xemogpt.media.pixels import Developer, Image

SEEK_LEADS_S = (0.5, 10.0)
"""How long before the wanted time to look for a key frame, one after the other.

Frames found by seeking have the same times as those of a full decoding, except in MPEG program
streams, whose stamps are not per frame: there a window may begin or end one frame off.
"""

MAX_SAMPLED_BYTES = 800_000_000
"""Sampled frames are scaled down rather than take more memory: 16 frames of 4K take half."""
MAX_PASSES = 4
"""Two are enough unless decoding is not repeatable."""

_GRID_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Frame:
    """One upright image and when it is shown, in seconds from the start of the media."""

    image: Image
    """RGB, uint8, (H, W, 3)."""
    time_s: float


@dataclass(frozen=True)
class Frames:
    """Frames sampled for the model."""

    images: Image
    """RGB, uint8, (T, H, W, 3)."""
    times_s: np.ndarray[Any, np.dtype[np.float64]]
    """(T,), seconds from the start of the media."""
    indices: np.ndarray[Any, np.dtype[np.int64]]
    """(T,), which frames of the window they are."""
    warnings: tuple[str, ...] = ()


def frame_indices(num_available: int, num_frames: int = 16) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Which frames to take: evenly from first to last, repeating some if there are too few.

    Raises:
        ValueError: if there are no frames to choose from, or none are wanted.

    >>> frame_indices(24, 4).tolist()
    [0, 7, 15, 23]
    """
    if num_available < 1 or num_frames < 1:
        raise ValueError(f"cannot take {num_frames} of {num_available} frames; both must be >= 1")
    return np.linspace(0, num_available - 1, num_frames, dtype=np.int64)


def read_frames(
    path: str | Path,
    num_frames: int = 16,
    start_s: float = 0.0,
    end_s: float | None = None,
    *,
    max_side: int | None = None,
    can_seek: bool = True,
) -> Frames:
    """Sample frames evenly from the decodable frames of a window.

    Only the chosen frames are kept, so memory does not depend on how long the window is. Where
    they would take more than ``MAX_SAMPLED_BYTES`` they are scaled down.

    Args:
        path: a video or image file.
        num_frames: how many to return; repeated if the window has fewer.
        start_s: frames shown from this time on ...
        end_s: ... and before this one; to the end by default.
        max_side: scale down until no side is longer.
        can_seek: jump to the key frame before ``start_s`` rather than decode from the start.

    Raises:
        MediaError: if there is no video, or no frame can be decoded in the window.
    """
    warnings: dict[str, None] = {}
    note = warnings.setdefault
    window = (start_s, end_s)
    # Containers' frame counts lie, decoding all to count is slow: count packets, and check.
    expected = max(1, _count_packets(path, window, can_seek))
    for _ in range(MAX_PASSES):
        indices = frame_indices(expected, num_frames)
        images, times_s, num_seen = _pick(path, indices, window, max_side, can_seek, note)
        if images is None:
            raise MediaError(f"{path}: no frame could be decoded{_between(start_s, end_s)}")
        if num_seen == expected:
            return Frames(images, times_s, indices, tuple(warnings))
        expected = num_seen
    raise MediaError(f"{path} decodes differently each time; convert it first")


def iter_frames(
    path: str | Path,
    fps: float | None = None,
    max_side: int | None = None,
    start_s: float = 0.0,
    end_s: float | None = None,
    *,
    can_seek: bool = True,
    note: Note | None = None,
) -> Iterator[Frame]:
    """Stream the frames of a window, one in memory at a time.

    Args:
        path: a video or image file.
        fps: at most this many a second, thinned evenly by time; all by default.
        max_side: scale down until no side is longer.
        start_s: frames shown from this time on ...
        end_s: ... and before this one; to the end by default.
        can_seek: jump to the key frame before ``start_s`` rather than decode from the start.
        note: takes warnings, such as of damaged places.

    Raises:
        MediaError: if there is no video.
    """
    last_slot = -1
    with open_source(path) as source:
        develop = _developer(source, max_side)
        for time_s, frame in _window(source, start_s, end_s, can_seek, note or _ignore):
            if fps is not None:
                slot = int((time_s - start_s) * fps + _GRID_TOLERANCE)
                if slot <= last_slot:
                    continue
                last_slot = slot
            check_pixels(source.path, frame.width, frame.height)
            yield Frame(develop(frame), time_s)


def _pick(
    path: str | Path,
    indices: np.ndarray[Any, np.dtype[np.int64]],
    window: tuple[float, float | None],
    max_side: int | None,
    can_seek: bool,
    note: Note,
) -> tuple[Image | None, np.ndarray[Any, np.dtype[np.float64]], int]:
    """Images and times of the frames at ``indices``, and how many frames the window has.

    The images are none if it has none, and unfinished if it has fewer than ``indices`` assume.
    """
    images: Image | None = None
    times_s = np.zeros(len(indices))
    num_seen = 0
    with open_source(path) as source:
        develop = _developer(source, max_side, MAX_SAMPLED_BYTES // (3 * len(indices)))
        for time_s, frame in _window(source, *window, can_seek, note):
            places = np.flatnonzero(indices == num_seen)
            num_seen += 1
            if not len(places) and images is not None:
                continue
            check_pixels(source.path, frame.width, frame.height)
            image = develop(frame)
            if images is None:
                # Filled in place: a list and then a stack of 4K frames would take twice as much.
                images = np.empty((len(indices), *image.shape), np.uint8)
            images[places] = image
            times_s[places] = time_s
    return images, times_s, num_seen


def _count_packets(path: str | Path, window: tuple[float, float | None], can_seek: bool) -> int:
    """How many frames a window should have, judging by its packets."""
    start_s, end_s = window
    count = 0
    with open_source(path, num_threads=1) as source:
        stream = require(source.video, "video", source)
        if can_seek:
            _seek(source, start_s - SEEK_LEADS_S[0])
        shown, read = (Clock(source.origin_s, frame_period_s(stream)) for _ in range(2))
        for packet in packets(source, stream, _ignore):
            if not packet.size or packet.is_discard:
                continue
            time_s = shown(packet.dts if packet.pts is None else packet.pts, packet.time_base)
            # Packets come in decoding order, and none is shown before it is decoded.
            if end_s is not None and read(packet.dts, packet.time_base) >= end_s:
                break
            count += start_s <= time_s and (end_s is None or time_s < end_s)
    return count


def _window(
    source: Source, start_s: float, end_s: float | None, can_seek: bool, note: Note
) -> Iterator[tuple[float, Any]]:
    """Decoded frames shown in a window, with their times.

    A frame that has been on screen since before the window, and is the only one in it, is given
    with the window's start as its time: long still pictures would be missed otherwise.
    """
    stream = require(source.video, "video", source)
    earlier, is_empty = None, True
    for time_s, frame in _timed(source, stream, start_s, can_seek, note):
        if end_s is not None and time_s >= end_s:
            break
        if time_s >= start_s:
            is_empty = False
            yield time_s, frame
        else:
            lasts_s = float((frame.duration or 0) * (frame.time_base or 0)) or frame_period_s(
                stream
            )
            earlier = (time_s + lasts_s, frame)
    else:
        # Nothing comes after it: it is on screen for as long as it says, not until the next.
        if earlier is not None and earlier[0] <= start_s:
            return
    if is_empty and earlier is not None:
        yield start_s, earlier[1]


def _timed(
    source: Source, stream: Any, start_s: float, can_seek: bool, note: Note
) -> Iterator[tuple[float, Any]]:
    """Decoded frames with their times, from ``start_s`` or earlier to the end."""
    period_s = frame_period_s(stream)
    for lead_s in SEEK_LEADS_S:
        if not can_seek or not _seek(source, start_s - lead_s):
            break
        clock = Clock(source.origin_s, period_s)
        frames = ((clock(f.pts, f.time_base), f) for f in decoded(source, stream, note))
        first = next(frames, None)
        if first is not None and first[0] <= start_s:
            yield from chain([first], frames)
            return
    # Seeking back to the start loses frames in some containers; opening afresh never does.
    with open_source(source.path) as fresh:
        clock = Clock(fresh.origin_s, period_s)
        for frame in decoded(fresh, fresh.video, note):
            yield clock(frame.pts, frame.time_base), frame


def _seek(source: Source, time_s: float) -> bool:
    """Go to the key frame before a time; whether that was possible and worth it."""
    if time_s <= 1.0:
        return False
    stream = require(source.video, "video", source)
    try:
        source.container.seek(
            int((time_s + source.origin_s) / stream.time_base), stream=stream, backward=True
        )
    except (av.error.FFmpegError, OSError, OverflowError):
        return False
    return True


def _developer(source: Source, max_side: int | None, max_pixels: int | None = None) -> Developer:
    stream = require(source.video, "video", source)
    aspect = stream.sample_aspect_ratio
    return Developer(max_side, float(aspect) if aspect else None, max_pixels)


def _between(start_s: float, end_s: float | None) -> str:
    if end_s is None:
        return f" after {start_s:g} s" if start_s > 0 else ""
    return f" from {start_s:g} s to {end_s:g} s"


def _ignore(warning: str) -> None:
    """Take a warning that another pass reports."""
