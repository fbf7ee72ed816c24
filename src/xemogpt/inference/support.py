"""Holding what the model states against what was measured.

A stated cue is ``supported`` if a cue of its kind was measured, ``contradicted`` if its opposite
was, or if a kind that the detectors see reliably was not there at all, and ``not measurable``
otherwise: the detectors have no such kind, or nothing of that modality could be measured.
"""

import re
from collections.abc import Sequence

from xemogpt.inference.requests import Piece
from xemogpt.schema import MODALITIES, Cue, CueSet, Modality
from xemogpt.signals.vocabulary import rule

# Kind -> how people put it. The first kinds are the narrower ones: the first that fits is taken.
_SAID_AS: dict[Modality, dict[str, str]] = {
    "visual": {
        "smile": r"smil|grin|laugh|beam|corners? of \w+ (mouth|lips).{0,20}(up|lift|rais)",
        "mouth-frown": r"corners? of \w+ (mouth|lips).{0,20}(down|droop)|mouth.{0,12}down",
        "brow-lower": r"frown|furrow|scowl|knit|(lower|drop|draw).{0,16}brow"
        r"|brows?.{0,16}(lower|drawn|together|down)",
        "brow-raise": r"(rais|lift).{0,16}(eye)?brow|brows?.{0,16}(rais|lift|up)",
        "eyes-wide": r"wid(e|en).{0,12}eye|eyes?.{0,16}wid",
        "eyes-narrow": r"(narrow|squint).{0,12}eye|eyes?.{0,16}narrow|squint",
        "eyes-closed": r"clos.{0,12}eye|eyes?.{0,16}(clos|shut)",
        "blink-rate": r"blinks?.{0,20}(often|rapid|frequent|repeated|fast)",
        "blink": r"blink",
        "lips-pressed": r"(press|purs|tighten).{0,16}lip|lips?.{0,16}(press|tight|purs)",
        "mouth-open": r"(open|gap).{0,12}mouth|mouth.{0,16}open|jaw.{0,12}(drop|open)",
        "talking": r"speak|talk|mouth moves",
        "gaze-down": r"(look|gaz|glanc)\w*.{0,12}down|downcast|eyes?.{0,12}(down|lower)",
        "gaze-up": r"(look|gaz|glanc)\w*.{0,12}up",
        "gaze-averted": r"(look|gaz|glanc)\w*.{0,12}(away|aside|left|right|side)|avert",
        "head-nod": r"\bnod",
        "head-shake": r"shak\w*.{0,12}head|head.{0,12}shak",
        "head-tilt": r"tilt.{0,16}head|head.{0,16}tilt",
        "head-bow": r"(bow|lower|drop).{0,12}head|head.{0,16}(bow|lower|down)",
        "turned-away": r"turn\w*.{0,16}(head|away|face)|head.{0,12}turn",
        "neutral-face": r"(neutral|blank|calm|expressionless).{0,16}(face|expression)"
        r"|face.{0,16}(neutral|blank)",
    },
    "auditory": {
        "no-speech": r"no (speech|voice|one (is )?(speak|talk))",
        "silence": r"silen(ce|t)",
        "pause": r"paus|hesitat",
        "monotone": r"monoton|flat (voice|tone|pitch|intonation)",
        "lively-pitch": r"(lively|varied|animated|wide).{0,20}(pitch|intonation|voice|tone)"
        r"|pitch.{0,12}(moves|varies)",
        "pitch-rise": r"(pitch|intonation|tone|voice).{0,16}(ris|climb|goes up)",
        "pitch-fall": r"(pitch|intonation|tone).{0,16}(fall|drop|goes down|declin)",
        "high-pitch": r"high(er)?.{0,6}(pitch|voice|tone)|pitch.{0,12}high|high-pitched",
        "low-pitch": r"(low|deep)(er)?.{0,6}(pitch|voice|tone)|pitch.{0,12}low|low-pitched",
        "loudness-rise": r"(get|grow|becom)\w*.{0,8}loud|volume.{0,12}(ris|increas)",
        "loudness-fall": r"(get|grow|becom)\w*.{0,8}(soft|quiet)"
        r"|volume.{0,12}(fall|drop|decreas)|trails? off",
        "loud-burst": r"rais\w* (his|her|the|their) voice|shout|yell|outburst",
        "fast-speech": r"fast|rapid|quick|hurried",
        "slow-speech": r"slow|unhurried|drawl",
        "voice-tremor": r"trembl|shak(y|ing|es)|quiver|waver",
        "breathy-voice": r"breath|whisper|airy",
        "tense-voice": r"tense|strained|harsh|pressed|sharp (voice|tone)",
        "final-rise": r"ris\w*.{0,8}(at|towards) the end",
        "final-fall": r"(fall|drop)\w*.{0,8}(at|towards) the end",
        "speech": r"speak|talk|say|voice",
    },
    "emotional": {},
}  # fmt: skip
_OPPOSITES = (
    ("smile", "mouth-frown"), ("brow-raise", "brow-lower"), ("eyes-wide", "eyes-narrow"),
    ("gaze-down", "gaze-up"), ("pitch-rise", "pitch-fall"), ("high-pitch", "low-pitch"),
    ("lively-pitch", "monotone"), ("loudness-rise", "loudness-fall"),
    ("fast-speech", "slow-speech"), ("speech", "silence"), ("speech", "no-speech"),
    ("final-rise", "final-fall"), ("neutral-face", "smile"), ("neutral-face", "brow-lower"),
)  # fmt: skip
_NEGATION = re.compile(r"\b(no|not|never|without|hardly|neither|nor|lacks?)\b|n['\u2019]t\b", re.I)
_PATTERNS = {
    modality: {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in kinds.items()}
    for modality, kinds in _SAID_AS.items()
}
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
    kind = kind_of(cue.text, modality)
    blocking = _BLINDING if modality == "visual" else _DEAFENING
    if kind is None or any(warning.startswith(blocking) for warning in warnings):
        return cue.model_copy(update={"kind": kind, "support": "not measurable"})
    found = next((other for other in measured if other.kind == kind), None)
    is_denied = bool(_NEGATION.search(cue.text)) and kind not in ("no-speech", "silence")
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


def kind_of(text: str, modality: Modality) -> str | None:
    """The kind of measured cue that a statement speaks of, or none.

    >>> kind_of("she grins broadly", "visual"), kind_of("he wears a hat", "visual")
    ('smile', None)
    """
    patterns = _PATTERNS[modality].items()
    return next((kind for kind, pattern in patterns if pattern.search(text)), None)


def _opposite_measured(kind: str, measured: Sequence[Cue]) -> bool:
    opposites = {b if a == kind else a for a, b in _OPPOSITES if kind in (a, b)}
    return any(cue.kind in opposites for cue in measured)
