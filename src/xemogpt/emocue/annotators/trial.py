"""Whether an endpoint takes pictures or sound at all, found with two tiny requests.

Some servers refuse what their model cannot take, or break on it. Others drop it without a word
(``transformers serve`` with a model of words does), and the model then makes up what it was never
shown. The count of prompt tokens gives that away: it is the same with and without.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from xemogpt.emocue.annotators.base import Described
from xemogpt.emocue.annotators.parts import ContentPart, picture_part, text_part, waveform_part
from xemogpt.errors import AnnotatorError
from xemogpt.metrics.extraction.endpoint import (
    Completion,
    EndpointDown,
    RequestCrashed,
    RequestRefused,
)

SIDE = 224
"""Of the picture, in pixels; some models take none under 28."""
SAMPLE_RATE = 16_000
_ASKED = "Answer with one word: is anything shown to you?"
Ask = Callable[[list[dict[str, Any]]], Completion]


def is_taken(modality: Described, ask: Ask) -> bool:
    """Whether the endpoint takes media of that modality; where that cannot be told, yes.

    Args:
        modality: pictures or sound.
        ask: one request with as short an answer as possible.

    Raises:
        EndpointDown: if the endpoint is not there.
    """
    try:
        without = ask(_messages([])).prompt_tokens
    except EndpointDown:
        raise
    except AnnotatorError:
        return True  # Not even words: the question itself will tell why.
    try:
        with_media = ask(_messages([_sample(modality)])).prompt_tokens
    except EndpointDown:
        raise
    except (RequestRefused, RequestCrashed):
        return False
    except AnnotatorError:
        return True  # No text in the one token that was allowed, perhaps.
    return without == 0 or with_media != without


def _messages(parts: list[ContentPart]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [*parts, text_part(_ASKED)]}]


def _sample(modality: Described) -> ContentPart:
    """A picture of grey shades, or a second of a low tone."""
    if modality == "visual":
        shades = np.linspace(0, 255, SIDE).astype(np.uint8)
        return picture_part(np.broadcast_to(shades[None, :, None], (SIDE, SIDE, 3)).copy())
    times_s = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    return waveform_part(0.3 * np.sin(2 * np.pi * 220 * times_s), SAMPLE_RATE)
