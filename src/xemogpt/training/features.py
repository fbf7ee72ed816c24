"""Making the feature cache: every clip of a corpus through its frozen encoders, once."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor

from xemogpt.config import Config
from xemogpt.encoders.base import FrozenEncoder
from xemogpt.errors import DatasetError, MediaError
from xemogpt.files import atomic_write
from xemogpt.media import probe, read_audio, read_frames
from xemogpt.media.audio import SAMPLE_RATE
from xemogpt.model.assembly import EncoderSource
from xemogpt.prompts import PERCEIVED_MODALITIES, PerceivedModality
from xemogpt.registry import audio_encoders, video_encoders
from xemogpt.training.augment import AugmentSettings, augment, variant_rng
from xemogpt.training.cache import FeatureCache, FeatureIdentity
from xemogpt.training.hashes import MediaHashes
from xemogpt.training.samples import OnBad, TrainingSample, read_samples

FAILURES_FILE = "failures.jsonl"
Progress = Callable[[PerceivedModality, int, int], None]


class FeaturesRun(Config):
    """Settings of ``xemogpt train features``."""

    corpus: str
    """JSONL records or ShareGPT file."""
    cache_dir: str
    """Folder that gets one cache an encoder."""
    on_bad: OnBad = "error"
    """Bad records and unreadable media: stop at the first, or leave out and list."""
    video: EncoderSource | None = None
    """Video encoder; none to leave video alone."""
    audio: EncoderSource | None = None
    """Audio encoder; none to leave sound alone."""
    num_frames: int = Field(default=16, ge=1)
    """Frames sampled from each clip."""
    max_audio_s: float = Field(default=30.0, gt=0)
    """Most seconds of sound of each clip, from its start."""
    augment: AugmentSettings = AugmentSettings()
    """Augmented copies of the sound of training clips."""
    dtype: Literal["float16", "bfloat16", "float32"] = "float16"
    """How values are stored."""
    shard_clips: int = Field(default=64, ge=1)
    """Features in a shard: what an interruption can cost."""
    device: str = "cpu"
    """Where encoders run."""

    @model_validator(mode="after")
    def _check(self) -> "FeaturesRun":
        if self.video is None and self.audio is None:
            raise ValueError("name a video encoder, an audio encoder, or both")
        return self


@dataclass
class FeaturesReport:
    """What a run did.

    Attributes:
        made: modality -> features computed now.
        found: modality -> features that were there already.
        folders: modality -> the cache.
        failures: one sentence for each record or clip that was left out.
    """

    made: dict[str, int] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


def load_encoder(modality: PerceivedModality, chosen: EncoderSource) -> FrozenEncoder:
    """The encoder that settings name, with its weights."""
    registry = video_encoders if modality == "video" else audio_encoders
    place = () if chosen.source is None else (chosen.source,)
    encoder: FrozenEncoder = registry.get(chosen.name).from_pretrained(*place, **chosen.options)
    return encoder


def identify(
    run: FeaturesRun, modality: PerceivedModality, encoder: FrozenEncoder
) -> FeatureIdentity:
    """What the features of a run depend on."""
    is_video = modality == "video"
    return FeatureIdentity(
        modality=modality,
        encoder=encoder.name,
        fingerprint=encoder.fingerprint(),
        feature_dim=encoder.feature_dim,
        num_layers=encoder.num_layers,
        num_frames=run.num_frames if is_video else None,
        max_s=None if is_video else run.max_audio_s,
        dtype=run.dtype,
    )


def make_features(run: FeaturesRun, progress: Progress = lambda *_: None) -> FeaturesReport:
    """Encode what is not cached yet; safe to interrupt and to run again.

    Raises:
        DatasetError: if a record or clip is bad and ``on_bad`` is ``error``.
        WeightsError: if an encoder's weights are absent.
    """
    samples, problems = read_samples(run.corpus, run.on_bad)
    report = FeaturesReport(failures=problems)
    hashes = MediaHashes(Path(run.cache_dir) / "media_hashes.json")
    for modality in PERCEIVED_MODALITIES:
        chosen = run.video if modality == "video" else run.audio
        if chosen is not None:
            encoder = load_encoder(modality, chosen).to(run.device)
            cache = FeatureCache.create(run.cache_dir, identify(run, modality, encoder))
            maker = _Maker(run, modality, encoder, cache, hashes, report)
            maker.make(samples, progress)
    return report


class _Maker:
    """Fills one cache."""

    def __init__(
        self,
        run: FeaturesRun,
        modality: PerceivedModality,
        encoder: FrozenEncoder,
        cache: FeatureCache,
        hashes: MediaHashes,
        report: FeaturesReport,
    ) -> None:
        self.run = run
        self.modality = modality
        self.encoder = encoder
        self.cache = cache
        self.hashes = hashes
        self.report = report
        self.failures: list[dict[str, str]] = []

    def make(self, samples: list[TrainingSample], progress: Progress) -> None:
        """Encode every sample that has this modality, shard by shard."""
        pending: dict[str, Tensor] = {}
        made = found = 0
        try:
            for done, sample in enumerate(samples, start=1):
                for key, load in self._wanted(sample):
                    if key in self.cache or key in pending:
                        found += 1
                        continue
                    pending[key] = self._encode(load())
                    made += 1
                    if len(pending) >= self.run.shard_clips:
                        self.cache.add_shard(pending)
                        pending = {}
                progress(self.modality, done, len(samples))
        finally:
            if pending:
                self.cache.add_shard(pending)
            self.hashes.save()
            self._write_failures()
        self.report.made[self.modality] = made
        self.report.found[self.modality] = found
        self.report.folders[self.modality] = str(self.cache.folder)

    def _wanted(self, sample: TrainingSample) -> Iterator[tuple[str, Callable[[], Any]]]:
        """Keys of a sample's features, each with what loads its raw media."""
        if sample.media is None:
            return
        media = sample.media
        try:
            sha256 = self.hashes.of(media)
            info = probe(media)
            stream = info.video if self.modality == "video" else info.audio
            if stream is None:
                return
            # Decoded here: a file that opens may still be broken further in.
            raw: Any = None if self._all_cached(sample, sha256) else self._read(media)
        except MediaError as error:
            self._fail(sample, error)
            return
        yield sha256, lambda: raw
        for variant in range(1, self._num_variants(sample) + 1):
            rng = variant_rng(self.run.augment, sha256, variant)
            yield _variant_key(sha256, variant), partial(augment, raw, self.run.augment, rng)

    def _num_variants(self, sample: TrainingSample) -> int:
        is_trained = (sample.split or "train") == "train"
        return self.run.augment.num_variants if self.modality == "audio" and is_trained else 0

    def _all_cached(self, sample: TrainingSample, sha256: str) -> bool:
        keys = [_variant_key(sha256, n + 1) for n in range(self._num_variants(sample))]
        return all(key in self.cache for key in [sha256, *keys])

    def _read(self, media: str) -> Any:
        if self.modality == "video":
            return read_frames(media, self.run.num_frames).images
        waveform = read_audio(media, 0, self.run.max_audio_s).waveform
        if len(waveform) < SAMPLE_RATE // 50:
            raise MediaError(f"{media} has less than 20 ms of sound")
        return waveform

    def _encode(self, raw: Any) -> Tensor:
        inputs = self.encoder.collate([self.encoder.preprocess(raw)])
        features = self.encoder(**{k: v.to(self.run.device) for k, v in inputs.items()})
        values: Tensor = features.unpad()[0].to(getattr(torch, self.run.dtype)).cpu()
        if not torch.isfinite(values).all():
            raise DatasetError(
                f"features of {self.encoder.name} do not fit {self.run.dtype}; set dtype: float32"
            )
        return values

    def _fail(self, sample: TrainingSample, error: MediaError) -> None:
        if self.run.on_bad == "error":
            raise DatasetError(
                f"sample {sample.id!r}: {error}; mend it, or leave such samples out with"
                " --set on_bad=skip (what is done so far is kept)"
            ) from error
        self.report.failures.append(f"sample {sample.id!r} ({self.modality}): {error}")
        self.failures.append({"id": sample.id, "media": str(sample.media), "problem": str(error)})

    def _write_failures(self) -> None:
        with atomic_write(self.cache.folder / FAILURES_FILE) as file:
            file.writelines(json.dumps(failure) + "\n" for failure in self.failures)


def _variant_key(sha256: str, variant: int) -> str:
    return f"{sha256}@{variant:03d}"
