"""CLIP's vision tower: one vector a frame."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional
from transformers import CLIPVisionConfig, CLIPVisionModel

from xemogpt.config import Config, build_config
from xemogpt.encoders.base import FrozenEncoder
from xemogpt.encoders.raw import check_frames
from xemogpt.encoders.sources import resolve_source
from xemogpt.encoders.towers import build_tower, load_tower, plain_settings
from xemogpt.errors import ConfigError, WeightsError


class ImageConfig(Config):
    """How a frame becomes the tower's input."""

    short_side: int = Field(default=224, gt=0)
    """Frames are resized so that their shorter side has this many pixels."""
    crop: int = Field(default=224, gt=0)
    """Side of the square that is cut from the centre."""
    mean: tuple[float, float, float] = (0.48145466, 0.4578275, 0.40821073)
    """Mean of each colour, on a scale from 0 to 1."""
    std: tuple[float, float, float] = (0.26862954, 0.26130258, 0.27577711)
    """Standard deviation of each colour, on a scale from 0 to 1."""


class CLIPEncoderConfig(Config):
    """Settings of a CLIP video encoder."""

    vision: dict[str, Any] = Field(default_factory=dict)
    """Arguments of transformers' ``CLIPVisionConfig``; its defaults are ViT-B/32."""
    image: ImageConfig = ImageConfig()
    """Preprocessing."""
    chunk_size: int = Field(default=64, gt=0)
    """Frames encoded at a time, which bounds the memory a long clip takes."""


class CLIPVideoEncoder(FrozenEncoder):
    """Class token of each frame after the last layer, before the final norm.

    The final norm (``post_layernorm``) belongs to CLIP's own image-text projection; the published
    model reads the token before it.
    """

    name: ClassVar[str] = "clip"
    modality: ClassVar[str] = "video"

    def __init__(self, config: CLIPEncoderConfig, tower: CLIPVisionModel) -> None:
        super().__init__()
        if (
            config.image.crop != tower.config.image_size
            or config.image.short_side < config.image.crop
        ):
            raise ConfigError(
                f"image.crop ({config.image.crop}) must equal the tower's image_size"
                f" ({tower.config.image_size}) and not exceed image.short_side"
                f" ({config.image.short_side})"
            )
        self.config = config
        self.tower = tower
        self.feature_dim = tower.config.hidden_size
        self.freeze()

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build from the fields of ``CLIPEncoderConfig``, with random weights."""
        checked = build_config(CLIPEncoderConfig, config, "clip encoder")
        return cls(checked, build_tower(CLIPVisionModel, CLIPVisionConfig, checked.vision))

    @classmethod
    def from_pretrained(
        cls,
        source: str | Path,
        revision: str | None = None,
        dtype: str = "float32",
        chunk_size: int = 64,
    ) -> Self:
        """Load the vision tower of a CLIP checkpoint.

        Args:
            source: folder or hub id of a transformers CLIP model.
            revision: hub revision.
            dtype: of the weights, and so of the features.
            chunk_size: frames encoded at a time.

        Raises:
            WeightsError: if files are absent or incomplete, or ask for another preprocessing.
        """
        folder = resolve_source(source, revision)
        tower = load_tower(CLIPVisionModel, folder, dtype)
        config = CLIPEncoderConfig(
            vision=plain_settings(tower.config),
            image=_read_image_config(folder, tower.config.image_size),
            chunk_size=chunk_size,
        )
        options = {"dtype": dtype, "chunk_size": chunk_size}
        return cls(config, tower)._loaded_from(source, revision, options)

    def to_config(self) -> dict[str, Any]:
        """Tower, preprocessing and chunk size."""
        return self.config.model_dump(mode="json")

    def preprocess(self, raw: np.ndarray) -> dict[str, Tensor]:
        """Resize, crop and normalise frames, uint8 (T, H, W, 3) -> float32 (T, 3, S, S).

        Bit-identical to transformers' ``CLIPImageProcessorFast``, without torchvision.
        """
        frames = torch.from_numpy(check_frames(raw)).permute(0, 3, 1, 2)
        # One frame at a time: a 4K clip would otherwise be held at full size twice.
        return {"inputs": torch.stack([self._prepare(frame) for frame in frames])}

    def _prepare(self, frame: Tensor) -> Tensor:
        """One uint8 (3, H, W) frame -> float32 (3, S, S)."""
        image = self.config.image
        height, width = frame.shape[-2:]
        long_side = int(image.short_side * max(height, width) / min(height, width))
        size = (image.short_side, long_side) if height <= width else (long_side, image.short_side)
        # Interpolating bytes, not floats, is what rounds as the published preprocessing does.
        resized = functional.interpolate(frame[None], size=size, mode="bicubic", antialias=True)[0]
        # round() goes to the even neighbour; the slow processor's floor is a pixel off.
        top, left = (round((side - image.crop) / 2.0) for side in size)
        cropped = resized[:, top : top + image.crop, left : left + image.crop].float()
        mean, std = (torch.tensor(values).view(3, 1, 1) for values in (image.mean, image.std))
        return (cropped - 255 * mean) / (255 * std)

    def encode(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Frames (B, T, 3, S, S) -> class tokens (B, T, D)."""
        pixels = inputs.flatten(0, 1)
        tokens = [
            self.tower(pixel_values=chunk).last_hidden_state[:, 0]
            for chunk in torch.split(pixels, self.config.chunk_size)
        ]
        return torch.unflatten(torch.cat(tokens), 0, inputs.shape[:2])


def _read_image_config(folder: Path, image_size: int) -> ImageConfig:
    """Preprocessing from ``preprocessor_config.json``; CLIP's usual one where there is none."""
    path = folder / "preprocessor_config.json"
    if not path.is_file():
        return ImageConfig(short_side=image_size, crop=image_size)
    settings = json.loads(path.read_text(encoding="utf-8"))
    steps = ("do_resize", "do_center_crop", "do_rescale", "do_normalize")
    size, crop = settings.get("size", image_size), settings.get("crop_size", image_size)
    short_side = size.get("shortest_edge") if isinstance(size, dict) else size
    side = crop.get("height") if isinstance(crop, dict) else crop
    supported = all(settings.get(step, True) for step in steps) and settings.get("resample", 3) == 3
    if not supported or short_side is None:
        raise WeightsError(
            f"{path} asks for another preprocessing than CLIP's: bicubic resizing of the shorter"
            " side, centre crop, rescaling and normalisation"
        )
    default = ImageConfig()
    mean, std = settings.get("image_mean", default.mean), settings.get("image_std", default.std)
    return ImageConfig(short_side=short_side, crop=side, mean=tuple(mean), std=tuple(std))
