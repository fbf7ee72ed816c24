"""From a script's beats and its speech to curves of the face and the head.

Each visual kind has a recipe of actions and turns, strong enough for the detectors of
``signals`` at three quarters of full strength.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from xemogpt.emocue.controlled.head import ACTIONS
from xemogpt.emocue.controlled.script import Beat, Script
from xemogpt.emocue.controlled.visemes import Sounding, mouth_of
from xemogpt.errors import UnknownNameError

Floats = NDArray[np.floating[Any]]
YAW, PITCH, ROLL = range(3)
_BOTH = ("Left", "Right")
# Strengths at full beat, above 1 where less than a full beat should reach the action's end; names
# without a side stand for both sides.
EXPRESSIONS: dict[str, dict[str, float]] = {
    "smile": {"mouthSmile": 1.0, "cheekSquint": 0.5, "mouthDimple": 0.2},
    "one-sided-smile": {"mouthSmile": 1.0, "mouthDimple": 0.4, "cheekSquint": 0.3},
    "grimace": {"mouthSmile": 0.9, "mouthStretch": 0.5, "eyeBlink": 1.3, "cheekSquint": 0.8},
    "mouth-frown": {"mouthFrown": 1.3, "mouthShrugUpper": 1.4, "mouthUpperUp": 0.2},
    "mouth-open": {"jawOpen": 0.62, "mouthSmile": 0.35},
    "lips-pressed": {
        "mouthRollLower": 1.3,
        "mouthRollUpper": 1.3,
        "mouthPress": 0.6,
        "mouthFrown": 0.45,
        "cheekPuff": 0.6,
    },
    "brow-raise": {"browInnerUp": 1.0, "browOuterUp": 1.0},
    "inner-brow-raise": {"browInnerUp": 1.2},
    "brow-lower": {"browDown": 1.25},
    "eyes-wide": {"eyeWide": 0.6},
    "eyes-narrow": {"eyeSquint": 1.15, "cheekSquint": 0.8},
    "eyes-closed": {"eyeBlink": 1.3},
    "blink": {"eyeBlink": 1.3},
    "blink-rate": {"eyeBlink": 1.3},
    "gaze-down": {"eyeLookDown": 1.25},
    "gaze-up": {"eyeLookUp": 1.3, "eyeWide": 0.3},
    "gaze-averted": {"eyeLook": 1.2},
    "talking": {"jawOpen": 0.5},
}
POSES: dict[str, tuple[float, float, float]] = {
    "gaze-down": (0.0, -15.0, 0.0),
    "gaze-up": (0.0, 26.0, 0.0),
    "gaze-averted": (11.0, 0.0, 0.0),
    "head-nod": (0.0, -11.0, 0.0),
    "head-shake": (10.0, 0.0, 0.0),
    "head-tilt": (0.0, 0.0, 17.0),
    "head-bow": (0.0, -21.0, 0.0),
    "head-raise": (0.0, 22.0, 0.0),
    "turned-away": (32.0, 0.0, 0.0),
}
"""Yaw, pitch and roll in degrees at full beat, towards the left where the kind has a side."""
PASSIVE = frozenset({"face", "neutral-face", "head-still"})
"""Kinds that are acted by doing nothing."""
ACTABLE = tuple(sorted({*EXPRESSIONS, *POSES, *PASSIVE}))
SWINGS = frozenset({"head-nod", "head-shake"})
_EYES = frozenset(
    {"eyes-wide", "eyes-narrow", "eyes-closed", "blink", "blink-rate", "grimace"}
    | {"gaze-down", "gaze-up", "gaze-averted"}
)
# Share of speech's shapes that is left while the mouth does something else.
_SPEECH_LEFT = {
    "smile": 0.6, "one-sided-smile": 0.6, "mouth-frown": 0.15, "mouth-open": 0.15,
    "lips-pressed": 0.05, "grimace": 0.05,
}  # fmt: skip
BLINK_S = 0.3
BLINK_EVERY_S = (3.2, 5.8)
"""Seconds between spontaneous blinks: 10 to 19 a minute."""
_OFTEN_S = 0.85
"""Seconds between the blinks of ``blink-rate``."""
_SWAY_DEG = (2.3, 1.9, 1.8)
_SWAY_S = (2.2, 4.5)
"""Periods of the head's sway: half of the shortest is longer than any swing of a nod."""
REST_PITCH_DEG = 9.0
"""Of a head that looks ahead: the mesh's face leans forward, and detectors read it as bowed."""
_REST_LIDS = 0.18
"""Of ``eyeBlink`` in eyes at ease: as open as those of photographs, so that they can widen."""
_LIFTED = 0.3
"""Of ``eyeWide`` at which nothing of that is left."""
_STREAM = 4
"""Tells this generator apart from others made of the same seed."""


