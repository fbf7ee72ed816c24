"""Curves of a face: expression coefficients, eye and lip openings, gaze and head angles."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xemogpt.encoders.face_landmarks import FaceTrack
from xemogpt.encoders.head_pose import to_head_frame
from xemogpt.signals.timeline import Curve, Series, percentile, sample_step, smooth

# Landmark indices; right and left are the person's.
RIGHT_LIDS = ((159, 145), (158, 153), (160, 144))
LEFT_LIDS = ((386, 374), (385, 380), (387, 373))
RIGHT_CORNERS, LEFT_CORNERS = (33, 133), (362, 263)
MOUTH_CORNERS = (61, 291)
UPPER_LIP, LOWER_LIP = 13, 14  # inner edges
SMOOTH_S = 0.25
EYE_TURN_DEGREES = 30.0
"""Angle of the eyes at a gaze coefficient of 1: about how far eyes turn at ease."""
BLINK_SHUT = 0.4
MIN_REST_S = 0.5


@dataclass(frozen=True)
class FaceCurves:
    """Smoothed curves (T,) of the main face; NaN where it was not seen."""

    times_s: Series
    found: NDArray[np.bool_]
    smile: Series
    smile_asymmetry: Series
    """Left less right."""
    mouth_frown: Series
    """Drop of the mouth corners below the upper lip over mouth width."""
    lip_gap: Series
    """Gap between the lips over the distance of the outer eye corners, not smoothed."""
    lips_pressed: Series
    brow_raise: Series
    inner_brow: Series
    brow_lower: Series
    eye_opening: Series
    """Lid gap over eye width, not smoothed."""
    blink: Series
    """Not smoothed: a blink is a few frames long."""
    gaze_down: Series
    """Degrees of eyes and head together; negative upwards."""
    gaze_side: Series
    """Degrees of eyes and head together; positive to the person's left."""
    yaw: Series
    pitch: Series
    roll: Series
    face_px: float
    """Median width of the face in pixels; NaN if it was never seen."""

    @property
    def step_s(self) -> float:
        """Seconds between frames."""
        return sample_step(self.times_s)


def face_curves(track: FaceTrack) -> FaceCurves:
    """Curves of a track, smoothed by a moving median of 0.25 s where not said otherwise."""
    times = track.times_s

    def shape(name: str) -> Series:
        return track.blendshape(name).astype(np.float64)

    def smoothed(values: Series) -> Series:
        return smooth(times, values, SMOOTH_S)

    points = to_head_frame(track.points)
    opening = (
        _lid_gap(points, RIGHT_LIDS, RIGHT_CORNERS) + _lid_gap(points, LEFT_LIDS, LEFT_CORNERS)
    ) / 2
    corners = points[:, MOUTH_CORNERS, :]
    width = np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1)
    drop = (corners[:, :, 1].mean(axis=1) - points[:, UPPER_LIP, 1]) / width
    gap = np.linalg.norm(points[:, LOWER_LIP] - points[:, UPPER_LIP], axis=1)
    blink = shape("eyeBlink")
    side = (
        shape("eyeLookOutLeft")
        - shape("eyeLookInLeft")
        + shape("eyeLookInRight")
        - shape("eyeLookOutRight")
    ) / 2
    # Closed eyes look nowhere.
    side = np.where(blink > BLINK_SHUT, np.nan, side)
    down = np.where(blink > BLINK_SHUT, np.nan, shape("eyeLookDown") - shape("eyeLookUp"))
    yaw, pitch, roll = track.head_pose.astype(np.float64).T
    widths = (track.box[:, 2] - track.box[:, 0]).astype(np.float64)
    return FaceCurves(
        times_s=times,
        found=track.found,
        smile=smoothed(shape("mouthSmile")),
        smile_asymmetry=smoothed(shape("mouthSmileLeft") - shape("mouthSmileRight")),
        mouth_frown=smoothed(drop),
        lip_gap=gap,
        lips_pressed=smoothed(
            np.maximum(shape("mouthPress"), (shape("mouthRollLower") + shape("mouthRollUpper")) / 2)
        ),
        brow_raise=smoothed(np.maximum(shape("browInnerUp"), shape("browOuterUp"))),
        inner_brow=smoothed(shape("browInnerUp") - shape("browOuterUp")),
        brow_lower=smoothed(shape("browDown")),
        eye_opening=opening,
        blink=blink,
        gaze_down=smoothed(EYE_TURN_DEGREES * down - pitch),
        gaze_side=smoothed(yaw + EYE_TURN_DEGREES * side),
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        face_px=percentile(widths, 50),
    )


def frames_at_rest(values: Series, at_rest: NDArray[np.bool_], step_s: float) -> Series:
    """The values of frames at rest, or all where there is less than half a second of those."""
    return values[at_rest] if at_rest.sum() * step_s >= MIN_REST_S else values


def as_curves(curves: FaceCurves) -> tuple[Curve, ...]:
    """The curves worth plotting."""
    named = {
        "smile": (curves.smile, "coefficient"),
        "brow raise": (curves.brow_raise, "coefficient"),
        "brow lowering": (curves.brow_lower, "coefficient"),
        "lip gap": (curves.lip_gap, "eye distances"),
        "eye opening": (curves.eye_opening, "lid gap over eye width"),
        "blink": (curves.blink, "coefficient"),
        "gaze to the left": (curves.gaze_side, "degrees"),
        "gaze down": (curves.gaze_down, "degrees"),
        "head yaw": (curves.yaw, "degrees"),
        "head pitch": (curves.pitch, "degrees"),
        "head roll": (curves.roll, "degrees"),
    }
    return tuple(
        Curve(name, curves.times_s, values, unit) for name, (values, unit) in named.items()
    )


def _lid_gap(points: Series, lids: tuple[tuple[int, int], ...], corners: tuple[int, int]) -> Series:
    """Mean distance of upper and lower lid over the eye's width (T,)."""
    upper, lower = np.array(lids).T
    gaps = np.linalg.norm(points[:, upper] - points[:, lower], axis=2).mean(axis=1)
    width = np.linalg.norm(points[:, corners[0]] - points[:, corners[1]], axis=1)
    ratio: Series = gaps / width
    return ratio
