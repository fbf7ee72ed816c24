"""Bridge pretraining: ``xemogpt train video-bridge`` and ``xemogpt train audio-bridge``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from safetensors.torch import load_file
from transformers import EarlyStoppingCallback, set_seed

from xemogpt.bridges.aligners import (
    AlignerConfig,
    AudioTextAligner,
    VideoAlignerConfig,
    VideoTextAligner,
)
from xemogpt.bridges.audio import AudioBridge, AudioBridgeConfig
from xemogpt.bridges.video import VideoBridge, VideoBridgeConfig
from xemogpt.config import Config, build_config
from xemogpt.errors import CheckpointError, ConfigError, DatasetError
from xemogpt.files import atomic_write
from xemogpt.registry import text_encoders
from xemogpt.schema import Modality
from xemogpt.training.bridge_data import (
    BridgeDataset,
    CueTexts,
    DrawSettings,
    check_contrast,
    collate_bridge,
    cue_bank,
)
from xemogpt.training.bridge_model import BridgePretraining, ObjectiveWeights
from xemogpt.training.cache import FeatureCache
from xemogpt.training.hashes import MediaHashes
from xemogpt.training.records import RunRecord
from xemogpt.training.retrieval import retrieval_scores
from xemogpt.training.running import RunResult, execute, prepare
from xemogpt.training.samples import (
    OnBad,
    TrainingSample,
    check_subjects,
    of_split,
    read_samples,
)
from xemogpt.training.settings import TrainSettings, build_arguments
from xemogpt.training.trainer import GuardedTrainer

BRIDGE_FILE = "bridge.json"
Kind = Literal["video", "audio"]
_CUES: dict[Kind, tuple[Modality, ...]] = {"video": ("visual",), "audio": ("auditory",)}


class DataSettings(Config):
    """Which samples a run reads."""

    corpus: str
    """JSONL records."""
    on_bad: OnBad = "error"
    """Bad records and samples without features: stop, or leave out and list."""
    train_split: str = "train"
    """Name of the training split."""
    validation_split: str | None = "validation"
    """Name of the split that chooses the checkpoint; none to keep the last one."""
    cues: tuple[Modality, ...] | None = None
    """Whose cues are the text: visual (video) or auditory (audio) if not given. Add ``emotional``
    to put the names of expressed emotions into the shared space too."""


class BridgeRun(Config):
    """Settings of bridge pretraining."""

    data: DataSettings
    """The corpus."""
    features: str
    """Folder of one cache, made by ``xemogpt train features``."""
    bridge: dict[str, Any] = Field(default_factory=dict)
    """Fields of the bridge's configuration; width and layers of its input follow from the cache."""
    heads: dict[str, Any] = Field(default_factory=dict)
    """Fields of the aligner's configuration: width of the shared space, pooling, and so on."""
    text_encoder: str = "minilm"
    """Registry name of the frozen sentence encoder."""
    objectives: ObjectiveWeights = ObjectiveWeights()
    """What each objective counts."""
    draws: DrawSettings = DrawSettings()
    """What is drawn anew in each epoch."""
    train: TrainSettings
    """Optimiser, batches, logs."""


def train_bridge(kind: Kind, run: BridgeRun, resume: bool = False) -> RunResult:
    """Pretrain a bridge on cached features.

    Raises:
        ConfigError: if settings do not fit together or the output folder.
        DatasetError: if corpus and features do not fit, or leave nothing to contrast.
        TrainingError: if training cannot go on.
    """
    resume_from = prepare(run, run.train, resume)
    cache = FeatureCache.open(run.features)
    if cache.identity.modality != kind:
        raise DatasetError(f"{run.features} holds {cache.identity.modality} features, not {kind}")
    texts = CueTexts(text_encoders.get(run.text_encoder)(), Path(run.features).parent)
    train, validation = _datasets(kind, run, cache, texts)
    bank = None
    if run.objectives.bank or run.objectives.moments:
        bank = cue_bank(train.samples, train.modalities, train.vocabulary, texts)
    set_seed(run.train.seed)
    text_dim = len(train[0]["text"])
    aligner = build_aligner(kind, cache, run.bridge, run.heads, text_dim)
    aligner.bridge.input.take_statistics(lambda: (cache[key].float() for key in train.keys))
    extra = {"label_names": ["sample_index"], "dataloader_drop_last": _drops_last(run, train)}
    trainer = GuardedTrainer(
        run.train,
        model=BridgePretraining(aligner, run.objectives, bank),
        args=build_arguments(run.train, validation is not None, **extra),
        train_dataset=train,
        eval_dataset=validation,
        data_collator=collate_bridge,
        compute_metrics=_retrieval_metrics,
        callbacks=_callbacks(run, run.train, validation is not None),
    )
    result: RunResult = execute(trainer, run, run.train, resume_from)
    if trainer.is_world_process_zero():
        _describe(kind, Path(result.model_dir), aligner, cache, run.text_encoder)
    return result


def build_aligner(
    kind: Kind,
    cache: FeatureCache,
    bridge: dict[str, Any],
    heads: dict[str, Any],
    text_dim: int,
) -> VideoTextAligner | AudioTextAligner:
    """A fresh bridge with its heads, fitting cached features and text embeddings.

    Raises:
        ConfigError: if settings are unknown or do not fit.
    """
    identity = cache.identity
    shape = {"input_dim": identity.feature_dim, "num_input_layers": identity.num_layers}
    if kind == "video":
        frames = {"max_frames": identity.num_frames} if identity.num_frames else {}
        video = build_config(VideoBridgeConfig, {**shape, **frames, **bridge}, "bridge")
        if identity.num_frames and video.max_frames < identity.num_frames:
            raise ConfigError(
                f"bridge.max_frames is {video.max_frames}, but the features are of"
                f" {identity.num_frames} frames a clip"
            )
        video_heads = build_config(VideoAlignerConfig, {"text_dim": text_dim, **heads}, "heads")
        return VideoTextAligner(VideoBridge(video), video_heads)
    audio = build_config(AudioBridgeConfig, {**shape, **bridge}, "bridge")
    audio_heads = build_config(AlignerConfig, {"text_dim": text_dim, **heads}, "heads")
    return AudioTextAligner(AudioBridge(audio), audio_heads)