class Spoken(Protocol):
    """What speech tells: ``speech.Speech`` is one."""

    @property
    def phones(self) -> Sequence[Sounding]:
        """In order of time, in the clip."""


@dataclass(frozen=True)
class Motion:
    """What the head does in each frame."""

    times_s: NDArray[np.float64]
    """(T,)."""
    actions: NDArray[np.float32]
    """(T, 52), 0 to 1, in the order of ``head.ACTIONS``."""
    pose_deg: NDArray[np.float32]
    """(T, 3): yaw to the person's left, pitch up, roll to the left shoulder."""


def animate(script: Script, speech: Spoken | None, duration_s: float) -> Motion:
    """Act a script.

    Args:
        script: beats, frame rate and seed.
        speech: moves the mouth; nothing for a silent clip.
        duration_s: of the clip.

    Raises:
        UnknownNameError: if nobody can act a beat.
    """
    for beat in script.beats:
        if beat.kind not in ACTABLE:
            raise UnknownNameError(f"no recipe acts {beat.kind!r}; choose from {list(ACTABLE)}")
    times_s = np.arange(max(1, round(duration_s * script.fps))) / script.fps
    rng = np.random.default_rng([script.seed, _STREAM])
    actions = mouth_of(speech.phones, times_s) if speech else _nothing(times_s)
    actions *= _speech_left(script.beats, times_s)[:, None]
    pose = _sway(script.beats, times_s, rng)
    for beat in script.beats:
        curve = beat.strength * curve_of(beat, times_s)
        for name, weight in actions_of(beat).items():
            index = ACTIONS.index(name)
            actions[:, index] = np.maximum(actions[:, index], np.minimum(1, weight * curve))
        pose += curve[:, None] * pose_of(beat)
    blinks = _spontaneous(script.beats, duration_s, times_s, rng)
    _close_eyes(actions, blinks)
    pose[:, PITCH] += REST_PITCH_DEG
    return Motion(times_s, np.clip(actions, 0, 1).astype(np.float32), pose.astype(np.float32))


def actions_of(beat: Beat) -> dict[str, float]:
    """Weights of single actions for one beat."""
    side = (beat.side or "left").capitalize()
    if beat.kind == "gaze-averted":
        other = "Right" if side == "Left" else "Left"
        weight = EXPRESSIONS[beat.kind]["eyeLook"]
        return {f"eyeLookOut{side}": weight, f"eyeLookIn{other}": weight}
    sides = (side,) if beat.kind == "one-sided-smile" else _BOTH
    weights = {}
    for name, weight in EXPRESSIONS.get(beat.kind, {}).items():
        names = [name] if name in ACTIONS else [name + which for which in sides]
        weights.update(dict.fromkeys(names, weight))
    return weights


def pose_of(beat: Beat) -> Floats:
    """(3,) degrees for one beat: sideways kinds follow its side."""
    yaw, pitch, roll = POSES.get(beat.kind, (0.0, 0.0, 0.0))
    sign = -1.0 if beat.side == "right" else 1.0
    return np.array([sign * yaw, pitch, sign * roll])


def curve_of(beat: Beat, times_s: Floats) -> Floats:
    """(T,) course of a beat before its strength: 0 to 1, or -1 to 1 for what swings."""
    lasts_s = max(1e-3, beat.offset_s - beat.onset_s)
    done = np.clip((times_s - beat.onset_s) / lasts_s, 0, 1)
    if beat.kind == "head-nod":
        return _nods(beat, done, times_s)
    if beat.kind == "head-shake":
        swinging: Floats = np.sin(2 * np.pi * beat.count * done)
        return swinging
    if beat.kind == "blink":
        middles = beat.onset_s + lasts_s * (np.arange(beat.count) + 0.5) / beat.count
        return blinks_at(middles, times_s)
    if beat.kind == "blink-rate":
        return blinks_at(np.arange(beat.onset_s + BLINK_S, beat.offset_s, _OFTEN_S), times_s)
    held = envelope(beat, times_s)
    if beat.kind == "talking":
        held = held * (0.5 - 0.5 * np.cos(2 * np.pi * 3.2 * (times_s - beat.onset_s)))
    return held


def envelope(beat: Beat, times_s: Floats, margin_s: float = 0.0) -> Floats:
    """(T,) growth, hold and fading, 0 to 1; a margin widens it on both sides."""
    rise = _ramp(times_s, beat.onset_s - margin_s, max(beat.apex_s - margin_s, beat.onset_s))
    fade = _ramp(times_s, min(beat.release_s + margin_s, beat.offset_s), beat.offset_s + margin_s)
    shape: Floats = rise * (1 - fade)
    return shape


