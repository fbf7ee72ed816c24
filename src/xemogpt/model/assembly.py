"""Composing a model from pretrained parts: encoders, fresh bridges, and a backbone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pydantic import Field
from transformers import AutoTokenizer, GenerationConfig

from xemogpt.config import Config
from xemogpt.encoders.base import FrozenEncoder
from xemogpt.encoders.sources import Reference, resolve_source
from xemogpt.model.configuration import EncoderSection, LoraSection, PromptSection, XEmoGPTConfig
from xemogpt.model.loading import load_backbone, refer_to_backbone
from xemogpt.model.modeling import XEmoGPTForConditionalGeneration
from xemogpt.model.processing import XEmoGPTProcessor
from xemogpt.model.tokens import add_placeholders
from xemogpt.prompts import PERCEIVED_MODALITIES, PerceivedModality
from xemogpt.registry import audio_encoders, video_encoders


class EncoderSource(Config):
    """Which encoder, and where its weights are."""

    name: str
    """Registry name, such as ``whisper``."""
    source: str | None = None
    """Folder, hub id or asset of ``xemogpt pull``; the encoder's own default if not given."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Further arguments of the encoder's ``from_pretrained``."""


class Parts(Config):
    """What a model is composed of.

    >>> Parts(backbone="smollm2-135m", audio=EncoderSource(name="whisper")).video is None
    True
    """

    backbone: str
    """Folder, hub id or asset of a causal language model."""
    backbone_revision: str | None = None
    """Hub revision of the backbone."""
    video: EncoderSource | None = None
    """Video encoder; none for a model that does not see."""
    audio: EncoderSource | None = None
    """Audio encoder; none for a model that does not hear."""
    video_bridge: dict[str, Any] = Field(default_factory=dict)
    """Fields of ``VideoBridgeConfig``; width and layers of its input follow from the encoder."""
    audio_bridge: dict[str, Any] = Field(default_factory=dict)
    """Fields of ``AudioBridgeConfig``; width and layers of its input follow from the encoder."""
    lora: LoraSection | None = LoraSection()
    """Adapters in the backbone; none to leave it as it is."""
    prompt: PromptSection = PromptSection()
    """How a request becomes tokens."""
    video_pool: int = Field(default=1, ge=1)
    """Bridged video vectors averaged into one that the backbone reads."""
    audio_pool: int = Field(default=1, ge=1)
    """The same for sound: encoders give 50 vectors a second."""
    max_audio_s: float = Field(default=30.0, gt=0)
    """Most seconds of sound in a sample."""
    max_context_tokens: int | None = Field(default=None, gt=0)
    """Most tokens in a sample; the backbone's own limit if not given."""
    dtype: str = "float32"
    """Of all weights."""
    seed: int = 0
    """Of the fresh bridges, projectors and adapters."""


def assemble(parts: Parts) -> tuple[XEmoGPTForConditionalGeneration, XEmoGPTProcessor]:
    """Load pretrained parts, put fresh bridges, projectors and adapters between them.

    Returns:
        The model in eval mode, and its processor.

    Raises:
        WeightsError: if weights of a part are absent or incomplete.
        ConfigError: if parts do not fit together.
    """
    encoders: dict[PerceivedModality, FrozenEncoder] = {}
    for modality in PERCEIVED_MODALITIES:
        chosen = parts.video if modality == "video" else parts.audio
        if chosen is not None:
            encoders[modality] = _load_encoder(modality, chosen)
    backbone = load_backbone(parts.backbone, parts.backbone_revision, parts.dtype)
    tokenizer = load_tokenizer(parts.backbone, parts.backbone_revision)
    config = compose_config(parts, encoders, backbone.config, tokenizer)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(parts.seed)
        model = XEmoGPTForConditionalGeneration(config, encoders=encoders, language_model=backbone)
    model.to(backbone.dtype).eval()
    model.generation_config = GenerationConfig(
        eos_token_id=getattr(backbone.generation_config, "eos_token_id", None)
        or tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model.references = _references(parts, encoders)
    return model, XEmoGPTProcessor(tokenizer, config)


def compose_config(
    parts: Parts,
    encoders: Mapping[PerceivedModality, FrozenEncoder],
    text_config: Any,
    tokenizer: Any,
) -> XEmoGPTConfig:
    """The configuration of parts that were loaded or built; adds placeholders to the tokenizer."""
    ids = add_placeholders(tokenizer)
    sections: dict[str, Any] = {}
    for modality, encoder in encoders.items():
        given = parts.video_bridge if modality == "video" else parts.audio_bridge
        section = EncoderSection(name=encoder.name, config=encoder.to_config())
        sections[f"{modality}_encoder"] = section.model_dump()
        sections[f"{modality}_bridge"] = {
            "input_dim": encoder.feature_dim,
            "num_input_layers": encoder.num_layers,
            **given,
        }
    return XEmoGPTConfig(
        text_config=text_config,
        lora=None if parts.lora is None else parts.lora.model_dump(mode="json"),
        prompt=parts.prompt.model_dump(),
        video_pool=parts.video_pool,
        audio_pool=parts.audio_pool,
        max_audio_s=parts.max_audio_s,
        max_context_tokens=parts.max_context_tokens,
        video_token_id=ids["video"],
        audio_token_id=ids["audio"],
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        **sections,
    )


def load_tokenizer(source: str | Path, revision: str | None = None) -> Any:
    """The backbone's tokenizer, with a pad token if it had none."""
    tokenizer = AutoTokenizer.from_pretrained(resolve_source(source, revision))
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _load_encoder(modality: PerceivedModality, chosen: EncoderSource) -> FrozenEncoder:
    registry = video_encoders if modality == "video" else audio_encoders
    place = () if chosen.source is None else (chosen.source,)
    encoder: FrozenEncoder = registry.get(chosen.name).from_pretrained(*place, **chosen.options)
    return encoder


def _references(
    parts: Parts, encoders: Mapping[PerceivedModality, FrozenEncoder]
) -> dict[str, Reference]:
    """What can be loaded again from where it came; the rest is stored with the model."""
    references = {f"{m}_encoder": encoder.reference() for m, encoder in encoders.items()}
    references = {part: ref for part, ref in references.items() if ref.source is not None}
    references["language_model"] = refer_to_backbone(
        parts.backbone, parts.backbone_revision, parts.dtype
    )
    return references
