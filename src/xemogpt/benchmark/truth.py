"""Holding stated cues against exact truth: a kind neither asked nor measured is not there.

Only records with ``is_exact`` have such a truth. A statement is judged by its kind alone: sides,
strengths and times are not, and what is of no known kind is not judged at all.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from xemogpt.emocue.controlled.phrases import ALTERNATIVES
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.inference.support import kind_of
from xemogpt.metrics.wording import plain
from xemogpt.schema import Cue, CueSet, Modality
from xemogpt.signals.vocabulary import KINDS

Verdict = Literal["true", "contradicted", "not judged"]
ABSENCES = frozenset({"silence", "no-speech", "neutral-face"})
"""Kinds that say themselves that something is not there; a "no" in them denies nothing."""
_NEGATION = re.compile(r"\b(no|not|never|without|hardly|neither|nor|lacks?)\b|n['\u2019]t\b", re.I)
NEVER_ASKED = frozenset(
    {"face", "several-faces", "neutral-face", "talking", "head-still", "blink-rate", "grimace",
     "speech", "silence", "no-speech"}
)  # fmt: skip
"""Kinds no script asks for: only measurements say whether they are there."""
_GENERIC = frozenset({"face", "speech", "talking"})
"""Kinds whose words ("speaks") stand in many statements that say more."""
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


@lru_cache(maxsize=65_536)
def stated_kind(text: str, modality: Modality) -> str | None:
    """The kind of cue that a statement speaks of, or none.

    The vocabulary's own phrases and the wordings of generated explanations come first, the longest
    that the statement holds; then patterns.

    >>> stated_kind("The person raises the chin.", "visual"), stated_kind("a red scarf", "visual")
    ('head-raise', None)
    """
    words = f" {plain(text)} "
    known = next((kind for phrase, kind in _phrases(modality) if phrase in words), None)
    if known is not None and known not in _GENERIC:
        return known
    for kind, pattern in _FURTHER[modality]:
        if pattern.search(words):
            return kind
    return kind_of(text, modality) or known


@lru_cache(maxsize=4)
def _phrases(modality: Modality) -> tuple[tuple[str, str], ...]:
    """Phrase between spaces -> kind, longest first."""
    found: dict[str, str] = {}
    for kind in KINDS.values():
        if kind.modality != modality:
            continue
        for phrase in kind.phrases:
            # "looks to their {side}", "nods {count} times": any side, any count.
            for side in ("left", "right"):
                text = phrase.format(side=side, count="three")
                for said in (text, *ALTERNATIVES.get(text, ())):
                    found.setdefault(f" {plain(said)} ", kind.name)
    for text, others in ALTERNATIVES.items():
        base = found.get(f" {plain(text)} ")
        for said in others if base else ():
            found.setdefault(f" {plain(said)} ", str(base))
    return tuple(sorted(found.items(), key=lambda item: (-len(item[0]), item[0])))


def is_denial(text: str, modality: Modality) -> bool:
    """Whether a statement says that the kind it speaks of is not there.

    >>> texts = "she does not smile", "she smiles without showing teeth"
    >>> [is_denial(text, "visual") for text in texts]
    [True, False]
    """
    kind = stated_kind(text, modality)
    found = _NEGATION.search(text)
    if found is None or kind in ABSENCES:
        return False
    # What stands before the "no" is stated, whatever is denied of it afterwards.
    return kind is None or stated_kind(text[: found.start()], modality) != kind


def present_kinds(record: EmoCueRecord) -> frozenset[str]:
    """Every kind that was asked for or measured."""
    sets = (record.asked, record.measured, record.cues)
    return frozenset(_kinds(cue for cues in sets if cues is not None for _, cue in cues.items()))


def judge(cue: Cue, modality: Modality, record: EmoCueRecord) -> tuple[str | None, Verdict]:
    """A statement's kind, and whether exact truth contradicts it.

    Args:
        cue: as stated.
        modality: visual or auditory; expressed emotions are judged by recall instead.
        record: of the clip.
    """
    kind = stated_kind(cue.text, modality)
    if kind is None or modality == "emotional" or not record.is_exact:
        return kind, "not judged"
    if kind in NEVER_ASKED and record.measured is None:
        return kind, "not judged"
    present = present_kinds(record)
    if is_denial(cue.text, modality):
        # "Does not smile" beside a one-sided smile is no clear falsehood: only the kind itself.
        return kind, "contradicted" if kind in present else "true"
    is_there = kind in present or bool(COVERED_BY.get(kind, frozenset()) & present)
    return kind, "true" if is_there else "contradicted"


def reference_kind(cue: Cue, modality: Modality) -> str | None:
    """The kind of a reference cue: its own, or what its words say."""
    return cue.kind or stated_kind(cue.text, modality)


def judged(cues: CueSet, record: EmoCueRecord) -> list[tuple[Modality, str, Verdict]]:
    """Every stated visual and auditory cue that can be judged, with its kind."""
    found: list[tuple[Modality, str, Verdict]] = []
    for modality, cue in cues.items():
        kind, verdict = judge(cue, modality, record)
        if kind is not None and verdict != "not judged":
            found.append((modality, kind, verdict))
    return found


def _kinds(cues: Iterable[Cue]) -> set[str]:
    return {cue.kind for cue in cues if cue.kind is not None}
