"""Turns of a conversation: who says what, under the names that trainers use."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from xemogpt.emocue.formats.base import BadField
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.prompts import SYSTEM_MESSAGE, Slot, build_prompt

ROLES = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "system": "system",
}
_SHAREGPT = {"user": "human", "assistant": "gpt", "system": "system"}


class Turn(NamedTuple):
    """What one side says."""

    role: str
    """``system``, ``user`` or ``assistant``."""
    text: str


def as_turns(row: dict[str, Any]) -> list[Turn]:
    """Turns of ``conversations`` or ``messages``: a system message if any, then in alternation.

    Raises:
        BadField: if a turn has another role or no text, or one comes out of order.
    """
    field = "conversations" if "conversations" in row else "messages"
    given = row.get(field)
    if not isinstance(given, list) or not given:
        raise BadField(field, f"expected a list of turns, got {json.dumps(given):.60}")
    turns = [_turn(turn, f"{field}[{index}]") for index, turn in enumerate(given)]
    system = row.get("system")
    if isinstance(system, str) and system:
        turns.insert(0, Turn("system", system))
    elif system not in (None, ""):
        raise BadField("system", f"expected text, got {json.dumps(system):.60}")
    spoken = turns[1:] if turns[0].role == "system" else turns
    for index, turn in enumerate(spoken):
        wanted = "assistant" if index % 2 else "user"
        if turn.role != wanted:
            raise BadField(field, f"turn {index + 1} is of the {turn.role}, expected the {wanted}")
    if len(spoken) % 2 or not spoken:
        raise BadField(field, "the last turn should be an answer")
    return turns


def as_messages(turns: Sequence[Turn], field: str) -> dict[str, Any]:
    """Turns under ``conversations`` (system message apart) or ``messages``."""
    if field == "messages":
        return {field: [{"role": turn.role, "content": turn.text} for turn in turns]}
    spoken = [turn for turn in turns if turn.role != "system"]
    system = [turn.text for turn in turns if turn.role == "system"][:1]
    return ({"system": system[0]} if system else {}) | {
        field: [{"from": _SHAREGPT[t.role], "value": t.text} for t in spoken]
    }


def question_of(record: EmoCueRecord, kinds: Sequence[str]) -> tuple[str, str]:
    """System message and instruction with which the model of this package is trained.

    A clip with pictures is taken to have sound as well, unless it was measured to have none.
    """
    kind = kinds[0] if kinds else "none"
    modalities = {"video": {"video", "audio"}, "image": {"video"}, "audio": {"audio"}}.get(kind)
    subtitle = record.transcript.text if record.transcript else None
    parts = build_prompt("chat", subtitle=subtitle, modalities=modalities or set())
    # Media have their own placeholders: what introduced our slots goes with them.
    texts = [part for part in parts if not isinstance(part, Slot)]
    text = "".join(texts).replace("Video: \n", "").replace("Sound: \n", "")
    return SYSTEM_MESSAGE, text.strip()


def _turn(turn: Any, field: str) -> Turn:
    if not isinstance(turn, dict):
        raise BadField(field, f"expected an object, got {json.dumps(turn):.60}")
    given = turn.get("from", turn.get("role"))
    role = ROLES.get(given) if isinstance(given, str) else None
    if role is None:
        raise BadField(f"{field}.from", f"expected human, gpt or system, got {given!r:.60}")
    text = turn.get("value", turn.get("content"))
    if not isinstance(text, str) or not text.strip():
        raise BadField(f"{field}.value", f"expected text, got {text!r:.60}")
    return Turn(role, text)
