import numpy as np
import pytest
from tests.signals.tracks import bump, make_track

from xemogpt.encoders.face_landmarks import FaceTrack
from xemogpt.schema import Cue
from xemogpt.signals.face import face_cues, face_warnings
from xemogpt.signals.face_curves import face_curves


def cues_of(track: FaceTrack, kind: str | None = None) -> list[Cue]:
    found = face_cues(track, face_curves(track))
    return [cue for cue in found if kind is None or cue.kind == kind]


def kinds_of(track: FaceTrack) -> set[str | None]:
    return {cue.kind for cue in cues_of(track)}


def test_a_neutral_face_is_called_that_and_nothing_else() -> None:
    assert kinds_of(make_track()) == {"face", "neutral-face", "head-still"}


def test_a_smile_has_its_onset_and_offset() -> None:
    (smile,) = cues_of(make_track(shapes={"mouthSmile": bump(1.0, 2.5, 0.9)}), "smile")
    assert smile.start_s == pytest.approx(1.0, abs=0.1)
    assert smile.end_s == pytest.approx(2.5, abs=0.1)
    assert smile.text == "smiles broadly"
    assert smile.value == pytest.approx(0.9, abs=0.01)
    assert smile.source == "measured"


def test_a_constant_smile_is_a_smile() -> None:
    (smile,) = cues_of(make_track(shapes={"mouthSmile": 0.6}), "smile")
    assert (smile.start_s, smile.end_s) == (0.0, pytest.approx(4.0, abs=0.01))
    assert "neutral-face" not in kinds_of(make_track(shapes={"mouthSmile": 0.6}))


def test_a_constant_trace_of_a_smile_is_anatomy() -> None:
    assert cues_of(make_track(shapes={"mouthSmile": 0.25}), "smile") == []


def test_vowels_are_talking_and_no_smile() -> None:
    track = make_track(
        shapes={"mouthSmile": lambda t: 0.4 * (np.sin(2 * np.pi * 3 * t) > 0.3)},
        lip_gap=lambda t: 0.1 * (1 + np.sin(2 * np.pi * 3 * t)),
    )
    kinds = kinds_of(track)
    assert "talking" in kinds
    assert not kinds & {"smile", "mouth-open"}


def test_an_open_mouth_that_does_not_move_is_open() -> None:
    (cue,) = cues_of(make_track(lip_gap=bump(1.0, 2.2, 0.4)), "mouth-open")
    assert cue.text == "the mouth is wide open"


def test_crying_is_a_grimace_not_a_smile() -> None:
    track = make_track(shapes={"mouthSmile": bump(1.0, 3.0, 0.8), "eyeBlink": bump(0.9, 3.1, 0.8)})
    kinds = kinds_of(track)
    assert "grimace" in kinds
    assert "eyes-closed" in kinds
    assert "smile" not in kinds


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("brow-raise", "browOuterUp"),
        ("brow-lower", "browDown"),
        ("inner-brow-raise", "browInnerUp"),
        ("lips-pressed", "mouthPress"),
        ("gaze-down", "eyeLookDown"),
        ("gaze-up", "eyeLookUp"),
    ],
)
def test_a_coefficient_that_rises_makes_its_cue(kind: str, shape: str) -> None:
    (cue,) = cues_of(make_track(shapes={shape: bump(1.0, 2.0, 0.7)}), kind)
    assert cue.start_s == pytest.approx(1.0, abs=0.1)
    assert cue.end_s == pytest.approx(2.0, abs=0.1)


def test_blinks_are_counted_and_a_long_closing_is_none() -> None:
    shut = lambda t: 0.8 * sum(((t >= s) & (t < s + 0.15)) for s in (0.5, 1.5, 2.5))  # noqa: E731
    assert len(cues_of(make_track(shapes={"eyeBlink": shut}), "blink")) == 3
    closed = make_track(shapes={"eyeBlink": bump(1.0, 2.5, 0.8)})
    assert cues_of(closed, "blink") == []
    assert cues_of(closed, "eyes-closed")[0].text == "keeps the eyes closed"


def test_blinking_often_is_a_rate() -> None:
    often = lambda t: 0.8 * ((t % 1.0) < 0.14)  # noqa: E731
    (rate,) = cues_of(make_track(8.0, shapes={"eyeBlink": often}), "blink-rate")
    assert rate.value == pytest.approx(60, abs=9)


@pytest.mark.parametrize(("pose", "text"), [(30.0, "left"), (-30.0, "right")])
def test_a_turned_head_says_to_which_side(pose: float, text: str) -> None:
    found = cues_of(make_track(pose={"yaw": bump(1.0, 2.0, pose)}))
    (turn,) = [cue for cue in found if cue.kind == "turned-away"]
    assert turn.text == f"turns the head to their {text}"
    assert not [cue for cue in found if cue.kind == "gaze-averted"], "the turn says it already"


