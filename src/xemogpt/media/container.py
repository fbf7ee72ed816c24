"""Opening media files: local files of known formats only, with errors that say what to do."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av

from xemogpt.errors import MediaError

MAX_PIXELS = 50_000_000
"""Frames of more pixels are refused before they are allocated (8K video has 33 million)."""

MAX_THREADS = 4
"""Decoder threads; each holds frames of its own, so more cost memory on large machines."""

# Playlists (hls, dash, concat, image2 patterns) are not here: they make the library open other
# files and addresses. Each name is an FFmpeg demuxer that reads nothing but the file itself.
_FORMATS = (
    "3gp,aac,ac3,aiff,amr,apng,ape,asf,au,av1,avi,avif,bmp_pipe,caf,dts,dv,eac3,flac,flv,gif,"
    "h264,hevc,ivf,jpeg_pipe,loas,m4v,matroska,mjpeg,mov,mp3,mp4,mpeg,mpegts,mpegvideo,mxf,nut,"
    "obu,ogg,png_pipe,rm,tiff_pipe,tta,vc1,vvc,w64,wav,webm,webp_pipe,wtv,wv,yuv4mpegpipe"
)
_OPTIONS = {
    "format_whitelist": _FORMATS,
    "protocol_whitelist": "file",
    "max_pixels": str(MAX_PIXELS),
}
_SUBTITLE_SUFFIXES = {".srt", ".vtt", ".ass", ".ssa", ".sub", ".txt"}


@dataclass
class Source:
    """An open media file: the streams that are used, and where its time begins."""

    path: Path
    container: Any
    """The PyAV input container."""
    video: Any | None
    """The PyAV stream of moving pictures; cover art is not one."""
    audio: Any | None
    origin_s: float
    """The container's start on its own clock, in seconds: time 0 of everything returned."""
    warnings: list[str] = field(default_factory=list)


@contextmanager
def open_source(path: str | Path, num_threads: int | None = None) -> Iterator[Source]:
    """Open a local media file.

    Args:
        path: a regular file; addresses and playlists are refused.
        num_threads: decoder threads; one a core up to ``MAX_THREADS`` by default.

    Raises:
        MediaError: if there is no such file, or it holds nothing that can be decoded.
    """
    path = check_file(path)
    try:
        # The explicit protocol keeps a name such as "data:x.mp4" from being read as an address.
        container = av.open(f"file:{path}", options=_OPTIONS, metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError, UnicodeError) as error:
        raise MediaError(_why_not(path, error)) from error
    with container:
        yield _source(path, container, num_threads)


def check_file(path: str | Path) -> Path:
    """The absolute path of a regular file that is not empty.

    Raises:
        MediaError: if it is anything else.
    """
    if "://" in str(path) and not Path(path).exists():
        raise MediaError(f"{path} is an address; download it and give the path of the file")
    path = Path(os.path.abspath(path))
    try:
        if path.is_dir():
            raise MediaError(f"{path} is a folder; expected a video or sound file")
        if not path.exists():
            raise MediaError(f"{path} does not exist; check the path")
        if not path.is_file():
            raise MediaError(f"{path} is not a regular file; expected a video or sound file")
        if path.stat().st_size == 0:
            raise MediaError(f"{path} is empty (0 bytes); copy or download it again")
    except (OSError, ValueError) as error:
        if isinstance(error, MediaError):
            raise
        raise MediaError(f"cannot read {path}: {error}") from error
    return path


def _why_not(path: Path, error: Exception) -> str:
    """What to tell the user about a file that could not be opened."""
    if isinstance(error, PermissionError):
        return f"{path} may not be read; check its permissions"
    if path.suffix.lower() in _SUBTITLE_SUFFIXES:
        return f"{path} is a text file; give it as the subtitle, and a video or sound file here"
    if isinstance(error, av.error.ArgumentError):
        # What FFmpeg answers for a format that is off our list.
        return f"{path} is not a media file, or is a playlist; give the video or sound file itself"
    if path.suffix.lower() in {".mp4", ".m4v", ".mov", ".m4a", ".3gp"}:
        return (
            f"{path} is not a media file, or was cut off before its index (moov) was written;"
            " record or download it again"
        )
    return f"{path} is not a media file, or its start is damaged ({reason_of(error)})"


def reason_of(error: Exception) -> str:
    """What the library says went wrong, without the path and number it adds."""
    return getattr(error, "strerror", None) or str(error)


def _source(path: Path, container: Any, num_threads: int | None) -> Source:
    warnings: list[str] = []
    videos = [s for s in container.streams.video if not s.disposition & s.disposition.attached_pic]
    usable_videos = [s for s in videos if s.codec_context is not None]
    sounds = list(container.streams.audio)
    usable_sounds = [s for s in sounds if s.codec_context is not None]
    if videos and not usable_videos:
        warnings.append("video-unsupported: there is no decoder for the pictures; only sound used")
    if sounds and not usable_sounds:
        warnings.append("audio-unsupported: there is no decoder for the sound; only pictures used")
    if not usable_videos and not usable_sounds:
        raise MediaError(f"{path} holds neither pictures nor sound that can be decoded")
    video = max(usable_videos, key=lambda s: s.width * s.height, default=None)
    audio = max(
        usable_sounds, key=lambda s: bool(s.disposition & s.disposition.default), default=None
    )
    if video is not None:
        check_pixels(path, video.width, video.height)
        video.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
        video.thread_type = "AUTO"
        threads = num_threads or min(MAX_THREADS, os.cpu_count() or 1)
        video.codec_context.thread_count = threads
    start_s = (container.start_time or 0) / av.time_base
    # A small negative start is encoder priming, which is cut away and not shown.
    origin_s = 0.0 if -0.5 < start_s < 0 else start_s
    return Source(path, container, video, audio, origin_s, warnings)


def check_pixels(path: Path, width: int, height: int) -> None:
    """Refuse frames that would fill the memory.

    Raises:
        MediaError: if a frame has more than ``MAX_PIXELS``.
    """
    if width * height > MAX_PIXELS:
        raise MediaError(
            f"{path} has frames of {width}x{height}; the limit is {MAX_PIXELS / 1e6:.0f} million"
            " pixels: scale it down first"
        )
