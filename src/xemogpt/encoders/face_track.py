"""What a face does over time: landmarks, expression coefficients and head pose. No torch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

NUM_POINTS = 478
_NAMES = (
    "_neutral browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff "
    "cheekSquintLeft cheekSquintRight eyeBlinkLeft eyeBlinkRight eyeLookDownLeft eyeLookDownRight "
    "eyeLookInLeft eyeLookInRight eyeLookOutLeft eyeLookOutRight eyeLookUpLeft eyeLookUpRight "
    "eyeSquintLeft eyeSquintRight eyeWideLeft eyeWideRight jawForward jawLeft jawOpen jawRight "
    "mouthClose mouthDimpleLeft mouthDimpleRight mouthFrownLeft mouthFrownRight mouthFunnel "
    "mouthLeft mouthLowerDownLeft mouthLowerDownRight mouthPressLeft mouthPressRight mouthPucker "
    "mouthRight mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthSmileLeft "
    "mouthSmileRight mouthStretchLeft mouthStretchRight mouthUpperUpLeft mouthUpperUpRight "
    "noseSneerLeft noseSneerRight"
)
BLENDSHAPES: tuple[str, ...] = tuple(_NAMES.split())
"""Names of the 52 expression coefficients (0 to 1); left and right are the person's."""


@dataclass(frozen=True)
class FaceTrack:
    """The main face of a clip, frame by frame. Rows without a face hold NaN."""

    times_s: NDArray[np.float64]
    """(T,) seconds."""
    found: NDArray[np.bool_]
    """(T,) whether the main face was seen."""
    num_faces: NDArray[np.int64]
    """(T,) faces in the picture; between two looks of the detector the last count stands."""
    points: Floats
    """(T, 478, 3) pixels."""
    blendshapes: Floats
    """(T, 52) in the order of ``BLENDSHAPES``."""
    head_pose: Floats
    """(T, 3) yaw, pitch, roll in degrees; signs as in ``xemogpt.encoders.head_pose``."""
    box: Floats
    """(T, 4) x0, y0, x1, y1 in pixels."""
    presence: Floats
    """(T,) 0 to 1; 0 where there is no face."""
    frame_size: tuple[int, int]
    """Width and height in pixels of the frames that were given; (0, 0) if there were none."""

    def __len__(self) -> int:
        return len(self.times_s)

    def blendshape(self, name: str) -> Floats:
        """One coefficient (T,), or the mean of its left and right halves if ``name`` has both.

        Raises:
            KeyError: if there is no such coefficient.
        """
        names = [name] if name in BLENDSHAPES else [f"{name}Left", f"{name}Right"]
        if names[0] not in BLENDSHAPES:
            raise KeyError(name)
        columns = [BLENDSHAPES.index(item) for item in names]
        mean: Floats = self.blendshapes[:, columns].mean(axis=1)
        return mean
