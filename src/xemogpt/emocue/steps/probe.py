"""What a clip's file holds: streams, length and hash."""

from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

from xemogpt.emocue.records import EmoCueRecord, Step
from xemogpt.emocue.steps.base import Tools
from xemogpt.errors import MediaError
from xemogpt.files import sha256_of
from xemogpt.media import MediaInfo, iter_audio
from xemogpt.media import probe as probe_media
from xemogpt.media.audio import SAMPLE_RATE
from xemogpt.media.clip import MAX_DURATION_S

FULL_SCALE = 0.99
"""Samples of at least this are at the limit."""
_version = cache(version)  # reads a file each time


def probe(record: EmoCueRecord, tools: Tools) -> EmoCueRecord:
    """Fill hash, duration, streams (as tags) and the scores that need no detector.

    Tags are ``container=``, ``video=`` and ``audio=``; scores ``width_px``, ``height_px``,
    ``frame_rate``, ``sample_rate_hz`` and ``clipped_share``, each only where there is such a
    stream.

    Raises:
        MediaError: if the file cannot be read, or lasts no time.
    """
    if record.media is None:
        return record
    path = record.media_path(tools.folder)
    info = probe_media(path)
    if info.duration_s <= 0:
        raise MediaError(f"{path} lasts no time; expected a clip with pictures or sound")
    scores, tags = _streams(info)
    if info.audio is not None:
        scores["clipped_share"] = _clipped_share(path, min(info.duration_s, MAX_DURATION_S))
    return record.model_copy(
        update={
            "media_sha256": sha256_of(path),
            "duration_s": round(info.duration_s, 3) or info.duration_s,
            "tags": tuple(dict.fromkeys((*record.tags, *tags))),
            "quality": {**record.quality, **scores},
            "flags": tuple(dict.fromkeys((*record.flags, *info.warnings))),
            "steps": (*record.steps, Step(tool="probe/av", version=_version("av"))),
        }
    )


def _streams(info: MediaInfo) -> tuple[dict[str, float], list[str]]:
    # "mov,mp4,m4a" and the like: one decoder for several names.
    tags = [f"container={info.container.split(',')[0]}"]
    scores: dict[str, float] = {}
    if info.video is not None:
        tags.append(f"video={info.video.codec}")
        scores["width_px"] = float(info.video.width)
        scores["height_px"] = float(info.video.height)
        scores["frame_rate"] = round(info.video.frame_rate, 3)
    if info.audio is not None:
        tags.append(f"audio={info.audio.codec}")
        scores["sample_rate_hz"] = float(info.audio.sample_rate)
    return scores, tags


def _clipped_share(path: Path, until_s: float) -> float:
    """Share of the samples at 16 kHz that are at the limit."""
    num, num_clipped = 0, 0
    for block in iter_audio(path):
        if num > until_s * SAMPLE_RATE:
            break  # forged time stamps make years of silence
        num += len(block)
        num_clipped += int((np.abs(block) >= FULL_SCALE).sum())
    return round(num_clipped / num, 6) if num else 0.0
