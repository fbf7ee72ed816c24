"""The cue vocabulary: what can be measured, in which words, and from which threshold on.

This is the one table of thresholds. ``docs/cues.md`` is written from it by ``cue_docs`` and a test
keeps the two equal.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from xemogpt.errors import UnknownNameError
from xemogpt.schema import Modality


@dataclass(frozen=True)
class Rule:
    """When a curve makes a cue.

    A cue begins where the curve rises by ``rise`` above the clip's own baseline, or reaches
    ``level`` whatever the baseline (a constant expression has no rise). It lasts while at least
    ``keep`` of that holds. Either may be absent.
    """

    unit: str
    rise: float | None = None
    """Change from the clip's baseline that makes the cue."""
    least: float | None = None
    """A rise counts only where the value itself is at least this (at most, where low counts)."""
    level: float | None = None
    """Value that makes the cue without a change."""
    keep: float = 0.6
    """Part of ``rise`` or ``level`` at which the cue ends."""
    min_s: float = 0.3
    """Shorter stretches are not cues."""
    gap_s: float = 0.3
    """Stretches closer than this are one cue."""
    trust: float = 1.0
    """Highest confidence a cue of this kind can have: how well the detector sees it at all."""


@dataclass(frozen=True)
class CueKind:
    """One kind of cue."""

    name: str
    modality: Modality
    meaning: str
    """What is measured."""
    phrases: tuple[str, ...]
    """How it is said, weakest first where strength matters."""
    rule: Rule


def _visual(name: str, meaning: str, phrases: tuple[str, ...], rule: Rule) -> CueKind:
    return CueKind(name, "visual", meaning, phrases, rule)


def _auditory(name: str, meaning: str, phrases: tuple[str, ...], rule: Rule) -> CueKind:
    return CueKind(name, "auditory", meaning, phrases, rule)


