"""A multimodal model behind an OpenAI-compatible address, asked clip by clip.

Frames go as JPEG pictures, sound as one WAV, words in the text. A sample that fails is a failure
for itself; when the endpoint is plainly down, the rest is not asked.
"""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from xemogpt.benchmark.runlog import Answer, RunFailure, Sample, Setting
from xemogpt.emocue.annotators.parts import (
    MultimodalConfig,
    picture_parts,
    sound_part,
    text_part,
)
from xemogpt.errors import AnnotatorError, ConfigError, MediaError
from xemogpt.media import probe
from xemogpt.metrics.extraction.endpoint import Endpoint, EndpointDown
from xemogpt.prompts import SYSTEM_MESSAGE, default_instruction

GIVE_UP_AFTER = 5
"""Failures in a row after which nothing more is asked."""


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
        parts.append(text_part(f"The person says: {sample.subtitle!r}"))
    if not parts:
        raise ConfigError(f"{sample.id}: nothing to show: no pictures, no sound, no words")
    asked = default_instruction(modalities, has_words=bool(sample.subtitle))
    parts.append(text_part(asked))
    return [{"role": "system", "content": SYSTEM_MESSAGE}, {"role": "user", "content": parts}]


def _media_parts(sample: Sample, config: MultimodalConfig) -> tuple[list[dict[str, Any]], set[str]]:
    """Content parts of pictures and sound, and which of ``video`` and ``audio`` they are."""
    parts: list[dict[str, Any]] = []
    modalities: set[str] = set()
    if sample.media is None:
        return parts, modalities
    info = probe(sample.media)
    if info.video and config.num_frames:
        parts += picture_parts(sample.media, config.num_frames, config.max_side)
        modalities.add("video")
    if info.audio and config.use_sound:
        parts.append(sound_part(sample.media, config.max_sound_s))
        modalities.add("audio")
    return parts, modalities
