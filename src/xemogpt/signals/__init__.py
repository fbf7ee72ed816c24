"""Measured cues: what face and voice do, when, and how sure that is. No torch here."""

from xemogpt.signals.appraise import Appraisal, appraise
from xemogpt.signals.compose import compose
from xemogpt.signals.meter import Meter
from xemogpt.signals.timeline import Curve, Measurement

__all__ = ["Appraisal", "Curve", "Measurement", "Meter", "appraise", "compose"]
