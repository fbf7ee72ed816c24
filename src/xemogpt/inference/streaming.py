"""Words as they come: tokens of a batch, step by step, as growing texts."""

from collections.abc import Callable, Sequence
from typing import Any

Tell = Callable[[int, str], None]
"""Is told which window goes on, and with what words."""
_UNFINISHED = "\ufffd"


class TokenTeller:
    """Tells each row's new words as soon as they are sure.

    It is a streamer as transformers knows them, but for batches: the first ``put`` is the prompt.

    Args:
        tokenizer: turns tokens into text.
        rows: what the rows of the batch are called.
        tell: who is told.
        has_prompt: whether the prompt comes first, as from transformers.
    """

    def __init__(
        self, tokenizer: Any, rows: Sequence[int], tell: Tell, has_prompt: bool = False
    ) -> None:
        self._tokenizer = tokenizer
        self._rows = rows
        self._tell = tell
        self._has_prompt = has_prompt
        self._tokens: list[list[int]] = [[] for _ in rows]
        self._told = [0] * len(rows)

    def put(self, tokens: Any) -> None:
        """Take the next token of each row, int64 (B,)."""
        if self._has_prompt:
            self._has_prompt = False
            return
        for place, token in enumerate(tokens.flatten().tolist()):
            self._tokens[place].append(token)
            text = self._text(place)
            # A character may take several tokens, and blanks at the end may yet be stripped.
            if not text.endswith(_UNFINISHED):
                self._send(place, text.rstrip())

    def end(self) -> None:
        """Nothing comes any more."""
        for place in range(len(self._rows)):
            self._send(place, self._text(place).rstrip())

    def _text(self, place: int) -> str:
        text: str = self._tokenizer.decode(self._tokens[place], skip_special_tokens=True)
        return text.lstrip()

    def _send(self, place: int, text: str) -> None:
        if len(text) > self._told[place]:
            self._tell(self._rows[place], text[self._told[place] :])
            self._told[place] = len(text)
