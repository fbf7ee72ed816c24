"""Clips with part of their evidence taken away: what an honest answer must then lose.

The changed clip is a Matroska file, which holds nearly every codec, so that what is kept is
copied packet by packet and not encoded again. Only frozen pictures are encoded.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av

from xemogpt.errors import ConfigError, MediaError

FULL, NO_AUDIO, SWAPPED, FROZEN, TEXT_ONLY = CONDITIONS = (
    "full",
    "no-audio",
    "swapped-video",
    "frozen-frames",
    "text-only",
)
"""Nothing changed; no sound; another clip's pictures; one picture; neither pictures nor sound."""
FROZEN_RATE = 10
"""Frames a second of frozen pictures: nothing moves, but detectors need a rate."""


def needs_media(condition: str) -> bool:
    """Whether a sample under this condition has a media file at all.

    Raises:
        ConfigError: if there is no such condition.
    """
    if condition not in CONDITIONS:
        raise ConfigError(
            f"unknown condition {condition!r}; expected one of: {', '.join(CONDITIONS)}"
        )
    return condition != TEXT_ONLY


def apply_condition(media: Path, condition: str, other: Path | None, out: Path) -> Path:
    """Make the clip as the condition shows it.

    Args:
        media: the clip.
        condition: one of ``CONDITIONS`` that needs media.
        other: whose pictures are taken for ``swapped-video``.
        out: where to write; its ending becomes ``.mkv``.

    Returns:
        The file made, or ``media`` itself where nothing is changed.

    Raises:
        ConfigError: if the condition is unknown, needs no media, or lacks the other clip.
        MediaError: if a file cannot be read or lacks what the condition is about.
    """
    if not needs_media(condition):
        raise ConfigError(f"{condition}: this condition has no media file")
    if condition == FULL:
        return media
    if condition == SWAPPED and other is None:
        raise ConfigError(f"{SWAPPED}: there is no other clip to take pictures from")
    target = out.with_suffix(".mkv")
    partial = target.with_name(f".{target.name}.partial")
    try:
        with av.open(str(partial), "w", format="matroska") as made:
            if condition == NO_AUDIO:
                _write(made, _copied(made, media, "video"))
            elif condition == SWAPPED:
                assert other is not None, "checked above"
                end_s = _length_s(media)
                pictures = _copied(made, other, "video", end_s)
                _write(made, pictures, _copied(made, media, "audio"))
            else:
                pictures = _frozen(made, media)
                _write(made, pictures, _copied(made, media, "audio", is_needed=False))
        partial.replace(target)
    except (av.error.FFmpegError, OSError) as error:
        raise MediaError(f"cannot make {condition} of {media.name}: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return target


def _write(made: Any, *sources: Iterator[Any]) -> None:
    """Mux all sources. Each has added its stream when its first item, a None, was taken."""
    for source in sources:
        next(source)
    for packet in chain(*sources):
        made.mux(packet)


def _copied(
    made: Any, media: Path, kind: str, end_s: float | None = None, *, is_needed: bool = True
) -> Iterator[Any]:
    """A None once the stream is added, then its packets, up to ``end_s``."""
    with av.open(str(media)) as source:
        stream = next((s for s in source.streams if s.type == kind), None)
        if stream is None:
            if is_needed:
                raise MediaError(f"{media.name} has no {kind}")
            yield None
            return
        copy = made.add_stream_from_template(stream)
        yield None
        for packet in source.demux(stream):
            if packet.dts is None or (end_s is not None and _time_s(packet) >= end_s):
                continue
            packet.stream = copy
            yield packet


def _time_s(packet: Any) -> float:
    """When the packet is shown; some containers stamp only when it is decoded."""
    return float((packet.dts if packet.pts is None else packet.pts) * packet.time_base)


def _frozen(made: Any, media: Path) -> Iterator[Any]:
    """A None once the stream is added, then packets of the middle picture, repeated."""
    num_frames = max(2, round(_length_s(media) * FROZEN_RATE))
    picture = _middle_picture(media)
    stream = made.add_stream("mpeg4", rate=FROZEN_RATE)
    stream.width, stream.height = picture.width, picture.height
    stream.pix_fmt = "yuv420p"
    stream.bit_rate = 4_000_000
    stream.thread_count = 1
    yield None
    still = picture.reformat(format="yuv420p")
    for index in range(num_frames):
        still.pts, still.time_base = index, Fraction(1, FROZEN_RATE)
        yield from stream.encode(still)
    yield from stream.encode(None)


def _middle_picture(media: Path) -> Any:
    """The picture shown halfway through the clip."""
    middle_s = _length_s(media) / 2
    with av.open(str(media)) as source:
        if not source.streams.video:
            raise MediaError(f"{media.name} has no video")
        picture = None
        for frame in source.decode(video=0):
            picture = frame
            if frame.time is not None and frame.time >= middle_s:
                break
        if picture is None:
            raise MediaError(f"{media.name} holds no picture that can be decoded")
        # Odd sides cannot be encoded in 4:2:0.
        return picture.reformat(width=picture.width // 2 * 2, height=picture.height // 2 * 2)


def _length_s(media: Path) -> float:
    from xemogpt.media import probe

    return probe(media).duration_s