COEFFICIENT = "coefficient 0-1"
LID_GAP = "lid gap over eye width"
_KINDS = (
    # Presence.
    _visual("face", "the main face is tracked", ("the face is visible",), Rule("share of frames")),
    _visual("several-faces", "faces found by the detector, in at least a fifth of the frames",
            ("{count} faces are in the picture",), Rule("faces", level=2, min_s=0.4)),
    _visual("neutral-face", "no expression below is found, blinks and speech aside",
            ("the face shows no marked expression",), Rule("share of frames", level=0.5)),
    # Mouth.
    _visual("smile", "mouth corners drawn up: mean of mouthSmileLeft and mouthSmileRight",
            ("smiles slightly", "smiles", "smiles broadly"),
            Rule(COEFFICIENT, rise=0.2, least=0.2, level=0.35, min_s=0.35)),
    _visual("one-sided-smile", "difference between the sides of the mouth while it smiles",
            ("smiles with one corner of the mouth",), Rule(COEFFICIENT, level=0.35)),
    _visual("grimace", "mouth corners drawn back with closed lips while the eyes are shut: what "
            "mouthSmile sees in crying or pain",
            ("draws the mouth wide with the lips together and the eyes shut",),
            Rule(COEFFICIENT, level=0.4, min_s=0.5)),
    _visual("mouth-frown", "mouth corners below the upper lip's inner edge, over mouth width, "
            "smoothed over speech", ("the corners of the mouth turn down",),
            Rule("mouth widths", rise=0.09, least=0.06, level=0.16, min_s=0.5, trust=0.6)),
    _visual("mouth-open", "lips apart for longer than speech keeps them",
            ("the mouth is open", "the mouth is wide open"),
            Rule("eye distances", level=0.16, min_s=0.6)),
    _visual("lips-pressed", "lips pressed or rolled in: mouthPress or mouthRoll",
            ("presses the lips together",),
            Rule(COEFFICIENT, rise=0.3, least=0.3, level=0.45, min_s=0.4, trust=0.8)),
    _visual("talking", "the gap between the lips opens and closes as in speech: its standard "
            "deviation over 0.8 s", ("the mouth moves as in speech",),
            Rule("eye distances", level=0.025, min_s=0.4, gap_s=0.5)),
    # Brows.
    _visual("brow-raise", "eyebrows raised: the higher of browInnerUp and browOuterUp",
            ("raises the eyebrows slightly", "raises the eyebrows", "raises the eyebrows high"),
            Rule(COEFFICIENT, rise=0.2, least=0.25, level=0.65, trust=0.8)),
    _visual("inner-brow-raise", "inner ends of the eyebrows above the outer ends: browInnerUp less "
            "browOuterUp", ("draws the inner ends of the eyebrows up",),
            Rule(COEFFICIENT, rise=0.2, least=0.12, level=0.45, min_s=0.4, trust=0.7)),
    _visual("brow-lower", "eyebrows lowered: browDown",
            ("lowers the eyebrows slightly", "lowers the eyebrows", "knits the eyebrows"),
            Rule(COEFFICIENT, rise=0.2, least=0.25, level=0.75, trust=0.8)),
    # Eyes.
    _visual("eyes-wide", "eye opening, smoothed over 0.25 s",
            ("widens the eyes",),
            Rule(LID_GAP, rise=0.05, least=0.3, level=0.43, keep=0.88, min_s=0.25, trust=0.7)),
    _visual("eyes-narrow", "eye opening, where the gaze is not down and the eyes are not shut; the "
            "fall below the baseline counts",
            ("narrows the eyes",),
            Rule(LID_GAP, rise=0.07, least=0.24, level=0.16, min_s=0.4, trust=0.7)),
    _visual("eyes-closed", "both eyes shut for longer than a blink: eyeBlink",
            ("closes the eyes", "keeps the eyes closed"),
            Rule(COEFFICIENT, level=0.5, min_s=0.5, gap_s=0.2)),
    _visual("blink", "both eyes shut and open again within 0.5 s: eyeBlink",
            ("blinks",), Rule(COEFFICIENT, rise=0.22, level=0.5, keep=0.5, min_s=0.0, gap_s=0.0)),
    _visual("blink-rate", "blinks a minute over 5 s or more",
            ("blinks often",), Rule("blinks a minute", level=30.0)),
    _visual("gaze-down", "direction of the eyes downwards, head and eyes together",
            ("looks down",), Rule("degrees", rise=12.0, least=12.0, level=24.0, min_s=0.4)),
    _visual("gaze-up", "direction of the eyes upwards, head and eyes together",
            ("looks up",), Rule("degrees", rise=10.0, least=8.0, level=14.0, min_s=0.4)),
    _visual("gaze-averted", "direction of the eyes to either side, head and eyes together",
            ("looks to their {side}",), Rule("degrees", level=18.0, min_s=0.4)),
    # Head.
    _visual("head-nod", "pitch swings down and up: three half swings or more",
            ("nods once", "nods {count} times"), Rule("degrees a swing", level=3.0, min_s=0.25)),
    _visual("head-shake", "yaw swings to both sides: three half swings or more",
            ("shakes the head",), Rule("degrees a swing", level=4.0, min_s=0.3)),
    _visual("head-tilt", "roll of the head to a shoulder", ("tilts the head to their {side}",),
            Rule("degrees", level=9.0, min_s=0.5)),
    _visual("head-bow", "pitch of the head downwards", ("bows the head",),
            Rule("degrees", rise=11.0, least=9.0, level=18.0, min_s=0.5)),
    _visual("head-raise", "pitch of the head upwards", ("raises the chin",),
            Rule("degrees", rise=10.0, least=8.0, level=15.0, min_s=0.5)),
    _visual("turned-away", "yaw of the head to either side", ("turns the head to their {side}",),
            Rule("degrees", rise=16.0, least=12.0, level=22.0, min_s=0.4)),
    _visual("head-still", "mean angular speed of the head over the clip; named when below",
            ("keeps the head still",), Rule("degrees a second", level=3.0, min_s=2.0)),
    # Speech and silence.
    _auditory("speech", "voice activity (Silero)", ("speaks",),
              Rule("probability", level=0.5, keep=0.7, min_s=0.15, gap_s=0.25)),
    _auditory("no-speech", "sound without voice activity", ("no speech is heard",),
              Rule("share of time", level=1.0)),
    _auditory("silence", "level below -60 dB of full scale throughout", ("there is silence",),
              Rule("dB of full scale", level=-60.0)),
    _auditory("pause", "silence between two stretches of speech",
              ("pauses briefly", "pauses", "makes a long pause"), Rule("s", level=0.3, gap_s=0.0)),
    # Pitch.
    _auditory("low-pitch", "median pitch low for any adult", ("speaks at a low pitch",),
              Rule("Hz", level=105.0, trust=0.8)),
    _auditory("high-pitch", "median pitch high for any adult", ("speaks at a high pitch",),
              Rule("Hz", level=250.0, trust=0.8)),
    _auditory("monotone", "pitch range, 10th to 90th percentile; named when below",
              ("speaks in a monotone",), Rule("semitones", level=3.3, trust=0.8)),
    _auditory("lively-pitch", "pitch range, 10th to 90th percentile",
              ("the pitch moves widely",), Rule("semitones", level=10.0, trust=0.8)),
    _auditory("pitch-rise", "trend of the pitch over the speech", ("the pitch rises",),
              Rule("semitones", level=3.0, trust=0.8)),
    _auditory("pitch-fall", "trend of the pitch over the speech; statements fall by about 5",
              ("the pitch falls steeply",), Rule("semitones", level=9.0, trust=0.8)),
    _auditory("final-rise", "pitch change over the last 0.4 s of voice before a stop",
              ("the voice rises at the end",), Rule("semitones", level=3.0, min_s=0.12)),
    _auditory("final-fall", "pitch change over the last 0.4 s of voice before a stop",
              ("the voice falls at the end",), Rule("semitones", level=4.0, min_s=0.12)),
    _auditory("voice-tremor", "pitch wavering at 4 to 9 Hz within a steady voice",
              ("the voice trembles",), Rule("semitones", level=0.5, min_s=0.45, trust=0.6)),
    # Loudness: relative within the clip, since the distance to the microphone is not known.
    _auditory("loudness-rise", "trend of the loudness over the speech", ("the voice gets louder",),
              Rule("dB", level=5.0)),
    _auditory("loudness-fall", "trend of the loudness over the speech", ("the voice gets softer",),
              Rule("dB", level=10.0)),
    _auditory("loud-burst", "loudness over the median of the clip's speech",
              ("raises the voice",), Rule("dB", level=8.0, keep=0.6, min_s=0.15, gap_s=0.2)),
    # Rate.
    _auditory("fast-speech", "syllables a second of speech, pauses left out",
              ("speaks fast",), Rule("syllables a second", level=5.0, trust=0.8)),
    _auditory("slow-speech", "syllables a second of speech, pauses left out; named when below",
              ("speaks slowly",), Rule("syllables a second", level=2.7, trust=0.8)),
    # Voice quality.
    _auditory("breathy-voice", "harmonics-to-noise ratio of voiced frames; named when below, with "
              "a steep spectrum", ("the voice is breathy",), Rule("dB", level=5.0, trust=0.6)),
    _auditory("tense-voice", "alpha ratio: energy at 1-5 kHz over that at 50-1000 Hz in voiced "
              "frames", ("the voice is tense",), Rule("dB", level=-7.0, trust=0.7)),
)  # fmt: skip
KINDS: dict[str, CueKind] = {kind.name: kind for kind in _KINDS}

