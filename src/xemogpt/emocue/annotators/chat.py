"""An annotator behind any OpenAI-compatible endpoint: vLLM, Ollama, transformers serve, hosted.

Each modality is described from its own pictures or sound alone; the fusion sees words only. An
endpoint that takes no sound (or no pictures), or that drops them without a word, is told what was
measured instead, and a flag says so. Answers that could be used are kept on disk, so that a build
that goes on pays for none twice.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from typing import Any, Literal, TypeVar

from xemogpt.emocue.annotators.answers import BadAnswer, read_description, read_fusion
from xemogpt.emocue.annotators.base import Described, Description, Fusion, Shown
from xemogpt.emocue.annotators.guidance import DISAGREES
from xemogpt.emocue.annotators.labels import contradiction
from xemogpt.emocue.annotators.parts import (
    ContentPart,
    MultimodalConfig,
    picture_parts,
    sound_part,
)
from xemogpt.emocue.annotators.prompts import (
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
from xemogpt.emocue.annotators.question import Counts, Question, Tokens
from xemogpt.emocue.annotators.store import AnswerStore
from xemogpt.emocue.annotators.trial import is_taken
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
        self._endpoints["trial"] = Endpoint(config.model_copy(update={"max_tokens": 1}))
        self._takes: dict[Described, bool] = {}
        self._trial_lock = threading.Lock()
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

        kept = self._kept(question, read)
        if kept is not None:
            return kept
        if self._can_take(modality):
            try:
                return self._answer(question, read, modality)
            except RequestRefused:
                pass  # It takes others; this one may be too long for it.
        return self._describe_measured(shown, modality, read)

    def fuse(self, shown: Shown) -> Fusion:
        """The explanation, from what the record says; neither pictures nor sound are sent.

        Raises:
            EndpointDown: if the endpoint is not there, refuses the key or keeps failing.
            AnnotatorError: if it refuses, or answers nothing usable.
        """
        question = Question("fuse", fuse_system(), fuse_request(shown.record), fuse_schema())
        duration_s = shown.record.duration_s

        def read(text: str) -> Fusion:
            return read_fusion(text, duration_s)

        answer = self._kept(question, read) or self._answer(question, read, "words")
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

    def _look_or_listen(self, shown: Shown, modality: Described) -> Question | None:
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

        return Question(
            task="describe",
            system=describe_system(modality),
            request=describe_request(modality, shown.record.duration_s, config.max_sound_s),
            schema=describe_schema(),
            media=f"{media} of {shown.record.media_sha256 or sha256_of(path)}",
            parts=parts,
        )

    def _describe_measured(
        self, shown: Shown, modality: Described, read: Callable[[str], Description]
    ) -> Description:
        """A description of measured cues, where the endpoint does not take the media."""
        what = "pictures" if modality == "visual" else "sound"
        measured = shown.record.measured
        if measured is None or not measured.of(modality):
            flag = f"{what}-refused: the endpoint takes no {what}, and no cue of it was measured"
            return Description(text="", flags=(flag,))
        question = Question(
            task="describe",
            system=describe_system(modality, from_measurements=True),
            request=measured_request(shown.record, modality),
            schema=describe_schema(),
        )
        told = self._kept(question, read) or self._answer(question, read, "words")
        flag = f"{what}-refused: the endpoint takes no {what}; it described the measured cues"
        return told.model_copy(update={"flags": (flag, *told.flags)})

    def _can_take(self, modality: Described) -> bool:
        """Whether the endpoint takes pictures, or sound; tried once."""
        with self._trial_lock:
            if modality not in self._takes:
                self._takes[modality] = is_taken(
                    modality, lambda messages: self._complete("trial", messages, None)
                )
            return self._takes[modality]

    def _kept(self, question: Question, read: Callable[[str], T]) -> T | None:
        """The answer that is on disk, if there is one that can be used."""
        text = self._store.get(*self._key_of(question))
        if text is None:
            return None
        try:
            answer = read(text)
        except AnnotatorError:
            return None  # Answers are read more strictly now than when this one was kept.
        with self._lock:
            self.counts.cached += 1
        return answer

    def _answer(self, question: Question, read: Callable[[str], T], kind: str) -> T:
        """Ask until the answer can be used, and keep it."""
        key = self._key_of(question)
        problem: str | None = None
        for attempt in range(1, NUM_ASKED + 1):
            with self._lock:
                self.counts.requests += 1
            completion = self._complete(kind, question.messages(problem), question.schema)
            try:
                answer = read(completion.text)
            except BadAnswer as error:
                # Without the answer's own words, which may be anything.
                problem = str(error).partition(":")[0]
                if attempt == NUM_ASKED:
                    self._store.put_problem(*key, str(error))
                    raise AnnotatorError(
                        f"{self.name} gave no usable answer when asked {NUM_ASKED} times: {error}"
                    ) from error
            else:
                self._store.put(*key, completion)
                return answer
        raise AssertionError("a question is asked until it is answered or fails")

    def _key_of(self, question: Question) -> tuple[str, str]:
        """What an answer depends on: hash of the prompt, and what else was asked and shown."""
        prompt = self.provenance(question.task).prompt_sha256 or ""
        limits = f"{self.config.temperature:g} {self.config.max_tokens}"
        return prompt, "\n".join([question.system, question.request, question.media, limits])

    def _complete(
        self, kind: str, messages: list[dict[str, Any]], schema: dict[str, Any] | None
    ) -> Completion:
        """One request; its errors name no key."""
        try:
            completion = self._endpoints[kind].complete(messages, schema)
        except AnnotatorError as error:
            with self._lock:
                # An endpoint that takes no sound is no less alive.
                is_about_media = isinstance(error, RequestRefused) or kind == "trial"
                is_failure = kind == "words" or not is_about_media
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
