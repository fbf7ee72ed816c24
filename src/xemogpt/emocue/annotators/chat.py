"""An annotator behind any OpenAI-compatible endpoint: vLLM, Ollama, transformers serve, hosted.

Each modality is described from its own pictures or sound alone; the fusion sees words only. An
endpoint that takes no sound (or no pictures) is told what was measured instead, and a flag says
so. Answers that could be used are kept on disk, so that a build that goes on pays for none twice.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any, Literal, NamedTuple, TypeVar

from xemogpt.emocue.annotators.answers import BadAnswer, read_description, read_fusion
from xemogpt.emocue.annotators.base import Described, Description, Fusion, Shown
from xemogpt.emocue.annotators.guidance import DISAGREES
from xemogpt.emocue.annotators.labels import contradiction
from xemogpt.emocue.annotators.parts import (
    ContentPart,
    MultimodalConfig,
    picture_parts,
    sound_part,
    text_part,
)
from xemogpt.emocue.annotators.prompts import (
    again,
    describe_hash,
    describe_request,
    describe_schema,
    describe_system,
    fuse_hash,
    fuse_request,
    fuse_schema,
    fuse_system,
    measured_request,
)
from xemogpt.emocue.annotators.store import AnswerStore
from xemogpt.emocue.records import Step
from xemogpt.errors import AnnotatorError
from xemogpt.files import sha256_of
from xemogpt.media import probe
from xemogpt.metrics.extraction.endpoint import (
    Completion,
    Endpoint,
    EndpointDown,
    RequestRefused,
)

GIVE_UP_AFTER = 5
"""Requests that fail in a row before the endpoint counts as down."""
NUM_ASKED = 2
"""How often a question is asked until its answer can be used."""
T = TypeVar("T", Description, Fusion)


class Tokens(NamedTuple):
    """What was sent and received, as the endpoint counts."""

    prompt_tokens: int
    completion_tokens: int


@dataclass
class Counts:
    """What an annotator took; answers from disk cost nothing."""

    requests: int = 0
    """Questions sent, repetitions after failures left out."""
    cached: int = 0
    """Questions whose answers were on disk."""
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True)
class _Question:
    """One request, before its media are encoded."""

    task: Literal["describe", "fuse"]
    system: str
    request: str
    schema: dict[str, Any]
    media: str = ""
    """What is shown, in words that change with it; empty for words alone."""
    parts: Callable[[], list[ContentPart]] | None = None

    def messages(self, problem: str | None) -> list[dict[str, Any]]:
        """The conversation; after an unusable answer, with what was wrong."""
        text = self.request if problem is None else f"{self.request}\n\n{again(problem)}"
        # Plain text rather than a list of one part: some text models take nothing else.
        content = text if self.parts is None else [*self.parts(), text_part(text)]
        return [{"role": "system", "content": self.system}, {"role": "user", "content": content}]


class ChatAnnotator:
    """Asks an endpoint; safe to use from several threads.

    Args:
        config: where it is, how patiently to ask, and what to show.
        cache_path: SQLite file of answers; by default they are kept in memory only.

    Raises:
        MissingDependencyError: if httpx is not installed.
        OutputError: if the file of answers cannot be opened.
    """

    def __init__(self, config: MultimodalConfig, cache_path: str | os.PathLike[str] = "") -> None:
        self.config = config
        self.name = f"openai:{config.url}#{config.model}"
        self.counts = Counts()
        # One for each kind of request: an endpoint that refuses sound in every answer format
        # should not thereby lose the format in which it answers questions without.
        self._endpoints = {kind: Endpoint(config) for kind in ("visual", "auditory", "words")}
        self._store = AnswerStore(cache_path or ":memory:", self.name)
        self._lock = threading.Lock()
        self._failed_in_a_row = 0
        self._key = os.environ.get(config.api_key_env) or None

    @property
    def usage(self) -> Tokens:
        """Tokens so far."""
        return Tokens(self.counts.prompt_tokens, self.counts.completion_tokens)

    def close(self) -> None:
        """Close connections and the file of answers."""
        for endpoint in self._endpoints.values():
            endpoint.close()
        self._store.close()

    def describe(self, shown: Shown, modality: Described) -> Description:
        """What is seen, or what is heard; empty if the clip has no pictures, or no sound.

        Raises:
            MediaError: if the clip cannot be decoded.
            EndpointDown: if the endpoint is not there, refuses the key or keeps failing.
            AnnotatorError: if it refuses, or answers nothing usable.
        """
        question = self._look_or_listen(shown, modality)
        if question is None:
            return Description(text="")
        duration_s = shown.record.duration_s

        def read(text: str) -> Description:
            return read_description(text, modality, duration_s)

        try:
            return self._answered(question, read, modality)
        except RequestRefused:
            pass
        what = "pictures" if modality == "visual" else "sound"
        measured = shown.record.measured
        if measured is None or not measured.of(modality):
            flag = f"{what}-refused: the endpoint takes no {what}, and no cue of it was measured"
            return Description(text="", flags=(flag,))
        told = self._answered(
            _Question(
                task="describe",
                system=describe_system(modality, from_measurements=True),
                request=measured_request(shown.record, modality),
                schema=describe_schema(),
            ),
            read,
            "words",
        )
        flag = f"{what}-refused: the endpoint takes no {what}; it described the measured cues"
        return told.model_copy(update={"flags": (flag, *told.flags)})

    def fuse(self, shown: Shown) -> Fusion:
        """The explanation, from what the record says; neither pictures nor sound are sent.

        Raises:
            EndpointDown: if the endpoint is not there, refuses the key or keeps failing.
            AnnotatorError: if it refuses, or answers nothing usable.
        """
        question = _Question("fuse", fuse_system(), fuse_request(shown.record), fuse_schema())
        duration_s = shown.record.duration_s
        answer = self._answered(question, lambda text: read_fusion(text, duration_s), "words")
        flag = contradiction(shown.record, answer.emotions)
        if flag is None or any(given.startswith(DISAGREES) for given in answer.flags):
            return answer
        return answer.model_copy(update={"flags": (*answer.flags, flag)})

    def provenance(self, task: Literal["describe", "fuse"]) -> Step:
        """Tool, version, model and hash of the prompt."""
        return Step(
            tool="openai",
            version=version("xemogpt"),
            model=self.name,
            prompt_sha256=describe_hash() if task == "describe" else fuse_hash(),
        )

    def _look_or_listen(self, shown: Shown, modality: Described) -> _Question | None:
        """The question with pictures or sound; none if the clip has none, or none is to be sent."""
        path, config = shown.media, self.config
        if path is None:
            return None
        info = probe(path)
        if modality == "visual":
            if not info.video or not config.num_frames:
                return None
            media = f"{config.num_frames} frames up to {config.max_side} px"
        else:
            if not info.audio or not config.use_sound:
                return None
            media = f"sound up to {config.max_sound_s:g} s"

        def parts() -> list[ContentPart]:
            if modality == "auditory":
                return [sound_part(path, config.max_sound_s)]
            return picture_parts(path, config.num_frames, config.max_side, with_times=True)

        return _Question(
            task="describe",
            system=describe_system(modality),
            request=describe_request(modality, shown.record.duration_s),
            schema=describe_schema(),
            media=f"{media} of {shown.record.media_sha256 or sha256_of(path)}",
            parts=parts,
        )

    def _answered(self, question: _Question, read: Callable[[str], T], kind: str) -> T:
        """The answer to a question: from disk, or asked for until it can be used."""
        prompt = self.provenance(question.task).prompt_sha256 or ""
        # What a prompt's hash does not cover, but an answer depends on.
        limits = f"{self.config.temperature:g} {self.config.max_tokens}"
        asked = "\n".join([question.system, question.request, question.media, limits])
        kept = self._store.get(prompt, asked)
        if kept is not None:
            try:
                answer = read(kept)
            except AnnotatorError:
                pass  # Answers are read more strictly now than when this one was kept.
            else:
                with self._lock:
                    self.counts.cached += 1
                return answer
        problem: str | None = None
        for attempt in range(1, NUM_ASKED + 1):
            completion = self._complete(question, problem, kind)
            try:
                answer = read(completion.text)
            except BadAnswer as error:
                # Without the answer's own words, which may be anything.
                problem = str(error).partition(":")[0]
                if attempt == NUM_ASKED:
                    self._store.put_problem(prompt, asked, str(error))
                    raise AnnotatorError(
                        f"{self.name} gave no usable answer when asked {NUM_ASKED} times: {error}"
                    ) from error
            else:
                self._store.put(prompt, asked, completion)
                return answer
        raise AssertionError("a question is asked until it is answered or fails")

    def _complete(self, question: _Question, problem: str | None, kind: str) -> Completion:
        """One request; its errors name no key."""
        messages = question.messages(problem)
        with self._lock:
            self.counts.requests += 1
        try:
            completion = self._endpoints[kind].complete(messages, question.schema)
        except AnnotatorError as error:
            with self._lock:
                # An endpoint that takes no sound is no less alive.
                is_failure = kind == "words" or not isinstance(error, RequestRefused)
                self._failed_in_a_row += is_failure
                failed = self._failed_in_a_row
            message = self._without_key(str(error))
            if is_failure and failed >= GIVE_UP_AFTER and not isinstance(error, EndpointDown):
                raise EndpointDown(
                    f"{failed} requests in a row failed; the last one: {message}"
                ) from None
            raise type(error)(message) from None
        with self._lock:
            self._failed_in_a_row = 0
            self.counts.prompt_tokens += completion.prompt_tokens
            self.counts.completion_tokens += completion.completion_tokens
        return replace(completion, text=self._without_key(completion.text))

    def _without_key(self, text: str) -> str:
        """A text from outside, without the key: some servers repeat it in their errors."""
        return text if self._key is None else text.replace(self._key, "***")
