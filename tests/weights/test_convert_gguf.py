import json
from pathlib import Path

import numpy as np
import pytest

from xemogpt.weights import locate
from xemogpt.weights.convert_gguf import convert

WIDTH, NUM_HEADS, NUM_KV_HEADS, FFN_DIM = 64, 4, 2, 96
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,Ġ"
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = ["a b", "Ġ a", "1 2"]
TOKENS = [*SPECIAL, *LETTERS, *(merge.replace(" ", "") for merge in MERGES)]


def interleave(weights: np.ndarray, num_heads: int) -> np.ndarray:
    """Rows of a projection in GGUF's order: rotary halves interleaved within each head."""
    num_rows, width = weights.shape
    halves = weights.reshape(num_heads, 2, num_rows // num_heads // 2, width)
    return halves.swapaxes(1, 2).reshape(num_rows, width)


@pytest.fixture(scope="module")
def expected() -> dict[str, np.ndarray]:
    """Weights of a one-layer Llama under transformers' names."""
    rng = np.random.default_rng(0)
    layer = "model.layers.0"
    key_dim = WIDTH // NUM_HEADS * NUM_KV_HEADS
    shapes = {
        "model.embed_tokens.weight": (len(TOKENS), WIDTH),
        "model.norm.weight": (WIDTH,),
        f"{layer}.input_layernorm.weight": (WIDTH,),
        f"{layer}.post_attention_layernorm.weight": (WIDTH,),
        f"{layer}.self_attn.q_proj.weight": (WIDTH, WIDTH),
        f"{layer}.self_attn.k_proj.weight": (key_dim, WIDTH),
        f"{layer}.self_attn.v_proj.weight": (key_dim, WIDTH),
        f"{layer}.self_attn.o_proj.weight": (WIDTH, WIDTH),
        f"{layer}.mlp.gate_proj.weight": (FFN_DIM, WIDTH),
        f"{layer}.mlp.up_proj.weight": (FFN_DIM, WIDTH),
        f"{layer}.mlp.down_proj.weight": (WIDTH, FFN_DIM),
    }
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.fixture(scope="module")
def converted(expected: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    import gguf

    source, target = tmp_path_factory.mktemp("gguf"), tmp_path_factory.mktemp("converted")
    writer = gguf.GGUFWriter(source / "tiny.gguf", "llama")
    writer.add_context_length(512)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(FFN_DIM)
    writer.add_head_count(NUM_HEADS)
    writer.add_head_count_kv(NUM_KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(100000.0)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(TOKENS)
    writer.add_token_types([3] * len(SPECIAL) + [1] * (len(TOKENS) - len(SPECIAL)))
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_chat_template("{% for m in messages %}<|im_start|>{{ m['content'] }}{% endfor %}")
    names = {
        "embed_tokens": "token_embd",
        "model.norm": "output_norm",
        "input_layernorm": "blk.0.attn_norm",
        "post_attention_layernorm": "blk.0.ffn_norm",
        "q_proj": "blk.0.attn_q",
        "k_proj": "blk.0.attn_k",
        "v_proj": "blk.0.attn_v",
        "o_proj": "blk.0.attn_output",
        "gate_proj": "blk.0.ffn_gate",
        "up_proj": "blk.0.ffn_up",
        "down_proj": "blk.0.ffn_down",
    }
    for name, weights in expected.items():
        (stem,) = [theirs for ours, theirs in names.items() if f"{ours}.weight" in name]
        if stem.endswith("attn_q"):
            weights = interleave(weights, NUM_HEADS)
        elif stem.endswith("attn_k"):
            weights = interleave(weights, NUM_KV_HEADS)
        writer.add_tensor(f"{stem}.weight", weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    convert(source, target)
    return target


def test_weights_come_out_in_bfloat16(expected: dict[str, np.ndarray], converted: Path) -> None:
    import torch
    from safetensors.torch import load_file

    weights = load_file(converted / "model.safetensors")
    assert set(weights) == set(expected), "embeddings are tied, nothing else is missing"
    for name, value in expected.items():
        assert torch.equal(weights[name], torch.from_numpy(value).bfloat16()), name


def test_the_folder_loads_as_an_ordinary_model(converted: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    config = json.loads((converted / "config.json").read_text())
    assert "quantization_config" not in config
    model = AutoModelForCausalLM.from_pretrained(converted, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(converted)
    assert model.config.rope_parameters["rope_theta"] == 100000.0
    assert torch.equal(model.lm_head.weight, model.model.embed_tokens.weight)
    assert tokenizer.model_max_length == 512
    assert tokenizer.eos_token == "<|im_end|>"
    prompt = tokenizer.apply_chat_template([{"role": "user", "content": "ab"}], tokenize=False)
    assert prompt == "<|im_start|>ab"
    assert tokenizer.convert_ids_to_tokens(tokenizer(prompt).input_ids) == ["<|im_start|>", "ab"]


def test_digits_stand_alone_whatever_the_merges(converted: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(converted)
    assert tokenizer.tokenize("ab a 12") == ["ab", "Ġa", "Ġ", "1", "2"]


def test_nothing_of_this_machine_is_stored(converted: Path) -> None:
    for path in converted.glob("*.json"):
        text = path.read_text()
        assert "pytest" not in text and "local_files_only" not in text, path.name


@pytest.mark.weights
@pytest.mark.slow
def test_the_real_model_answers() -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = locate("smollm2-135m")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    inputs = tokenizer.apply_chat_template(
        [{"role": "user", "content": "What is the capital of France?"}],
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=True,
    )
    output = model.generate(**inputs, max_new_tokens=12, do_sample=False)
    answer = tokenizer.decode(output[0, inputs.input_ids.shape[1] :], skip_special_tokens=True)
    assert answer == "The capital of France is Paris."
