"""The main face of each frame as numbers: its shape, its expression and where it is turned."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch
from pydantic import model_validator
from torch import Tensor

from xemogpt.config import Config, build_config
from xemogpt.encoders.base import FrozenEncoder
from xemogpt.encoders.face_landmarks import FaceLandmarker
from xemogpt.encoders.face_track import BLENDSHAPES, NUM_POINTS, FaceTrack
from xemogpt.encoders.head_pose import to_head_frame
from xemogpt.encoders.raw import check_frames
from xemogpt.encoders.sources import resolve_source
from xemogpt.errors import MediaError

ASSET = "face-landmarker"
Part = Literal["points", "blendshapes", "pose"]
PART_DIMS: dict[Part, int] = {
    "points": NUM_POINTS * 3,
    "blendshapes": len(BLENDSHAPES),
    "pose": 3,
}
POSE_UNIT = 30.0  # degrees; brings head pose to the range of the other parts


class FaceMeshEncoderConfig(Config):
    """Settings of a face mesh video encoder."""

    parts: tuple[Part, ...] = ("points", "blendshapes", "pose")
    """What to give: 478 points (1434 numbers), 52 expression coefficients, 3 head angles."""
    mean: tuple[float, ...] | None = None
    """Mean of each number over training faces, in the order of the parts; subtracted."""
    std: tuple[float, ...] | None = None
    """Standard deviation of each number over training faces; divided by."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.parts or len(set(self.parts)) < len(self.parts):
            raise ValueError(f"parts must name some of {', '.join(PART_DIMS)}, each once")
        if (self.mean is None) != (self.std is None):
            raise ValueError("mean and std go together; give both or neither")
        for name, numbers in (("mean", self.mean), ("std", self.std)):
            if numbers is not None and len(numbers) != self.face_dim:
                raise ValueError(
                    f"{name} holds {len(numbers)} numbers; these parts have {self.face_dim}"
                )
        if self.std is not None and min(self.std) <= 0:
            raise ValueError("every std must be above 0")
        return self

    @property
    def face_dim(self) -> int:
        """Numbers that describe one face, the found flag not counted."""
        return sum(PART_DIMS[part] for part in self.parts)


class FaceMeshVideoEncoder(FrozenEncoder):
    """MediaPipe's face mesh, freed of where the face is, how large, and how it is turned.

    Points are moved, scaled to the distance of the outer eye corners and turned upright and
    frontal; the head's own turn is kept apart as yaw, pitch and roll in units of 30 degrees. The
    last number of each vector is 1 where a face was found; the others are 0 where none was.
    """

    name: ClassVar[str] = "facemesh"
    modality: ClassVar[str] = "video"
    mean: Tensor
    std: Tensor

    def __init__(self, config: FaceMeshEncoderConfig, folder: Path | None = None) -> None:
        super().__init__()
        self.config = config
        self.feature_dim = config.face_dim + 1
        self._folder = folder
        self._landmarker: FaceLandmarker | None = None
        mean = torch.zeros(config.face_dim) if config.mean is None else torch.tensor(config.mean)
        std = torch.ones(config.face_dim) if config.std is None else torch.tensor(config.std)
        # Not part of the state dict: the configuration already holds them.
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("std", std, persistent=False)
        self.freeze()

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build from the fields of ``FaceMeshEncoderConfig``; detectors load on first use."""
        return cls(build_config(FaceMeshEncoderConfig, config, "facemesh encoder"))

    @classmethod
    def from_pretrained(
        cls,
        source: str | Path = ASSET,
        parts: Sequence[Part] = ("points", "blendshapes", "pose"),
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
    ) -> Self:
        """Build with the detectors of a folder or asset.

        Args:
            source: folder with the three face landmarker files, or the asset.
            parts: what to give, as in ``FaceMeshEncoderConfig``.
            mean: of each number over training faces, to be subtracted.
            std: of each number over training faces, to be divided by.

        Raises:
            WeightsError: if the files are absent.
            ConfigError: if a setting is wrong.
        """
        options = {"parts": list(parts), "mean": mean, "std": std}
        config = build_config(FaceMeshEncoderConfig, options, "facemesh encoder")
        folder = resolve_source(source)
        plain = config.model_dump(mode="json")
        return cls(config, folder)._loaded_from(source, None, plain)

    def to_config(self) -> dict[str, Any]:
        """Parts and statistics."""
        return self.config.model_dump(mode="json")

    def __getstate__(self) -> dict[str, Any]:
        # The detectors' interpreters cannot be copied or sent to a worker; each opens its own.
        return self.__dict__ | {"_landmarker": None}

    def preprocess(self, raw: np.ndarray) -> dict[str, Tensor]:
        """Find the main face of frames, uint8 (T, H, W, 3), and describe it: float32 (T, 1490)."""
        frames = check_frames(raw)
        if self._landmarker is None:
            self._landmarker = FaceLandmarker(self._folder)
        # Sampled frames lie far apart: a second each makes the detector look at every one.
        shots = [
            SimpleNamespace(image=frame, time_s=float(second))
            for second, frame in enumerate(frames)
        ]
        return self.describe(self._landmarker.track(shots))

    @staticmethod
    def describe(track: FaceTrack) -> dict[str, Tensor]:
        """What ``preprocess`` gives, from a face track that exists already.

        Raises:
            MediaError: if the track has no frames.
        """
        if len(track) == 0:
            raise MediaError("there are no frames to encode: the face track is empty")
        found = track.found.astype(np.float32)[:, None]  # (T, 1)
        points = to_head_frame(track.points).reshape(len(track), -1)
        pose = track.head_pose / POSE_UNIT
        numbers = np.concatenate([points, track.blendshapes, pose, found], axis=1)
        numbers[~track.found, :-1] = 0
        return {"inputs": torch.from_numpy(numbers.astype(np.float32))}

    def encode(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Choose parts and standardise: (B, T, 1490) -> (B, T, D)."""
        *numbers, found = inputs.split([*PART_DIMS.values(), 1], dim=-1)  # type: ignore[no-untyped-call]
        by_part = dict(zip(PART_DIMS, numbers, strict=True))
        face = torch.cat([by_part[part] for part in self.config.parts], dim=-1)
        face = (face - self.mean) / self.std * found
        return torch.cat([face, found], dim=-1)
