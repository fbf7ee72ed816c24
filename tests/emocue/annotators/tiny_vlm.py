"""A tiny vision-language model with random weights: it takes pictures and writes nonsense."""

from pathlib import Path

_TEMPLATE = (
    "{% for turn in messages %}{{ turn['role'] }}: "
    "{% if turn['content'] is string %}{{ turn['content'] }}{% else %}"
    "{% for part in turn['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% elif part['type'] == 'text' %}{{ part['text'] }}"
    "{% endif %}{% endfor %}{% endif %}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def make_tiny_vlm(folder: Path) -> Path:
    """A LLaVA of a few thousand parameters, with the tokenizer of SmolLM2."""
    import torch
    from transformers import (
        AutoTokenizer,
        CLIPImageProcessor,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )

    from xemogpt.weights import locate

    tokenizer = AutoTokenizer.from_pretrained(locate("smollm2-135m"))
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
    tiny = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2}
    vision = CLIPVisionConfig(
        **tiny, num_hidden_layers=2, image_size=56, patch_size=14, projection_dim=16
    )
    words = LlamaConfig(
        **tiny, num_hidden_layers=1, vocab_size=len(tokenizer), max_position_embeddings=8192,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    config = LlavaConfig(
        vision_config=vision, text_config=words, image_seq_length=16,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )  # fmt: skip
    torch.manual_seed(0)
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    size = {"height": 56, "width": 56}
    LlavaProcessor(
        CLIPImageProcessor(size={"shortest_edge": 56}, crop_size=size), tokenizer, patch_size=14,
        vision_feature_select_strategy="default", num_additional_image_tokens=1,
        chat_template=_TEMPLATE, image_token="<image>",
    ).save_pretrained(folder)  # fmt: skip
    return folder
