"""The reference preset's sizes on a GPU: LoRA steps, utilisation, batched generation.

    python benchmarks/gpu_reference.py --out benchmarks/results/gpu_reference.json
    python benchmarks/gpu_reference.py --size tiny --device cpu

Random weights of CLIP-L/14, HuBERT-large and Qwen3-4B with LoRA r = 512 on q, k, v, in bf16; cached
features of 16 frames and 5 s of sound, batch 8 x 512 tokens of which 128 are the answer, with and
without gradient checkpointing; then 64 prompts answered at once. Model FLOPs are those that the
mathematics asks for: 2 a weight and token forward, as much backward for activations, and as much
again for weights that are trained; recomputation by checkpointing counts as nothing won.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import Qwen3Config

from xemogpt.encoders.clip import CLIPVideoEncoder
from xemogpt.encoders.hubert import HubertAudioEncoder
from xemogpt.model.adapters import is_adapter_key
from xemogpt.model.configuration import LoraSection, XEmoGPTConfig
from xemogpt.model.modeling import XEmoGPTForConditionalGeneration

TOWER = {
    "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24,
    "num_attention_heads": 16,
}  # fmt: skip
STABLE = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}
SIZES: dict[str, dict[str, Any]] = {
    "reference": {
        "vision": TOWER | {"patch_size": 14},
        "hubert": TOWER | STABLE,
        "text": {
            "vocab_size": 151_936, "hidden_size": 2560, "intermediate_size": 9728,
            "num_hidden_layers": 36, "num_attention_heads": 32, "num_key_value_heads": 8,
            "head_dim": 128, "tie_word_embeddings": True,
        },
        "rank": 512, "batch": 8, "tokens": 512, "answer": 128, "frames": 16, "sound": 250,
        "generation_batch": 64, "new_tokens": 128,
    },
    "tiny": {
        "vision": {
            "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
            "num_attention_heads": 4, "patch_size": 112,
        },
        "hubert": {
            "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
            "num_attention_heads": 4, "num_conv_pos_embeddings": 4,
            "num_conv_pos_embedding_groups": 2,
        },
        "text": {
            "vocab_size": 300, "hidden_size": 48, "intermediate_size": 96,
            "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
            "head_dim": 12, "tie_word_embeddings": True,
        },
        "rank": 4, "batch": 2, "tokens": 64, "answer": 16, "frames": 4, "sound": 10,
        "generation_batch": 4, "new_tokens": 8,
    },
}  # fmt: skip


def build(size: dict[str, Any], device: str) -> Any:
    """The model in bf16 with random weights, made on the device."""
    with torch.device(device):
        video = CLIPVideoEncoder.from_config({"vision": size["vision"]})
        audio = HubertAudioEncoder.from_config({"hubert": size["hubert"]})
        vocabulary = size["text"]["vocab_size"]
        heads = size["vision"]["num_attention_heads"]
        config = XEmoGPTConfig(
            text_config=Qwen3Config(**size["text"]),
            video_encoder={"name": "clip", "config": video.to_config()},
            audio_encoder={"name": "hubert", "config": audio.to_config()},
            video_bridge={"input_dim": video.feature_dim, "num_heads": heads},
            audio_bridge={"input_dim": audio.feature_dim, "num_heads": heads},
            lora=LoraSection(r=size["rank"], alpha=size["rank"]).model_dump(mode="json"),
            video_token_id=vocabulary,
            audio_token_id=vocabulary + 1,
        )
        model = XEmoGPTForConditionalGeneration(config, encoders={"video": video, "audio": audio})
    return model.to(device, torch.bfloat16)


def make_batch(model: Any, size: dict[str, Any], rows: int, device: str) -> dict[str, Tensor]:
    """Prompts with cached features in front, as long as the size says."""
    make = torch.Generator().manual_seed(0)
    frames, sound = size["frames"], size["sound"]
    ids = torch.randint(0, size["text"]["vocab_size"], (rows, size["tokens"]), generator=make)
    ids[:, :frames] = model.config.video_token_id
    ids[:, frames : frames + sound] = model.config.audio_token_id
    seen = torch.randn(rows, frames, model.video.encoder.feature_dim, generator=make)
    heard = torch.randn(rows, sound, model.audio.encoder.feature_dim, generator=make)
    batch = {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "video_features": seen.bfloat16(),
        "video_lengths": torch.full((rows,), frames),
        "audio_features": heard.bfloat16(),
        "audio_lengths": torch.full((rows,), sound),
    }
    return {name: tensor.to(device) for name, tensor in batch.items()}


def flops_of_step(model: Any, size: dict[str, Any]) -> float:
    """Model FLOPs of one training step of the backbone; bridges are left out."""
    text, rows, tokens = size["text"], size["batch"], size["tokens"]
    frozen = trained = 0
    for name, parameter in model.language_model.named_parameters():
        if parameter.ndim == 2 and "embed_tokens" not in name:
            if is_adapter_key(name):
                trained += parameter.numel()
            else:
                frozen += parameter.numel()
    head = text["vocab_size"] * text["hidden_size"]  # only where an answer is predicted
    width = text["num_attention_heads"] * text["head_dim"]
    attention = 4 * text["num_hidden_layers"] * tokens * width / 2  # a token, causal, forward
    a_token = 4 * frozen + 6 * trained + 3 * attention
    return float(rows * (tokens * a_token + size["answer"] * 4 * head))


def wait(device: str) -> None:
    """Until the device has done what it was told."""
    if device == "cuda":
        torch.cuda.synchronize()


def time_steps(model: Any, size: dict[str, Any], device: str, options: Any) -> dict[str, Any]:
    """Seconds of a step, tokens a second, memory and utilisation."""
    batch = make_batch(model, size, size["batch"], device)
    batch["labels"] = batch["input_ids"].clone()
    batch["labels"][:, : -size["answer"]] = -100
    trained = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=1e-5, fused=device == "cuda")
    model.train()
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    seconds = []
    for turn in range(options.steps + 2):
        wait(device)
        started = time.perf_counter()
        loss = model(**batch).loss
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        wait(device)
        if turn > 1:
            seconds.append(time.perf_counter() - started)
    step_s = sorted(seconds)[len(seconds) // 2]
    flops = flops_of_step(model, size)
    peak = torch.cuda.max_memory_allocated() / 2**30 if device == "cuda" else None
    return {
        "loss": loss.item(),
        "step_s": step_s,
        "tokens_s": size["batch"] * size["tokens"] / step_s,
        "memory_gib": peak,
        "model_tflops": flops / 1e12,
        "utilisation": flops / step_s / (options.peak_tflops * 1e12),
    }


def time_generation(model: Any, size: dict[str, Any], device: str) -> dict[str, Any]:
    """New tokens a second of many prompts at once."""
    model.eval()
    rows, count = size["generation_batch"], size["new_tokens"]
    batch = make_batch(model, size, rows, device)
    options = {"max_new_tokens": count, "min_new_tokens": count, "do_sample": False}
    model.generate(**batch, pad_token_id=0, max_new_tokens=2, do_sample=False)
    wait(device)
    started = time.perf_counter()
    out = model.generate(**batch, pad_token_id=0, **options)
    wait(device)
    seconds = time.perf_counter() - started
    assert out.shape == (rows, size["tokens"] + count)
    return {"batch": rows, "new_tokens": count, "seconds": seconds,
            "tokens_s": rows * count / seconds}  # fmt: skip


def main() -> None:
    """Run the benchmark and print or write JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", choices=list(SIZES), default="reference")
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--peak-tflops", type=float, default=989.0, help="bf16, dense; H100 SXM")
    parser.add_argument("--out", type=Path, help="JSON file besides standard output")
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("there is no GPU here; try --size tiny --device cpu")
    torch.manual_seed(0)
    size = SIZES[options.size]
    model = build(size, options.device)
    report: dict[str, Any] = {
        "command": " ".join([Path(sys.executable).name, *sys.argv]),
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name() if options.device == "cuda" else "cpu",
        "size": {name: value for name, value in size.items() if isinstance(value, int)},
        "parameters": sum(p.numel() for p in model.parameters()),
    }
    report["plain"] = time_steps(model, size, options.device, options)
    model.gradient_checkpointing_enable({"use_reentrant": False})
    report["checkpointing"] = time_steps(model, size, options.device, options)
    model.gradient_checkpointing_disable()
    report["generation"] = time_generation(model, size, options.device)
    text = json.dumps(report, indent=2)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
