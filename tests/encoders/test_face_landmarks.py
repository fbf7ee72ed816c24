from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from xemogpt.encoders.face_detector import Detection, _anchors, _merge, overlap
from xemogpt.encoders.face_landmarks import BLENDSHAPES, FaceLandmarker
from xemogpt.encoders.head_pose import (
    CANONICAL,
    RIGID_POINTS,
    head_pose,
    rotation_onto,
    to_head_frame,
)
from xemogpt.media import Frame


def turned(yaw: float = 0, pitch: float = 0, roll: float = 0) -> np.ndarray:
    """Points (478, 3) of the mean head turned as a person would say it."""
    y, p, r = np.radians([yaw, pitch, roll])
    # To the person's left is to the right of the picture; the nose is at negative z.
    about_y = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    points = np.zeros((478, 3))
    points[RIGID_POINTS] = CANONICAL
    return (points @ (about_y @ about_x @ about_z).T * 130 + [300, 200, 5]).astype(np.float32)


@pytest.mark.parametrize("angles", [(0, 0, 0), (25, 0, 0), (0, -15, 0), (0, 0, 20), (-30, 10, -8)])
def test_head_pose_of_a_known_turn(angles: tuple[float, float, float]) -> None:
    assert head_pose(turned(*angles)) == pytest.approx(angles, abs=0.1)


def test_signs_of_the_pose() -> None:
    nose = list(RIGID_POINTS).index(4)
    flat = turned()[RIGID_POINTS][nose]
    assert turned(yaw=20)[RIGID_POINTS][nose][0] > flat[0], "left of the person: picture's right"
    assert turned(pitch=20)[RIGID_POINTS][nose][1] < flat[1], "raised: up in the picture"
    assert turned(roll=20)[263][1] > turned()[263][1], "to the left shoulder: the left eye sinks"


def test_rotation_is_proper_even_for_a_mirrored_target() -> None:
    mirrored = CANONICAL * np.array([1, 1, -1], np.float32)
    assert np.linalg.det(rotation_onto(CANONICAL, mirrored)) == pytest.approx(1.0)


def test_the_head_frame_takes_pose_and_size_away() -> None:
    both = np.stack([turned(), turned(20, 10, -15) * 2, np.full((478, 3), np.nan)])
    out = to_head_frame(both.astype(np.float32))
    assert out[0][RIGID_POINTS] == pytest.approx(out[1][RIGID_POINTS], abs=1e-3)
    assert np.isnan(out[2]).all()


def test_names_of_the_coefficients() -> None:
    assert len(BLENDSHAPES) == len(set(BLENDSHAPES)) == 52
    assert BLENDSHAPES[44] == "mouthSmileLeft"


def test_anchors_cover_both_grids() -> None:
    anchors = _anchors()
    assert anchors.shape == (896, 2)
    assert anchors[0].tolist() == [1 / 32, 1 / 32]
    assert anchors[-1].tolist() == [15 / 16, 15 / 16]


def test_overlapping_detections_are_averaged_by_score() -> None:
    def found(x: float, score: float) -> Detection:
        box = np.array([x, 0, x + 10, 10], np.float32)
        return Detection(box, np.zeros((6, 2), np.float32), score)

    merged = _merge([found(0, 0.5), found(2, 1.0), found(50, 0.8)])
    assert [round(item.score, 2) for item in merged] == [1.0, 0.8]
    assert merged[0].box[0] == pytest.approx(4 / 3)


def test_a_small_box_in_a_large_one_overlaps_wholly() -> None:
    boxes = np.array([[0, 0, 10, 10], [20, 20, 30, 30]], np.float32)
    assert overlap(np.array([2, 2, 4, 4], np.float32), boxes).tolist() == [1.0, 0.0]


@pytest.fixture(scope="module")
def landmarker() -> FaceLandmarker:
    return FaceLandmarker()


@pytest.fixture
def photo(shared_dir: Path) -> Callable[[str], np.ndarray]:
    def read(name: str) -> np.ndarray:
        import cv2

        image = cv2.imread(str(shared_dir / "data" / "images" / f"london_{name}.jpg"))
        return np.ascontiguousarray(image[:, :, ::-1])

    return read


