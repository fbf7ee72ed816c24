"""From free text to cues: by rules, offline, or by a language model at an endpoint."""

from typing import TYPE_CHECKING, Any

from xemogpt.metrics.extraction.result import Extraction
from xemogpt.metrics.extraction.rules import RuleExtractor

if TYPE_CHECKING:
    from xemogpt.metrics.extraction.endpoint import EndpointConfig
    from xemogpt.metrics.extraction.llm import ExtractionRun, LLMExtractor

__all__ = ["EndpointConfig", "Extraction", "ExtractionRun", "LLMExtractor", "RuleExtractor"]


def __getattr__(name: str) -> Any:
    """Load the endpoint's half only when it is asked for."""
    if name in ("LLMExtractor", "ExtractionRun"):
        from xemogpt.metrics.extraction import llm

        return getattr(llm, name)
    if name == "EndpointConfig":
        from xemogpt.metrics.extraction.endpoint import EndpointConfig

        return EndpointConfig
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
