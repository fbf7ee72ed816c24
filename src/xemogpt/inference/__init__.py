"""The Explainer: load once, explain many clips."""

from xemogpt.inference.explainer import Explainer
from xemogpt.inference.requests import Examination, Failure, Request

__all__ = ["Examination", "Explainer", "Failure", "Request"]