def test_averted_eyes_with_a_still_head() -> None:
    shapes = {"eyeLookOutLeft": bump(1, 2, 0.9), "eyeLookInRight": bump(1, 2, 0.9)}
    (cue,) = cues_of(make_track(shapes=shapes), "gaze-averted")
    assert cue.text == "looks to their left"


def swing(size: float, hertz: float = 2.0):
    return lambda t: size * np.sin(2 * np.pi * hertz * (t - 1)) * ((t >= 1) & (t < 2.5))


def test_nods_and_shakes_are_told_apart() -> None:
    nod = kinds_of(make_track(pose={"pitch": swing(6.0)}))
    shake = kinds_of(make_track(pose={"yaw": swing(8.0)}))
    assert "head-nod" in nod
    assert "head-shake" not in nod
    assert "head-shake" in shake
    assert "head-nod" not in shake
    assert "head-still" not in nod | shake


def test_nods_are_counted() -> None:
    (nod,) = cues_of(make_track(pose={"pitch": swing(6.0)}), "head-nod")
    assert nod.text == "nods 3 times"
    assert nod.start_s == pytest.approx(1.0, abs=0.2)
    assert nod.end_s == pytest.approx(2.5, abs=0.2)


def test_slow_turns_are_no_shake() -> None:
    assert "head-shake" not in kinds_of(make_track(8.0, pose={"yaw": swing(10.0, hertz=0.5)}))


@pytest.mark.parametrize(
    ("pose", "kind", "text"),
    [
        ({"roll": 15.0}, "head-tilt", "tilts the head to their left"),
        ({"roll": -15.0}, "head-tilt", "tilts the head to their right"),
        ({"pitch": -25.0}, "head-bow", "bows the head"),
        ({"pitch": 20.0}, "head-raise", "raises the chin"),
    ],
)
def test_a_pose_held_throughout_is_named(pose: dict, kind: str, text: str) -> None:
    (cue,) = cues_of(make_track(pose=pose), kind)
    assert cue.text == text
    assert cue.end_s == pytest.approx(4.0, abs=0.01)


def test_no_face_is_a_warning_and_no_cue() -> None:
    track = make_track(found=False)
    assert cues_of(track) == []
    assert face_warnings(track) == ["no-face: no face was found in any frame"]


def test_a_face_that_leaves_and_comes_back() -> None:
    track = make_track(found=lambda t: (t < 1.0) | (t >= 3.0))
    assert len(cues_of(track, "face")) == 2
    (warning,) = face_warnings(track)
    assert warning.startswith("face-leaves: ")
    assert "2.0 s" in warning


def test_several_faces_are_counted() -> None:
    track = make_track(num_faces=3)
    (cue,) = cues_of(track, "several-faces")
    assert (cue.text, cue.value) == ("3 faces are in the picture", 3)
    assert face_warnings(track)[0].startswith("several-faces: ")


def test_a_tiny_face_keeps_quiet_about_eyes_and_brows() -> None:
    shapes = {"browDown": 0.9, "eyeBlink": bump(1, 1.2, 0.9), "mouthSmile": bump(2, 3, 0.9)}
    track = make_track(shapes=shapes, width_px=40)
    assert kinds_of(track) == {"face", "smile", "head-still"}
    assert face_warnings(track)[0].startswith("face-too-small: ")
    (small,) = cues_of(track, "smile")
    (large,) = cues_of(make_track(shapes=shapes), "smile")
    assert (small.confidence or 0) < (large.confidence or 0)


def test_one_frame_shows_what_is_there() -> None:
    track = make_track(1 / 15, shapes={"mouthSmile": 0.8})
    assert len(track) == 1
    assert "smile" in kinds_of(track)
    assert face_warnings(track) == ["too-few-frames: too few frames to see movement (there are 1)"]


def test_slow_frames_make_no_blinks_or_nods() -> None:
    track = make_track(4.0, fps=5, shapes={"eyeBlink": bump(1, 1.2, 0.9)})
    assert not kinds_of(track) & {"blink", "head-nod", "head-shake", "head-still"}
    assert face_warnings(track)[0].startswith("low-frame-rate: ")


def test_eyes_that_stay_on_the_camera_while_the_head_bows_look_nowhere_else() -> None:
    track = make_track(pose={"pitch": bump(1, 2, -15.0)}, shapes={"eyeLookUp": bump(1, 2, 0.5)})
    assert not kinds_of(track) & {"gaze-up", "gaze-down"}


def test_eyes_that_close_at_the_end_do_not_blink() -> None:
    assert cues_of(make_track(shapes={"eyeBlink": bump(3.8, 9.0, 0.8)}), "blink") == []


def test_lips_pressed_between_words_are_speech() -> None:
    track = make_track(
        shapes={"mouthPress": 0.6}, lip_gap=lambda t: 0.1 * (1 + np.sin(2 * np.pi * 3 * t))
    )
    assert "lips-pressed" not in kinds_of(track)
