"""The lean decoder against transformers' own, and its 8-bit matrices against whole ones."""

import pytest
import torch

from xemogpt.errors import ConfigError
from xemogpt.model.decoding import FastDecoder, why_not_fast
from xemogpt.model.packing import can_pack_int8, merged_weight, pack_int8, pack_int8_weights
from xemogpt.model.tiny import build_tiny

WORDS = ["I am fine.", "No.", "They said that they would come back before the evening."]


@pytest.fixture(scope="module")
def parts():
    """A tiny model whose adapters say something."""
    model, processor = build_tiny(use_video=False)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if ".lora_B." in name:
                torch.nn.init.normal_(parameter, std=0.1)
    return model, processor


def ask(processor, words, seconds=0.5):
    sound = [torch.rand(int(16_000 * seconds) + 800 * i).numpy() for i in range(len(words))]
    return processor(subtitle=words, waveform=sound)


@pytest.mark.parametrize("count", [1, 3])
def test_the_same_tokens_as_transformers(parts, count):
    model, processor = parts
    batch = ask(processor, WORDS[:count])
    decoder = FastDecoder(model.language_model)
    expected = model.generate(**batch, max_new_tokens=40, do_sample=False)
    found = model.generate_fast(decoder, max_new_tokens=40, **batch)
    assert torch.equal(found, expected)


def test_rows_end_where_they_end(parts):
    model, processor = parts
    batch = ask(processor, WORDS)
    decoder = FastDecoder(model.language_model)
    free = model.generate_fast(decoder, max_new_tokens=30, **batch)
    start = batch["input_ids"].shape[1]
    model.generation_config.eos_token_id = [int(free[0, start + 4]), int(free[1, start + 9])]
    try:
        expected = model.generate(**batch, max_new_tokens=30, do_sample=False)
        found = model.generate_fast(decoder, max_new_tokens=30, **batch)
    finally:
        model.generation_config.eos_token_id = processor.tokenizer.eos_token_id
    assert torch.equal(found, expected)
    assert (found[0, start + 5 :] == model.generation_config.pad_token_id).all()


def test_adapters_are_part_of_the_matrices(parts):
    model, _ = parts
    layer = model.language_model.model.layers[0].self_attn.q_proj
    x = torch.randn(5, 48)
    torch.testing.assert_close(x @ merged_weight(layer).T, layer(x), atol=1e-5, rtol=1e-5)
    assert not torch.allclose(merged_weight(layer), layer.get_base_layer().weight)


@pytest.mark.skipif(not can_pack_int8(), reason="no FBGEMM here")
@pytest.mark.parametrize("pack", [pack_int8, pack_int8_weights])
def test_8_bit_matrices_are_close_and_rows_are_apart(pack):
    make = torch.Generator().manual_seed(0)
    weight, x = torch.randn(64, 128, generator=make), torch.randn(6, 128, generator=make)
    x[3] *= 1000
    multiply = pack(weight)
    whole = x @ weight.T
    error = (multiply(x) - whole).norm(dim=1) / whole.norm(dim=1)
    assert error.max() < 0.02
    assert torch.equal(multiply(x)[:1], multiply(x[:1]))  # row 3 is none of its business
    assert torch.equal(multiply(torch.zeros(1, 128)), torch.zeros(1, 64))


@pytest.mark.skipif(not can_pack_int8(), reason="no FBGEMM here")
@torch.inference_mode()
def test_8_bits_decode_nearly_the_same(parts):
    model, processor = parts
    batch = ask(processor, WORDS[:1])
    whole = FastDecoder(model.language_model)
    packed = FastDecoder(model.language_model, "int8")
    embeds, mask = model.embed_prompt(batch["input_ids"], batch), batch["attention_mask"]
    place = embeds.shape[1]
    scores = []
    for decoder in (whole, packed):
        _, keys, values = decoder._read(embeds, mask, 1)
        cos, sin = decoder._turns(mask.sum(1), place + 1)
        token = decoder._embeddings[torch.tensor([65])]
        scores.append(decoder._step(token, keys, values, place, None, cos[:, 0], sin[:, 0]))
    probs = [score.log_softmax(-1) for score in scores]
    divergence = (probs[0].exp() * (probs[0] - probs[1])).sum()
    assert 0 < divergence < 0.05


def test_what_cannot_be_decoded_here_is_named(parts):
    model, _ = parts
    assert "torch.bfloat16" in (
        why_not_fast(build_tiny()[0].bfloat16().language_model, "fp32") or ""
    )
    with pytest.raises(ConfigError, match="expected one of: fp32, int8-weights, int8"):
        FastDecoder(model.language_model, "int3")
    halved = build_tiny()[0].bfloat16().language_model
    with pytest.raises(ConfigError, match="use the decoder `transformers`"):
        FastDecoder(halved)
