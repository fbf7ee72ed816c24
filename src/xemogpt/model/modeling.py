"""XEmoGPT: what is seen and heard enters a language model as vectors between its words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModelForCausalLM, GenerationMixin, PreTrainedModel
from transformers.cache_utils import Cache
from transformers.modeling_outputs import CausalLMOutputWithPast

from xemogpt.encoders.base import FrozenEncoder
from xemogpt.encoders.sources import Reference
from xemogpt.errors import ConfigError
from xemogpt.model.adapters import inject_lora, is_adapter_key
from xemogpt.model.configuration import XEmoGPTConfig
from xemogpt.model.generation import PerceiveOnceMixin
from xemogpt.model.pathway import Stimulus, build_pathway, in_row_order
from xemogpt.model.places import (
    check_counts,
    count_positions,
    next_token_loss,
    or_never,
    predicting_places,
)
from xemogpt.prompts import PerceivedModality


class XEmoGPTForConditionalGeneration(PreTrainedModel, PerceiveOnceMixin, GenerationMixin):
    """A language model that explains expressed emotion from video, sound and words.

    Frozen encoders give X, trainable bridges make cues of it (H), linear projectors bring these to
    the backbone's width (Z), and Z replaces the placeholder tokens of the prompt. Trainable are
    bridges, projectors and, if the configuration has them, low-rank adapters in the backbone.

    >>> from xemogpt.model.tiny import build_tiny
    >>> model, processor = build_tiny()
    >>> batch = processor(subtitle="I am fine.", instruction="Describe the emotion.")
    >>> model.generate(**batch, max_new_tokens=4).shape[1] - batch["input_ids"].shape[1]
    4
    """

    config_class = XEmoGPTConfig
    config: XEmoGPTConfig
    main_input_name = "input_ids"
    input_modalities = ("video", "audio", "text")
    supports_gradient_checkpointing = True
    accepts_loss_kwargs = True
    _supports_sdpa = True
    _supports_flash_attn = True
    _supports_flex_attn = True
    _supports_attention_backend = True
    _skip_keys_device_placement = "past_key_values"

    def __init__(
        self,
        config: XEmoGPTConfig,
        *,
        encoders: Mapping[PerceivedModality, FrozenEncoder] | None = None,
        language_model: PreTrainedModel | None = None,
    ) -> None:
        """Build the model, with random weights where no ready part is given.

        Args:
            config: the whole configuration.
            encoders: modality -> loaded encoder.
            language_model: loaded backbone.
        """
        super().__init__(config)
        self.references: dict[str, Reference] = {}
        if language_model is None:
            language_model = AutoModelForCausalLM.from_config(config.text_config)
        config.text_config = language_model.config
        self.language_model = language_model
        hidden_dim = language_model.get_input_embeddings().weight.shape[1]
        self.video = build_pathway(config, "video", encoders or {}, hidden_dim)
        self.audio = build_pathway(config, "audio", encoders or {}, hidden_dim)
        lora = config.lora_section()
        if lora is not None:
            inject_lora(language_model, lora)
        self.freeze()
        self.post_init()

    # -- computation --------------------------------------------------------------------------

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: Tensor | None = None,
        labels: Tensor | None = None,
        frames: Tensor | None = None,
        frame_lengths: Tensor | None = None,
        video_features: Tensor | None = None,
        video_lengths: Tensor | None = None,
        video_keep: Tensor | None = None,
        waveform: Tensor | None = None,
        waveform_lengths: Tensor | None = None,
        audio_features: Tensor | None = None,
        audio_lengths: Tensor | None = None,
        audio_keep: Tensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int | Tensor | None = None,
        num_items_in_batch: int | Tensor | None = None,
        **kwargs: Any,
    ) -> CausalLMOutputWithPast:
        """Predict the next token at each place; ``XEmoGPTProcessor`` makes all of these inputs.

        Args:
            input_ids: int64 (B, L), a placeholder id for each feature vector.
            attention_mask: int64 (B, L), 0 where padded, on either side.
            position_ids: int64 (B, L); counted from each row's first token if not given.
            past_key_values: keys and values of what came before.
            inputs_embeds: (B, L, D_llm) instead of ``input_ids`` and all media.
            labels: int64 (B, L), -100 where nothing is learned.
            frames: preprocessed video (B, T, ...), ``frame_lengths`` int64 (B,) of each row.
            frame_lengths: see ``frames``; 0 in a row without raw video.
            video_features: cached frozen features (B, T, D), instead of ``frames``.
            video_lengths: int64 (B,), how many features of each row are its own.
            video_keep: int64 (B,), how many evenly spaced vectors of each row are used.
            waveform: preprocessed sound (B, T, ...), ``waveform_lengths`` int64 (B,).
            waveform_lengths: see ``waveform``.
            audio_features: cached frozen features (B, T, D), instead of ``waveform``.
            audio_lengths: as ``video_lengths``.
            audio_keep: as ``video_keep``.
            use_cache: whether to return keys and values; not by default when there are labels.
            logits_to_keep: which logits to compute: the last so many, or a tensor of places; 0
                for all. By default all, but with labels only at the K places that predict one.
            num_items_in_batch: what the summed loss is divided by; the number of labels if not
                given.
            **kwargs: passed on to the backbone.

        Returns:
            ``loss`` if there are labels, ``logits`` (B, L or K, V), ``past_key_values``.

        Raises:
            ValueError: if a row has not as many placeholders as feature vectors.
        """
        if inputs_embeds is None:
            z_v = self.perceive(  # row -> Z_v (T_v, D_llm)
                "video", Stimulus(frames, frame_lengths, video_features, video_lengths, video_keep)
            )
            z_a = self.perceive(  # row -> Z_a (T_a, D_llm)
                "audio",
                Stimulus(waveform, waveform_lengths, audio_features, audio_lengths, audio_keep),
            )
            inputs_embeds = self.splice(cast(Tensor, input_ids), z_v, z_a)  # (B, L, D_llm)
        if position_ids is None and attention_mask is not None and past_key_values is None:
            position_ids = count_positions(attention_mask)  # (B, L)
        if logits_to_keep is None:
            logits_to_keep = 0 if labels is None else predicting_places(labels)  # (K,)
        out = self.language_model(
            inputs_embeds=inputs_embeds,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            use_cache=labels is None if use_cache is None else use_cache,
            logits_to_keep=logits_to_keep,
            **kwargs,
        )
        logits = out.logits  # (B, K, V)
        loss = None
        if labels is not None:
            loss = next_token_loss(logits, labels, logits_to_keep, num_items_in_batch)
        return CausalLMOutputWithPast(
            loss=loss,
            logits=logits if labels is not None else self._cover_placeholders(logits),
            past_key_values=out.past_key_values,
            hidden_states=out.hidden_states,
            attentions=out.attentions,
        )

    def perceive(self, modality: PerceivedModality, stimulus: Stimulus) -> dict[int, Tensor]:
        """Row of the batch -> Z (T_i, D_llm), for rows that hold this modality.

        Raises:
            ConfigError: if the model has no encoder for it.
        """
        if stimulus.inputs is None and stimulus.features is None:
            return {}
        pathway = self.video if modality == "video" else self.audio
        if pathway is None:
            raise ConfigError(f"this model has no {modality} encoder; leave {modality} out")
        vectors: dict[int, Tensor] = pathway(stimulus)
        return vectors

    def splice(self, input_ids: Tensor, z_v: dict[int, Tensor], z_a: dict[int, Tensor]) -> Tensor:
        """Embed tokens (B, L), with feature vectors in the place of placeholders: (B, L, D_llm).

        Raises:
            ValueError: if a row has not as many placeholders as vectors.
        """
        places = {
            "video": (input_ids == or_never(self.config.video_token_id), z_v),
            "audio": (input_ids == or_never(self.config.audio_token_id), z_a),
        }
        is_text = ~(places["video"][0] | places["audio"][0])  # (B, L)
        # Placeholder ids may lie beyond the vocabulary, so they are never looked up.
        embeds = self.get_input_embeddings()(input_ids * is_text)  # (B, L, D_llm)
        for modality, (mask, vectors) in places.items():
            check_counts(modality, mask, vectors)
            z = in_row_order(vectors)  # (N, D_llm)
            if z is not None:
                embeds = embeds.masked_scatter(mask[..., None], z.to(embeds.dtype))
        return cast(Tensor, embeds)

    def _cover_placeholders(self, logits: Tensor) -> Tensor:
        """Give placeholder ids beyond the vocabulary the lowest logit there is.

        Penalties on repetition look up the logit of every id in the prompt.
        """
        ids = (self.config.video_token_id, self.config.audio_token_id)
        missing = max(or_never(one) for one in ids) + 1 - logits.shape[-1]
        lowest = torch.finfo(logits.dtype).min
        return functional.pad(logits, (0, missing), value=lowest) if missing > 0 else logits

    # -- parts --------------------------------------------------------------------------------

    def freeze(self) -> None:
        """Switch gradients off where nothing is trained: encoders, and backbone but adapters."""
        for pathway in (self.video, self.audio):
            if pathway is not None:
                pathway.encoder.freeze()
        for name, parameter in self.language_model.named_parameters():
            parameter.requires_grad_(is_adapter_key(name))

    def get_input_embeddings(self) -> nn.Module:
        """The backbone's token embeddings."""
        return cast(nn.Module, self.language_model.get_input_embeddings())

    def set_input_embeddings(self, value: nn.Module) -> None:
        """Replace the backbone's token embeddings."""
        self.language_model.set_input_embeddings(value)

    def get_output_embeddings(self) -> nn.Module:
        """The backbone's output layer."""
        return cast(nn.Module, self.language_model.get_output_embeddings())

    def set_output_embeddings(self, value: nn.Module) -> None:
        """Replace the backbone's output layer."""
        self.language_model.set_output_embeddings(value)

    def get_decoder(self) -> nn.Module:
        """The backbone without its output layer."""
        return cast(nn.Module, self.language_model.get_decoder())

    def _init_weights(self, module: nn.Module) -> None:
        """Leave modules as they are: each draws its own weights when it is built."""

    # -- files --------------------------------------------------------------------------------

    def save_pretrained(
        self,
        save_directory: str | Path,
        *,
        full: bool = False,
        state_dict: Mapping[str, Tensor] | None = None,
        **kwargs: Any,
    ) -> None:
        """Write the configuration, what was trained, and references to what was not.

        Args:
            save_directory: folder, made if needed.
            full: store frozen towers and backbone too, so that the folder needs nothing else.
            state_dict: weights to write, such as those gathered from several devices; filtered
                in the same way.
            **kwargs: passed on to transformers' ``save_pretrained``.

        Raises:
            OutputError: if the folder cannot be written.
        """
        from xemogpt.model.loading import save_model

        save_model(self, Path(save_directory), full=full, state_dict=state_dict, **kwargs)

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | Path,
        *,
        sources: Mapping[str, str | Path] | None = None,
        **kwargs: Any,
    ) -> Self:
        """Load what was trained, and fetch and verify what it refers to.

        Args:
            pretrained_model_name_or_path: folder or hub id.
            sources: ``video_encoder``, ``audio_encoder`` or ``language_model`` -> where those
                weights are now, if not where they were when the model was saved.
            **kwargs: ``dtype``, ``device_map``, ``quantization_config``, ``revision`` and others
                of transformers' ``from_pretrained``.

        Raises:
            CheckpointError: if weights are missing, left over or misshapen, or if what is
                referred to is absent or has changed.
            WeightsError: if there is no such folder or hub id.
        """
        from xemogpt.model.loading import load_model

        return cast(
            Self, load_model(cls, pretrained_model_name_or_path, sources=sources or {}, **kwargs)
        )