@pytest.mark.weights
@pytest.mark.shared
class TestPhotographs:
    def test_frontal_faces_are_frontal(self, landmarker, photo) -> None:
        names = ("002", "005", "010", "025", "030", "083")
        poses = [head_pose(landmarker.faces(photo(f"{n}_neutral"))[0].points) for n in names]
        assert np.abs(np.mean(poses, axis=0)).max() < 4

    def test_a_smile_raises_the_smile(self, landmarker, photo) -> None:
        index = BLENDSHAPES.index("mouthSmileLeft")

        def smile(name: str) -> float:
            return float(landmarker.blendshapes(landmarker.faces(photo(name))[0].points)[index])

        assert smile("010_happy") > smile("010_neutral") + 0.3

    def test_the_same_photo_mirrored_has_the_opposite_yaw_and_roll(self, landmarker, photo) -> None:
        image = photo("030_neutral")
        pose = head_pose(landmarker.faces(image)[0].points)
        mirrored = landmarker.faces(np.ascontiguousarray(image[:, ::-1]))[0]
        assert head_pose(mirrored.points) == pytest.approx(pose * [-1, 1, -1], abs=2.0)

    def test_a_tilted_photo_has_that_roll(self, landmarker, photo) -> None:
        import cv2

        image = photo("010_neutral")
        height, width = image.shape[:2]
        # OpenCV's positive angle turns the picture counter-clockwise as it is seen.
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), -20, 1.0)
        tilted = cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
        before = head_pose(landmarker.faces(image)[0].points)[2]
        after = head_pose(landmarker.faces(tilted)[0].points)[2]
        assert after - before == pytest.approx(20, abs=2)

    def test_tracking_agrees_with_detection(self, landmarker, photo) -> None:
        image = photo("010_neutral")
        track = landmarker.track([Frame(image, i / 15) for i in range(4)])
        assert track.found.all()
        assert track.num_faces.tolist() == [1] * 4
        width = track.box[0, 2] - track.box[0, 0]
        apart = np.linalg.norm(track.points[3, :, :2] - track.points[0, :, :2], axis=1)
        assert apart.mean() < 0.01 * width

    def test_the_main_face_is_the_larger_and_stays_so(self, landmarker, photo) -> None:
        import cv2

        canvas = np.full((400, 700, 3), 200, np.uint8)
        canvas[:, :400] = cv2.resize(photo("002_neutral"), (400, 400))
        canvas[100:300, 450:650] = cv2.resize(photo("003_neutral"), (200, 200))
        track = landmarker.track([Frame(canvas, i / 15) for i in range(12)])
        assert track.num_faces.tolist() == [2] * 12
        assert (track.box[:, 2] < 420).all()

    def test_small_faces_are_found_in_tiles(self, landmarker, photo) -> None:
        import cv2

        canvas = np.full((480, 640, 3), 128, np.uint8)
        canvas[200:300, 300:400] = cv2.resize(photo("010_neutral"), (100, 100))
        assert landmarker.faces(canvas, small=False) == []
        (face,) = landmarker.faces(canvas)
        centre = (face.box[:2] + face.box[2:]) / 2
        assert centre == pytest.approx([350, 250], abs=25)

    def test_a_face_that_vanishes_is_not_held_on_to(self, landmarker, photo) -> None:
        face, empty = photo("010_neutral"), np.full((400, 400, 3), 90, np.uint8)
        frames = [Frame(face if i < 3 else empty, i / 15) for i in range(6)]
        track = landmarker.track(frames)
        assert track.found.tolist() == [True] * 3 + [False] * 3
        assert np.isnan(track.points[4]).all()
        assert track.presence[4] == 0

    def test_no_frames_make_an_empty_track(self, landmarker) -> None:
        track = landmarker.track([])
        assert len(track) == 0
        assert track.points.shape == (0, 478, 3)
        assert track.frame_size == (0, 0)

    def test_a_coefficient_by_name(self, landmarker, photo) -> None:
        track = landmarker.track([Frame(photo("010_happy"), 0.0)])
        both = track.blendshapes[:, [44, 45]].mean(axis=1)
        assert track.blendshape("mouthSmile") == pytest.approx(both)
        with pytest.raises(KeyError):
            track.blendshape("grin")
