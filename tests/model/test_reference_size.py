"""The mapping of names, against the full list of the published model, without its weights."""

import gzip
from ast import literal_eval
from pathlib import Path

import pytest
import torch
from transformers import CLIPConfig, CLIPModel, Qwen3Config

from xemogpt.encoders.clip import CLIPVideoEncoder
from xemogpt.encoders.hubert import HubertAudioEncoder
from xemogpt.model.configuration import XEmoGPTConfig
from xemogpt.model.modeling import XEmoGPTForConditionalGeneration
from xemogpt.model.reference import find_problems, published_entries

GOLDEN = Path(__file__).parents[1] / "golden"
VISION = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "patch_size": 14,
}
HUBERT = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "feat_extract_norm": "layer",
    "do_stable_layer_norm": True,
    "conv_bias": True,
}
QWEN3_4B = {
    "vocab_size": 151_936,
    "hidden_size": 2560,
    "intermediate_size": 9728,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "tie_word_embeddings": True,
}


@pytest.fixture(scope="module")
def published() -> dict[str, tuple[tuple[int, ...], str]]:
    lines = gzip.decompress((GOLDEN / "keys_official_size.txt.gz").read_bytes()).decode()
    rows = [line.split("\t") for line in lines.splitlines()]
    return {name: (literal_eval(shape), kind) for name, shape, kind in rows}


@pytest.fixture(scope="module")
def entries():
    with torch.device("meta"):
        video = CLIPVideoEncoder.from_config({"vision": VISION})
        audio = HubertAudioEncoder.from_config({"hubert": HUBERT})
        clip = CLIPModel(
            CLIPConfig(
                vision_config=VISION,
                text_config={
                    "hidden_size": 768,
                    "intermediate_size": 3072,
                    "num_attention_heads": 12,
                },
                projection_dim=768,
            )
        )
        config = XEmoGPTConfig(
            text_config=Qwen3Config(**QWEN3_4B),
            video_encoder={"name": "clip", "config": video.to_config()},
            audio_encoder={"name": "hubert", "config": audio.to_config()},
            video_bridge={"input_dim": 1024},
            audio_bridge={"input_dim": 1024},
            lora={"r": 512, "alpha": 512},
            prompt={"style": "published", "bos": "pad"},
        )
        model = XEmoGPTForConditionalGeneration(config)
    return published_entries(model, clip)


def test_every_key_and_shape_of_the_published_model_is_mapped(entries, published):
    assert len(published) == 1709
    assert {name: entry.shape for name, entry in entries.items()} == {
        name: shape for name, (shape, _) in published.items()
    }


def test_what_we_train_is_what_was_trained(entries, published):
    trained = {name for name, entry in entries.items() if entry.kind in ("trained", "head")}
    assert trained == {name for name, (_, kind) in published.items() if kind == "trainable"}
    tied = {name for name, entry in entries.items() if entry.kind == "tied"}
    assert tied == {name for name, (_, kind) in published.items() if kind == "tied-or-buffer"}


def test_published_vocabulary_keeps_its_size(entries):
    assert entries["llm_model.base_model.model.model.embed_tokens.weight"].shape == (151_936, 2560)


def test_full_and_trainable_only_checkpoints_have_no_problems(entries, published):
    with torch.device("meta"):
        full = {name: torch.empty(shape) for name, (shape, _) in published.items()}
    trained = {n: t for n, t in full.items() if published[n][1] == "trainable"}
    for tensors in (full, trained):
        assert not any(find_problems(entries, tensors).values())
    del trained["visual_llm_project.bias"], trained["audio_encoder.audio_project.bias"]
    trained["visual_encoder.position_embedding"] = torch.empty(1, 8, 1024, device="meta")
    trained["something.else"] = torch.empty(1, device="meta")
    problems = find_problems(entries, trained)
    assert problems["missing"] == ["audio_encoder.audio_project.bias", "visual_llm_project.bias"]
    assert problems["unexpected"] == ["something.else"]
    assert problems["misshapen"] == [
        "visual_encoder.position_embedding: (1, 8, 1024), expected (1, 16, 1024)"
    ]
