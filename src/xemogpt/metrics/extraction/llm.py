"""Cues from free text by a language model behind any OpenAI-compatible endpoint."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from xemogpt.errors import AnnotatorError, ConfigError
from xemogpt.metrics.extraction.agreement import agreement, consensus
from xemogpt.metrics.extraction.cache import AnswerCache, CachedAnswer, cache_key
from xemogpt.metrics.extraction.endpoint import Endpoint, EndpointConfig, EndpointDown
from xemogpt.metrics.extraction.parsing import CueAnswer, answer_schema, parse_answer
from xemogpt.metrics.extraction.prompts import PROMPTS, build_messages, prompt_hash
from xemogpt.metrics.extraction.result import Extraction
from xemogpt.schema import CueSet

_DOWN_AFTER = 3
"""Requests in a row that find the endpoint down before the run is given up."""


@dataclass
class Usage:
    """What a run took; answers from the cache cost nothing."""

    requests: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0


@dataclass
class ExtractionRun:
    """Every sample of a run: extracted, or failed with the reason."""

    extractions: dict[str, Extraction] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    agreements: dict[str, float] = field(default_factory=dict)
    """Sample -> mean pairwise F1 between the wordings, where more than one was asked."""
    usage: Usage = field(default_factory=Usage)

    @property
    def agreement(self) -> float | None:
        """Mean agreement of the wordings over all samples."""
        values = list(self.agreements.values())
        return sum(values) / len(values) if values else None


class LLMExtractor:
    """Asks a language model for the cues of each text and checks what it answers.

    Args:
        config: the endpoint.
        num_prompts: how many of the five wordings to ask; cues that most of them give are kept.
        cache_path: SQLite file of answers. A failed sample is stored as such and asked again by
            the next run; an answered one is never asked again.

    Raises:
        ConfigError: if there are not that many wordings.
    """

    name = "llm"

    def __init__(
        self,
        config: EndpointConfig,
        num_prompts: int = 1,
        cache_path: str | Path = ":memory:",
    ) -> None:
        if not 1 <= num_prompts <= len(PROMPTS):
            raise ConfigError(f"prompts must be 1 to {len(PROMPTS)}, got {num_prompts}")
        self.config = config
        self.num_prompts = num_prompts
        self.cache = AnswerCache(cache_path)
        self.endpoint = Endpoint(config)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connections and the cache."""
        self.endpoint.close()
        self.cache.close()

    def extract(self, text: str) -> Extraction:
        """Cues of one text.

        Raises:
            AnnotatorError: if the endpoint fails or its answer cannot be used.
        """
        run = self.run({"text": text})
        if run.failures:
            raise AnnotatorError(run.failures["text"])
        return run.extractions["text"]

    def run(
        self, texts: Mapping[str, str], on_done: Callable[[str], None] | None = None
    ) -> ExtractionRun:
        """Cues of many texts, ``config.concurrency`` at a time.

        Args:
            texts: sample id -> explanation.
            on_done: called with the id of each finished sample.

        Returns:
            every sample, either under ``extractions`` or under ``failures``.
        """
        run = ExtractionRun()
        questions = [(name, prompt) for name in texts for prompt in range(self.num_prompts)]
        answers: dict[str, dict[int, CueAnswer]] = {name: {} for name in texts}
        problems: dict[str, str] = {}
        left = {name: self.num_prompts for name in texts}
        for name, prompt, outcome in self._ask_all(questions, texts, run.usage):
            if isinstance(outcome, CueAnswer):
                answers[name][prompt] = outcome
            else:
                problems.setdefault(name, outcome)
            left[name] -= 1
            if left[name] == 0 and on_done is not None:
                on_done(name)
        for name in texts:
            if name in problems:
                run.failures[name] = problems[name]
            else:
                self._join(name, answers[name], run)
        usage, config = run.usage, self.config
        usage.cost = (
            usage.prompt_tokens * config.price_in + usage.completion_tokens * config.price_out
        ) / 1e6
        return run

    def _join(self, name: str, answers: dict[int, CueAnswer], run: ExtractionRun) -> None:
        extractions = [_to_extraction(answers[prompt]) for prompt in sorted(answers)]
        run.extractions[name] = consensus(extractions)
        agreed = agreement(extractions)
        if agreed is not None:
            run.agreements[name] = agreed

    def _ask_all(
        self, questions: list[tuple[str, int]], texts: Mapping[str, str], usage: Usage
    ) -> "list[tuple[str, int, CueAnswer | str]]":
        """Ask every question; stop asking when the endpoint is plainly down."""
        outcomes: list[tuple[str, int, CueAnswer | str]] = []
        down, reason = 0, ""
        queue = iter(questions)
        running: dict[Future[CueAnswer], tuple[str, int]] = {}
        with ThreadPoolExecutor(self.config.concurrency) as pool:
            while True:
                while len(running) < self.config.concurrency and down < _DOWN_AFTER:
                    question = next(queue, None)
                    if question is None:
                        break
                    running[pool.submit(self._ask, texts[question[0]], question[1], usage)] = (
                        question
                    )
                if not running:
                    break
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    name, prompt = running.pop(done)
                    try:
                        outcomes.append((name, prompt, done.result()))
                        down = 0
                    except AnnotatorError as error:
                        is_down = isinstance(error, EndpointDown)
                        down, reason = (down + 1 if is_down else 0), str(error)
                        outcomes.append((name, prompt, str(error)))
        outcomes += [(name, prompt, f"not asked: {reason}") for name, prompt in queue]
        return outcomes

    def _ask(self, text: str, prompt: int, usage: Usage) -> CueAnswer:
        """One question, from the cache if it was answered before."""
        wording = prompt_hash(prompt)
        key = cache_key(self.config.model, wording, text)
        row = self.cache.get(key)
        if row is not None and row.answer is not None:
            with self._lock:
                usage.cached += 1
            return CueAnswer.model_validate_json(row.answer)
        tries = 1 + (row.tries if row else 0)
        spent = (0, 0)
        try:
            with self._lock:
                usage.requests += 1
            completion = self.endpoint.complete(build_messages(text, prompt), answer_schema())
            spent = (completion.prompt_tokens, completion.completion_tokens)
            answer = parse_answer(completion.text)
        except AnnotatorError as error:
            failed = CachedAnswer(None, str(error), tries, *spent)
            self.cache.put(key, self.config.model, wording, text, failed)
            raise
        finally:
            with self._lock:
                usage.prompt_tokens += spent[0]
                usage.completion_tokens += spent[1]
        stored = CachedAnswer(answer.model_dump_json(), None, tries, *spent)
        self.cache.put(key, self.config.model, wording, text, stored)
        return answer


def _to_extraction(answer: CueAnswer) -> Extraction:
    def once(texts: list[str]) -> list[str]:
        return list(dict.fromkeys(texts))

    cues = CueSet(once(answer.visual), once(answer.auditory), once(answer.emotional))
    return Extraction(cues, tuple(once(answer.subtitle)))
