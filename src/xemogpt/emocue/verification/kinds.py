"""The kind of cue that a statement speaks of, and whether it denies it.

The vocabulary's own phrases, the wordings of generated explanations and the bank of the template
annotator come first, the longest that the statement holds; then patterns for what others write.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from xemogpt.emocue.annotators.prose_bank import load_bank
from xemogpt.emocue.controlled.phrases import ALTERNATIVES
from xemogpt.metrics.wording import plain
from xemogpt.schema import Modality
from xemogpt.signals.vocabulary import KINDS

ABSENCES = frozenset({"silence", "no-speech", "neutral-face"})
"""Kinds that say themselves that something is not there; a "no" in them denies nothing."""
GENERIC = frozenset({"face", "speech", "talking"})
"""Kinds whose words ("speaks") stand in many statements that say more."""
NEGATION = re.compile(
    r"\b(no(?! longer| more)|not|never|without|hardly|neither|nor|lacks?)\b|n['\u2019]t\b", re.I
)
_ENDED = re.compile(r"\b(no longer|stop(s|ped)?|ceases?|not any ?more)\b", re.I)
"""What has ended was there."""
COVERED_BY: dict[str, frozenset[str]] = {
    kind: frozenset(others.split())
    for kind, others in {
        "smile": "one-sided-smile grimace",
        "brow-raise": "inner-brow-raise",
        "blink": "blink-rate",
        "eyes-closed": "blink",
        "gaze-down": "head-bow",
        "gaze-up": "head-raise",
        "gaze-averted": "turned-away",
        "pitch-rise": "final-rise",
        "pitch-fall": "final-fall",
        "loud-burst": "loudness-rise",
        "loudness-rise": "loud-burst",
        "silence": "pause no-speech",
        "no-speech": "silence",
    }.items()
}
"""Kind stated -> kinds whose presence makes the statement true enough not to be held against."""
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
        "lips-pressed": r"\b(press|purs|tighten).{0,16}\blip|\blips?.{0,16}\b(press|tight|purs)",
        "mouth-open": r"(open|gap).{0,12}mouth|mouth.{0,16}open|jaw.{0,12}(drop|open)",
        "talking": r"\bspeak(?!er)|talk|mouth moves",
        "gaze-down": r"(look|gaz|glanc)\w*.{0,12}down|downcast|eyes?.{0,12}(down|lower)",
        "gaze-up": r"(look|gaz|glanc)\w*.{0,12}up",
        "gaze-averted": r"(look|gaz|glanc)\w*.{0,12}(away|aside|left|right|side)|avert",
        "head-nod": r"\bnod",
        "head-shake": r"shak\w*.{0,12}head|head.{0,12}shak",
        "head-tilt": r"(tilt|cock).{0,16}head|head.{0,16}(tilt|cock)",
        "head-bow": r"(bow|lower|drop).{0,12}head|head.{0,16}(bow|lower|down)",
        "turned-away": r"turn\w*.{0,16}(head|away|face)|head.{0,12}turn",
        "neutral-face": r"(neutral|blank|calm|expressionless).{0,16}(face|expression)"
        r"|face.{0,16}(neutral|blank)"
        r"|(no|without an?y?) (marked|strong|clear|particular|visible|distinct|definite|obvious)"
        r" (facial )?expression",
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
        "tense-voice": r"\btens(e|ion)|strained|harsh|\bpressed|sharp (voice|tone)",
        "final-rise": r"ris\w*.{0,8}(at|towards) the end",
        "final-fall": r"(fall|drop)\w*.{0,8}(at|towards) the end",
        "speech": r"\bspeak(?!er)|talk|\bsay(s|ing)\b|voice",
    },
    "emotional": {},
}  # fmt: skip
_FURTHER: dict[Modality, tuple[tuple[str, re.Pattern[str]], ...]] = {
    "visual": (
        ("one-sided-smile", re.compile(r"(one|single|left|right)[- ](sided|corner|side).{0,24}"
                                       r"(smil|mouth)|smil.{0,24}one (corner|side)|smirk")),
        ("inner-brow-raise", re.compile(r"inner.{0,16}brow.{0,12}(up|rais|lift)"
                                        r"|(rais|lift|draw).{0,20}inner.{0,16}brow")),
        ("head-raise", re.compile(r"(rais|lift)\w*.{0,12}(head|chin)"
                                  r"|(head|chin).{0,10}(up\b|rais)")),
        ("head-still", re.compile(r"head.{0,12}(still|motionless)|(still|motionless).{0,8}head")),
    ),
    "auditory": (),
    "emotional": (),
}  # fmt: skip


_PATTERNS = {
    modality: {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in found.items()}
    for modality, found in _SAID_AS.items()
}


@lru_cache(maxsize=65_536)
def stated_kind(text: str, modality: Modality) -> str | None:
    """The kind of cue that a statement speaks of, or none.

    >>> stated_kind("The person raises the chin.", "visual"), stated_kind("a red scarf", "visual")
    ('head-raise', None)
    """
    words = f" {plain(text)} "
    known = next((kind for phrase, kind in _phrases(modality) if phrase in words), None)
    if known is not None and known not in GENERIC:
        return known
    for kind, pattern in _FURTHER[modality]:
        if pattern.search(words):
            return kind
    return kind_of(text, modality) or known


def kind_of(text: str, modality: Modality) -> str | None:
    """The kind that patterns alone find in a statement, or none.

    >>> kind_of("she grins broadly", "visual"), kind_of("he wears a hat", "visual")
    ('smile', None)
    """
    patterns = _PATTERNS[modality].items()
    return next((kind for kind, pattern in patterns if pattern.search(text)), None)


def is_denial(text: str, modality: Modality) -> bool:
    """Whether a statement says that the kind it speaks of is not there.

    >>> texts = "she does not smile", "she smiles without showing teeth", "she no longer smiles"
    >>> [is_denial(text, "visual") for text in texts]
    [True, False, False]
    """
    kind = stated_kind(text, modality)
    found = NEGATION.search(text)
    if found is None or kind in ABSENCES or _ENDED.search(text):
        return False
    # What stands before the "no" is stated, whatever is denied of it afterwards.
    return kind is None or stated_kind(text[: found.start()], modality) != kind


@lru_cache(maxsize=4)
def _phrases(modality: Modality) -> tuple[tuple[str, str], ...]:
    """Phrase between spaces -> kind, longest first."""
    found: dict[str, str] = {}
    for kind in KINDS.values():
        if kind.modality == modality:
            for text in kind.phrases:
                for said in _forms(text):
                    found.setdefault(f" {plain(said)} ", kind.name)
    for text, others in ALTERNATIVES.items():
        base = found.get(f" {plain(text)} ")
        for said in others if base else ():
            found.setdefault(f" {plain(said)} ", str(base))
    return tuple(sorted(found.items(), key=lambda item: (-len(item[0]), item[0])))


def _forms(text: str) -> Iterator[str]:
    """A phrase of the vocabulary and all known ways to say it; any side, any count."""
    wording = load_bank().get(text)
    known = (*wording.forms(), *wording.plurals) if wording else ()
    for side in ("left", "right"):
        for said in (text, *known, *ALTERNATIVES.get(text, ())):
            yield said.format(side=side, count="three")
        yield from ALTERNATIVES.get(text.format(side=side, count="three"), ())
