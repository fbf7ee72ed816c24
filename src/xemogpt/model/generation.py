"""Generating text after perceiving each sample once, however many beams there are."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import torch
from torch import Tensor
from transformers import GenerationMixin
from transformers.cache_utils import Cache

from xemogpt.model.decoding import FastDecoder
from xemogpt.model.pathway import Stimulus
from xemogpt.model.places import count_positions
from xemogpt.prompts import PERCEIVED_MODALITIES, PerceivedModality

# Keyword of ``forward`` -> (modality, field of its Stimulus).
STIMULUS_INPUTS: dict[str, tuple[PerceivedModality, str]] = {
    "frames": ("video", "inputs"),
    "frame_lengths": ("video", "input_lengths"),
    "video_features": ("video", "features"),
    "video_lengths": ("video", "feature_lengths"),
    "video_keep": ("video", "keep"),
    "waveform": ("audio", "inputs"),
    "waveform_lengths": ("audio", "input_lengths"),
    "audio_features": ("audio", "features"),
    "audio_lengths": ("audio", "feature_lengths"),
    "audio_keep": ("audio", "keep"),
}


class PerceiveOnceMixin(GenerationMixin):
    """``GenerationMixin`` for a model with ``perceive``, ``splice`` and a ``language_model``."""

    @torch.no_grad()
    def generate(self, inputs: Tensor | None = None, **kwargs: Any) -> Any:
        """Generate tokens as ``GenerationMixin.generate`` does, perceiving each sample only once.

        Media are encoded before beams are spread out, and with several beams or returned
        sequences the prompt is read once a sample, not once a beam.

        Args:
            inputs: int64 (B, L), same as ``input_ids``.
            **kwargs: what the processor gave, and any argument of transformers' ``generate``.

        Returns:
            Prompts with what follows them, int64 (B, L + new), or an output object on request.
        """
        input_ids = kwargs.pop("input_ids", inputs)
        media = {name: kwargs.pop(name, None) for name in STIMULUS_INPUTS}
        kwargs.pop("labels", None)
        if input_ids is None or kwargs.get("past_key_values") is not None:
            return super().generate(input_ids, **kwargs)
        if kwargs.get("inputs_embeds") is None:
            kwargs["inputs_embeds"] = self.embed_prompt(input_ids, media)
        if kwargs.get("attention_mask") is None:
            kwargs["attention_mask"] = torch.ones_like(input_ids)
        num_copies = self._num_copies(kwargs)
        if num_copies > 1 and input_ids.shape[1] > 1:
            cache = self._read_prompt(kwargs.pop("inputs_embeds"), kwargs["attention_mask"])
            cache.batch_repeat_interleave(num_copies)
            kwargs["past_key_values"] = cache
        return super().generate(input_ids, **kwargs)

    def embed_prompt(self, input_ids: Tensor, media: Mapping[str, Tensor | None]) -> Tensor:
        """Perceive media (keywords of ``forward``) and splice them in: (B, L) -> (B, L, D_llm)."""
        z = {
            modality: self.perceive(modality, stimulus_of(media, modality))
            for modality in PERCEIVED_MODALITIES
        }
        return cast(Tensor, self.splice(input_ids, z["video"], z["audio"]))

    @torch.inference_mode()
    def generate_fast(
        self,
        decoder: FastDecoder,
        *,
        max_new_tokens: int,
        tell: Callable[[Tensor], None] | None = None,
        **inputs: Tensor,
    ) -> Tensor:
        """What ``generate`` gives with ``do_sample=False``, decoded without transformers.

        Args:
            decoder: made of this model's ``language_model`` as it is now.
            max_new_tokens: most tokens to add.
            tell: is called with each step's tokens, int64 (B,), as soon as they are known.
            **inputs: what the processor gave.

        Returns:
            Prompts with what follows them, int64 (B, L + new).
        """
        input_ids = inputs["input_ids"]
        mask = inputs.get("attention_mask")
        ends = self.generation_config.eos_token_id
        pad = self.generation_config.pad_token_id
        new = decoder.generate(
            self.embed_prompt(input_ids, inputs),
            torch.ones_like(input_ids) if mask is None else mask,
            max_new_tokens,
            [ends] if isinstance(ends, int) else ends or [],
            0 if pad is None else pad,
            tell,
        )
        return torch.cat([input_ids, new], dim=1)

    def _num_copies(self, kwargs: Mapping[str, Any]) -> int:
        """Into how many sequences ``generate`` spreads each sample; 1 where that is not ours."""
        settings = kwargs.get("generation_config") or self.generation_config

        def setting(name: str, default: Any) -> Any:
            value = kwargs.get(name, getattr(settings, name, None))
            return default if value is None else value

        plain = setting("use_cache", True) and setting("cache_implementation", None) is None
        plain = plain and kwargs.get("assistant_model") is None
        return max(setting("num_beams", 1), setting("num_return_sequences", 1)) if plain else 1

    def _read_prompt(self, embeds: Tensor, attention_mask: Tensor) -> Cache:
        """Keys and values of all but the last token of each prompt."""
        mask = attention_mask[:, :-1]
        out = self.language_model(
            inputs_embeds=embeds[:, :-1],
            attention_mask=mask,
            position_ids=count_positions(mask),
            use_cache=True,
            logits_to_keep=1,
        )
        return cast(Cache, out.past_key_values)


def stimulus_of(media: Mapping[str, Tensor | None], modality: PerceivedModality) -> Stimulus:
    """What ``forward``'s keywords hold of one modality."""
    names = {field: name for name, (kind, field) in STIMULUS_INPUTS.items() if kind == modality}
    return Stimulus(**{field: media.get(name) for field, name in names.items()})
