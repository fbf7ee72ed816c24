"""The kind of cue that a statement speaks of, and whether it denies it.

The vocabulary's own phrases, the wordings of generated explanations and the bank of the template
annotator come first, the longest that the statement holds; then patterns for what others write.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from xemogpt.emocue.annotators.prose_bank import load_bank
from xemogpt.emocue.controlled.phrases import ALTERNATIVES
from xemogpt.emocue.verification.patterns import LASTING, PATTERNS, RULED_OUT
from xemogpt.metrics.wording import plain
from xemogpt.schema import Modality
from xemogpt.signals.vocabulary import KINDS

ABSENCES = frozenset({"silence", "no-speech", "neutral-face"})
"""Kinds that say themselves that something is not there; a "no" in them denies nothing."""
GENERIC = frozenset({"face", "speech", "talking"})
"""Kinds whose words ("speaks") stand in many statements that say more."""
NEGATION = re.compile(
    r"\b(no(?! longer| more)|not|never|nothing|without|hardly|neither|nor|lacks?)\b|n['\u2019]t\b",
    re.I,
)
_ENDED = re.compile(r"\b(no longer|stop(s|ped)?|ceases?|not any ?more)\b", re.I)
"""What has ended was there."""
_UNVARIED = re.compile(r"(never|hardly|not|n['\u2019]t) (var|chang|mov)", re.I)
"""What does not vary is a monotone: that is stated."""
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


@lru_cache(maxsize=65_536)
def stated_kind(text: str, modality: Modality) -> str | None:
    """The kind of cue that a statement speaks of, or none.

    >>> stated_kind("The person raises the chin.", "visual"), stated_kind("a red scarf", "visual")
    ('head-raise', None)
    """
    words = f" {plain(text)} "
    known = next((kind for phrase, kind in _phrases(modality) if phrase in words), None)
    if known == "mouth-open" and PATTERNS[modality]["smile"].search(words):
        return "smile"  # "the mouth opens into a smile"
    if known is not None and known not in GENERIC:
        return known
    return kind_of(text, modality) or known


def kind_of(text: str, modality: Modality) -> str | None:
    """The kind that patterns alone find in a statement, or none.

    >>> kind_of("she grins broadly", "visual"), kind_of("he wears a hat", "visual")
    ('smile', None)
    """
    patterns = PATTERNS[modality].items()
    return next((kind for kind, pattern in patterns if pattern.search(text)), None)


def is_denial(text: str, modality: Modality) -> bool:
    """Whether a statement says that the kind it speaks of is not there.

    >>> texts = "she does not smile", "she smiles without showing teeth", "she no longer smiles"
    >>> [is_denial(text, "visual") for text in texts]
    [True, False, False]
    """
    kind = stated_kind(text, modality)
    found = NEGATION.search(text)
    if found is None or kind in ABSENCES or _ENDED.search(text) or _UNVARIED.search(text):
        return False
    # What stands before the "no" is stated, whatever is denied of it afterwards.
    return kind is None or stated_kind(text[: found.start()], modality) != kind


@lru_cache(maxsize=65_536)
def ruled_out(text: str) -> tuple[Modality, str] | None:
    """A kind that cannot be there if something else lasts all the time, with its modality.

    >>> ruled_out("She looks into the camera throughout."), ruled_out("He opens his eyes.")
    (('visual', 'gaze-averted'), None)
    """
    if LASTING.search(text) is None:
        return None
    found = (one for one, pattern in RULED_OUT.items() if pattern.search(text))
    kind = next(found, None)
    return None if kind is None else (KINDS[kind].modality, kind)


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
