"""Which emotion a clip expresses: decided by face and voice together, by neither alone.

The rule. Face cues vote among three families and voice cues between two; a family that more cues
vote for than for any other wins, and a tie goes to the family whose cue comes last in time.
The two families together name the emotion::

                 strong voice   weak voice
    bright face  happy          neutral
    open face    surprised      fearful
    dark face    angry          sad

So a face leaves two emotions open, a voice three, and a single cue no fewer. Only in an
incongruent clip do face and voice each show a whole pattern of their own emotion
(``FACE_PATTERNS``, ``VOICE_PATTERNS``). There the voice tells if it has a third cue of its family,
and the face otherwise. A smile over somebody's otherwise negative face and voice is a mask, and
the rest tells.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeVar

from xemogpt.emocue.controlled.script import Emotion

FaceFamily = Literal["bright", "open", "dark"]
VoiceFamily = Literal["strong", "weak"]
F = TypeVar("F", bound=str)

FACE_VOTES: dict[str, tuple[FaceFamily, ...]] = {
    "smile": ("bright",),
    "one-sided-smile": ("bright",),
    "head-nod": ("bright",),
    "head-tilt": ("bright",),
    "brow-raise": ("bright", "open"),
    "eyes-narrow": ("bright", "dark"),
    "eyes-wide": ("open",),
    "mouth-open": ("open",),
    "gaze-up": ("open",),
    "head-raise": ("open",),
    "inner-brow-raise": ("open", "dark"),
    "brow-lower": ("dark",),
    "lips-pressed": ("dark",),
    "eyes-closed": ("dark",),
    "gaze-down": ("dark",),
    "head-bow": ("dark",),
    "head-shake": ("dark",),
    "gaze-averted": (),
    "turned-away": (),
    "blink": (),
}
"""Visual kind -> the families of faces it speaks for; two families overlap, none is no vote."""
VOICE_VOTES: dict[str, tuple[VoiceFamily, ...]] = {
    "high-pitch": ("strong",),
    "lively-pitch": ("strong",),
    "pitch-rise": ("strong",),
    "loudness-rise": ("strong",),
    "loud-burst": ("strong",),
    "fast-speech": ("strong",),
    "tense-voice": ("strong",),
    "low-pitch": ("weak",),
    "monotone": ("weak",),
    "pitch-fall": ("weak",),
    "loudness-fall": ("weak",),
    "slow-speech": ("weak",),
    "breathy-voice": ("weak",),
    "voice-tremor": ("weak",),
    "final-rise": (),
    "final-fall": (),
    "pause": (),
}
ASKABLE_VISUAL: tuple[str, ...] = tuple(FACE_VOTES)
"""Visual kinds that a script can ask for."""
ASKABLE_AUDITORY: tuple[str, ...] = tuple(VOICE_VOTES)

FAMILIES: dict[Emotion, tuple[FaceFamily, VoiceFamily]] = {
    "happy": ("bright", "strong"),
    "neutral": ("bright", "weak"),
    "surprised": ("open", "strong"),
    "fearful": ("open", "weak"),
    "angry": ("dark", "strong"),
    "sad": ("dark", "weak"),
}
EMOTIONS: tuple[Emotion, ...] = tuple(FAMILIES)
FACE_PATTERNS: dict[Emotion, frozenset[str]] = {
    "happy": frozenset({"smile", "brow-raise", "head-nod"}),
    "surprised": frozenset({"brow-raise", "eyes-wide", "head-raise"}),
    "fearful": frozenset({"inner-brow-raise", "eyes-wide", "turned-away"}),
    "angry": frozenset({"brow-lower", "eyes-narrow", "head-shake"}),
    "sad": frozenset({"inner-brow-raise", "gaze-down", "head-bow"}),
}
"""Whole patterns, met only where face and voice disagree."""
VOICE_PATTERNS: dict[Emotion, frozenset[str]] = {
    "happy": frozenset({"high-pitch", "lively-pitch"}),
    "surprised": frozenset({"lively-pitch", "fast-speech"}),
    "fearful": frozenset({"voice-tremor", "breathy-voice"}),
    "angry": frozenset({"tense-voice", "loud-burst"}),
    "sad": frozenset({"slow-speech", "breathy-voice"}),
}
NEGATIVE: tuple[Emotion, ...] = ("angry", "fearful", "sad")
_ONE_OF: tuple[frozenset[str], ...] = (
    frozenset({"low-pitch", "high-pitch"}),
    frozenset({"monotone", "lively-pitch", "pitch-rise"}),
    frozenset({"monotone", "lively-pitch", "pitch-fall"}),
    frozenset({"monotone", "final-rise"}),
    frozenset({"monotone", "final-fall"}),
    frozenset({"monotone", "voice-tremor"}),
    frozenset({"pitch-rise", "pitch-fall"}),
    frozenset({"pitch-rise", "final-fall"}),
    frozenset({"pitch-fall", "final-rise"}),
    frozenset({"final-rise", "final-fall"}),
    frozenset({"loudness-rise", "loudness-fall", "loud-burst"}),
    frozenset({"fast-speech", "slow-speech"}),
    frozenset({"fast-speech", "pause"}),
    frozenset({"breathy-voice", "tense-voice"}),
    frozenset({"breathy-voice", "loud-burst"}),
)
"""Auditory kinds of which one voice can have one."""


def reading(visual_in_time: Sequence[str], auditory: Iterable[str]) -> Emotion | None:
    """The emotion that cues express together by the rule of this module.

    Args:
        visual_in_time: visual kinds in the order in which they come.
        auditory: auditory kinds.

    Returns:
        The emotion; none if a modality has no vote, or the voice's votes are even.

    >>> reading(["smile"], ["tense-voice"]), reading(["brow-lower"], ["tense-voice"])
    ('happy', 'angry')
    >>> reading(["smile", "brow-lower"], ["tense-voice"])
    'angry'
    """
    face = winner(visual_in_time, FACE_VOTES, is_ordered=True)
    voice = winner(tuple(auditory), VOICE_VOTES, is_ordered=False)
    return next((name for name, pair in FAMILIES.items() if pair == (face, voice)), None)


def winner(
    kinds: Sequence[str], votes: Mapping[str, tuple[F, ...]], *, is_ordered: bool
) -> F | None:
    """The family with most votes; a tie goes to the last cue's, or to none without order."""
    counts: dict[F, int] = {}
    for kind in kinds:
        for family in votes.get(kind, ()):
            counts[family] = counts.get(family, 0) + 1
    most = [family for family, count in counts.items() if count == max(counts.values())]
    if len(most) == 1:
        return most[0]
    if not most or not is_ordered:
        return None
    last = [family for kind in reversed(kinds) for family in votes.get(kind, ()) if family in most]
    return last[0]


def has_pattern(visual: Iterable[str], auditory: Iterable[str]) -> bool:
    """Whether a whole pattern of an emotion is among the cues."""
    seen, heard = frozenset(visual), frozenset(auditory)
    return any(pattern <= seen for pattern in FACE_PATTERNS.values()) or any(
        pattern <= heard for pattern in VOICE_PATTERNS.values()
    )


def can_sound_together(kinds: Iterable[str]) -> bool:
    """Whether one voice can have all these auditory kinds.

    >>> can_sound_together(["fast-speech", "slow-speech"])
    False
    """
    heard = frozenset(kinds)
    return all(len(heard & group) < 2 for group in _ONE_OF)
