from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from xemogpt.emocue.controlled.emotions import ASKABLE_VISUAL
from xemogpt.emocue.controlled.head import ACTIONS
from xemogpt.emocue.controlled.motion import (
    ACTABLE,
    PITCH,
    REST_PITCH_DEG,
    ROLL,
    YAW,
    Motion,
    animate,
)
from xemogpt.emocue.controlled.script import Beat, Look, Script, VoiceEdit
from xemogpt.errors import UnknownNameError
from xemogpt.signals.head import swings
from xemogpt.signals.timeline import moving_mean

LOOK = Look(
    identity="a", skin=(1, 2, 3), hair=(1, 2, 3), brow=(1, 2, 3), iris=(1, 2, 3), lip=(1, 2, 3)
)


@dataclass(frozen=True)
class Phone:
    symbol: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Speech:
    phones: list[Phone] = field(
        default_factory=lambda: [
            Phone(s, 0.4 + 0.12 * i, 0.52 + 0.12 * i) for i, s in enumerate("matabalamatabalama")
        ]
    )


def beat(kind: str, onset_s: float = 1.0, offset_s: float = 2.5, **more: Any) -> Beat:
    return Beat(
        kind=kind,
        onset_s=onset_s,
        apex_s=onset_s + 0.25,
        release_s=offset_s - 0.25,
        offset_s=offset_s,
        **more,
    )


def acted(*beats: Beat, seed: int = 1, speech: Speech | None = None, lasts_s: float = 4) -> Motion:
    script = Script(
        id="a", seed=seed, split="train", scenario="clear", emotion="happy",
        face_emotion="happy", voice_emotion="happy", sentence="a", sentiment="neutral", voice="a",
        look=LOOK, beats=beats, edit=VoiceEdit(), asked_auditory=(),
    )  # fmt: skip
    return animate(script, speech, lasts_s)


def action(motion: Motion, name: str, at_s: float) -> float:
    return float(np.interp(at_s, motion.times_s, motion.actions[:, ACTIONS.index(name)]))


def test_every_kind_that_a_plan_asks_for_can_be_acted() -> None:
    assert set(ASKABLE_VISUAL) <= set(ACTABLE)
    with pytest.raises(UnknownNameError, match="yodel"):
        acted(beat("yodel"))


def test_a_beat_grows_holds_and_fades() -> None:
    motion = acted(beat("smile", strength=0.8))
    course = [action(motion, "mouthSmileLeft", t) for t in (0.9, 1.12, 1.7, 2.4, 2.6)]
    assert course[0] == course[4] == 0
    assert course[2] == pytest.approx(0.8)
    assert 0 < course[1] < 0.8 > course[3] > 0


def test_overlapping_beats_take_the_most_of_actions_and_add_turns() -> None:
    both = acted(beat("brow-raise", strength=0.5), beat("inner-brow-raise"), beat("head-bow"))
    assert action(both, "browInnerUp", 1.7) == pytest.approx(1.0)
    assert action(both, "browOuterUpLeft", 1.7) == pytest.approx(0.5)
    bow = acted(beat("head-bow")).pose_deg
    more = acted(beat("head-bow"), beat("gaze-down")).pose_deg
    assert (more - bow)[:, PITCH].min() < -2


@pytest.mark.parametrize("side", ["left", "right"])
def test_sides_are_the_persons_own(side: str) -> None:
    sign = 1 if side == "left" else -1
    there, other = ("Left", "Right") if side == "left" else ("Right", "Left")
    middle = 25
    turned = acted(beat("turned-away", side=side), beat("head-tilt", side=side))
    assert sign * turned.pose_deg[middle, YAW] > 15
    assert sign * turned.pose_deg[middle, ROLL] > 8
    gaze = acted(beat("gaze-averted", side=side))
    assert action(gaze, f"eyeLookOut{there}", 1.7) == action(gaze, f"eyeLookIn{other}", 1.7) > 0.5
    assert action(gaze, f"eyeLookOut{other}", 1.7) == 0
    smile = acted(beat("one-sided-smile", side=side))
    assert action(smile, f"mouthSmile{there}", 1.7) > 0.6
    assert action(smile, f"mouthSmile{other}", 1.7) == 0


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize(
    ("kind", "axis", "each_s", "least"), [("head-nod", PITCH, 0.5, 3), ("head-shake", YAW, 0.6, 4)]
)
def test_the_detector_counts_nods_and_shakes(
    kind: str, axis: int, each_s: float, least: float, count: int
) -> None:
    for seed in range(5):
        made = beat(kind, offset_s=1 + each_s * count, count=count, strength=0.75)
        motion = acted(made, seed=seed)
        angles = moving_mean(motion.times_s, motion.pose_deg[:, axis].astype(float), 0.15)
        quick = [s for s in swings(motion.times_s, angles, least) if s.end_s - s.start_s <= 0.6]
        assert len(quick) // 2 == count


def test_a_head_sways_without_turning_away_and_keeps_still_when_asked() -> None:
    for seed in range(20):
        pose = acted(seed=seed).pose_deg - [0, REST_PITCH_DEG, 0]
        assert np.abs(pose).max() < 3
        still = acted(beat("head-still"), seed=seed).pose_deg - [0, REST_PITCH_DEG, 0]
        assert np.abs(still).max() < 0.5
        assert np.ptp(pose[:, YAW]) > 0.5


def test_blinks_come_ten_to_twenty_times_a_minute_and_leave_shut_eyes_alone() -> None:
    lid = ACTIONS.index("eyeBlinkLeft")

    def num_blinks(motion: Motion) -> int:
        shut = motion.actions[:, lid] > 0.5
        return int((shut[1:] & ~shut[:-1]).sum())

    for seed in range(10):
        assert 9 <= num_blinks(acted(seed=seed, lasts_s=60)) <= 20
        closed = beat("eyes-closed", 0.2, 59.8)
        assert num_blinks(acted(closed, seed=seed, lasts_s=60)) == 1
    often = beat("blink-rate", 0.2, 59.8)
    assert num_blinks(acted(often, lasts_s=60)) > 45
    assert num_blinks(acted(beat("blink", 1, 1.25), lasts_s=2)) == 1


def test_shut_eyes_are_not_wide() -> None:
    motion = acted(beat("eyes-wide"), beat("eyes-closed"))
    assert action(motion, "eyeWideLeft", 1.7) == 0


def test_speech_moves_the_jaw_less_while_the_lips_are_pressed() -> None:
    def opening(motion: Motion) -> float:
        inside = (motion.times_s > 1.3) & (motion.times_s < 2.2)
        return float(motion.actions[inside, ACTIONS.index("jawOpen")].std())

    free, smiling, pressed = (
        opening(acted(*beats, speech=Speech()))
        for beats in ((), (beat("smile"),), (beat("lips-pressed"),))
    )
    assert free > 0.08
    assert free > smiling > 4 * pressed


def test_the_seed_alone_changes_what_was_not_asked() -> None:
    first, again, other = (acted(beat("smile"), seed=s, speech=Speech()) for s in (1, 1, 2))
    assert np.array_equal(first.actions, again.actions)
    assert np.array_equal(first.pose_deg, again.pose_deg)
    assert not np.array_equal(first.pose_deg, other.pose_deg)
    assert first.actions.shape == (60, 52)
