"""A whole model of a few hundred kilobytes, built in milliseconds from a seed, for your tests.

It has a real tokenizer (bytes), a real backbone (a two-layer Llama) and the seeded tiny encoders;
it was never trained. ``generate``, training, saving and loading work as with a full-size model.
"""

from typing import Any

import torch
from transformers import LlamaConfig

from xemogpt.model.configuration import LoraSection, PromptSection, XEmoGPTConfig
from xemogpt.model.modeling import XEmoGPTForConditionalGeneration
from xemogpt.model.processing import XEmoGPTProcessor
from xemogpt.model.tokens import add_placeholders
from xemogpt.prompts import PromptStyle
from xemogpt.registry import audio_encoders, video_encoders

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def build_tiny(
    seed: int = 0,
    *,
    use_video: bool = True,
    use_audio: bool = True,
    lora: LoraSection | None = LoraSection(r=4, alpha=8),  # noqa: B008  (immutable)
    style: PromptStyle = "chat",
    bridge_form: str = "reference",
    max_frames: int = 16,
    video_pool: int = 1,
    audio_pool: int = 1,
    max_context_tokens: int = 2048,
) -> tuple[XEmoGPTForConditionalGeneration, XEmoGPTProcessor]:
    """Build model and processor; the same arguments give the same weights.

    Args:
        seed: of all weights; torch's global generator is left as it was.
        use_video: whether there is a video pathway.
        use_audio: whether there is an audio pathway.
        lora: adapters in the backbone, or none.
        style: prompt style.
        bridge_form: ``reference`` or ``residual``.
        max_frames: most frames in a clip.
        video_pool: bridged video vectors averaged into one.
        audio_pool: bridged sound vectors averaged into one.
        max_context_tokens: most tokens in a sample.
    """
    tokenizer = build_byte_tokenizer()
    ids = add_placeholders(tokenizer)
    bridge = {"input_dim": 32, "num_heads": 4, "ffn_dim": 64, "form": bridge_form}
    config = XEmoGPTConfig(
        text_config=LlamaConfig(
            # Room for bytes and chat tokens only: placeholders lie beyond the vocabulary.
            vocab_size=min(ids.values()),
            hidden_size=48,
            intermediate_size=96,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=max_context_tokens,
            tie_word_embeddings=True,
            # Wide enough that different inputs give different tokens.
            initializer_range=0.2,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            bos_token_id=None,
        ),
        video_encoder=_section(video_encoders, "tiny-video", seed) if use_video else None,
        audio_encoder=_section(audio_encoders, "tiny-audio", seed) if use_audio else None,
        video_bridge={**bridge, "max_frames": max_frames} if use_video else None,
        audio_bridge=bridge if use_audio else None,
        lora=None if lora is None else lora.model_dump(mode="json"),
        prompt=PromptSection(style=style).model_dump(),
        video_pool=video_pool,
        audio_pool=audio_pool,
        video_token_id=ids["video"],
        audio_token_id=ids["audio"],
        max_context_tokens=max_context_tokens,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = XEmoGPTForConditionalGeneration(config).eval()
    return model, XEmoGPTProcessor(tokenizer, config)


def build_byte_tokenizer() -> Any:
    """A tokenizer with one token a byte, chat tokens and a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<|pad|>", eos_token="<|im_end|>"
    )
    wrapped.add_tokens(["<|im_start|>"], special_tokens=True)
    wrapped.chat_template = CHAT_TEMPLATE
    return wrapped


def _section(registry: Any, name: str, seed: int) -> dict[str, Any]:
    encoder = registry.get(name).from_config({"seed": seed})
    return {"name": name, "config": encoder.to_config()}
