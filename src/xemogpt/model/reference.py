"""The published checkpoint and ours: names of one in terms of the other, every key accounted for.

Published names map to ours in four kinds: what was *trained* and is used (bridges, projectors,
adapters), what was *frozen* (towers and backbone, which a checkpoint may leave out), *heads* of
bridge pretraining, which explaining does not need but writing back does, and the *tied* output
layer, a copy of the token embeddings.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

from xemogpt.errors import CheckpointError
from xemogpt.model.adapters import is_adapter_key
from xemogpt.model.keys import describe
from xemogpt.model.modeling import XEmoGPTForConditionalGeneration

Kind = Literal["trained", "frozen", "head", "tied"]

_VISION, _CLIP = "visual_encoder.clip.vision_model.", "visual_encoder.clip."
_HUBERT = "audio_encoder.audio_encoder."
_TIED_HEAD = "lm_head.weight"


@dataclass(frozen=True)
class Entry:
    """One published key.

    Attributes:
        kind: how it is treated.
        shape: of its tensor.
        ours: our name, or none for what the model does not hold.
    """

    kind: Kind
    shape: tuple[int, ...]
    ours: str | None = None


@dataclass(frozen=True)
class KeyReport:
    """What became of every key: none is left unaccounted for.

    Attributes:
        loaded: trained keys that now are the model's weights.
        verified: frozen and tied keys found to equal the towers given.
        kept: pretraining heads, stored for writing back.
        absent: keys a checkpoint may leave out, and this one does.
    """

    loaded: list[str] = field(default_factory=list)
    verified: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)

    def summary(self) -> str:
        """The counts, in words."""
        return (
            f"{len(self.loaded)} keys loaded, {len(self.verified)} frozen keys equal to the towers"
            f" given, {len(self.kept)} pretraining heads kept, {len(self.absent)} absent as allowed"
        )


def published_entries(
    model: XEmoGPTForConditionalGeneration, clip_model: Any, output_dim: int = 768
) -> dict[str, Entry]:
    """Every key of the published model at this size.

    Args:
        model: ours, with ``clip`` and ``hubert`` encoders; on any device, meta included.
        clip_model: transformers' whole ``CLIPModel``, whose text side only pretraining used.
        output_dim: width that pretraining compared modalities in.
    """
    entries: dict[str, Entry] = {}
    for ours, tensor in model.state_dict().items():
        theirs = published_name(model, ours)
        kind: Kind = "frozen"
        if theirs.endswith(_TIED_HEAD) and model.config.tie_word_embeddings:
            kind = "tied"
        elif is_adapter_key(ours) or ".bridge." in ours or ".projector." in ours:
            kind = "trained"
        entries[theirs] = Entry(kind, tuple(tensor.shape), ours)
    for name, tensor in clip_model.state_dict().items():
        entries.setdefault(_CLIP + name, Entry("frozen", tuple(tensor.shape)))
    for name, shape in _head_shapes(model, clip_model, output_dim).items():
        entries[name] = Entry("head", shape)
    return entries


def published_name(model: XEmoGPTForConditionalGeneration, ours: str) -> str:
    """The published name of one of our weights.

    Raises:
        CheckpointError: if the published model has nothing of the kind.
    """
    assert model.video is not None and model.audio is not None
    backbone = "llm_model." if model.config.lora is None else "llm_model.base_model.model."
    prefixes = {
        "language_model.": backbone,
        "video.encoder.tower.": _VISION,
        "audio.encoder.tower.": _HUBERT,
        "video.projector.": "visual_llm_project.",
        "audio.projector.": "audio_llm_project.",
    }
    for prefix, published in prefixes.items():
        if ours.startswith(prefix):
            return published + ours.removeprefix(prefix)
    bridges = {
        "video.bridge.": ("visual_encoder.", model.video.bridge.published_keys()),
        "audio.bridge.": ("audio_encoder.", model.audio.bridge.published_keys()),
    }
    for prefix, (published, names) in bridges.items():
        if ours.startswith(prefix) and ours.removeprefix(prefix) in names:
            return published + names[ours.removeprefix(prefix)]
    raise CheckpointError(f"the published model has no counterpart of {ours}")


def _head_shapes(
    model: XEmoGPTForConditionalGeneration, clip_model: Any, output_dim: int
) -> dict[str, tuple[int, ...]]:
    assert model.video is not None and model.audio is not None
    video, audio = model.video.bridge.output_dim, model.audio.bridge.output_dim
    text = clip_model.config.text_config.hidden_size
    layers = {
        "visual_encoder.visual_project": (output_dim, video),
        "visual_encoder.text_project": (output_dim, text),
        "visual_encoder.temporal_disc_head.0": (output_dim, output_dim),
        "visual_encoder.temporal_disc_head.2": (1, output_dim),
        "visual_encoder.frame_reconstructor": (video, video),
        "audio_encoder.audio_project": (output_dim, audio),
    }
    shapes: dict[str, tuple[int, ...]] = {"visual_encoder.attention_pooling.attn_vector": (video,)}
    for name, (rows, columns) in layers.items():
        shapes |= {f"{name}.weight": (rows, columns), f"{name}.bias": (rows,)}
    return shapes


def load_tensors(
    model: XEmoGPTForConditionalGeneration,
    clip_model: Any,
    tensors: Mapping[str, Tensor],
    origin: str,
    load_clip: Callable[[], Mapping[str, Tensor]],
) -> KeyReport:
    """Copy a published checkpoint's trained weights into the model, and verify the rest.

    Args:
        model: ours, of the checkpoint's size, with the towers given.
        clip_model: transformers' ``CLIPModel``, on the meta device if you like.
        tensors: published name -> tensor.
        origin: what to call the checkpoint.
        load_clip: gives CLIP's whole state dict; called if the checkpoint holds its text side.

    Raises:
        CheckpointError: listing every missing, unexpected or misshapen key, and every frozen one
            that differs from the towers given.
    """
    entries = published_entries(model, clip_model, _output_dim(tensors))
    problems = find_problems(entries, tensors)
    has_text_side = any(
        e.kind == "frozen" and not e.ours and n in tensors for n, e in entries.items()
    )
    frozen = {_CLIP + k: t for k, t in load_clip().items()} if has_text_side else {}
    own = model.state_dict()
    report = KeyReport()
    for name, entry in entries.items():
        if name not in tensors:
            report.absent.append(name)
        elif entry.kind == "trained":
            report.loaded.append(name)
        elif entry.kind == "head":
            report.kept.append(name)
        else:
            report.verified.append(name)
            mine = own[entry.ours] if entry.ours else frozen[name]
            if name not in problems["misshapen"] and not _equal(mine, tensors[name]):
                problems["different from the towers given"].append(name)
    if any(problems.values()):
        raise CheckpointError(describe(origin, problems))
    with torch.no_grad():
        for name in report.loaded:
            ours = entries[name].ours
            assert ours is not None
            own[ours].copy_(tensors[name])
    return report


def find_problems(
    entries: Mapping[str, Entry], tensors: Mapping[str, Tensor]
) -> dict[str, list[str]]:
    """Kind of problem -> keys. Trained keys must be there; heads all or none of each encoder."""
    required = {name for name, entry in entries.items() if entry.kind == "trained"}
    heads = {name for name, entry in entries.items() if entry.kind == "head"}
    for side in ("visual_encoder.", "audio_encoder."):
        own = {name for name in heads if name.startswith(side)}
        if own & set(tensors):
            required |= own
    return {
        "missing": sorted(required - set(tensors)),
        "unexpected": sorted(set(tensors) - set(entries)),
        "misshapen": [
            f"{name}: {tuple(tensor.shape)}, expected {entries[name].shape}"
            for name, tensor in tensors.items()
            if name in entries and tuple(tensor.shape) != entries[name].shape
        ],
        "different from the towers given": [],
    }


def _equal(mine: Tensor, theirs: Tensor) -> bool:
    """Whether two weights are the same, whichever of them is stored more coarsely."""
    if mine.shape != theirs.shape:
        return False
    coarser = min((mine.dtype, theirs.dtype), key=lambda dtype: torch.finfo(dtype).bits)
    return torch.equal(mine.cpu().to(coarser), theirs.cpu().to(coarser))


def _output_dim(tensors: Mapping[str, Tensor]) -> int:
    """Width of the pretraining heads, as the checkpoint has it."""
    for name in ("visual_encoder.visual_project.bias", "audio_encoder.audio_project.bias"):
        if name in tensors and tensors[name].dim() == 1:
            return len(tensors[name])
    return 768


@dataclass(frozen=True)
class PublishedShape:
    """What the names and shapes of a checkpoint say about the model.

    Attributes:
        lora_rank: rank of the adapters, or none.
        lora_targets: names of the adapted layers, in the order met.
        num_video_layers: layers of the video bridge.
        num_audio_layers: layers of the audio bridge.
        num_frames: positions of the video bridge.
    """

    lora_rank: int | None
    lora_targets: tuple[str, ...]
    num_video_layers: int
    num_audio_layers: int
    num_frames: int


def read_shape(tensors: Mapping[str, Tensor]) -> PublishedShape:
    """Infer the size of what a published checkpoint was trained with.

    Raises:
        CheckpointError: if it does not look like one.
    """
    positions = tensors.get("visual_encoder.position_embedding")
    if positions is None or positions.dim() != 3:
        raise CheckpointError(
            "this is no checkpoint of the published model: it has no"
            " visual_encoder.position_embedding of shape (1, frames, width);"
            f" it begins with {', '.join(list(tensors)[:3])}"
        )
    adapters = {n: t for n, t in tensors.items() if n.endswith(".lora_A.default.weight")}
    targets = dict.fromkeys(name.split(".")[-4] for name in adapters)
    return PublishedShape(
        lora_rank=len(next(iter(adapters.values()))) if adapters else None,
        lora_targets=tuple(targets),
        num_video_layers=_count_layers(tensors, r"visual_encoder\.visual_alignment_layer\.(\d+)\."),
        num_audio_layers=_count_layers(tensors, r"audio_encoder\.audio_alignment_layer\.(\d+)\."),
        num_frames=positions.shape[1],
    )


def _count_layers(names: Iterable[str], pattern: str) -> int:
    found = [int(match[1]) for name in names if (match := re.match(pattern, name))]
    return max(found, default=0) + 1
