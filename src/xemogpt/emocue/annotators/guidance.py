"""Labels guide the emotion that an explanation names; what was measured may not fit them.

A label is stated as given and never contradicted in silence: where the measured cues point
elsewhere, or are too few to say, the text says so and a flag is raised.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from xemogpt.emocue.records import EmoCueRecord, Label
from xemogpt.metrics.groups import load_groups, normalise
from xemogpt.schema import Cue, CueSet, Emotion
from xemogpt.signals.appraise import Appraisal, appraise
from xemogpt.signals.timeline import Measurement

Verdict = Literal["unlabelled", "agrees", "thin", "disagrees", "not comparable"]
MIN_AGAINST = 0.4
"""Share of the evidence that another emotion needs to speak against a label."""
MIN_FOR = 0.2
"""Share from which evidence speaks for a label, even if it is not the largest."""
MIN_VALENCE = 0.3
MAX_LABEL = 60
MAX_WORDS = 4
DISAGREES, THIN = "label-disagrees", "label-thin"
# The grouping of the GoEmotions taxonomy (Demszky et al., 2020) into Ekman's emotions.
_FAMILIES = {
    "happy": ("admiration", "amusement", "approval", "caring", "desire", "excitement", "gratitude",
              "joy", "love", "optimism", "pride", "relief"),
    "sad": ("disappointment", "embarrassment", "grief", "remorse", "sadness"),
    "angry": ("anger", "annoyance", "disapproval"),
    "disgusted": ("disgust",),
    "fearful": ("fear", "nervousness"),
    "surprised": ("confusion", "curiosity", "realization", "surprise"),
    "neutral": ("neutral",),
}  # fmt: skip
FAMILY_OF = {group: family for family, groups in _FAMILIES.items() for group in groups}
"""Group of emotion words -> the emotion of ``appraise`` that it belongs to, or ``disgusted``."""
VALENCE_OF = {"happy": 1, "sad": -1, "angry": -1, "disgusted": -1, "fearful": -1}
"""Emotion -> pleasant or not; surprise may be either."""
_POLARITIES = {"positive": 1, "pos": 1, "negative": -1, "neg": -1, "neutral": 0, "neu": 0}
_SEPARATORS = re.compile(r"->|[,;/|&+]|\b(?:and|then)\b")


@dataclass(frozen=True)
class Guidance:
    """What a conclusion is to say, and how surely."""

    verdict: Verdict
    """How the label stands to what was measured."""
    words: tuple[str, ...]
    """Words of the label, the main one first; empty where there is none."""
    is_sentiment: bool
    """Whether the label is a sentiment and no emotion."""
    source: str
    """Who labelled; empty where nobody did."""
    appraisal: Appraisal
    has_cues: bool
    """Whether anything was measured that speaks of an emotion."""
    flags: tuple[str, ...] = ()

    @property
    def measured(self) -> Emotion:
        """What the cues point to most."""
        return self.appraisal.emotions[0]

    def cue(self, family: str) -> Cue | None:
        """The measured emotional cue of an emotion, if it is one of the strong ones."""
        return next((cue for cue in self.appraisal.cues if cue.kind == family), None)


def guide(record: EmoCueRecord) -> Guidance:
    """Hold the labels of a record against its measured cues."""
    measured = record.measured or CueSet()
    appraisal = appraise(Measurement(measured, (), None, ()))
    has_cues = any(cue.kind not in ("face", "talking", "speech") for _, cue in measured.items())
    words, source = _label_words(record.labels, "emotion")
    if words:
        family = family_of(words[0])
        verdict = _judge(family, appraisal, has_cues)
        return Guidance(verdict, words, False, source, appraisal, has_cues,
                        _flags(verdict, words[0], appraisal))  # fmt: skip
    polarity, source = _sentiment(record.labels)
    if polarity is not None:
        verdict = _judge_polarity(polarity, appraisal, has_cues)
        name = {1: "positive", -1: "negative", 0: "neutral"}[polarity]
        return Guidance(verdict, (name,), True, source, appraisal, has_cues,
                        _flags(verdict, name, appraisal))  # fmt: skip
    return Guidance("unlabelled", (), False, "", appraisal, has_cues)


def family_of(word: str) -> str | None:
    """The emotion of ``appraise`` that a word belongs to; none if the word is not known.

    >>> family_of("Furious"), family_of("worried"), family_of("zorble")
    ('angry', 'fearful', None)
    """
    return FAMILY_OF.get(load_groups().find(word))


def _label_words(labels: Iterable[Label], name: str) -> tuple[tuple[str, ...], str]:
    found: dict[str, None] = {}
    source = ""
    for label in labels:
        if label.name != name:
            continue
        source = source or label.source
        for part in _SEPARATORS.split(label.value):
            if word := _plain(part):
                found[word] = None
    return tuple(found)[:MAX_WORDS], source


def _plain(text: str) -> str:
    """A label's word in lower case; marks that would end a sentence or a quotation are left out."""
    word = re.sub(r"[^\w\s'-]+|_", " ", normalise(text))
    return " ".join(word.split())[:MAX_LABEL].strip()


def _sentiment(labels: Iterable[Label]) -> tuple[int | None, str]:
    """-1, 0 or 1 of the first sentiment, in words or as a number."""
    for label in labels:
        if label.name != "sentiment":
            continue
        plain = normalise(label.value)
        if plain in _POLARITIES:
            return _POLARITIES[plain], label.source
        try:
            value = float(label.value)
        except ValueError:
            continue
        return (value > 0) - (value < 0), label.source
    return None, ""


def _judge(family: str | None, appraisal: Appraisal, has_cues: bool) -> Verdict:
    if family is None:
        return "not comparable"
    main = appraisal.emotions[0]
    if not has_cues:
        return "thin"
    if main.label == family:
        return "agrees"
    if any(item.label == family and item.score >= MIN_FOR for item in appraisal.emotions):
        return "agrees" if family != "neutral" else "thin"
    if main.score < MIN_AGAINST:
        return "thin"
    if family == "disgusted" and VALENCE_OF.get(main.label, 0) < 0:
        return "thin"  # The nose wrinkle is not measured; anger is what is left of disgust.
    if main.label == "neutral" and not _is_plainly_neutral(appraisal):
        return "thin"
    return "disagrees"


def _is_plainly_neutral(appraisal: Appraisal) -> bool:
    """Whether a neutral face was measured, and not merely nothing else."""
    return any(cue.kind == "neutral" and cue.start_s is not None for cue in appraisal.cues)


def _judge_polarity(polarity: int, appraisal: Appraisal, has_cues: bool) -> Verdict:
    main = appraisal.emotions[0]
    if not has_cues:
        return "thin"
    shown = VALENCE_OF.get(main.label, 0) if main.score >= MIN_AGAINST else 0
    if abs(appraisal.valence) >= MIN_VALENCE:
        shown = shown or (1 if appraisal.valence > 0 else -1)
    if shown == polarity:
        return "agrees"
    return "thin" if shown == 0 else "disagrees"


def _flags(verdict: Verdict, word: str, appraisal: Appraisal) -> tuple[str, ...]:
    main = appraisal.emotions[0]
    if verdict == "disagrees":
        return (
            f"{DISAGREES}: labelled {word!r}, but the measured cues point to {main.label!r}"
            f" ({main.score:.2f} of the evidence)",
        )
    if verdict == "thin":
        return (f"{THIN}: labelled {word!r}, but few measured cues speak for or against it",)
    return ()
