"""What a corpus depends on besides its clips."""

import hashlib

from pydantic import Field

from xemogpt.schema import Record


class Thresholds(Record):
    """What a clip must reach to be kept; a clip that does not is listed with its reasons."""

    min_duration_s: float = Field(default=0.5, ge=0)
    max_duration_s: float = Field(default=60.0, gt=0)
    min_face_coverage: float = Field(default=0.5, ge=0, le=1)
    """Share of the frames with a face; only where the clip has pictures."""
    min_speech_coverage: float = Field(default=0.1, ge=0, le=1)
    """Share of the time with speech; only where the clip has sound."""
    min_snr_db: float = 5.0
    """Of speech over the rest; only where both are there."""
    min_cues: int = Field(default=1, ge=0)
    """Visual and auditory cues that were measured."""
    min_supported: float = Field(default=0.5, ge=0, le=1)
    """Share of an annotator's statements that verification kept."""


class SplitShares(Record):
    """Shares of the subjects, which are never in two splits."""

    train: float = Field(default=0.8, ge=0, le=1)
    validation: float = Field(default=0.1, ge=0, le=1)
    test: float = Field(default=0.1, ge=0, le=1)


class BuildSettings(Record):
    """Everything that changes the records of a build; equal settings give equal records."""

    recognise: bool = True
    """Whether speech is recognised where no words are given."""
    fps: float = Field(default=15.0, gt=0, le=60)
    """Frames a second that are measured."""
    annotators: tuple[str, ...] = ("template",)
    """``template``, or ``openai:URL#MODEL``; several of them vote."""
    seed: int = Field(default=0, ge=0)
    """Of wording and of the split."""
    licence: str | None = None
    """Of the media, where a label file does not say it clip by clip."""
    thresholds: Thresholds = Thresholds()
    shares: SplitShares = SplitShares()

    @property
    def sha256(self) -> str:
        """Of all settings."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()
