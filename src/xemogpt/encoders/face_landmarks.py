"""Face landmarks over time: detector -> 478 points -> 52 blendshapes -> head pose. No torch.

The three LiteRT models are Google's MediaPipe face landmarker (asset ``face-landmarker``). The
crop of a frame comes from the points of the frame before; the detector runs at the start, twice a
second to count faces, and whenever the face is lost.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from xemogpt.encoders.face_detector import (
    Detection,
    FaceDetector,
    Floats,
    Image,
    Interpreter,
    overlap,
)
from xemogpt.encoders.face_track import BLENDSHAPES, NUM_POINTS, FaceTrack
from xemogpt.encoders.head_pose import head_pose

# The points the blendshape model takes: contours of lips, eyes, brows, oval, nose, and the irises.
_POINTS = (
    "0 1 4 5 6 7 8 10 13 14 17 21 33 37 39 40 46 52 53 54 55 58 61 63 65 66 67 70 78 80 81 82 "
    "84 87 88 91 93 95 103 105 107 109 127 132 133 136 144 145 146 148 149 150 152 153 154 155 "
    "157 158 159 160 161 162 163 168 172 173 176 178 181 185 191 195 197 234 246 249 251 263 "
    "267 269 270 276 282 283 284 285 288 291 293 295 296 297 300 308 310 311 312 314 317 318 "
    "321 323 324 332 334 336 338 356 361 362 365 373 374 375 377 378 379 380 381 382 384 385 "
    "386 387 388 389 390 397 398 400 402 405 409 415 454 466 468 469 470 471 472 473 474 475 "
    "476 477"
)
BLENDSHAPE_POINTS = np.array([int(index) for index in _POINTS.split()])
__all__ = ["BLENDSHAPES", "NUM_POINTS", "Face", "FaceLandmarker", "FaceTrack", "FrameLike"]
RIGHT_EYE, LEFT_EYE = 33, 263  # outer corners, the person's right and left
CROP_SIDE = 256
CROP_SCALE = 1.5  # the crop's side over the face box's longer side
PRESENCE_THRESHOLD = 0.5
MAX_FACES = 6
SWITCH_AREA = 2.0  # another face must be this many times larger to become the main one


class FrameLike(Protocol):
    """An RGB frame and its time, such as ``xemogpt.media.Frame``."""

    @property
    def image(self) -> NDArray[np.uint8]:
        """(H, W, 3) RGB."""

    @property
    def time_s(self) -> float:
        """Seconds from the start of the media."""


@dataclass(frozen=True)
class Face:
    """The landmarks of one face in one image."""

    points: Floats
    """(478, 3): x and y in pixels of the image, z in the same scale, smaller is nearer."""
    presence: float
    """0 to 1: whether the crop held a face."""

    @property
    def box(self) -> Floats:
        """(4,) x0, y0, x1, y1 around the points, in pixels."""
        return np.concatenate([self.points[:, :2].min(0), self.points[:, :2].max(0)])


class FaceLandmarker:
    """Landmarks, expression coefficients and head pose of the main face. Not thread-safe.

    Args:
        folder: the asset's folder; by default ``xemogpt.weights.locate("face-landmarker")``.
        detect_every_s: how often the detector counts faces while one is tracked.
        search_every_s: how often tiles are searched for small faces while none is seen.

    Raises:
        WeightsError: if the asset is not there.
    """

    def __init__(
        self,
        folder: str | Path | None = None,
        detect_every_s: float = 0.5,
        search_every_s: float = 0.4,
    ) -> None:
        if folder is None:
            from xemogpt.weights import locate

            folder = locate("face-landmarker")
        folder = Path(folder)
        self._detector = FaceDetector(folder / "face_detector.tflite")
        self._mesh = Interpreter(folder / "face_landmarks_detector.tflite")
        self._blendshapes = Interpreter(folder / "face_blendshapes.tflite")
        self.detect_every_s = detect_every_s
        self.search_every_s = search_every_s

    def faces(self, image: Image, small: bool = True) -> list[Face]:
        """Every face in an (H, W, 3) RGB image, the main one (large and central) first.

        Args:
            image: the picture.
            small: search tiles too when the whole picture shows no face.
        """
        detections = self._detector.detect(image)
        found = self._verified(image, detections)
        if small and not found:
            found = self._verified(image, self._detector.detect_small(image))
        height, width = image.shape[:2]
        return sorted(found, key=lambda face: -_prominence(face, width, height))

    def track(self, frames: Iterable[FrameLike]) -> FaceTrack:
        """Follow the main face through frames in time order."""
        rows: list[tuple[float, int, Face | None]] = []
        face: Face | None = None
        count, next_look, next_search = 0, -np.inf, -np.inf
        size = (0, 0)
        for frame in frames:
            image, time_s = frame.image, float(frame.time_s)
            size = (image.shape[1], image.shape[0])
            if face is not None:
                face = self._landmarks(image, *_crop_of_points(face.points))
                if face.presence < PRESENCE_THRESHOLD or not _inside(face, *size):
                    face = None
            if face is None or time_s >= next_look:
                search = face is None and time_s >= next_search
                if search:
                    next_search = time_s + self.search_every_s
                found = self.faces(image, small=search)
                face = _same_or_main(face, found)
                count = max(len(found), int(face is not None))
                next_look = time_s + self.detect_every_s
            rows.append((time_s, count, face))
        return self._pack(rows, size)

    def _verified(self, image: Image, detections: list[Detection]) -> list[Face]:
        """Landmarks of the detections that hold a face, each face once."""
        found: list[Face] = []
        for detection in detections[:MAX_FACES]:
            face = self._landmarks(image, *_crop_of_detection(detection))
            if face.presence < PRESENCE_THRESHOLD:
                continue
            if found and overlap(face.box, np.stack([item.box for item in found])).max() > 0.5:
                continue
            found.append(face)
        return found

    def _landmarks(self, image: Image, centre: Floats, side: float, angle: float) -> Face:
        """Points of the face in a square crop (pixels) turned by ``angle`` (radians)."""
        import cv2

        shrink = min(1.0, 2 * CROP_SIDE / max(side, 1.0))
        if shrink < 1:
            # Bilinear sampling of a large face would alias; halve it by area first.
            image = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        scale = CROP_SIDE / max(side, 1.0)
        cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
        rotation = np.array([[cos, sin], [-sin, cos]])
        shift = CROP_SIDE / 2 - rotation @ centre
        matrix = np.hstack([rotation / shrink, shift[:, None]])
        crop = cv2.warpAffine(
            image,
            matrix,
            (CROP_SIDE, CROP_SIDE),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        out = self._mesh(crop[None].astype(np.float32) / 255)
        points = out["Identity"].reshape(NUM_POINTS, 3).astype(np.float64)
        points[:, :2] = (points[:, :2] - shift) @ np.linalg.inv(rotation).T
        points[:, 2] /= scale
        logit = float(np.clip(out["Identity_1"].ravel()[0], -80, 80))
        return Face(points.astype(np.float32), float(1 / (1 + np.exp(-logit))))

    def blendshapes(self, points: Floats) -> Floats:
        """The 52 coefficients (52,) of one face's points (478, 3)."""
        out = self._blendshapes(points[None, BLENDSHAPE_POINTS, :2])
        return next(iter(out.values())).reshape(len(BLENDSHAPES))

    def _pack(self, rows: list[tuple[float, int, Face | None]], size: tuple[int, int]) -> FaceTrack:
        """Stack the frames' faces into arrays."""
        num = len(rows)
        empty: dict[str, Any] = {
            "points": np.full((num, NUM_POINTS, 3), np.nan, np.float32),
            "blendshapes": np.full((num, len(BLENDSHAPES)), np.nan, np.float32),
            "head_pose": np.full((num, 3), np.nan, np.float32),
            "box": np.full((num, 4), np.nan, np.float32),
            "presence": np.zeros(num, np.float32),
        }
        for i, (_, _, face) in enumerate(rows):
            if face is None:
                continue
            empty["points"][i] = face.points
            empty["blendshapes"][i] = self.blendshapes(face.points)
            empty["head_pose"][i] = head_pose(face.points)
            empty["box"][i] = face.box
            empty["presence"][i] = face.presence
        return FaceTrack(
            times_s=np.array([row[0] for row in rows], np.float64),
            found=np.array([row[2] is not None for row in rows], bool),
            num_faces=np.array([row[1] for row in rows], np.int64),
            frame_size=size,
            **empty,
        )