def load_aligner(folder: str | Path) -> tuple[Any, dict[str, Any]]:
    """A pretrained bridge with its heads in eval mode, and what ``bridge.json`` says of it.

    Raises:
        CheckpointError: if the folder holds none, or not all of its weights.
    """
    folder = Path(folder)
    try:
        facts = json.loads((folder / BRIDGE_FILE).read_text(encoding="utf-8"))
        weights = load_file(folder / "model.safetensors")
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{folder} holds no pretrained bridge ({BRIDGE_FILE}, model.safetensors); give the"
            " model folder of `xemogpt train video-bridge` or `audio-bridge`"
        ) from error
    aligner: VideoTextAligner | AudioTextAligner
    if facts["kind"] == "video":
        bridge = VideoBridge(VideoBridgeConfig(**facts["bridge"]))
        aligner = VideoTextAligner(bridge, VideoAlignerConfig(**facts["heads"]))
    else:
        audio_bridge = AudioBridge(AudioBridgeConfig(**facts["bridge"]))
        aligner = AudioTextAligner(audio_bridge, AlignerConfig(**facts["heads"]))
    try:
        own = {k[8:]: v for k, v in weights.items() if k.startswith("aligner.")}
        aligner.load_state_dict(own)
    except RuntimeError as error:
        raise CheckpointError(f"{folder}: {error}") from error
    return aligner.eval(), facts


def cached_samples(
    samples: list[TrainingSample], cache: FeatureCache, on_bad: OnBad, root: Path
) -> tuple[list[TrainingSample], list[str]]:
    """Samples whose features are cached, with their keys.

    Raises:
        DatasetError: if some have none and ``on_bad`` is ``error``, or if none has any.
    """
    hashes = MediaHashes(root / "media_hashes.json")
    pairs = [(s, hashes.of(s.media)) for s in samples if s.media and Path(s.media).exists()]
    kept = [(sample, key) for sample, key in pairs if key in cache]
    missing = sorted({s.id for s in samples} - {sample.id for sample, _ in kept})
    if missing and (on_bad == "error" or not kept):
        raise DatasetError(
            f"{len(missing)} of {len(samples)} samples have no {cache.identity.modality} features"
            f" in {cache.folder}: {', '.join(missing[:10])}; run `xemogpt train features` on this"
            " corpus, or leave them out with --set data.on_bad=skip"
        )
    return [sample for sample, _ in kept], [key for _, key in kept]


def _datasets(
    kind: Kind, run: BridgeRun, cache: FeatureCache, texts: CueTexts
) -> tuple[BridgeDataset, BridgeDataset | None]:
    modalities = run.data.cues or _CUES[kind]
    samples, _ = read_samples(run.data.corpus, run.data.on_bad)
    samples = [sample for sample in samples if sample.cue_names(*modalities)]
    names = sorted({name for sample in samples for name in sample.cue_names(*modalities)})
    vocabulary = {name: index for index, name in enumerate(names)}
    root = Path(run.features).parent
    splits: list[tuple[str, bool]] = [(run.data.train_split, True)]
    if run.data.validation_split is not None:
        splits.append((run.data.validation_split, False))
        check_subjects(*(of_split(samples, split) for split, _ in splits))
    made = []
    for split, training in splits:
        chosen = of_split(samples, split)
        check_contrast(chosen, modalities, split)
        chosen, keys = cached_samples(chosen, cache, run.data.on_bad, root)
        check_contrast(chosen, modalities, split)
        made.append(
            BridgeDataset(
                chosen,
                keys,
                cache,
                texts,
                modalities,
                run.draws,
                vocabulary,
                run.train.seed,
                training,
            )
        )
    for dataset in made:
        dataset.max_cues = max(one.max_cues for one in made)
    return made[0], made[1] if len(made) > 1 else None


def _drops_last(run: BridgeRun, train: BridgeDataset) -> bool:
    """A small last batch has few negatives; it goes, unless it is all there is."""
    return len(train) >= 2 * run.train.batch_size


def _callbacks(run: Config, settings: TrainSettings, has_validation: bool) -> list[Any]:
    record: list[Any] = [RunRecord(run)]
    if settings.patience is None:
        return record
    if not has_validation:
        raise ConfigError("train.patience needs a validation split (data.validation_split)")
    return [*record, EarlyStoppingCallback(settings.patience)]


def _retrieval_metrics(prediction: Any) -> dict[str, float]:
    queries, keys, own_cues, key_cues = (np.asarray(one) for one in prediction.predictions)
    return retrieval_scores(queries, keys, own_cues, key_cues)


def _describe(kind: Kind, folder: Path, aligner: Any, cache: FeatureCache, text: str) -> None:
    facts = {
        "kind": kind,
        "bridge": aligner.bridge.config.model_dump(mode="json"),
        "heads": aligner.config.model_dump(mode="json"),
        "text_encoder": text,
        "features": cache.identity.model_dump(mode="json"),
        "torch": torch.__version__,
    }
    with atomic_write(folder / BRIDGE_FILE) as file:
        json.dump(facts, file, indent=2)
