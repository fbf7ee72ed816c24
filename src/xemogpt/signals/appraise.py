"""From measured cues to expressed emotions: a small additive table with published directions.

It says what a face and a voice express, not what a person feels. Face: the action units of Ekman &
Friesen's basic expressions (EMFACS). Voice: the directions on which Scherer (2003, Speech
Communication 40) and Juslin & Laukka (2003, Psychological Bulletin 129) agree. Disgust is absent:
the nose wrinkle that tells it from anger cannot be measured here. Words are not weighed: a text
can say one thing and a face another.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from xemogpt.schema import Cue, Emotion
from xemogpt.signals.timeline import Measurement

EMOTIONS = ("happy", "sad", "angry", "fearful", "surprised", "neutral")
NOUNS = {
    "happy": "happiness",
    "sad": "sadness",
    "angry": "anger",
    "fearful": "fear",
    "surprised": "surprise",
    "neutral": "a neutral state",
}
TABLE: dict[str, dict[str, float]] = {
    # AU6+12, AU1+4 and AU15, AU4+7+23, AU1+2+5(+4+20), AU1+2+5+26.
    "smile": {"happy": 2.0, "sad": -0.5, "angry": -0.5, "fearful": -0.3},
    "grimace": {"sad": 1.6, "fearful": 0.4},
    "mouth-frown": {"sad": 1.0, "angry": 0.2},
    "inner-brow-raise": {"sad": 0.7, "fearful": 0.4},
    "brow-raise": {"surprised": 0.7, "fearful": 0.3},
    "brow-lower": {"angry": 0.9, "sad": 0.2},
    "eyes-wide": {"surprised": 0.6, "fearful": 0.6},
    "eyes-narrow": {"angry": 0.3},
    "eyes-closed": {"sad": 0.3},
    "mouth-open": {"surprised": 0.5, "fearful": 0.2},
    "lips-pressed": {"angry": 0.5, "sad": 0.2},
    "gaze-down": {"sad": 0.4},
    "head-bow": {"sad": 0.4},
    "head-shake": {"angry": 0.2, "sad": 0.1},
    "gaze-averted": {"sad": 0.1, "fearful": 0.1},
    "neutral-face": {"neutral": 1.0},
    "head-still": {"neutral": 0.2},
    # High pitch, range, rate and effort go with anger, fear and joy; the opposite with sadness.
    "high-pitch": {"fearful": 0.7, "angry": 0.4, "happy": 0.4, "surprised": 0.3},
    "low-pitch": {"sad": 0.2, "neutral": 0.2},
    "lively-pitch": {"happy": 0.6, "angry": 0.3, "surprised": 0.4},
    "monotone": {"sad": 0.6, "neutral": 0.2},
    "pitch-rise": {"surprised": 0.3, "fearful": 0.2, "happy": 0.1},
    "final-rise": {"surprised": 0.2},
    "voice-tremor": {"fearful": 0.7, "sad": 0.3},
    "loudness-rise": {"angry": 0.4, "happy": 0.2},
    "loudness-fall": {"sad": 0.2},
    "loud-burst": {"angry": 0.3, "happy": 0.2},
    "fast-speech": {"fearful": 0.4, "angry": 0.3, "happy": 0.3},
    "slow-speech": {"sad": 0.6},
    "pause": {"sad": 0.1},
    "breathy-voice": {"sad": 0.3, "fearful": 0.2},
    "tense-voice": {"angry": 1.0, "happy": 0.3, "fearful": 0.3},
}
"""Cue kind -> evidence for each emotion when the cue is sure and lasts for two seconds."""
AROUSAL = {
    "high-pitch": 0.5, "lively-pitch": 0.4, "fast-speech": 0.4, "tense-voice": 0.6,
    "loud-burst": 0.3, "loudness-rise": 0.3, "eyes-wide": 0.3, "head-shake": 0.2, "head-nod": 0.1,
    "mouth-open": 0.2, "smile": 0.3, "brow-raise": 0.2,
    "slow-speech": -0.4, "monotone": -0.4, "low-pitch": -0.2, "breathy-voice": -0.2,
    "gaze-down": -0.2, "head-bow": -0.2, "eyes-closed": -0.2, "head-still": -0.2,
}  # fmt: skip
VALENCE = {
    "smile": 1.0, "lively-pitch": 0.2, "head-nod": 0.1,
    "grimace": -0.8, "mouth-frown": -0.6, "inner-brow-raise": -0.3, "brow-lower": -0.5,
    "lips-pressed": -0.3, "voice-tremor": -0.4, "tense-voice": -0.3, "head-shake": -0.2,
    "head-bow": -0.2, "slow-speech": -0.2,
}  # fmt: skip
NEUTRAL_PRIOR = 0.4
"""Evidence for neutral before anything is seen: one weak cue makes no emotion."""
MIN_SCORE = 0.1
MIN_CUE_SCORE = 0.2
FULL_S = 2.0
FULL_EXPRESSION = 0.8
GRADED = frozenset({"smile", "grimace"})
"""Kinds whose value tells a slight expression from a full one on every face."""


@dataclass(frozen=True)
class Appraisal:
    """What measured cues say about the emotion expressed."""

    emotions: tuple[Emotion, ...]
    """Strongest first; scores are shares of the evidence, and those under 0.1 are left out."""
    cues: tuple[Cue, ...]
    """The emotions as cues, each over the time of the cues that speak for it."""
    arousal: float
    """-1 (calm) to 1 (excited); 0 if nothing speaks for either."""
    valence: float
    """-1 (unpleasant) to 1 (pleasant)."""


def appraise(measurement: Measurement) -> Appraisal:
    """Weigh the measured cues; without any, the answer is neutral."""
    cues = [cue for _, cue in measurement.cues.items() if cue.kind]
    totals = dict.fromkeys(EMOTIONS, 0.0)
    totals["neutral"] = NEUTRAL_PRIOR
    for cue in strongest_of_kind(cues):
        for emotion, weight in TABLE.get(cue.kind or "", {}).items():
            totals[emotion] += weight * cue_weight(cue)
    positive = {emotion: max(0.0, total) for emotion, total in totals.items()}
    whole = sum(positive.values())
    shares = sorted(((total / whole, name) for name, total in positive.items()), reverse=True)
    emotions = tuple(
        Emotion(label=name, score=round(share, 3))
        for rank, (share, name) in enumerate(shares)
        if share >= MIN_SCORE or rank == 0
    )
    return Appraisal(
        emotions=emotions,
        cues=tuple(
            _emotion_cue(emotion, cues)
            for rank, emotion in enumerate(emotions)
            if rank == 0 or (emotion.score >= MIN_CUE_SCORE and emotion.label != "neutral")
        ),
        arousal=_hint(cues, AROUSAL),
        valence=_hint(cues, VALENCE),
    )


def cue_weight(cue: Cue) -> float:
    """How much a cue counts: its confidence, less if it is brief or slight.

    >>> cue_weight(Cue(text="smiles", start_s=0, end_s=1, confidence=0.8))
    0.6
    """
    lasts = min(1.0, ((cue.end_s or 0.0) - (cue.start_s or 0.0)) / FULL_S)
    confidence = 0.5 if cue.confidence is None else cue.confidence
    strength = 1.0
    if cue.kind in GRADED and cue.value is not None:
        strength = min(1.0, max(0.3, cue.value / FULL_EXPRESSION))
    return round(confidence * strength * (0.5 + 0.5 * lasts), 6)


def strongest_of_kind(cues: Iterable[Cue]) -> list[Cue]:
    """The weightiest cue of each kind: ten blinks or pauses are no ten times the evidence."""
    best: dict[str, Cue] = {}
    for cue in cues:
        kind = cue.kind or ""
        if kind not in best or cue_weight(cue) > cue_weight(best[kind]):
            best[kind] = cue
    return list(best.values())


def supporting(emotion: str, cues: Iterable[Cue]) -> list[Cue]:
    """Cues that speak for an emotion, strongest first."""
    found = [
        (weight * cue_weight(cue), index, cue)
        for index, cue in enumerate(cues)
        if (weight := TABLE.get(cue.kind or "", {}).get(emotion, 0.0)) >= 0.2
    ]
    return [cue for _, _, cue in sorted(found, key=lambda item: (-item[0], item[1]))]


def _emotion_cue(emotion: Emotion, cues: list[Cue]) -> Cue:
    """An emotion over the time of the strongest kind of cue that speaks for it."""
    found = supporting(emotion.label, cues)
    same = [cue for cue in found if cue.kind == found[0].kind] if found else []
    return Cue(
        text=f"expresses {NOUNS[emotion.label]}"
        if emotion.label != "neutral"
        else "expresses no marked emotion",
        kind=emotion.label,
        start_s=min((cue.start_s or 0.0 for cue in same), default=None),
        end_s=max((cue.end_s or 0.0 for cue in same), default=None),
        value=emotion.score,
        unit="share of evidence",
        confidence=round(0.7 * emotion.score, 3),
        source="measured",
    )


def _hint(cues: list[Cue], table: dict[str, float]) -> float:
    total = sum(table.get(cue.kind or "", 0.0) * cue_weight(cue) for cue in strongest_of_kind(cues))
    return round(float(np.tanh(total)), 3)
