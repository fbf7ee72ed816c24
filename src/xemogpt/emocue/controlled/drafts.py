"""What is seen and heard in a clip: drafts of one emotion, before they have times and a cast."""

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


def draw_drafts(scenario: Scenario, rng: np.random.Generator) -> tuple[Draft, ...]:
    """One draft; for ``temporal`` two that differ in order alone; nothing if the draw is no clip.

    Callers draw again until they get what they need, which keeps each rule below a plain filter.
    """
    if scenario == "temporal":
        return _temporal(rng)
    return _incongruent(rng) if scenario == "incongruent" else _congruent(rng)


def _congruent(rng: np.random.Generator) -> tuple[Draft, ...]:
    """Face and voice that name an emotion together and have no whole pattern."""
    emotion = EMOTIONS[int(rng.integers(len(EMOTIONS)))]
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
    tendency: list[str], every: tuple[str, ...], least_most: tuple[int, int], rng: np.random.Generator
) -> tuple[str, ...]:
    """Kinds without repeats: the first a tendency, the others by halves tendency and any."""
    kinds = [str(rng.choice(tendency))]
    for _ in range(int(rng.integers(least_most[0], least_most[1] + 1)) - 1):
        kinds.append(str(rng.choice(tendency if rng.random() < 0.5 else every)))
    return tuple(dict.fromkeys(kinds)) if len(set(kinds)) >= least_most[0] else ()


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
    likes = _congruent(rng)
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


def _incongruent(rng: np.random.Generator) -> tuple[Draft, ...]:
    """A face and a voice with whole patterns of two emotions, or a smile over a negative one."""
    extra, more = _free(_FREE_VISUAL, rng), _free(_FREE_AUDITORY, rng)
    if rng.random() < 0.35:
        voice = NEGATIVE[int(rng.integers(len(NEGATIVE)))]
        face: Emotion = "happy"
        visual = ("smile", *_UNDER_MASK[voice], *extra)
        tags = ("masked",)
    else:
        names = tuple(FACE_PATTERNS)
        face = names[int(rng.integers(len(names)))]
        voice = names[int(rng.integers(len(names)))]
        if FAMILIES[face][0] == FAMILIES[voice][0]:
            return ()
        visual = (*sorted(FACE_PATTERNS[face]), *extra)
        tags = ("incongruent",)
    visual = tuple(dict.fromkeys(visual))
    auditory = (*sorted(VOICE_PATTERNS[voice]), *more)
    if not can_be_seen_together(visual) or not can_sound_together(auditory):
        return ()
    return (Draft(voice, face, voice, visual, auditory, tags),)


def _free(kinds: tuple[str, ...], rng: np.random.Generator) -> tuple[str, ...]:
    """One kind that votes for nothing, or none."""
    return (str(rng.choice(kinds)),) if rng.random() < 0.6 else ()
