"""Words to token ids, such that nothing a user writes becomes a special token."""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from xemogpt.errors import ConfigError
from xemogpt.prompts import SYSTEM_MESSAGE, PerceivedModality, PromptStyle, Slot

PLACEHOLDERS: dict[PerceivedModality, str] = {
    "video": "<|xemo_video|>",
    "audio": "<|xemo_audio|>",
}
# Marks the user's turn in a rendered chat template; digits and letters survive any template.
_TURN = "XEMOGPT7USER7TURN"


def add_placeholders(tokenizer: Any) -> dict[PerceivedModality, int]:
    """Add both placeholder tokens to a tokenizer of transformers, in place.

    Returns:
        Modality -> id. Ids lie in spare rows of the backbone's embeddings if it has some, else
        beyond them; no embedding is resized, because placeholders are never embedded.
    """
    tokenizer.add_tokens(list(PLACEHOLDERS.values()), special_tokens=True)
    return {
        modality: tokenizer.convert_tokens_to_ids(token) for modality, token in PLACEHOLDERS.items()
    }


class PromptTokenizer:
    """Turns the parts of a prompt into token ids.

    Args:
        tokenizer: of transformers, with placeholders added.
        style: where roles come from: the tokenizer's chat template, or the prompt's own text.
        use_pad_as_bos: start with the pad token.

    Raises:
        ConfigError: if the style takes roles from a chat template and the tokenizer has none.
    """

    def __init__(self, tokenizer: Any, style: PromptStyle, use_pad_as_bos: bool = False) -> None:
        self.tokenizer = tokenizer
        self.style = style
        self.start = [tokenizer.pad_token_id] if use_pad_as_bos else []
        if style != "published" and not getattr(tokenizer, "chat_template", None):
            raise ConfigError(
                f"prompt.style is {style}, but this backbone's tokenizer has no chat template;"
                " use an instruct model, or style published"
            )

    def encode(
        self, parts: Sequence[str | Slot], num_vectors: Mapping[PerceivedModality, int]
    ) -> list[int]:
        """Ids of a whole prompt, up to where the answer begins.

        Args:
            parts: from ``build_prompt``.
            num_vectors: modality -> how many placeholders its slot becomes.
        """
        ids: list[int] = []
        for part in parts:
            if isinstance(part, Slot):
                placeholder = self.placeholder_ids[part.modality]
                ids += [placeholder] * num_vectors[part.modality]
            else:
                ids += self.encode_plain(part)
        if self.style != "published":
            before, after = self._turn
            ids = [*before, *ids, *after]
        return self.start + ids

    def encode_answer(self, answer: str) -> list[int]:
        """Ids of an answer with the token that ends it, so that ending is learned."""
        return [*self.encode_plain(answer), self.tokenizer.eos_token_id]

    def encode_plain(self, text: str) -> list[int]:
        """Ids of a text as nothing but text: added tokens written out in it are split."""
        ids: list[int] = []
        for piece in self._break_up(text):
            ids += self.tokenizer(piece, add_special_tokens=False, split_special_tokens=True)[
                "input_ids"
            ]
        assert not self._added_ids.intersection(ids), "text became a special token"
        return ids

    @cached_property
    def placeholder_ids(self) -> dict[PerceivedModality, int]:
        """Modality -> id of its placeholder."""
        return {m: self.tokenizer.convert_tokens_to_ids(t) for m, t in PLACEHOLDERS.items()}

    @cached_property
    def _added(self) -> dict[str, int]:
        """Tokens that the tokenizer matches as wholes before it splits text."""
        return dict(self.tokenizer.get_added_vocab())

    @cached_property
    def _added_ids(self) -> frozenset[int]:
        return frozenset(self._added.values())

    def _break_up(self, text: str) -> list[str]:
        """Cut written-out added tokens after their first character.

        The tokenizer's own switch splits special tokens only; others, such as ``<tool_call>``,
        would still be matched.
        """
        names = sorted((name for name in self._added if len(name) > 1), key=len, reverse=True)
        if not any(name in text for name in names):
            return [text]
        pattern = re.compile("|".join(map(re.escape, names)))
        pieces, start = [], 0
        for match in pattern.finditer(text):
            cut = match.start() + 1
            pieces.append(text[start:cut])
            start = cut
        return [*pieces, text[start:]]

    @cached_property
    def _turn(self) -> tuple[list[int], list[int]]:
        """Ids before and after the user's turn, the system message and roles included."""
        messages = [
            # Left out, some templates would put in a message of their own.
            {"role": "system", "content": SYSTEM_MESSAGE if self.style == "chat" else ""},
            {"role": "user", "content": _TURN},
        ]
        rendered = self.tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
        )
        before, turn, after = rendered.partition(_TURN)
        if not turn or _TURN in after:
            raise ConfigError("the chat template does not show the user's turn exactly once")
        return self._encode_trusted(before), self._encode_trusted(after)

    def _encode_trusted(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids
