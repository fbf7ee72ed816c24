"""What a media file holds, found by reading its packets rather than trusting its header."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from xemogpt.errors import MediaError
from xemogpt.media.container import Source, open_source
from xemogpt.media.demux import (
    MAX_FRUITLESS_PACKETS,
    MAX_JUMP_S,
    Clock,
    Note,
    frame_period_s,
    packets,
)
from xemogpt.media.pixels import Developer, orientation

_HONEST_HEADERS = ("mov", "matroska", "wav", "flac", "avi")
"""Containers whose header states the duration rather than letting it be guessed."""


@dataclass(frozen=True)
class VideoInfo:
    """The pictures of a file."""

    codec: str
    width: int
    """As shown: after rotation and with square pixels."""
    height: int
    frame_rate: float
    """Frames over the time they take: an average where it varies."""
    num_frames: int
    """Packets that hold a frame to be shown; all of them may not decode."""
    start_s: float
    end_s: float
    pixel_format: str
    rotation_deg: int
    """How far the stored pictures are turned clockwise to be shown."""


@dataclass(frozen=True)
class AudioInfo:
    """The sound of a file."""

    codec: str
    sample_rate: int
    num_channels: int
    layout: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class MediaInfo:
    """What a media file holds. Times are in seconds from the container's start."""

    path: Path
    duration_s: float
    """When the last picture or sound ends."""
    container: str
    video: VideoInfo | None
    audio: AudioInfo | None
    warnings: tuple[str, ...] = ()
    can_seek: bool = True
    """Whether time stamps run on without jumps, so that seeking by time is safe."""


def probe(path: str | Path) -> MediaInfo:
    """Read through a file without decoding it, but for its first frame.

    Raises:
        MediaError: if the file is not media, or holds nothing that can be decoded.
    """
    with open_source(path) as source:
        warnings = dict.fromkeys(source.warnings)
        scan = _Scan(source, warnings.setdefault)
        video, audio = scan.video_info(), scan.audio_info()
        if video is None and audio is None:
            raise MediaError(f"{source.path} holds neither pictures nor sound that can be decoded")
        duration_s = max(part.end_s for part in (video, audio) if part is not None)
        container: str = source.container.format.name
        promised_s = (source.container.duration or 0) / av.time_base
        if container.startswith(_HONEST_HEADERS) and duration_s < 0.95 * promised_s - 0.5:
            warnings[
                f"truncated: the file ends after {duration_s:.1f} s of the {promised_s:.1f} s"
                " that its header promises; what is there was used"
            ] = None
        return MediaInfo(
            source.path, duration_s, container, video, audio, tuple(warnings), scan.can_seek
        )


class _Extent:
    """When the packets of a stream begin and end, how many there are, and their first frame."""

    def __init__(self, source: Source, stream: Any) -> None:
        self.stream = stream
        self.period_s = frame_period_s(stream) if stream.type == "video" else 0.0
        self.clock = Clock(source.origin_s, self.period_s)
        self.start_s, self.end_s, self.num_packets = float("inf"), 0.0, 0
        self.frame: Any | None = None

    def add(self, packet: Any) -> None:
        if packet.size and not packet.is_discard:
            stamp = packet.dts if packet.pts is None else packet.pts
            time_s = self.clock(stamp, packet.time_base)
            length_s = float((packet.duration or 0) * packet.time_base)
            if not 0 < length_s < MAX_JUMP_S:
                length_s = self.period_s
            self.start_s = max(0.0, min(self.start_s, time_s))
            self.end_s = max(self.end_s, time_s + length_s)
            self.num_packets += 1
        if self.frame is None and self.num_packets <= MAX_FRUITLESS_PACKETS:
            with suppress(av.error.FFmpegError, OSError, ValueError):
                self.frame = next(iter(packet.decode()), None)


class _Scan:
    """One pass over the packets of the streams in use, decoding the first frame of each only."""

    def __init__(self, source: Source, note: Note) -> None:
        streams = [stream for stream in (source.video, source.audio) if stream is not None]
        extents = {stream.index: _Extent(source, stream) for stream in streams}
        for packet in packets(source, streams, note):
            extents[packet.stream.index].add(packet)
        self.can_seek = not any(extent.clock.has_jumped for extent in extents.values())
        for extent in extents.values():
            if extent.frame is None:
                kind = extent.stream.type
                note(f"{kind}-undecodable: nothing of the {kind} could be decoded; left out")
        self._decodable = {e.stream.type: e for e in extents.values() if e.frame is not None}

    def video_info(self) -> VideoInfo | None:
        """The pictures, if any frame of them decodes."""
        extent = self._decodable.get("video")
        if extent is None or extent.frame is None:
            return None
        stream, frame = extent.stream, extent.frame
        aspect = stream.sample_aspect_ratio
        width, height = Developer(aspect=float(aspect) if aspect else None).shown_size(frame)
        shown_s = max(extent.end_s - extent.start_s, extent.period_s)
        return VideoInfo(
            codec=stream.codec_context.name,
            width=width,
            height=height,
            frame_rate=extent.num_packets / shown_s,
            num_frames=extent.num_packets,
            start_s=extent.start_s,
            end_s=extent.end_s,
            pixel_format=frame.format.name,
            rotation_deg=-orientation(frame)[0] * 90 % 360,
        )

    def audio_info(self) -> AudioInfo | None:
        """The sound, if any of it decodes."""
        extent = self._decodable.get("audio")
        if extent is None or extent.frame is None:
            return None
        return AudioInfo(
            codec=extent.stream.codec_context.name,
            sample_rate=extent.frame.sample_rate,
            num_channels=extent.frame.layout.nb_channels,
            layout=extent.frame.layout.name,
            start_s=extent.start_s,
            end_s=extent.end_s,
        )
