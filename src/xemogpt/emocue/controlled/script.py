"""The script of a generated clip: everything that determines its pixels, its sound and its truth.

A script is drawn by ``plan``, spoken by ``speech``, acted by ``motion`` and drawn by ``render``.
The same script gives the same clip.
"""

from typing import Literal

from pydantic import Field

from xemogpt.emocue.records import Split
from xemogpt.schema import Record

Emotion = Literal["happy", "sad", "angry", "fearful", "surprised", "neutral"]
Scenario = Literal["clear", "hard", "temporal", "incongruent"]
Rgb = tuple[int, int, int]


class Beat(Record):
    """One visual cue that the head acts: it grows from onset to apex, holds, and fades to offset.

    For movements (``head-nod``, ``head-shake``, ``blink``) the span is that of the movement.
    """

    kind: str
    """Visual kind of ``signals.vocabulary``, such as ``smile``."""
    onset_s: float = Field(ge=0)
    apex_s: float
    """Full strength is reached."""
    release_s: float
    """It begins to fade."""
    offset_s: float
    strength: float = Field(default=1.0, gt=0, le=1)
    side: Literal["left", "right"] | None = None
    """The person's own side, where the kind has one."""
    count: int = Field(default=1, ge=1)
    """Nods, shakes, blinks."""


class Pause(Record):
    """Silence put into the speech."""

    after_word: int = Field(ge=0)
    """Index of the word it follows."""
    duration_s: float = Field(gt=0)


class VoiceEdit(Record):
    """How the neutral synthetic voice is changed. The defaults change nothing."""

    pitch_hz: float | None = Field(default=None, gt=0)
    """Median pitch in place of the voice's own."""
    pitch_shift_st: float = 0.0
    pitch_range: float = Field(default=1.0, gt=0)
    """Factor on the pitch's excursions, in semitones."""
    pitch_trend_st: float = 0.0
    """Linear trend over the utterance, from -half at the start to +half at the end."""
    final_st: float = 0.0
    """Pitch change over the last 0.4 s of voice."""
    tremor_st: float = Field(default=0.0, ge=0)
    """Amplitude of a 5.5 Hz wavering."""
    rate: float = Field(default=1.0, gt=0)
    """Above 1 is faster."""
    loudness_trend_db: float = 0.0
    burst_db: float = Field(default=0.0, ge=0)
    """Gain on one stretch of words in the middle third."""
    breathiness: float = Field(default=0.0, ge=0, le=1)
    tilt_db: float = 0.0
    """Gain of the frequencies above about 1 kHz; positive sounds tense."""
    pauses: tuple[Pause, ...] = ()


class Look(Record):
    """Who is seen, and how."""

    identity: str
    skin: Rgb
    hair: Rgb
    brow: Rgb
    iris: Rgb
    lip: Rgb
    hair_style: Literal["short", "long", "bald", "bun"] = "short"
    top: Rgb = (70, 80, 100)
    light_azimuth_deg: float = 20.0
    light_level: float = Field(default=1.0, gt=0)
    """1 is well lit; 0.25 is dark."""
    background: Rgb = (90, 95, 110)
    background_style: Literal["plain", "gradient", "stripes", "room"] = "plain"
    camera_yaw_deg: float = 0.0
    """Standing turn of the head against the camera."""
    camera_pitch_deg: float = 0.0
    face_width: float = Field(default=0.42, gt=0, le=1)
    """Width of the face as a share of the frame's width."""
    offset_x: float = 0.0
    offset_y: float = 0.0
    """Shift of the head, in shares of the frame."""
    occlusion: Literal["none", "glasses", "hand-on-chin", "hair-over-brow"] = "none"
    noise_sigma: float = Field(default=0.0, ge=0)
    """Pixel noise, standard deviation of 0-255."""


class Script(Record):
    """Everything that determines one clip."""

    id: str
    seed: int
    split: Split
    scenario: Scenario
    tags: tuple[str, ...] = ()
    emotion: Emotion
    """The expressed emotion that the cues, taken together, were drawn for."""
    face_emotion: Emotion
    voice_emotion: Emotion
    sentence: str
    sentiment: Literal["positive", "negative", "neutral"]
    """Of the wording alone; drawn independently of face and voice."""
    voice: str
    look: Look
    beats: tuple[Beat, ...]
    edit: VoiceEdit
    sound_noise_db: float | None = None
    """Signal-to-noise ratio of added noise, none for clean sound."""
    asked_auditory: tuple[str, ...]
    """Auditory kinds that the edit is meant to make."""
    lead_s: float = 0.4
    """Before the first word."""
    tail_s: float = 0.5
    """After the last."""
    fps: float = 15.0
    size_px: int = 256
