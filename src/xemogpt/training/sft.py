"""Fine-tuning the whole model: ``xemogpt train sft``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor
from transformers import EarlyStoppingCallback, set_seed

from xemogpt.config import build_config
from xemogpt.errors import CheckpointError, ConfigError, DatasetError
from xemogpt.model.adapters import is_adapter_key
from xemogpt.model.assembly import Parts, assemble
from xemogpt.model.modeling import XEmoGPTForConditionalGeneration
from xemogpt.model.presets import PRESETS
from xemogpt.model.processing import XEmoGPTProcessor
from xemogpt.prompts import PerceivedModality
from xemogpt.training.bridges import load_aligner
from xemogpt.training.cache import FeatureCache
from xemogpt.training.hashes import MediaHashes
from xemogpt.training.records import RunRecord
from xemogpt.training.running import RunResult, execute, prepare
from xemogpt.training.samples import check_subjects, of_split, read_samples
from xemogpt.training.settings import build_arguments
from xemogpt.training.sft_data import SftCollator, SftDataset, modalities_of, usable
from xemogpt.training.sft_settings import ModelSettings, SftRun, TrainedParts
from xemogpt.training.sft_trainer import SftTrainer

NUM_FRAMES = 16
"""Decoded from a clip whose video is not cached, if the bridge takes so many."""


def train_sft(run: SftRun, resume: bool = False) -> RunResult:
    """Fine-tune a model to explain.

    Raises:
        ConfigError: if settings do not fit together or the output folder.
        DatasetError: if the corpus has nothing to learn from, or features of other encoders.
        CheckpointError: if a pretrained bridge does not fit the model.
        TrainingError: if training cannot go on.
    """
    resume_from = prepare(run, run.train, resume)
    set_seed(run.train.seed)
    model, processor = load_base(run.model, run.train.seed)
    choose_trained(model, run.trained)
    if run.train.device == "cpu" or not torch.cuda.is_available():
        # Backwards through the fused attention costs more on CPUs: 2.9 s a step against 2.5 s.
        model.language_model.set_attn_implementation("eager")
    caches = open_caches(run, model)
    train, validation = _datasets(run, processor, caches)
    take_statistics(model, run.model, train)
    if run.train.patience is not None and validation is None:
        raise ConfigError("train.patience needs a validation split (data.validation_split)")
    callbacks: list[Any] = [RunRecord(run)]
    if run.train.patience is not None:
        callbacks.append(EarlyStoppingCallback(run.train.patience))
    trainer = SftTrainer(
        run.train,
        group_by_length=run.group_by_length,
        generation=run.generation,
        bridge_lr=run.bridge_lr,
        processor=processor,
        model=model,
        args=build_arguments(run.train, validation is not None, label_names=["labels"],
                             prediction_loss_only=True),
        train_dataset=train,
        eval_dataset=validation,
        data_collator=SftCollator(processor),
        callbacks=callbacks,
    )  # fmt: skip
    result: RunResult = execute(trainer, run, run.train, resume_from)
    if trainer.is_world_process_zero():
        processor.save_pretrained(result.model_dir)
    return result


def load_base(
    settings: ModelSettings, seed: int = 0
) -> tuple[XEmoGPTForConditionalGeneration, XEmoGPTProcessor]:
    """The model that training starts from, with pretrained bridges put in.

    Raises:
        ConfigError: if ``changes`` are given for a saved model, or are unknown.
        CheckpointError: if a bridge does not fit.
    """
    if settings.base in PRESETS:
        fields = PRESETS[settings.base].model_dump() | {"seed": seed}
        parts = build_config(Parts, _merged(fields, settings.changes), "model.changes")
        model, processor = assemble(parts)
    else:
        if settings.changes:
            raise ConfigError("model.changes are for presets; a saved model is what it is")
        model = XEmoGPTForConditionalGeneration.from_pretrained(settings.base)
        processor = XEmoGPTProcessor.from_pretrained(settings.base)
    put_bridge(model, "video", settings.video_bridge)
    put_bridge(model, "audio", settings.audio_bridge)
    return model, processor


def put_bridge(model: Any, modality: PerceivedModality, folder: str | None) -> None:
    """Load a pretrained bridge's weights into the model, in place.

    Raises:
        CheckpointError: if it was trained on another encoder or has another shape.
        ConfigError: if the model does not perceive this modality.
    """
    if folder is None:
        return
    pathway = getattr(model, modality)
    if pathway is None:
        raise ConfigError(
            f"this model has no {modality} encoder; leave model.{modality}_bridge out"
        )
    aligner, facts = load_aligner(folder)
    if facts["kind"] != modality:
        raise CheckpointError(f"{folder} holds a {facts['kind']} bridge, not one of {modality}")
    if facts["features"]["fingerprint"] != pathway.encoder.fingerprint():
        raise CheckpointError(
            f"the bridge in {folder} was trained on features of another encoder"
            f" ({facts['features']['encoder']}); train it on this model's"
            f" ({pathway.encoder.name})"
        )
    try:
        pathway.bridge.load_state_dict(aligner.bridge.state_dict())
    except RuntimeError as error:
        raise CheckpointError(
            f"the bridge in {folder} has another shape than model.changes.{modality}_bridge says:"
            f" {str(error).splitlines()[-1].strip()}"
        ) from error


def take_statistics(model: Any, settings: ModelSettings, train: SftDataset) -> None:
    """Statistics of the cached training features, for fresh bridges that standardise them."""
    for modality, cache in train.caches.items():
        is_fresh = settings.base in PRESETS and getattr(settings, f"{modality}_bridge") is None
        keys = [key for key in train.keys if key is not None and key in cache]
        if is_fresh and keys:

            def clips(cache: FeatureCache = cache, keys: list[str] = keys) -> Iterator[Tensor]:
                return (cache[key].float() for key in keys)

            getattr(model, modality).bridge.input.take_statistics(clips)


def choose_trained(model: Any, trained: TrainedParts) -> None:
    """Switch gradients on where something is trained, and off elsewhere.

    Raises:
        ConfigError: if adapters are to be trained and the model has none.
    """
    has_adapters = False
    for name, parameter in model.named_parameters():
        if name.startswith(("video.", "audio.")):
            part = name.split(".")[1]
            is_trained = {"bridge": trained.bridges, "projector": trained.projectors}.get(part)
            parameter.requires_grad_(bool(is_trained))
        elif is_adapter_key(name):
            has_adapters = True
            parameter.requires_grad_(trained.backbone != "frozen")
        else:
            parameter.requires_grad_(trained.backbone == "full")
    if trained.backbone == "lora" and not has_adapters:
        raise ConfigError(
            "trained.backbone is lora, but this model has no adapters; give it some"
            " (model.changes.lora), or choose full or frozen"
        )


def open_caches(run: SftRun, model: Any) -> dict[PerceivedModality, FeatureCache]:
    """The caches of features, checked against the model's encoders.

    Raises:
        DatasetError: if one is of another encoder.
        ConfigError: if the model does not perceive what is cached.
    """
    caches: dict[PerceivedModality, FeatureCache] = {}
    for modality, folder in (("video", run.features.video), ("audio", run.features.audio)):
        if folder is None:
            continue
        pathway = getattr(model, modality)
        if pathway is None:
            raise ConfigError(
                f"this model has no {modality} encoder; leave features.{modality} out"
            )
        name = cast(PerceivedModality, modality)
        caches[name] = FeatureCache.open(folder, pathway.encoder.fingerprint())
    return caches


def trainable(model: torch.nn.Module) -> int:
    """How many weights are trained."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def _datasets(
    run: SftRun, processor: XEmoGPTProcessor, caches: dict[PerceivedModality, FeatureCache]
) -> tuple[SftDataset, SftDataset | None]:
    samples, _ = read_samples(run.data.corpus, run.data.on_bad)
    train = of_split(samples, run.data.train_split)
    validation = of_split(samples, run.data.validation_split) if run.data.validation_split else []
    if not train:
        raise DatasetError(
            f"{run.data.corpus} has no sample of the split {run.data.train_split!r}; mark some so,"
            " or name another with --set data.train_split=..."
        )
    check_subjects(train, validation)
    roots = [Path(folder).parent for folder in (run.features.video, run.features.audio) if folder]
    hashes = MediaHashes((roots or [Path(run.train.output_dir)])[0] / "media_hashes.json")
    num_frames = min(NUM_FRAMES, processor.config.max_frames or NUM_FRAMES)

    def made(chosen: list[Any], training: bool) -> SftDataset:
        return SftDataset(
            chosen, caches, modalities_of(processor), run.dropped, num_frames,
            processor.config.max_audio_s, hashes, run.train.seed, training, run.wording,
        )  # fmt: skip

    found: list[SftDataset | None] = []
    for chosen, training in ((train, True), (validation, False)):
        if not chosen and not training:
            found.append(None)
            continue
        kept, lengths, _ = usable(made(chosen, training), run.data.on_bad, processor)
        dataset = made([chosen[index] for index in kept], training)
        dataset.lengths = lengths
        found.append(dataset)
    assert found[0] is not None
    return found[0], found[1]


def _merged(fields: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Changes on top of fields, section by section; another encoder inherits no options."""
    merged = dict(fields)
    for name, value in changes.items():
        old = merged.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            is_other = "name" in value and value["name"] != old.get("name")
            merged[name] = value if is_other else _merged(old, value)
        else:
            merged[name] = value
    return merged
