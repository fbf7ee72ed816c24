"""What is seen and heard in a clip: drafts of one emotion, before they have times and a cast."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xemogpt.emocue.controlled.emotions import (
    ASKABLE_AUDITORY,
    ASKABLE_VISUAL,
    EMOTIONS,
    FACE_PATTERNS,
    FACE_VOTES,
    FAMILIES,
    NEGATIVE,
    VOICE_PATTERNS,
    VOICE_VOTES,
    can_sound_together,
    has_pattern,
    reading,
    winner,
)
from xemogpt.emocue.controlled.script import Emotion, Scenario
from xemogpt.emocue.controlled.temporal import CONTOURS, ORDERS, can_be_seen_together

_FREE_VISUAL = tuple(kind for kind, votes in FACE_VOTES.items() if not votes)
_FREE_AUDITORY = tuple(kind for kind, votes in VOICE_VOTES.items() if not votes)
WEIGHTS = {
    "mouth-open": 3.5, "lips-pressed": 8.0, "eyes-closed": 2.5, "blink": 1.5,
    "head-tilt": 2.0, "gaze-averted": 2.0, "head-raise": 1.5, "gaze-up": 1.5, "head-shake": 2.0,
    "one-sided-smile": 2.0, "inner-brow-raise": 0.5, "smile": 0.7, "eyes-wide": 0.7,
    "brow-raise": 0.8, "eyes-narrow": 0.8,
    "final-fall": 8.0, "final-rise": 6.5, "pitch-fall": 1.8, "monotone": 3.0, "breathy-voice": 0.8,
    "lively-pitch": 1.0, "loudness-rise": 1.8, "loudness-fall": 1.5, "pitch-rise": 1.8,
    "fast-speech": 1.5, "voice-tremor": 1.3, "low-pitch": 1.3, "pause": 8.0,
}  # fmt: skip
"""Kinds that fit into fewer clips are drawn more often, so that all have enough positives."""
# What a smile can mask: two cues of the negative face that leave the mouth alone.
_UNDER_MASK: dict[Emotion, tuple[str, ...]] = {
    "angry": ("brow-lower", "eyes-narrow"),
    "fearful": ("inner-brow-raise", "eyes-wide"),
    "sad": ("inner-brow-raise", "gaze-down"),
}


@dataclass(frozen=True)
class Draft:
    """What is seen and heard in a clip, before it has times and a cast."""

    emotion: Emotion
    face_emotion: Emotion
    voice_emotion: Emotion
    visual: tuple[str, ...]
    """In order of time."""
    auditory: tuple[str, ...]
    tags: tuple[str, ...] = ()


def emotions_of(scenario: Scenario) -> tuple[Emotion, ...]:
    """The emotions a scenario can express."""
    return tuple(FACE_PATTERNS) if scenario == "incongruent" else EMOTIONS


def draw_drafts(
    scenario: Scenario, emotion: Emotion, rng: np.random.Generator
) -> tuple[Draft, ...]:
    """One draft; for ``temporal`` two that differ in order alone; nothing if the draw is no clip.

    Callers draw again until they get what they need, which keeps each rule below a plain filter;
    the emotion is theirs, so that emotions whose rules are stricter do not come more rarely.
    """
    if scenario == "temporal":
        drafts = _temporal(rng)
        return drafts if drafts and drafts[0].emotion == emotion else ()
    if scenario == "incongruent":
        return _incongruent(emotion, rng)
    return _congruent(emotion, rng)


def _congruent(emotion: Emotion, rng: np.random.Generator) -> tuple[Draft, ...]:
    """Face and voice that name an emotion together and have no whole pattern."""
    face, voice = FAMILIES[emotion]
    visual = _mixed([k for k, v in FACE_VOTES.items() if face in v], ASKABLE_VISUAL, (2, 4), rng)
    auditory = _mixed(
        [k for k, v in VOICE_VOTES.items() if voice in v], ASKABLE_AUDITORY, (1, 3), rng
    )
    fits = can_be_seen_together(visual) and can_sound_together(auditory)
    # Without order, a tie has no winner: the order of a clear clip must not matter.
    decided = winner(visual, FACE_VOTES, is_ordered=False) == face
    if not fits or not decided or reading(visual, auditory) != emotion:
        return ()
    if has_pattern(visual, auditory):
        return ()
    return (Draft(emotion, emotion, emotion, visual, auditory),)


def _mixed(
    tendency: Sequence[str],
    every: Sequence[str],
    least_most: tuple[int, int],
    rng: np.random.Generator,
) -> tuple[str, ...]:
    """Kinds without repeats: the first a tendency, the others by halves tendency and any."""
    kinds = [_drawn(tendency, rng)]
    for _ in range(int(rng.integers(least_most[0], least_most[1] + 1)) - 1):
        kinds.append(_drawn(tendency if rng.random() < 0.5 else every, rng))
    return tuple(dict.fromkeys(kinds)) if len(set(kinds)) >= least_most[0] else ()


def _drawn(kinds: Sequence[str], rng: np.random.Generator) -> str:
    """One kind, by weight."""
    weights = np.array([WEIGHTS.get(kind, 1.0) for kind in kinds])
    return str(rng.choice(list(kinds), p=weights / weights.sum()))


def _temporal(rng: np.random.Generator) -> tuple[Draft, ...]:
    """Two drafts of the same cues in either order, or with the contour of the voice reversed."""
    if rng.random() < 0.25:
        return _contours(rng)
    first, second = ORDERS[int(rng.integers(len(ORDERS)))]
    voice = ("strong", "weak")[int(rng.integers(2))]
    auditory = _mixed(
        [k for k, v in VOICE_VOTES.items() if voice in v], ASKABLE_AUDITORY, (1, 3), rng
    )
    extra = _free(_FREE_VISUAL, rng)
    drafts = []
    for pair in ((first, second), (second, first)):
        emotion = reading(pair, auditory)
        if emotion is None or not can_sound_together(auditory) or has_pattern((), auditory):
            return ()
        tags = (f"{pair[0]}-then-{pair[1]}", "order-of-face")
        drafts.append(Draft(emotion, emotion, emotion, (*pair, *extra), auditory, tags))
    if not can_be_seen_together(drafts[0].visual) or drafts[0].emotion == drafts[1].emotion:
        return ()
    return tuple(drafts) if rng.random() < 0.5 else (drafts[1], drafts[0])


def _contours(rng: np.random.Generator) -> tuple[Draft, ...]:
    up, down = CONTOURS[int(rng.integers(len(CONTOURS)))]
    likes = _congruent(EMOTIONS[int(rng.integers(len(EMOTIONS)))], rng)
    if not likes:
        return ()
    drafts = []
    extra = _free(_FREE_AUDITORY, rng)
    for kind, order in ((up, "low-then-high"), (down, "high-then-low")):
        auditory = (kind, *extra)
        emotion = reading(likes[0].visual, auditory)
        if emotion is None or not can_sound_together(auditory):
            return ()
        name = order if kind.startswith("pitch") else order.replace("low", "soft")
        tags = (name.replace("high", "loud") if "soft" in name else name, "order-of-voice")
        drafts.append(Draft(emotion, emotion, emotion, likes[0].visual, auditory, tags))
    return tuple(drafts) if rng.random() < 0.5 else (drafts[1], drafts[0])


def _incongruent(emotion: Emotion, rng: np.random.Generator) -> tuple[Draft, ...]:
    """A face and a voice with whole patterns of two emotions, or a smile over a negative one."""
    if emotion in NEGATIVE and rng.random() < 0.4:
        visual = ("smile", *_UNDER_MASK[emotion], *_free(_FREE_VISUAL, rng))
        auditory = (*sorted(VOICE_PATTERNS[emotion]), *_free(_FREE_AUDITORY, rng))
        draft = Draft(emotion, "happy", emotion, visual, auditory, ("masked",))
    else:
        draft = _conflicting(emotion, rng)
    if FAMILIES[draft.face_emotion][0] == FAMILIES[draft.voice_emotion][0]:
        return ()
    if not can_be_seen_together(draft.visual) or not can_sound_together(draft.auditory):
        return ()
    return (draft,)


def _conflicting(emotion: Emotion, rng: np.random.Generator) -> Draft:
    """The voice has a third cue of its family if it tells, and has not if the face does."""
    other = _drawn_emotion(rng)
    voice_tells = rng.random() < 0.7  # No face tells in masks: this evens it out.
    face, voice = (other, emotion) if voice_tells else (emotion, other)
    auditory = tuple(sorted(VOICE_PATTERNS[voice]))
    if voice_tells:
        family = FAMILIES[voice][1]
        third = [k for k, v in VOICE_VOTES.items() if family in v and k not in auditory]
        auditory += (_drawn(third, rng),)
    else:
        auditory += _free(_FREE_AUDITORY, rng)
    extra = [kind for kind in _free(_FREE_VISUAL, rng) if kind not in FACE_PATTERNS[face]]
    visual = (*sorted(FACE_PATTERNS[face]), *extra)
    return Draft(emotion, face, voice, visual, auditory, ("incongruent",))


def _drawn_emotion(rng: np.random.Generator) -> Emotion:
    names = tuple(FACE_PATTERNS)
    return names[int(rng.integers(len(names)))]


def _free(kinds: tuple[str, ...], rng: np.random.Generator) -> tuple[str, ...]:
    """One kind that votes for nothing, or none."""
    return (str(rng.choice(kinds)),) if rng.random() < 0.6 else ()
