"""One question to an endpoint, and what questions cost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from xemogpt.emocue.annotators.parts import ContentPart, text_part
from xemogpt.emocue.annotators.prompts import again


class Tokens(NamedTuple):
    """What was sent and received, as the endpoint counts."""

    prompt_tokens: int
    completion_tokens: int


@dataclass
class Counts:
    """What an annotator took; answers from disk cost nothing."""

    requests: int = 0
    """Questions sent; repetitions after failures, and trials of pictures and sound, left out."""
    cached: int = 0
    """Questions whose answers were on disk."""
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True)
class Question:
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
