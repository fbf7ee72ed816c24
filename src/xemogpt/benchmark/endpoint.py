"""A multimodal model behind an OpenAI-compatible address, asked clip by clip.

Frames go as JPEG pictures, sound as one WAV, words in the text. A sample that fails is a failure
for itself; when the endpoint is plainly down, the rest is not asked.
"""

import base64
import io
import threading
import time
import wave
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import cv2
import numpy as np
from pydantic import Field

from xemogpt.benchmark.runlog import Answer, RunFailure, Sample, Setting
from xemogpt.errors import AnnotatorError, ConfigError, MediaError
from xemogpt.media import probe, read_audio, read_frames
from xemogpt.metrics.extraction.endpoint import Endpoint, EndpointConfig, EndpointDown
from xemogpt.prompts import SYSTEM_MESSAGE, default_instruction

GIVE_UP_AFTER = 5
"""Failures in a row after which nothing more is asked."""
JPEG_QUALITY = 85


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


class EndpointSystem:
    """Asks an endpoint about each sample; several requests are in flight at once."""

    packages: tuple[str, ...] = ("httpx", "opencv-python-headless", "av")
    depends_on_batch = False

    def __init__(self, config: MultimodalConfig) -> None:
        self.config = config
        self.name = f"openai:{without_password(config.url)}#{config.model}"
        self.batch_size = config.concurrency
        self.weights: dict[str, str] = {}
        shown = ("max_tokens", "temperature", "num_frames", "max_side", "use_sound", "max_sound_s")
        self.settings: dict[str, Setting] = {name: getattr(config, name) for name in shown}
        self._endpoint = Endpoint(config)
        self._lock = threading.Lock()
        self._failed_in_a_row = 0
        self._down: str | None = None

    def answer(self, samples: Sequence[Sample]) -> list[Answer | RunFailure]:
        """One answer or failure for each sample, in order."""
        with ThreadPoolExecutor(self.config.concurrency) as pool:
            return list(pool.map(self._ask, samples))

    def close(self) -> None:
        """Close the connections."""
        self._endpoint.close()

    def _ask(self, sample: Sample) -> Answer | RunFailure:
        if self._down is not None:
            return RunFailure(id=sample.id, error=f"not asked: {self._down}")
        started = time.perf_counter()
        try:
            messages = build_messages(sample, self.config)
        except (MediaError, ConfigError) as error:
            return RunFailure(id=sample.id, error=str(error))
        try:
            text = self._endpoint.complete(messages).text
        except AnnotatorError as error:
            self._note(error)
            return RunFailure(id=sample.id, error=str(error))
        self._note(None)
        return Answer(id=sample.id, text=text, seconds=time.perf_counter() - started)

    def _note(self, error: AnnotatorError | None) -> None:
        """Remember whether asking on makes sense."""
        with self._lock:
            self._failed_in_a_row = self._failed_in_a_row + 1 if error else 0
            if isinstance(error, EndpointDown) or self._failed_in_a_row >= GIVE_UP_AFTER:
                self._down = str(error)


def without_password(url: str) -> str:
    """The address without a user name and password, for logs.

    >>> without_password("https://me:secret@example.org/v1")
    'https://example.org/v1'
    """
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))


def build_messages(sample: Sample, config: MultimodalConfig) -> list[dict[str, Any]]:
    """The conversation that asks about one sample.

    Raises:
        MediaError: if the media cannot be read.
        ConfigError: if there is nothing to show.
    """
    parts, modalities = _media_parts(sample, config)
    if sample.subtitle:
        parts.append({"type": "text", "text": f"The person says: {sample.subtitle!r}"})
    if not parts:
        raise ConfigError(f"{sample.id}: nothing to show: no pictures, no sound, no words")
    asked = default_instruction(modalities, has_words=bool(sample.subtitle))
    parts.append({"type": "text", "text": asked})
    return [{"role": "system", "content": SYSTEM_MESSAGE}, {"role": "user", "content": parts}]


def _media_parts(sample: Sample, config: MultimodalConfig) -> tuple[list[dict[str, Any]], set[str]]:
    """Content parts of pictures and sound, and which of ``video`` and ``audio`` they are."""
    parts: list[dict[str, Any]] = []
    modalities: set[str] = set()
    if sample.media is None:
        return parts, modalities
    info = probe(sample.media)
    if info.video and config.num_frames:
        frames = read_frames(sample.media, config.num_frames, max_side=config.max_side)
        for image in frames.images:
            url = f"data:image/jpeg;base64,{_base64(_jpeg(image))}"
            parts.append({"type": "image_url", "image_url": {"url": url}})
        modalities.add("video")
    if info.audio and config.use_sound:
        audio = read_audio(sample.media, 0.0, config.max_sound_s)
        data = _base64(_wav(audio.waveform, audio.sample_rate))
        parts.append({"type": "input_audio", "input_audio": {"data": data, "format": "wav"}})
        modalities.add("audio")
    return parts, modalities


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
