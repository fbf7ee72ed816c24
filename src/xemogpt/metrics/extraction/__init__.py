"""From free text to cues: by rules, offline, or by a language model at an endpoint."""

from xemogpt.metrics.extraction.result import Extraction
from xemogpt.metrics.extraction.rules import RuleExtractor

__all__ = ["Extraction", "RuleExtractor"]
