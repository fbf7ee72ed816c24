"""Explainable multimodal emotion recognition, down to the cue.

Names are resolved on first use, so that ``import xemogpt`` costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xemogpt.inference import Explainer as Explainer
    from xemogpt.model.configuration import XEmoGPTConfig as XEmoGPTConfig
    from xemogpt.model.modeling import (
        XEmoGPTForConditionalGeneration as XEmoGPTForConditionalGeneration,
    )
    from xemogpt.model.processing import XEmoGPTProcessor as XEmoGPTProcessor
    from xemogpt.schema import Cue as Cue
    from xemogpt.schema import CueSet as CueSet
    from xemogpt.schema import Explanation as Explanation

__version__ = "0.1.0"

_HOMES = {
    "Cue": "xemogpt.schema",
    "CueSet": "xemogpt.schema",
    "Explainer": "xemogpt.inference",
    "Explanation": "xemogpt.schema",
    "XEmoGPTConfig": "xemogpt.model.configuration",
    "XEmoGPTForConditionalGeneration": "xemogpt.model.modeling",
    "XEmoGPTProcessor": "xemogpt.model.processing",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'xemogpt' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
