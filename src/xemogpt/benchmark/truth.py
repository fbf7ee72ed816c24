"""Holding stated cues against exact truth: a kind neither asked nor measured is not there.

Only records with ``is_exact`` have such a truth. A statement is judged by its kind alone: sides,
strengths and times are not, and what is of no known kind is not judged at all.
"""

from collections.abc import Iterable
from typing import Literal

from xemogpt.emocue.records import EmoCueRecord
from xemogpt.emocue.verification.kinds import COVERED_BY, is_denial, stated_kind
from xemogpt.schema import Cue, CueSet, Modality

Verdict = Literal["true", "contradicted", "not judged"]
NEVER_ASKED = frozenset(
    {"face", "several-faces", "neutral-face", "talking", "head-still", "blink-rate", "grimace",
     "speech", "silence", "no-speech"}
)  # fmt: skip
"""Kinds no script asks for: only measurements say whether they are there."""


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
