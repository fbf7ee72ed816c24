"""Saving what was trained with references to what was not, and loading both again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, GenerationConfig, PreTrainedModel

from xemogpt.config import build_config
from xemogpt.encoders.sources import Reference, check_hashes, hash_files, resolve_source
from xemogpt.encoders.towers import load_tower
from xemogpt.errors import CheckpointError, OutputError, WeightsError
from xemogpt.files import atomic_write
from xemogpt.model.adapters import is_adapter_key, with_base_layers
from xemogpt.model.configuration import XEmoGPTConfig
from xemogpt.model.keys import check_keys
from xemogpt.prompts import PERCEIVED_MODALITIES, PerceivedModality
from xemogpt.registry import audio_encoders, video_encoders

REFERENCES_FILE = "references.json"
WEIGHTS_FILE = "model.safetensors"

# Part that may be referred to -> prefix of its keys in the state dict.
PARTS = {
    "video_encoder": "video.encoder.",
    "audio_encoder": "audio.encoder.",
    "language_model": "language_model.",
}


def save_model(
    model: Any,
    folder: Path,
    *,
    full: bool = False,
    state_dict: Mapping[str, Tensor] | None = None,
    **kwargs: Any,
) -> None:
    """Write configuration, trained weights and ``references.json``."""
    references = {} if full else _intact_references(model)
    weights = dict(model.state_dict() if state_dict is None else state_dict)
    referred = tuple(PARTS[part] for part in references)
    weights = {
        key: tensor
        for key, tensor in weights.items()
        if is_adapter_key(key) or not key.startswith(referred)
    }
    # Names are ours and current: nothing is to be turned back into an older format.
    kwargs.setdefault("save_original_format", False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        PreTrainedModel.save_pretrained(model, folder, state_dict=weights, **kwargs)
    except OSError as error:
        raise OutputError(
            f"cannot write the model to {folder}: {error.strerror or error}; choose a folder you"
            " may write to"
        ) from error
    if kwargs.get("is_main_process", True):
        stored = {part: reference.model_dump() for part, reference in references.items()}
        with atomic_write(folder / REFERENCES_FILE) as file:
            json.dump(stored, file, indent=2)


def _intact_references(model: Any) -> dict[str, Reference]:
    """References to parts whose own weights are frozen; a part that was trained is stored."""
    trained = {
        part
        for part, prefix in PARTS.items()
        for name, parameter in model.named_parameters()
        if name.startswith(prefix) and parameter.requires_grad and not is_adapter_key(name)
    }
    return {part: ref for part, ref in model.references.items() if part not in trained}


def load_model(
    cls: Any, source: str | Path, *, sources: Mapping[str, str | Path], **kwargs: Any
) -> Any:
    """Load a saved model; see ``XEmoGPTForConditionalGeneration.from_pretrained``."""
    folder = resolve_source(source, kwargs.pop("revision", None))
    config = kwargs.pop("config", None) or _read_config(folder)
    references = _read_references(folder)
    unknown = sorted(set(sources) - set(PARTS))
    if unknown:
        raise CheckpointError(f"unknown sources {unknown}; expected some of {sorted(PARTS)}")
    with torch.device("meta"):
        skeleton = cls(config)
    expected = skeleton.state_dict()
    stored = read_weights(folder)
    buffers: dict[str, Tensor] = {}
    for part, reference in references.items():
        tensors, extra = _fetch(part, reference, sources.get(part), config, set(expected))
        stored = {**tensors, **stored}
        buffers |= extra
    for modality in PERCEIVED_MODALITIES:
        part = f"{modality}_encoder"
        if part not in references:
            buffers |= _rebuild_buffers(modality, getattr(skeleton, modality), config)
    tied = set(getattr(skeleton, "all_tied_weights_keys", {}))
    check_keys(expected, stored, origin=str(folder), may_be_absent=tied)
    del skeleton

    wants_info = kwargs.pop("output_loading_info", False)
    kwargs.setdefault("dtype", getattr(config, "dtype", None) or torch.float32)
    model, info = super(_base_of(cls), cls).from_pretrained(
        None, config=config, state_dict=stored, output_loading_info=True, **kwargs
    )
    for name, buffer in buffers.items():
        module, _, leaf = name.rpartition(".")
        owner = model.get_submodule(module)
        owner._buffers[leaf] = buffer.to(next(model.parameters()).device)
    if (folder / "generation_config.json").is_file():
        model.generation_config = GenerationConfig.from_pretrained(folder)
    model.name_or_path = model.config.name_or_path = str(source)
    model.references = references
    for modality in PERCEIVED_MODALITIES:
        known = references.get(f"{modality}_encoder")
        if known is not None:
            getattr(model, modality).encoder.loaded_by(known)
    model.freeze()
    return (model, info) if wants_info else model


def _base_of(cls: Any) -> Any:
    """The class of ours in ``cls``'s ancestry whose parent is transformers'."""
    from xemogpt.model.modeling import XEmoGPTForConditionalGeneration

    assert issubclass(cls, XEmoGPTForConditionalGeneration)
    return XEmoGPTForConditionalGeneration


def read_weights(folder: Path) -> dict[str, Tensor]:
    """All tensors of the safetensors files of a saved model, sharded or not.

    Raises:
        CheckpointError: if there are none, or a file is damaged.
    """
    index = folder / f"{WEIGHTS_FILE}.index.json"
    if index.is_file():
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    else:
        names = [WEIGHTS_FILE]
    weights: dict[str, Tensor] = {}
    for name in names:
        try:
            weights |= load_file(folder / name)
        except FileNotFoundError as error:
            raise CheckpointError(f"{folder} holds no {name}; is it a saved model?") from error
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f"{folder / name} is damaged: {error}") from error
    return weights


def _read_config(folder: Path) -> XEmoGPTConfig:
    try:
        settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise CheckpointError(f"{folder} holds no readable config.json: {error}") from error
    if settings.get("model_type") != XEmoGPTConfig.model_type:
        raise CheckpointError(
            f"{folder} holds a model of type {settings.get('model_type')!r}, not"
            f" {XEmoGPTConfig.model_type!r}; compose one of it with xemogpt.model.assembly"
        )
    config: XEmoGPTConfig = XEmoGPTConfig.from_pretrained(folder)
    return config


def _read_references(folder: Path) -> dict[str, Reference]:
    path = folder / REFERENCES_FILE
    if not path.is_file():
        return {}
    entries = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(entries, dict) or set(entries) - set(PARTS):
        raise CheckpointError(f"{path} should map some of {sorted(PARTS)} to references")
    return {part: build_config(Reference, entry, str(path)) for part, entry in entries.items()}


def _fetch(
    part: str,
    reference: Reference,
    source: str | Path | None,
    config: XEmoGPTConfig,
    expected: set[str],
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Weights that a reference stands for, and buffers that no state dict holds, by our names.

    Raises:
        CheckpointError: if they cannot be found or are not those the model was trained with.
    """
    prefix = PARTS[part]
    try:
        if part == "language_model":
            place = source or reference.source
            assert place is not None
            check_hashes(reference, hash_files(resolve_source(place, reference.revision)))
            module = load_backbone(place, reference.revision, **reference.options)
            names = with_base_layers(
                set(module.state_dict()), {key.removeprefix(prefix) for key in expected}
            )
        else:
            registry = video_encoders if part == "video_encoder" else audio_encoders
            module = registry.get(reference.name).from_reference(reference, source)
            names = {key: key for key in module.state_dict()}
    except WeightsError as error:
        raise CheckpointError(
            f"the {part.replace('_', ' ')} that this model refers to: {error}"
            f"\nIf it has moved, load with sources={{{part!r}: folder}}."
        ) from error
    state = module.state_dict()
    tensors = {prefix + names[key]: tensor for key, tensor in state.items()}
    buffers: dict[str, Tensor] = {}
    if part != "language_model":
        buffers = _unsaved_buffers(module, prefix)
    return tensors, buffers


