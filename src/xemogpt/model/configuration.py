"""Settings of the model: a transformers configuration whose sections are checked ones of ours."""

import copy
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import Field
from transformers import CONFIG_MAPPING, AutoConfig, PreTrainedConfig

from xemogpt.bridges.audio import AudioBridgeConfig
from xemogpt.bridges.video import VideoBridgeConfig
from xemogpt.config import Config, build_config
from xemogpt.errors import ConfigError
from xemogpt.prompts import PerceivedModality, PromptStyle

Section = TypeVar("Section", bound=Config)


class EncoderSection(Config):
    """A frozen encoder: its registry name and the settings it is rebuilt from."""

    name: str
    """Registry name, such as ``clip``."""
    config: dict[str, Any] = Field(default_factory=dict)
    """What the encoder's ``to_config`` gave."""


class LoraSection(Config):
    """Low-rank adapters inside the backbone."""

    r: int = Field(default=16, ge=1)
    """Rank."""
    alpha: float = Field(default=32, gt=0)
    """Scale: what an adapter adds is multiplied by alpha / r."""
    dropout: float = Field(default=0.05, ge=0, lt=1)
    """Dropout on an adapter's input, in training only."""
    target_modules: tuple[str, ...] = ("q_proj", "k_proj", "v_proj")
    """Names of the linear layers that get one."""


class PromptSection(Config):
    """How a request becomes tokens."""

    style: PromptStyle = "chat"
    """``chat``: the backbone's own chat template. ``brief``: the same with an empty system message
    and a short request, for small models trained on it. ``published``: the published format."""
    bos: Literal["none", "pad"] = "none"
    """``pad``: every sequence starts with the pad token, as in the published model."""


class XEmoGPTConfig(PreTrainedConfig):
    """Configuration of ``XEmoGPTForConditionalGeneration``.

    A modality is left out by giving neither its encoder nor its bridge. Sections are plain
    dictionaries, as transformers saves them; the methods give them checked.

    Args:
        text_config: configuration of any causal language model of transformers.
        video_encoder: ``{"name": ..., "config": ...}`` of a registered video encoder.
        audio_encoder: the same for sound.
        video_bridge: fields of ``VideoBridgeConfig``.
        audio_bridge: fields of ``AudioBridgeConfig``.
        lora: fields of ``LoraSection``; none for a backbone without adapters.
        prompt: fields of ``PromptSection``.
        video_pool: bridged video vectors averaged into one that the backbone reads.
        audio_pool: the same for sound, of which there are many.
        max_audio_s: most seconds of sound in one sample.
        max_context_tokens: most tokens, features and answer together; the backbone's own limit
            if not given.
        video_token_id: id that stands for one video feature in ``input_ids``. It may lie beyond
            the backbone's vocabulary: it is never embedded.
        audio_token_id: the same for sound.

    Raises:
        ConfigError: if a section has unknown or wrong fields.
    """

    model_type = "xemogpt"
    sub_configs: ClassVar[dict[str, Any]] = {"text_config": AutoConfig}

    text_config: dict[str, Any] | PreTrainedConfig | None = None
    video_encoder: dict[str, Any] | None = None
    audio_encoder: dict[str, Any] | None = None
    video_bridge: dict[str, Any] | None = None
    audio_bridge: dict[str, Any] | None = None
    lora: dict[str, Any] | None = None
    prompt: dict[str, Any] | None = None
    video_pool: int = 1
    audio_pool: int = 1
    max_audio_s: float = 30.0
    max_context_tokens: int | None = None
    video_token_id: int | None = None
    audio_token_id: int | None = None

    def __post_init__(self, **kwargs: Any) -> None:
        if self.text_config is None:
            self.text_config = CONFIG_MAPPING["llama"]()
        elif isinstance(self.text_config, dict):
            self.text_config = AutoConfig.for_model(**self.text_config)
        else:
            # transformers resets some private fields of sub-configurations; leave the given one be.
            self.text_config = copy.deepcopy(self.text_config)
        self.tie_word_embeddings = getattr(self.text_config, "tie_word_embeddings", False)
        kwargs.pop("tie_word_embeddings", None)
        for modality in ("video", "audio"):
            if (self.encoder_section(modality) is None) != (self.bridge_config(modality) is None):
                raise ConfigError(
                    f"give both {modality}_encoder and {modality}_bridge, or neither of them"
                )
            if self.pool(modality) < 1:
                raise ConfigError(
                    f"{modality}_pool is {self.pool(modality)}; expected 1 (no pooling) or more"
                )
        self.lora_section()
        self.prompt_section()
        super().__post_init__(**kwargs)

    def encoder_section(self, modality: PerceivedModality) -> EncoderSection | None:
        """The encoder of a modality, or none."""
        return self._section(f"{modality}_encoder", EncoderSection)

    def bridge_config(
        self, modality: PerceivedModality
    ) -> VideoBridgeConfig | AudioBridgeConfig | None:
        """The bridge of a modality, or none."""
        if modality == "video":
            return self._section("video_bridge", VideoBridgeConfig)
        return self._section("audio_bridge", AudioBridgeConfig)

    def pool(self, modality: PerceivedModality) -> int:
        """Bridged vectors averaged into one."""
        return self.video_pool if modality == "video" else self.audio_pool

    def lora_section(self) -> LoraSection | None:
        """The adapters, or none."""
        return self._section("lora", LoraSection)

    def prompt_section(self) -> PromptSection:
        """How a request becomes tokens."""
        return self._section("prompt", PromptSection) or PromptSection()

    @property
    def max_frames(self) -> int:
        """Most frames in one sample: the video bridge's positions; 0 without video."""
        bridge = self.bridge_config("video")
        return bridge.max_frames if isinstance(bridge, VideoBridgeConfig) else 0

    @property
    def context_limit(self) -> int:
        """Most tokens, features and answer together."""
        limit = getattr(self.text_config, "max_position_embeddings", None)
        limits = [n for n in (self.max_context_tokens, limit) if n]
        return min(limits) if limits else 2**31

    def _section(self, field: str, cls: type[Section]) -> Section | None:
        value = getattr(self, field)
        return None if value is None else build_config(cls, value, origin=field)
