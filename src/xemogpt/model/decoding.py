"""Greedy decoding without a framework between the matrices: faster, and the same tokens.

transformers reads the prompt; after that each token is some 600 small operations, of which its
general machinery makes thousands. Here keys and values have one place from the start, adapters are
added into the weights they adapt, and q, k, v (and gate, up) are one matrix.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional

from xemogpt.errors import ConfigError
from xemogpt.model.packing import (
    Multiply,
    can_pack_int8,
    merged_weight,
    pack_int8,
    pack_int8_weights,
    plain,
)
from xemogpt.model.places import count_positions

Precision = Literal["fp32", "int8-weights", "int8"]
PACKERS: dict[Precision, Callable[[Tensor], Multiply]] = {
    "fp32": plain,
    "int8-weights": pack_int8_weights,
    "int8": pack_int8,
}


@dataclass(frozen=True)
class _Layer:
    """One block of the backbone; norms are (D,) weights."""

    input_norm: Tensor
    qkv: Multiply
    out: Multiply
    mlp_norm: Tensor
    gate_up: Multiply
    down: Multiply


def why_not_fast(language_model: Any, precision: Precision) -> str | None:
    """What keeps a backbone from being decoded here; none if nothing does.

    >>> from xemogpt.model.tiny import build_tiny
    >>> why_not_fast(build_tiny()[0].language_model, "fp32") is None
    True
    """
    config = language_model.config
    if config.model_type != "llama":
        return f"the backbone is a {config.model_type}, and only llama is written out"
    if precision not in PACKERS:
        raise ConfigError(f"unknown precision {precision!r}; expected one of: {', '.join(PACKERS)}")
    if config.attention_bias or config.mlp_bias or config.hidden_act != "silu":
        return "the backbone has biases or another activation than SiLU"
    parameter = next(language_model.parameters())
    if parameter.dtype != torch.float32 or parameter.device.type != "cpu":
        return f"the weights are {parameter.dtype} on {parameter.device}, not float32 on a CPU"
    if precision == "int8" and not can_pack_int8():
        return "this build of PyTorch has no 8-bit matrices (FBGEMM) on this machine"
    return None


class FastDecoder:
    """Decodes with a Llama backbone on a CPU, one token after another.

    Args:
        language_model: transformers' ``LlamaForCausalLM``, with adapters or without. Its weights
            are copied: after training them further, make a new decoder.
        precision: ``fp32`` gives transformers' tokens; ``int8-weights`` stores the matrices in 8
            bits and multiplies in bfloat16; ``int8`` rounds what they multiply to 8 bits too, row
            by row, so that no row depends on another. docs/training_scale.md has what each costs.

    Raises:
        ConfigError: if the backbone is of another kind.
    """

    def __init__(self, language_model: Any, precision: Precision = "fp32") -> None:
        reason = why_not_fast(language_model, precision)
        if reason:
            raise ConfigError(f"{reason}; use the decoder `transformers`")
        config = language_model.config
        self.precision = precision
        self._reader = language_model
        self._num_heads: int = config.num_attention_heads
        self._num_kv_heads: int = config.num_key_value_heads
        self._head_dim: int = getattr(config, "head_dim", None) or (
            config.hidden_size // config.num_attention_heads
        )
        self._eps: float = config.rms_norm_eps
        pack = PACKERS[precision]
        with torch.inference_mode():
            self._layers = [_build_layer(block, pack) for block in language_model.model.layers]
            self._norm = language_model.model.norm.weight.detach().clone()
            self._embeddings = language_model.get_input_embeddings().weight.detach()
            self._head = pack(merged_weight(language_model.lm_head))

    @torch.inference_mode()
    def generate(
        self,
        embeds: Tensor,
        attention_mask: Tensor,
        max_new_tokens: int,
        eos_ids: Collection[int],
        pad_id: int,
        tell: Callable[[Tensor], None] | None = None,
    ) -> Tensor:
        """Continue prompts greedily.

        Args:
            embeds: (B, L, D), padded on the left.
            attention_mask: int64 (B, L), 0 where padded.
            max_new_tokens: most tokens to add.
            eos_ids: tokens that end a row.
            pad_id: what follows the end of a row.
            tell: is called with each step's tokens, int64 (B,), as soon as they are known.

        Returns:
            New tokens, int64 (B, new), with ``new`` at most ``max_new_tokens``.
        """
        logits, keys, values = self._read(embeds, attention_mask, max_new_tokens)
        used = embeds.shape[1]
        positions = attention_mask.sum(1)  # (B,), of the next token
        reach = used + max_new_tokens
        is_padded = bool((attention_mask == 0).any())
        seen = functional.pad(attention_mask.bool(), (0, max_new_tokens), value=True)
        mask = seen[:, None, None, :] if is_padded else None  # (B, 1, 1, reach)
        cos, sin = self._turns(positions, reach)  # (B, new, 1, d)
        ends = torch.tensor(sorted(eos_ids), dtype=torch.long)
        is_done = torch.zeros(len(embeds), dtype=torch.bool)
        found: list[Tensor] = []
        for step in range(max_new_tokens):
            token = logits.argmax(-1).masked_fill(is_done, pad_id)  # (B,)
            found.append(token)
            if tell is not None:
                tell(token)
            is_done |= torch.isin(token, ends)
            if step + 1 == max_new_tokens or bool(is_done.all()):
                break
            logits = self._step(
                self._embeddings[token], keys, values, used + step,
                None if mask is None else mask[..., : used + step + 1],
                cos[:, step], sin[:, step],
            )  # fmt: skip
        return torch.stack(found, 1)

    def _read(
        self, embeds: Tensor, attention_mask: Tensor, room: int
    ) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """The prompt through transformers: logits (B, V), keys and values with room for more."""
        out = self._reader(
            inputs_embeds=embeds,
            attention_mask=attention_mask,
            position_ids=count_positions(attention_mask),
            use_cache=True,
            logits_to_keep=1,
        )
        layers = out.past_key_values.layers
        keys = [functional.pad(layer.keys, (0, 0, 0, room)) for layer in layers]
        values = [functional.pad(layer.values, (0, 0, 0, room)) for layer in layers]
        return out.logits[:, -1], keys, values  # (B, V), (B, kv, L + room, d) a layer

    def _turns(self, positions: Tensor, reach: int) -> tuple[Tensor, Tensor]:
        """Rotary cosines and sines of the tokens to come, (B, steps, 1, d)."""
        steps = torch.arange(reach - int(positions.min()))
        wanted = positions[:, None] + steps  # (B, steps)
        cos, sin = self._reader.model.rotary_emb(self._norm, wanted)
        # The halves are swapped by a view in `_rotate`, so the sine carries the sign.
        half = sin.shape[-1] // 2
        sin = torch.cat([-sin[..., :half], sin[..., half:]], dim=-1)
        return cos[:, :, None], sin[:, :, None]

    def _step(
        self, x: Tensor, keys: list[Tensor], values: list[Tensor], place: int,
        mask: Tensor | None, cos: Tensor, sin: Tensor,
    ) -> Tensor:  # fmt: skip
        """Logits (B, V) after one more token of each row, x (B, D)."""
        num_q, num_kv, size = self._num_heads, self._num_kv_heads, self._head_dim
        width = x.shape[-1:]
        for layer, key, value in zip(self._layers, keys, values, strict=True):
            qkv = layer.qkv(functional.rms_norm(x, width, layer.input_norm, self._eps))
            heads = qkv.view(len(x), -1, size)  # (B, q + 2 kv, d)
            turned = _rotate(heads[:, : num_q + num_kv], cos, sin)
            key[:, :, place] = turned[:, num_q:]
            value[:, :, place] = heads[:, num_q + num_kv :]
            attended = functional.scaled_dot_product_attention(
                turned[:, :num_q, None],
                key[:, :, : place + 1],
                value[:, :, : place + 1],
                attn_mask=mask,
                enable_gqa=num_q != num_kv,
            )  # (B, q, 1, d)
            x = x + layer.out(attended.reshape(len(x), -1))
            gate, up = layer.gate_up(
                functional.rms_norm(x, width, layer.mlp_norm, self._eps)
            ).chunk(2, -1)
            x = x + layer.down(functional.silu(gate) * up)
        return self._head(functional.rms_norm(x, width, self._norm, self._eps))


def _build_layer(block: Any, pack: Callable[[Tensor], Multiply]) -> _Layer:
    attention, mlp = block.self_attn, block.mlp
    qkv = [merged_weight(m) for m in (attention.q_proj, attention.k_proj, attention.v_proj)]
    return _Layer(
        input_norm=block.input_layernorm.weight.detach().clone(),
        qkv=pack(torch.cat(qkv)),
        out=pack(merged_weight(attention.o_proj)),
        mlp_norm=block.post_attention_layernorm.weight.detach().clone(),
        gate_up=pack(torch.cat([merged_weight(mlp.gate_proj), merged_weight(mlp.up_proj)])),
        down=pack(merged_weight(mlp.down_proj)),
    )


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn the halves of each head, (B, heads, d); the sine's first half is negated already."""
    return x * cos + x.roll(x.shape[-1] // 2, -1) * sin