def _unsaved_buffers(module: nn.Module, prefix: str) -> dict[str, Tensor]:
    """Buffers that no state dict holds: they follow from settings, but not on the meta device."""
    state = module.state_dict()
    return {prefix + name: b for name, b in module.named_buffers() if name not in state}


def _rebuild_buffers(
    modality: PerceivedModality, pathway: Any, config: XEmoGPTConfig
) -> dict[str, Tensor]:
    """Such buffers of an encoder whose weights are stored with the model."""
    section = config.encoder_section(modality)
    if section is None or not _unsaved_buffers(pathway.encoder, ""):
        return {}
    registry = video_encoders if modality == "video" else audio_encoders
    encoder = registry.get(section.name).from_config(section.config)
    return _unsaved_buffers(encoder, PARTS[f"{modality}_encoder"])


def load_backbone(
    source: str | Path, revision: str | None = None, dtype: str = "float32"
) -> PreTrainedModel:
    """Load a causal language model of transformers.

    Raises:
        WeightsError: if it is absent or incomplete.
    """
    folder = resolve_source(source, revision)
    model: PreTrainedModel = load_tower(AutoModelForCausalLM, folder, dtype)
    # Else every model saved with it would tell where assets lie on the machine that made it.
    model.config._name_or_path = str(source)
    return model


def refer_to_backbone(
    source: str | Path, revision: str | None = None, dtype: str = "float32"
) -> Reference:
    """What a saved model keeps of its backbone."""
    return Reference(
        name="causal-lm",
        source=str(source),
        revision=revision,
        sha256=hash_files(resolve_source(source, revision)),
        options={"dtype": dtype},
    )
