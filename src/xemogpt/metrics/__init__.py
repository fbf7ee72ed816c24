"""EmoCue-360 and its neighbours: scores of explanations; no model needed."""

from xemogpt.metrics.emocue360 import EmoCue360
from xemogpt.metrics.scorereport import ScoreReport
from xemogpt.schema import CueSet

__all__ = ["CueSet", "EmoCue360", "ScoreReport"]
