"""Answers of one endpoint on disk, in the same kind of file as those of the cue extractor."""

import os

from xemogpt.metrics.extraction.cache import AnswerCache, CachedAnswer, cache_key
from xemogpt.metrics.extraction.endpoint import Completion


class AnswerStore:
    """Answers by prompt and question.

    Args:
        path: SQLite file, made if absent; several processes may share it.
        model: whose answers; endpoints with models of one name are told apart by address.

    Raises:
        DatasetError: if the file is something else.
        OutputError: if it cannot be opened for writing.
    """

    def __init__(self, path: str | os.PathLike[str], model: str) -> None:
        self._cache = AnswerCache(os.fspath(path))
        self._model = model

    def get(self, prompt: str, asked: str) -> str | None:
        """The answer, if there was a usable one."""
        row = self._cache.get(cache_key(self._model, prompt, asked))
        return None if row is None else row.answer

    def put(self, prompt: str, asked: str, completion: Completion) -> None:
        """Keep an answer.

        Raises:
            OutputError: if the disk is full or read-only.
        """
        counts = (completion.prompt_tokens, completion.completion_tokens)
        self._put(prompt, asked, CachedAnswer(completion.text, None, 1, *counts))

    def put_problem(self, prompt: str, asked: str, problem: str) -> None:
        """Keep why there is none; the question will be asked again.

        Raises:
            OutputError: if the disk is full or read-only.
        """
        self._put(prompt, asked, CachedAnswer(None, problem, 1))

    def close(self) -> None:
        """Close the file."""
        self._cache.close()

    def _put(self, prompt: str, asked: str, row: CachedAnswer) -> None:
        key = cache_key(self._model, prompt, asked)
        self._cache.put(key, self._model, prompt, asked, row)
