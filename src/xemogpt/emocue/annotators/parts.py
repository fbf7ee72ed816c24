"""Pictures and sound of a clip as content parts of an OpenAI-compatible request.

Frames go as JPEG pictures, sound as one 16-bit WAV; both inside the request, so that an endpoint
needs no access to the files.
"""

import base64
import io
import wave
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pydantic import Field

from xemogpt.errors import MediaError
from xemogpt.media import read_audio, read_frames
from xemogpt.metrics.extraction.endpoint import EndpointConfig

JPEG_QUALITY = 85
ContentPart = dict[str, Any]


class MultimodalConfig(EndpointConfig):
    """Where the model is, how patiently to ask it, and what to show it."""

    timeout_s: float = Field(default=120, gt=0)
    """How long one request may take, to the last byte."""
    max_retries: int = Field(default=2, ge=0)
    max_tokens: int = Field(default=512, ge=1)
    num_frames: int = Field(default=8, ge=0, le=256)
    """Pictures of each clip, evenly spaced; 0 for a model that sees nothing."""
    max_side: int = Field(default=512, ge=32)
    """Longest side of a picture, in pixels."""
    use_sound: bool = True
    """Whether to send sound; some models refuse it."""
    max_sound_s: float = Field(default=60, gt=0)
    """Longest sound sent."""


def text_part(text: str) -> ContentPart:
    """Words."""
    return {"type": "text", "text": text}


def picture_parts(
    path: Path, num_frames: int, max_side: int, *, with_times: bool = False
) -> list[ContentPart]:
    """Frames of a clip, evenly spaced, each after its time in words if wanted.

    Args:
        path: a file with pictures.
        num_frames: how many; repeated ones are sent once where times are given.
        max_side: longest side, in pixels.
        with_times: whether a text part such as "Frame at 0.40 s:" goes before each picture.

    Raises:
        MediaError: if there is no picture that can be decoded.
    """
    frames = read_frames(path, num_frames, max_side=max_side)
    parts: list[ContentPart] = []
    last_s = -1.0
    for image, time_s in zip(frames.images, frames.times_s, strict=True):
        if with_times:
            if time_s == last_s:
                continue
            parts.append(text_part(f"Frame at {time_s:.2f} s:"))
            last_s = float(time_s)
        parts.append(picture_part(image))
    return parts


def picture_part(image: np.ndarray[Any, Any]) -> ContentPart:
    """One picture, RGB (H, W, 3), uint8.

    Raises:
        MediaError: if it cannot be encoded.
    """
    url = f"data:image/jpeg;base64,{_base64(_jpeg(image))}"
    return {"type": "image_url", "image_url": {"url": url}}


def sound_part(path: Path, max_sound_s: float) -> ContentPart:
    """The sound of a clip, its first ``max_sound_s`` seconds at most.

    Raises:
        MediaError: if there is no sound that can be decoded.
    """
    audio = read_audio(path, 0.0, max_sound_s)
    return waveform_part(audio.waveform, audio.sample_rate)


def waveform_part(waveform: np.ndarray[Any, Any], sample_rate: int) -> ContentPart:
    """Sound, mono float (S,), full scale at 1."""
    data = _base64(_wav(waveform, sample_rate))
    return {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}


def _jpeg(image: np.ndarray[Any, Any]) -> bytes:
    """Encode RGB (H, W, 3), uint8."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    is_done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not is_done:
        raise MediaError("a picture cannot be encoded as JPEG")
    return bytes(data)


def _wav(waveform: np.ndarray[Any, Any], sample_rate: int) -> bytes:
    """Encode float (S,), full scale at 1, as 16-bit mono."""
    samples = (np.clip(waveform, -1, 1) * 32767).astype("<i2")
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(samples.tobytes())
    return target.getvalue()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