WARNINGS: dict[str, str] = {
    "no-video": "there is no picture",
    "no-face": "no face was found in any frame",
    "face-too-small": "the face is under 48 pixels wide: eyes and eyebrows are not measured",
    "face-leaves": "the face is missing for part of the clip",
    "several-faces": "more than one face: only the main one is measured",
    "too-few-frames": "too few frames to see movement",
    "no-sound": "there is no sound",
    "short-sound": "the sound is too short to measure a voice",
    "silence": "the sound track is silent",
    "no-speech": "no speech was found in the sound",
    "uncertain-words": "speech was heard, but its words could not be recognised with confidence",
    "low-frame-rate": "too few frames a second to see blinks and nods",
}
"""Warning codes and what they mean; a warning is "code: sentence"."""


def rule(name: str) -> Rule:
    """The thresholds of a kind.

    Raises:
        UnknownNameError: if there is no such kind.

    >>> rule("smile").level
    0.35
    """
    if name not in KINDS:
        raise UnknownNameError(f"no cue kind {name!r}; there are: {', '.join(KINDS)}")
    return KINDS[name].rule


def kinds(modality: Modality) -> Iterator[CueKind]:
    """The kinds of one modality, in the order of the table."""
    return (kind for kind in KINDS.values() if kind.modality == modality)
