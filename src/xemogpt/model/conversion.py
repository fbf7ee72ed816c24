"""Converting the published checkpoint to a model folder of ours, and back, bit by bit."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import CLIPConfig, CLIPModel

from xemogpt.encoders.sources import resolve_source
from xemogpt.encoders.towers import load_tower, parse_dtype
from xemogpt.errors import CheckpointError
from xemogpt.files import atomic_write
from xemogpt.model.assembly import EncoderSource, Parts, assemble
from xemogpt.model.checkpoint import PublishedFile, read_checkpoint, write_checkpoint
from xemogpt.model.configuration import LoraSection, PromptSection
from xemogpt.model.modeling import XEmoGPTForConditionalGeneration
from xemogpt.model.processing import XEmoGPTProcessor
from xemogpt.model.reference import (
    Entry,
    KeyReport,
    PublishedShape,
    load_tensors,
    published_entries,
    read_shape,
)

HEADS_FILE = "published_heads.safetensors"
RECORD_FILE = "published.json"
MAX_CONTEXT_TOKENS = 2048  # the published code's limit
MAX_AUDIO_S = 12.0  # the published code reads so much sound


def load_published(
    checkpoint: str | Path,
    *,
    vision: str | Path,
    audio: str | Path,
    llm: str | Path,
    lora_alpha: float | None = None,
    dtype: str = "float32",
) -> tuple[XEmoGPTForConditionalGeneration, XEmoGPTProcessor, KeyReport]:
    """Load the published checkpoint as a model of ours.

    Args:
        checkpoint: ``.ckpt`` or ``.safetensors`` file.
        vision: folder or hub id of the CLIP model it was trained with.
        audio: the HuBERT model.
        llm: the language model.
        lora_alpha: scale of the adapters, which no checkpoint records; equal to their rank if not
            given, as published.
        dtype: of all weights.

    Raises:
        CheckpointError: if any key is missing, unexpected, misshapen, or frozen and different.
        WeightsError: if a tower is absent or incomplete.
    """
    file = read_checkpoint(checkpoint)
    shape = read_shape(file.tensors)
    parts = Parts(
        backbone=str(llm),
        video=EncoderSource(name="clip", source=str(vision), options={"dtype": dtype}),
        audio=EncoderSource(name="hubert", source=str(audio), options={"dtype": dtype}),
        **_bridges(shape, vision, audio),
        lora=_lora(shape, lora_alpha),
        prompt=PromptSection(style="published", bos="pad"),
        max_audio_s=MAX_AUDIO_S,
        max_context_tokens=MAX_CONTEXT_TOKENS,
        dtype=dtype,
    )
    model, processor = assemble(parts)
    report = load_tensors(
        model,
        _sketch_clip(vision),
        file.tensors,
        origin=str(checkpoint),
        load_clip=lambda: load_tower(CLIPModel, resolve_source(vision), "float32").state_dict(),
    )
    return model, processor, report


def convert_published(checkpoint: str | Path, out: str | Path, **towers: Any) -> KeyReport:
    """Write the published checkpoint as a model folder; arguments as ``load_published``.

    Raises:
        CheckpointError: as ``load_published``; nothing is written then.
        OutputError: if the folder cannot be written.
    """
    model, processor, report = load_published(checkpoint, **towers)
    file = read_checkpoint(checkpoint)
    folder = Path(out)
    record = {
        "prefix": file.prefix,
        "is_nested": file.is_nested,
        "dtypes": {n: str(t.dtype).removeprefix("torch.") for n, t in file.tensors.items()},
    }
    with atomic_write(folder / RECORD_FILE) as target:
        json.dump(record, target)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    heads = {name: file.tensors[name].clone() for name in report.kept}
    save_file(heads, folder / HEADS_FILE, metadata={"format": "pt"})
    return report


def write_published(
    source: str | Path, out: str | Path, *, sources: dict[str, str | Path] | None = None
) -> int:
    """Write a model folder as a published checkpoint.

    A folder that was converted gives back the very file it came from: the same keys in the same
    order and dtype, bit by bit if it was not trained since. Otherwise everything that is trained
    is written.

    Args:
        source: folder of a model with ``clip`` and ``hubert`` encoders and reference bridges.
        out: ``.ckpt`` or ``.safetensors`` file.
        sources: where towers are now, as for ``from_pretrained``.

    Returns:
        How many keys were written.

    Raises:
        CheckpointError: if the model is not of the published form.
    """
    model = XEmoGPTForConditionalGeneration.from_pretrained(source, sources=sources)
    _check_form(model)
    folder = resolve_source(source)
    heads = load_file(folder / HEADS_FILE) if (folder / HEADS_FILE).is_file() else {}
    place = (sources or {}).get("video_encoder") or model.references["video_encoder"].source
    assert place is not None
    entries = published_entries(model, _sketch_clip(place))
    own = model.state_dict()
    known = heads | {name: own[entry.ours] for name, entry in entries.items() if entry.ours}
    record = _read_record(folder, entries, known)
    if not set(record["dtypes"]) <= set(known):
        clip = load_tower(CLIPModel, resolve_source(place), "float32").state_dict()
        known |= {"visual_encoder.clip." + name: tensor for name, tensor in clip.items()}
    tensors = {name: known[name].to(parse_dtype(d)) for name, d in record["dtypes"].items()}
    write_checkpoint(out, PublishedFile(tensors, record["prefix"], record["is_nested"]))
    return len(tensors)


def _read_record(
    folder: Path, entries: Mapping[str, Entry], known: Mapping[str, Tensor]
) -> dict[str, Any]:
    """How the checkpoint that a folder came from was laid out; what is trained, if from none."""
    path = folder / RECORD_FILE
    if path.is_file():
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return record
    trained = [name for name, entry in entries.items() if entry.kind == "trained"]
    dtypes = {name: str(known[name].dtype).removeprefix("torch.") for name in trained}
    return {"prefix": "", "is_nested": False, "dtypes": dtypes}


def _sketch_clip(vision: str | Path) -> Any:
    """The whole CLIP model on the meta device: names and shapes, no weights.

    Raises:
        CheckpointError: if the folder is of no CLIP model.
    """
    try:
        config = CLIPConfig.from_pretrained(resolve_source(vision))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{vision} holds no CLIP configuration: {error}") from error
    with torch.device("meta"):
        return CLIPModel(config)


def _check_form(model: XEmoGPTForConditionalGeneration) -> None:
    sections = [model.config.encoder_section("video"), model.config.encoder_section("audio")]
    names = [section.name if section else None for section in sections]
    bridges = [model.config.bridge_config("video"), model.config.bridge_config("audio")]
    if names != ["clip", "hubert"] or any(b is None or b.form != "reference" for b in bridges):
        raise CheckpointError(
            f"only a model with clip and hubert encoders and reference bridges can be written as a"
            f" published checkpoint; this one has {names}"
        )


def _lora(shape: PublishedShape, alpha: float | None) -> LoraSection | None:
    if shape.lora_rank is None:
        return None
    return LoraSection(
        r=shape.lora_rank,
        alpha=alpha or shape.lora_rank,
        dropout=0.05,
        target_modules=shape.lora_targets,
    )


def _bridges(shape: PublishedShape, vision: str | Path, audio: str | Path) -> dict[str, Any]:
    """Bridges shaped as the towers' own layers, as the published code builds them."""
    clip = _read_settings(vision).get("vision_config", {})
    hubert = _read_settings(audio)
    return {
        "video_bridge": {
            "num_layers": shape.num_video_layers,
            "num_heads": clip.get("num_attention_heads", 12),
            "ffn_dim": clip.get("intermediate_size", 3072),
            "layer_norm_eps": clip.get("layer_norm_eps", 1e-5),
            "attention_dropout": clip.get("attention_dropout", 0.0),
            "max_frames": shape.num_frames,
        },
        "audio_bridge": {
            "num_layers": shape.num_audio_layers,
            "num_heads": hubert.get("num_attention_heads", 12),
            "ffn_dim": hubert.get("intermediate_size", 3072),
            "layer_norm_eps": hubert.get("layer_norm_eps", 1e-5),
            "dropout": hubert.get("hidden_dropout", 0.1),
            "attention_dropout": hubert.get("attention_dropout", 0.1),
        },
    }


def _read_settings(source: str | Path) -> dict[str, Any]:
    path = resolve_source(source) / "config.json"
    try:
        settings: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise CheckpointError(f"cannot read {path}: {error}") from error
    return settings
