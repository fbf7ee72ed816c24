"""Settings of fine-tuning: which model, which data, what is trained."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from xemogpt.config import Config
from xemogpt.training.answers import Wording
from xemogpt.training.bridges import DataSettings
from xemogpt.training.settings import TrainSettings


class ModelSettings(Config):
    """What is fine-tuned."""

    base: str = "nano"
    """A preset, or the folder or hub id of a saved model to go on from."""
    changes: dict[str, Any] = Field(default_factory=dict)
    """Of a preset: fields of ``Parts`` to set otherwise, such as ``lora`` or ``video_bridge``."""
    video_bridge: str | None = None
    """Model folder of ``train video-bridge``, whose weights the bridge starts from."""
    audio_bridge: str | None = None
    """Model folder of ``train audio-bridge``."""


class FeatureFolders(Config):
    """Caches of ``train features``; a modality without one is decoded and encoded as it comes."""

    video: str | None = None
    """Of the video encoder."""
    audio: str | None = None
    """Of the audio encoder."""


class TrainedParts(Config):
    """What gradients reach."""

    bridges: bool = True
    """Both bridges."""
    projectors: bool = True
    """Both projectors."""
    backbone: Literal["lora", "full", "frozen"] = "lora"
    """The language model: its adapters, all of it, or nothing."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not (self.bridges or self.projectors or self.backbone != "frozen"):
            raise ValueError("nothing is trained; switch on bridges, projectors or the backbone")
        return self


class Dropped(Config):
    """Chances that a part of a training sample is left out; its cues leave the answer too."""

    video: float = Field(default=0.1, ge=0, lt=1)
    """The pictures."""
    audio: float = Field(default=0.1, ge=0, lt=1)
    """The sound."""
    words: float = Field(default=0.1, ge=0, lt=1)
    """The subtitle."""


class Generation(Config):
    """EmoCue-360 of generated answers, measured at each validation."""

    num_samples: int = Field(default=0, ge=0)
    """Validation samples answered; 0 measures the loss alone."""
    max_new_tokens: int = Field(default=160, ge=1)
    """Longest answer."""
    batch_size: int = Field(default=8, ge=1)
    """Samples answered at once."""


class SftRun(Config):
    """Settings of ``xemogpt train sft``."""

    data: DataSettings
    """The corpus."""
    model: ModelSettings = ModelSettings()
    """What is fine-tuned."""
    features: FeatureFolders = FeatureFolders()
    """Frozen features, made once."""
    trained: TrainedParts = TrainedParts()
    """What gradients reach."""
    dropped: Dropped = Dropped()
    """What is left out at random."""
    generation: Generation = Generation()
    """Answers generated at each validation; ``train.metric: emocue360`` chooses by them."""
    wording: Wording = "recorded"
    """How answers are worded: as recorded, or plainly, the same words for the same cues."""
    bridge_lr: float | None = Field(default=None, gt=0)
    """Learning rate of bridges and projectors; ``train.lr`` if not given."""
    group_by_length: bool = True
    """Batch samples of like length: less padding."""
    train: TrainSettings
    """Optimiser, batches, logs."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.data.validation_split == "test":
            raise ValueError(
                "data.validation_split is test; checkpoints are never chosen on test data, so"
                " give another split, or null to keep the last checkpoint"
            )
        if self.train.metric == "emocue360" and not self.generation.num_samples:
            raise ValueError(
                "train.metric emocue360 needs answers: set generation.num_samples, such as 32"
            )
        return self
