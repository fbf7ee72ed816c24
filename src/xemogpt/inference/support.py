"""Holding what the model states against what was measured.

A stated cue is ``supported`` if a cue of its kind was measured, ``contradicted`` if its opposite
was, or if a kind that the detectors see reliably was not there at all, and ``not measurable``
otherwise: the detectors have no such kind, or nothing of that modality could be measured.
"""

from collections.abc import Sequence

from xemogpt.emocue.verification.kinds import is_denial, stated_kind
from xemogpt.inference.requests import Piece
from xemogpt.schema import MODALITIES, Cue, CueSet, Modality
from xemogpt.signals.vocabulary import rule

_OPPOSITES = (
    ("smile", "mouth-frown"), ("brow-raise", "brow-lower"), ("eyes-wide", "eyes-narrow"),
    ("gaze-down", "gaze-up"), ("pitch-rise", "pitch-fall"), ("high-pitch", "low-pitch"),
    ("lively-pitch", "monotone"), ("loudness-rise", "loudness-fall"),
    ("fast-speech", "slow-speech"), ("speech", "silence"), ("speech", "no-speech"),
    ("final-rise", "final-fall"), ("neutral-face", "smile"), ("neutral-face", "brow-lower"),
)  # fmt: skip
_RELIABLE = 0.9
"""Kinds whose detector can be trusted this far (``Rule.trust``) are contradicted by absence."""
_BLINDING = ("no-face", "no-video", "face-too-small", "too-few-frames")
_DEAFENING = ("no-sound", "short-sound")


def mark_support(stated: CueSet, piece: Piece) -> CueSet:
    """Mark each stated cue, and give supported ones the time and value that were measured."""
    measured = piece.measurement.cues
    marked = {
        modality: [
            _mark(cue, modality, measured.of(modality), piece.measurement.warnings)
            for cue in stated.of(modality)
        ]
        for modality in MODALITIES
    }
    return CueSet(marked["visual"], marked["auditory"], marked["emotional"])


def _mark(cue: Cue, modality: Modality, measured: Sequence[Cue], warnings: Sequence[str]) -> Cue:
    cue = cue.model_copy(update={"source": "model"})
    if modality == "emotional":
        return cue
    kind = stated_kind(cue.text, modality)
    blocking = _BLINDING if modality == "visual" else _DEAFENING
    if kind is None or any(warning.startswith(blocking) for warning in warnings):
        return cue.model_copy(update={"kind": kind, "support": "not measurable"})
    found = next((other for other in measured if other.kind == kind), None)
    is_denied = is_denial(cue.text, modality)
    update: dict[str, object] = {"kind": kind}
    if found is not None:
        update["support"] = "contradicted" if is_denied else "supported"
        update |= {name: getattr(found, name) for name in ("start_s", "end_s", "value", "unit")}
    elif is_denied:
        update["support"] = "supported" if rule(kind).trust >= _RELIABLE else "not measurable"
    elif rule(kind).trust >= _RELIABLE or _opposite_measured(kind, measured):
        update["support"] = "contradicted"
    else:
        update["support"] = "not measurable"
    return cue.model_copy(update=update)


def _opposite_measured(kind: str, measured: Sequence[Cue]) -> bool:
    opposites = {b if a == kind else a for a, b in _OPPOSITES if kind in (a, b)}
    return any(cue.kind in opposites for cue in measured)
