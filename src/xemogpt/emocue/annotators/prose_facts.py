"""What there is to tell: measured cues, those of one phrase together, with their times."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from xemogpt.emocue.annotators.prose_bank import Wording, keyed, load_bank
from xemogpt.schema import Cue, CueSet, Modality
from xemogpt.signals.appraise import TABLE, VALENCE, cue_weight
from xemogpt.signals.phrasing import SUBJECTS, number, times

MIN_CONFIDENCE = 0.4
MAX_FACTS = 14
"""Of a long clip, the strongest are told."""
BACKGROUND = frozenset({"face", "talking"})
"""Kinds that only say that somebody is there."""
MAX_LISTED = 3
"""Something that comes more often is counted instead of listed."""
REGIONS = (
    ("mouth", ("smile", "one-sided-smile", "grimace", "mouth-frown", "mouth-open", "lips-pressed")),
    ("brows", ("brow-raise", "inner-brow-raise", "brow-lower")),
    ("eyes", ("eyes-wide", "eyes-narrow", "eyes-closed", "blink", "blink-rate", "gaze-down",
              "gaze-up", "gaze-averted")),
    ("head", ("head-nod", "head-shake", "head-tilt", "head-bow", "head-raise", "turned-away",
              "head-still")),
)  # fmt: skip


@dataclass(frozen=True)
class Fact:
    """One thing to tell, which may have happened several times."""

    modality: Modality
    phrase: str
    """As the cue vocabulary says it."""
    cues: tuple[Cue, ...]
    """The measurements behind it, in order of time."""

    @property
    def kind(self) -> str | None:
        """Name in the cue vocabulary."""
        return self.cues[0].kind

    @property
    def start_s(self) -> float | None:
        """Where the first begins."""
        return self.cues[0].start_s

    @property
    def end_s(self) -> float | None:
        """Where the last ends."""
        ends = [cue.end_s for cue in self.cues if cue.end_s is not None]
        return max(ends) if ends else None

    @property
    def is_single(self) -> bool:
        """Whether it happened once, at a known time."""
        return len(self.cues) == 1 and self.start_s is not None and self.end_s is not None

    @property
    def region(self) -> int:
        """Place of its part of the face in ``REGIONS``; the voice comes last."""
        for index, (_, kinds) in enumerate(REGIONS):
            if self.kind in kinds:
                return index
        return len(REGIONS)

    @property
    def weight(self) -> float:
        """How much it says of an emotion."""
        best = max(self.cues, key=cue_weight)
        votes = TABLE.get(self.kind or "", {})
        return cue_weight(best) * (0.2 + max((abs(vote) for vote in votes.values()), default=0.0))

    @property
    def valence(self) -> float:
        """Above 0 if pleasant, below if not."""
        return VALENCE.get(self.kind or "", 0.0)

    def wording(self) -> Wording:
        """Ways to say it, sides and counts filled in."""
        key, slots = keyed(self.phrase)
        known = load_bank().get(key)
        if known is None:
            has_subject = self.phrase.startswith(SUBJECTS) or self.kind == "several-faces"
            return Wording(states=(self.phrase,)) if has_subject else Wording(acts=(self.phrase,))
        if not slots:
            return known
        return Wording(
            *(
                tuple(form.format(**slots) for form in forms)
                for forms in (known.acts, known.states, known.things, known.plurals)
            )
        )

    def statements(self, text: str) -> list[Cue]:
        """The fact as cues in the words of the text, one for each listed occurrence."""
        listed = self.cues
        if len(listed) > MAX_LISTED:
            whole = {"end_s": self.end_s, "value": float(len(listed)), "unit": "times"}
            listed = (self.cues[0].model_copy(update=whole),)
        return [cue.model_copy(update={"text": text, "support": None}) for cue in listed]


def facts_of(measured: CueSet | None) -> tuple[Fact, ...]:
    """What a text tells of measured cues: sure ones, the strongest if there are very many.

    Left out are cues that say only that somebody is there (``face``, ``talking``, and ``speech``
    where more is known of the voice), and those under a confidence of 0.4.
    """
    if measured is None:
        return ()
    facts = [
        *_of_modality("visual", measured.visual),
        *_of_modality("auditory", measured.auditory),
    ]
    strongest = sorted(facts, key=lambda fact: -fact.weight)[:MAX_FACTS]
    return tuple(fact for fact in facts if fact in strongest)


def _of_modality(modality: Modality, cues: Iterable[Cue]) -> list[Fact]:
    sure = [
        cue
        for cue in cues
        if cue.kind not in BACKGROUND
        and (cue.confidence is None or cue.confidence >= MIN_CONFIDENCE)
    ]
    if any(cue.kind != "speech" for cue in sure):
        sure = [cue for cue in sure if cue.kind != "speech"]
    if any(cue.kind == "blink-rate" for cue in sure):
        sure = [cue for cue in sure if cue.kind != "blink"]
    groups: dict[str, list[Cue]] = {}
    for cue in sorted(sure, key=lambda cue: cue.start_s or 0.0):
        groups.setdefault(cue.text, []).append(cue)
    return [Fact(modality, _counted(text, group), tuple(group)) for text, group in groups.items()]


def _counted(text: str, cues: list[Cue]) -> str:
    """Blinks are counted: "blinks twice"."""
    if cues[0].kind == "blink" and len(cues) > 1:
        return f"{text} {times(len(cues))}"
    if cues[0].kind == "several-faces":
        return re.sub(r"^\d+", lambda digits: number(int(digits[0])), text)
    return text
