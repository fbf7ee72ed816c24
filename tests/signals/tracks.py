"""Face tracks by hand: a still neutral face whose coefficients and pose a test sets."""

from collections.abc import Mapping

import numpy as np

from xemogpt.encoders.face_landmarks import BLENDSHAPES, NUM_POINTS, FaceTrack
from xemogpt.encoders.head_pose import CANONICAL, RIGID_POINTS

LIDS = {159: -0.06, 158: -0.06, 160: -0.06, 145: 0.06, 153: 0.06, 144: 0.06,
        386: -0.06, 385: -0.06, 387: -0.06, 374: 0.06, 380: 0.06, 373: 0.06}  # fmt: skip


def neutral_points(width_px: float = 200.0) -> np.ndarray:
    """(478, 3): rigid points of the mean head, eyes open, mouth closed."""
    points = np.zeros((NUM_POINTS, 3))
    points[RIGID_POINTS] = CANONICAL
    for lid, height in LIDS.items():
        points[lid] = [-0.35 if lid < 200 else 0.35, height, 0.0]
    points[61], points[291] = [-0.28, 0.65, -0.1], [0.28, 0.65, -0.1]
    points[13] = points[14] = [0.0, 0.64, -0.2]
    points[0], points[17] = [0.0, 0.58, -0.2], [0.0, 0.75, -0.2]
    # The mean head is 1.6 eye distances wide.
    return (points * width_px / 1.6 + [320, 240, 0]).astype(np.float32)


def make_track(
    duration_s: float = 4.0,
    fps: float = 15.0,
    shapes: Mapping[str, object] | None = None,
    pose: Mapping[str, object] | None = None,
    lip_gap: object = 0.0,
    found: object = True,
    num_faces: object = 1,
    width_px: float = 200.0,
) -> FaceTrack:
    """A track; each setting is a number or a function of time in seconds.

    A blendshape without Left or Right sets both sides.
    """
    times = np.arange(round(duration_s * fps)) / fps

    def curve(setting: object) -> np.ndarray:
        values = setting(times) if callable(setting) else setting
        return np.broadcast_to(np.asarray(values, float), times.shape)

    coefficients = np.zeros((len(times), len(BLENDSHAPES)))
    for name, setting in (shapes or {}).items():
        sides = [name] if name in BLENDSHAPES else [f"{name}Left", f"{name}Right"]
        for side in sides:
            coefficients[:, BLENDSHAPES.index(side)] = curve(setting)
    points = np.repeat(neutral_points(width_px)[None], len(times), axis=0)
    points[:, 14, 1] += curve(lip_gap) * width_px / 1.6
    angles = np.stack([curve((pose or {}).get(n, 0.0)) for n in ("yaw", "pitch", "roll")], axis=1)
    seen = curve(found) > 0.5
    box = np.concatenate([points[:, :, :2].min(1), points[:, :, :2].max(1)], axis=1)
    arrays = {"points": points, "blendshapes": coefficients, "head_pose": angles, "box": box}
    for values in arrays.values():
        values[~seen] = np.nan
    return FaceTrack(
        times_s=times,
        found=seen,
        num_faces=np.where(seen, curve(num_faces), 0).astype(int),
        presence=seen.astype(np.float32),
        frame_size=(640, 480),
        **{name: values.astype(np.float32) for name, values in arrays.items()},
    )


def bump(start_s: float, end_s: float, height: float = 1.0) -> object:
    """A function of time that is ``height`` in a stretch and 0 elsewhere."""
    return lambda t: height * ((t >= start_s) & (t < end_s))