def blinks_at(middles_s: Floats, times_s: Floats) -> Floats:
    """(T,) lids that fall and rise again around each of the moments.

    The lids stay down for a tenth of a second, so that no frame rate from 10 a second misses it.
    """
    shut = np.zeros(len(times_s))
    for middle_s in middles_s:
        away = np.abs(times_s - middle_s)
        shut = np.maximum(shut, np.clip((BLINK_S / 2 - away) / (BLINK_S / 2 - 0.05), 0, 1))
    return shut


def _nods(beat: Beat, done: Floats, times_s: Floats) -> Floats:
    """(T,) down and up ``count`` times, and a little too far up at the end.

    Without that the last swing would not end: it would go on into the sway that follows. A single
    nod swings up first, or it would be but a bow.
    """
    nods: Floats = 0.5 - 0.5 * np.cos(2 * np.pi * beat.count * done)
    nods -= 0.4 * _hump(times_s, beat.offset_s, 0.5)
    return nods - 0.7 * _hump(times_s, beat.onset_s, 0.6) if beat.count == 1 else nods


def _hump(times_s: Floats, middle_s: float, width_s: float) -> Floats:
    """(T,) up and down again."""
    done = np.clip((times_s - middle_s) / width_s + 0.5, 0, 1)
    hump: Floats = np.sin(np.pi * done) ** 2
    return hump


def _ramp(times_s: Floats, from_s: float, to_s: float) -> Floats:
    """Smooth step from 0 to 1."""
    done = np.clip((times_s - from_s) / max(1e-3, to_s - from_s), 0, 1)
    step: Floats = done * done * (3 - 2 * done)
    return step


def _nothing(times_s: Floats) -> NDArray[np.float32]:
    return np.zeros((len(times_s), len(ACTIONS)), np.float32)


def _speech_left(beats: Sequence[Beat], times_s: Floats) -> NDArray[np.float32]:
    """(T,) factor on the shapes of speech."""
    left = np.ones(len(times_s))
    for beat in beats:
        if beat.kind in _SPEECH_LEFT:
            taken = 1 - _SPEECH_LEFT[beat.kind]
            left = np.minimum(left, 1 - taken * envelope(beat, times_s))
    return left.astype(np.float32)


def _sway(beats: Sequence[Beat], times_s: Floats, rng: np.random.Generator) -> Floats:
    """(T, 3) the head of a living person: slow, and gone while it nods, shakes or keeps still."""
    sway = np.zeros((len(times_s), 3))
    for axis, size in enumerate(_SWAY_DEG):
        for share in (0.65, 0.35):
            period_s, phase = rng.uniform(*_SWAY_S), rng.uniform(0, 2 * np.pi)
            sway[:, axis] += share * size * np.sin(2 * np.pi * times_s / period_s + phase)
    for beat in beats:
        if beat.kind in SWINGS:
            sway *= 1 - envelope(beat, times_s, margin_s=0.7)[:, None]
        elif beat.kind == "head-still":
            sway *= 0.15  # Stillness is measured over the whole clip.
    return sway


def _spontaneous(
    beats: Sequence[Beat], duration_s: float, times_s: Floats, rng: np.random.Generator
) -> Floats:
    """(T,) blinks that nobody asked for, away from what the eyes are asked to do."""
    middles, next_s = [], float(rng.uniform(0.8, BLINK_EVERY_S[1]))
    busy = [(b.onset_s - 0.35, b.offset_s + 0.35) for b in beats if b.kind in _EYES]
    while next_s < duration_s - BLINK_S:
        if not any(start_s < next_s < end_s for start_s, end_s in busy):
            middles.append(next_s)
        next_s += float(rng.uniform(*BLINK_EVERY_S))
    return blinks_at(np.array(middles), times_s)


def _close_eyes(actions: NDArray[np.float32], blinks: Floats) -> None:
    """Put lids at ease and blinks in; falling lids undo what pulls them elsewhere."""
    for side in _BOTH:
        lid, wide, down = (
            ACTIONS.index(f"{name}{side}") for name in ("eyeBlink", "eyeWide", "eyeLookDown")
        )
        lifted = np.minimum(1, actions[:, wide] / _LIFTED)
        # Eyes that look down bring their own lids.
        at_ease = _REST_LIDS * (1 - np.maximum(lifted, actions[:, down]))
        actions[:, lid] = np.maximum(actions[:, lid], blinks)
        for name in ("eyeWide", "eyeLookDown", "eyeLookUp"):
            actions[:, ACTIONS.index(f"{name}{side}")] *= 1 - actions[:, lid]
        actions[:, lid] = np.maximum(actions[:, lid], at_ease)
