"""A language model's answer to cues: tolerant of wrapping, strict about content."""

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from xemogpt.errors import AnnotatorError

MAX_CUES = 300
"""More in one list is a model that repeats itself, not an explanation."""
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
_List = Annotated[list[_Text], Field(max_length=MAX_CUES)]
_FENCE = re.compile(r"```(?:json)?\s*(.*?)```", re.S | re.I)
_THINK, _THOUGHT = "<think>", "</think>"


class CueAnswer(BaseModel):
    """What the endpoint must answer; anything else is a failed sample."""

    model_config = ConfigDict(extra="forbid", strict=True)

    visual: _List
    auditory: _List
    emotional: _List
    subtitle: _List = []


def answer_schema() -> dict[str, Any]:
    """The answer as JSON schema, in the strict form that hosted endpoints accept."""
    lists = {"type": "array", "items": {"type": "string"}}
    names = ["visual", "auditory", "emotional", "subtitle"]
    return {
        "type": "object",
        "properties": dict.fromkeys(names, lists),
        "required": names,
        "additionalProperties": False,
    }


def parse_answer(text: str) -> CueAnswer:
    """Read the one JSON object of an answer.

    A code fence, a reasoning block and prose around the object are passed over; a missing key,
    an unknown key, or something that is not a list of strings is not.

    Raises:
        AnnotatorError: if there is no such object; the message shows the answer's beginning.

    >>> parse_answer('Sure: {"visual": ["she nods"], "auditory": [], "emotional": []}').visual
    ['she nods']
    """
    problem = "no JSON object in it"
    for data in json_values(text):
        try:
            return CueAnswer.model_validate(data)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the answer"
            problem = f"{where}: {first['msg']}"
    raise AnnotatorError(f"unusable answer ({problem}): {_shown(text)}")


def json_values(text: str) -> Iterator[Any]:
    """What can be read as JSON in an answer: all of it, its code fence, its first object.

    >>> list(json_values('Here you are: {"a": 1}. Anything else?'))
    [{'a': 1}]
    """
    text = without_thinking(text)
    fenced = _FENCE.search(text)
    for candidate in (text, fenced[1] if fenced else "", _first_object(text)):
        if not candidate.strip():
            continue
        try:
            yield json.loads(candidate)
        except (ValueError, RecursionError):
            continue


def without_thinking(text: str) -> str:
    """An answer without the blocks in which some models reason first."""
    kept, position = [], 0
    # No regular expression: one would take quadratic time where blocks never end.
    while (start := text.find(_THINK, position)) >= 0:
        end = text.find(_THOUGHT, start)
        if end < 0:
            break
        kept.append(text[position:start])
        position = end + len(_THOUGHT)
    return "".join([*kept, text[position:]])


def _first_object(text: str) -> str:
    """The first balanced ``{...}`` of the text, strings respected; empty if it never closes."""
    start = text.find("{")
    if start < 0:
        return ""
    depth, in_string, escaped = 0, False, False
    for index in range(start, len(text)):
        char = text[index]
        if in_string:
            in_string = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            in_string = True
        elif char in "{}":
            depth += 1 if char == "{" else -1
            if depth == 0:
                return text[start : index + 1]
    return ""


def _shown(text: str) -> str:
    flat = " ".join(text.split())
    return repr(flat[:80] + ("..." if len(flat) > 80 else ""))
