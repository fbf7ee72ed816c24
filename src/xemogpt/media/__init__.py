"""Decoding: frames with true times, 16 kHz sound, subtitles, and windows of long clips.

Names are resolved on first use, so that importing this costs nothing until something is decoded.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xemogpt.media.audio import SAMPLE_RATE as SAMPLE_RATE
    from xemogpt.media.audio import Audio as Audio
    from xemogpt.media.audio import iter_audio as iter_audio
    from xemogpt.media.audio import read_audio as read_audio
    from xemogpt.media.clip import Clip as Clip
    from xemogpt.media.clip import open_clips as open_clips
    from xemogpt.media.info import AudioInfo as AudioInfo
    from xemogpt.media.info import MediaInfo as MediaInfo
    from xemogpt.media.info import VideoInfo as VideoInfo
    from xemogpt.media.info import probe as probe
    from xemogpt.media.subtitles import read_subtitles as read_subtitles
    from xemogpt.media.subtitles import sidecar_subtitles as sidecar_subtitles
    from xemogpt.media.subtitles import slice_transcript as slice_transcript
    from xemogpt.media.video import Frame as Frame
    from xemogpt.media.video import Frames as Frames
    from xemogpt.media.video import frame_indices as frame_indices
    from xemogpt.media.video import iter_frames as iter_frames
    from xemogpt.media.video import read_frames as read_frames

_NAMES = {
    "audio": ("SAMPLE_RATE", "Audio", "iter_audio", "read_audio"),
    "clip": ("Clip", "open_clips"),
    "info": ("AudioInfo", "MediaInfo", "VideoInfo", "probe"),
    "subtitles": ("read_subtitles", "sidecar_subtitles", "slice_transcript"),
    "video": ("Frame", "Frames", "frame_indices", "iter_frames", "read_frames"),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