def _crop_of_detection(detection: Detection) -> tuple[Floats, float, float]:
    """Centre, side and angle of the crop for the mesh, upright along the eyes."""
    right, left = detection.key_points[:2]
    angle = float(np.arctan2(left[1] - right[1], left[0] - right[0]))
    box = detection.box
    centre = (box[:2] + box[2:]) / 2
    return centre.astype(np.float32), float((box[2:] - box[:2]).max() * CROP_SCALE), angle


def _crop_of_points(points: Floats) -> tuple[Floats, float, float]:
    """The same from the points of the frame before."""
    across = points[LEFT_EYE, :2] - points[RIGHT_EYE, :2]
    angle = float(np.arctan2(across[1], across[0]))
    cos, sin = np.cos(angle), np.sin(angle)
    rotation = np.array([[cos, sin], [-sin, cos]], np.float32)
    upright = points[:, :2] @ rotation.T
    low, high = upright.min(0), upright.max(0)
    centre = rotation.T @ ((low + high) / 2)
    return centre.astype(np.float32), float((high - low).max() * CROP_SCALE), angle


def _inside(face: Face, width: int, height: int) -> bool:
    """Whether the middle of the face is in the picture; a tracker may drift out of it."""
    x, y = (face.box[:2] + face.box[2:]) / 2
    return bool(0 <= x < width and 0 <= y < height)


def _area(face: Face) -> float:
    return float(np.prod(face.box[2:] - face.box[:2]))


def _prominence(face: Face, width: int, height: int) -> float:
    """Area of a face, halved towards the corners of the picture."""
    centre = (face.box[:2] + face.box[2:]) / 2
    half = np.array([width, height]) / 2
    distance = float(np.linalg.norm((centre - half) / half) / np.sqrt(2))
    return _area(face) * (1 - 0.5 * min(distance, 1.0))


def _same_or_main(face: Face | None, found: list[Face]) -> Face | None:
    """Keep the tracked face unless another one is much larger; without one, take the main one."""
    if face is None:
        return found[0] if found else None
    if found and _area(found[0]) > SWITCH_AREA * _area(face):
        return found[0]
    return face
