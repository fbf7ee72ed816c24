"""Head pose from landmarks: the rotation that carries a neutral frontal head onto a face.

Signs, all from the person's own view: yaw > 0 is turned to the person's left (towards the right
edge of the picture), pitch > 0 is raised, roll > 0 is tilted towards the person's left shoulder.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

OUTER_EYE_CORNERS = (33, 263)  # the person's right and left
# Forehead, temples, eye corners, nose and cheekbones: where expressions and speech move skin least.
_INDICES = (
    "10 338 297 332 284 251 109 67 103 54 21 127 356 234 454 33 133 362 263 168 6 197 195 5 4 "
    "1 98 327 2 116 345 117 346 50 280"
)
RIGID_POINTS = np.array([int(index) for index in _INDICES.split()])
# The rigid points of our mean head: landmarks of 50 neutral frontal photographs, aligned, averaged
# and made symmetric (`benchmarks/signals.py --what canonical-head`). The unit is the distance
# between the outer eye corners; x right, y down, z away, as in the picture.
CANONICAL = np.array(
    [
        [0.000, -0.602, -0.158],
        [0.213, -0.595, -0.141],
        [0.397, -0.563, -0.067],
        [0.567, -0.493, 0.059],
        [0.680, -0.387, 0.207],
        [0.752, -0.250, 0.346],
        [-0.213, -0.595, -0.141],
        [-0.397, -0.563, -0.067],
        [-0.567, -0.493, 0.059],
        [-0.680, -0.387, 0.207],
        [-0.752, -0.250, 0.346],
        [-0.804, 0.076, 0.608],
        [0.804, 0.076, 0.608],
        [-0.797, 0.244, 0.656],
        [0.797, 0.244, 0.656],
        [-0.500, 0.003, 0.026],
        [-0.189, 0.024, -0.036],
        [0.189, 0.024, -0.036],
        [0.500, 0.003, 0.026],
        [0.000, -0.043, -0.227],
        [0.000, 0.044, -0.280],
        [0.000, 0.121, -0.340],
        [0.000, 0.191, -0.405],
        [0.000, 0.265, -0.472],
        [0.000, 0.358, -0.502],
        [0.000, 0.432, -0.480],
        [-0.175, 0.502, -0.209],
        [0.175, 0.502, -0.209],
        [0.000, 0.513, -0.302],
        [-0.718, 0.210, 0.166],
        [0.718, 0.210, 0.166],
        [-0.597, 0.204, 0.022],
        [0.597, 0.204, 0.022],
        [-0.550, 0.386, -0.054],
        [0.550, 0.386, -0.054],
    ],
    np.float32,
)


def head_pose(points: Floats) -> Floats:
    """Yaw, pitch and roll in degrees (3,) of one face's points (478, 3)."""
    return pose_angles(rotation_onto(CANONICAL, points[RIGID_POINTS]))


def rotation_onto(source: Floats, target: Floats) -> NDArray[np.float64]:
    """The rotation R (3, 3) that best maps ``source`` (N, 3) onto ``target``: target ~ s R source.

    Least squares by singular values (Kabsch); shift and scale are free.
    """
    a = np.asarray(source, np.float64) - np.mean(source, axis=0)
    b = np.asarray(target, np.float64) - np.mean(target, axis=0)
    left, _, right = np.linalg.svd(b.T @ a)
    mirror = np.sign(np.linalg.det(left @ right))
    rotation: NDArray[np.float64] = left @ np.diag([1.0, 1.0, mirror]) @ right
    return rotation


def pose_angles(rotation: NDArray[np.float64]) -> Floats:
    """Yaw, pitch and roll in degrees (3,) of a rotation in image axes (x right, y down, z away).

    >>> pose_angles(np.eye(3)).tolist()
    [0.0, 0.0, 0.0]
    """
    # The nose points along -z of the head; where it points to gives yaw and pitch.
    nose = -rotation[:, 2]
    yaw = np.arctan2(nose[0], -nose[2])
    pitch = np.arcsin(np.clip(-nose[1], -1, 1))
    # What is left after undoing yaw and pitch is the turn around the nose.
    roll = np.arctan2(rotation[1, 0], rotation[1, 1])
    # Adding zero turns -0.0 into 0.0.
    return (np.degrees([yaw, pitch, roll]) + 0.0).astype(np.float32)


def to_head_frame(points: Floats) -> NDArray[np.float64]:
    """Faces (T, N, 3) turned upright and frontal, in units of the distance of the eye corners.

    What remains is the shape of the face: expression and anatomy. Rows of NaN stay NaN.
    """
    turned = np.full(points.shape, np.nan)
    for index in np.flatnonzero(~np.isnan(points).any(axis=(1, 2))):
        face = points[index].astype(np.float64)
        rigid = face[RIGID_POINTS]
        centred = face - rigid.mean(axis=0)
        scale = np.linalg.norm(face[OUTER_EYE_CORNERS[1]] - face[OUTER_EYE_CORNERS[0]])
        turned[index] = centred @ rotation_onto(CANONICAL, points[index][RIGID_POINTS]) / scale
    return turned
