"""Speed of encoding, generation and training at a realistic size, on random weights.

    python benchmarks/model.py --threads 1 --out model.json

CLIP-B/32 (16 frames), HuBERT-base (4.7 s) and a 135M-parameter Llama with adapters on q, k, v.
Prompts are padded with words to the context asked for. Each figure is the best of the repeats, in
wall seconds and in CPU seconds of the process, after one warm-up.

The published code's seconds come from another hour of a shared machine. So beside each figure
stands ``bare``: the same towers and backbone called straight through transformers in the same run,
without bridges or splicing, as the least that such code can take; ``ratio`` is ours over bare.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import LlamaConfig

from xemogpt.encoders.clip import CLIPVideoEncoder
from xemogpt.encoders.hubert import HubertAudioEncoder
from xemogpt.model.configuration import LoraSection, PromptSection, XEmoGPTConfig
from xemogpt.model.modeling import XEmoGPTForConditionalGeneration
from xemogpt.model.processing import XEmoGPTProcessor
from xemogpt.model.tiny import build_byte_tokenizer
from xemogpt.model.tokens import add_placeholders

# CPU seconds of the published code on one thread, same sizes, random weights.
PUBLISHED_CPU_S = {
    "encode_video_16_frames": 1.10,
    "encode_audio_4.7_s": 0.82,
    "generate_64_greedy": 6.9,
    "generate_64_beam_5": 14.1,
    "generate_64_batch_4": 17.7,
    "train_step_batch_2": 8.96,
}
NEW_TOKENS = 64
ANSWER_TOKENS = 90


def build(lora_rank: int) -> tuple[XEmoGPTForConditionalGeneration, XEmoGPTProcessor]:
    """A model of the published form at benchmark size."""
    torch.manual_seed(0)
    tokenizer = build_byte_tokenizer()
    ids = add_placeholders(tokenizer)
    video, audio = CLIPVideoEncoder.from_config({}), HubertAudioEncoder.from_config({})
    config = XEmoGPTConfig(
        text_config=LlamaConfig(
            vocab_size=49_152,
            hidden_size=576,
            intermediate_size=1536,
            num_hidden_layers=30,
            num_attention_heads=9,
            num_key_value_heads=3,
            max_position_embeddings=8192,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=None,
            pad_token_id=tokenizer.pad_token_id,
        ),
        video_encoder={"name": "clip", "config": video.to_config()},
        audio_encoder={"name": "hubert", "config": audio.to_config()},
        video_bridge={"input_dim": 768, "num_heads": 12},
        audio_bridge={"input_dim": 768, "num_heads": 12},
        lora=LoraSection(r=lora_rank, alpha=lora_rank).model_dump(mode="json"),
        prompt=PromptSection(style="published", bos="pad").model_dump(),
        video_token_id=ids["video"],
        audio_token_id=ids["audio"],
        pad_token_id=tokenizer.pad_token_id,
    )
    model = XEmoGPTForConditionalGeneration(
        config, encoders={"video": video, "audio": audio}
    ).eval()
    return model, XEmoGPTProcessor(tokenizer, config)


def make_batch(processor: XEmoGPTProcessor, size: int, context: int, **extra: Any) -> Any:
    """Prompts of exactly ``context`` tokens, with 16 frames and 4.7 s of noise each."""
    noise = np.random.default_rng(0)
    frames = noise.integers(0, 255, (16, 224, 224, 3), dtype=np.uint8)
    sound = noise.normal(0, 0.1, int(4.7 * 16_000)).astype(np.float32)
    media = {"frames": [frames] * size, "waveform": [sound] * size}
    bare = processor(**media, instruction="")["input_ids"].shape[1]
    instruction = "x" * (context - bare)  # one token a byte
    return processor(**media, instruction=instruction, **extra)


def measure(run: Callable[[], Any], repeats: int) -> dict[str, float]:
    """Best wall and CPU seconds of some runs after a warm-up."""
    run()
    walls, cpus = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return {"wall_s": round(min(walls), 3), "cpu_s": round(min(cpus), 3)}


def workloads(
    model: XEmoGPTForConditionalGeneration, processor: XEmoGPTProcessor, context: int
) -> dict[str, Callable[[], Any]]:
    """Name -> what to time."""
    one = make_batch(processor, 1, context)
    four = make_batch(processor, 4, context)
    answers = ["y" * (ANSWER_TOKENS - 1)] * 2
    training = make_batch(processor, 2, context, answer=answers)
    assert model.video is not None and model.audio is not None
    video, audio = model.video.encoder, model.audio.encoder
    raw_frames = np.random.default_rng(0).integers(0, 255, (16, 360, 640, 3), dtype=np.uint8)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=1e-5)

    def encode_video() -> None:
        video(**video.collate([video.preprocess(raw_frames)]))

    def encode_audio() -> None:
        audio(inputs=one["waveform"], lengths=one["waveform_lengths"])

    def generate(batch: Any, **kwargs: Any) -> None:
        out = model.generate(
            **batch, do_sample=False, max_new_tokens=NEW_TOKENS, min_new_tokens=NEW_TOKENS, **kwargs
        )
        assert out.shape[1] == batch["input_ids"].shape[1] + NEW_TOKENS

    def train_step() -> None:
        model.train()
        optimiser.zero_grad()
        model(**training).loss.backward()
        optimiser.step()
        model.eval()

    return {
        "encode_video_16_frames": encode_video,
        "encode_audio_4.7_s": encode_audio,
        "generate_64_greedy": lambda: generate(one),
        "generate_64_beam_5": lambda: generate(one, num_beams=5),
        "generate_64_batch_4": lambda: generate(four),
        "train_step_batch_2": train_step,
    }


def bare_workloads(
    model: XEmoGPTForConditionalGeneration, processor: XEmoGPTProcessor, context: int
) -> dict[str, Callable[[], Any]]:
    """The same work by bare transformers modules: towers, then the backbone on embeddings."""
    assert model.video is not None and model.audio is not None
    clip, hubert = model.video.encoder, model.audio.encoder
    backbone: Any = model.language_model
    pixels = torch.randn(16, 3, 224, 224)
    sound = torch.randn(1, int(4.7 * 16_000))
    towers: dict[str, Any] = {"clip": clip.tower, "hubert": hubert.tower}
    trained = [p for p in backbone.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=1e-5)

    @torch.no_grad()
    def see(size: int = 1) -> None:
        for _ in range(size):
            towers["clip"](pixel_values=pixels)

    @torch.no_grad()
    def hear(size: int = 1) -> None:
        for _ in range(size):
            towers["hubert"](sound)

    def generate(size: int, **kwargs: Any) -> None:
        see(size)
        hear(size)
        backbone.generate(
            inputs_embeds=torch.randn(size, context, 576) * 0.02,
            attention_mask=torch.ones(size, context, dtype=torch.int64),
            do_sample=False, max_new_tokens=NEW_TOKENS, min_new_tokens=NEW_TOKENS, **kwargs,
        )  # fmt: skip

    def train_step() -> None:
        see(2)
        hear(2)
        backbone.train()
        optimiser.zero_grad()
        embeds = torch.randn(2, context + ANSWER_TOKENS, 576) * 0.02
        labels = torch.randint(0, 1000, embeds.shape[:2])
        labels[:, :context] = -100
        backbone(inputs_embeds=embeds, labels=labels).loss.backward()
        optimiser.step()
        backbone.eval()

    return {
        "encode_video_16_frames": see,
        "encode_audio_4.7_s": hear,
        "generate_64_greedy": lambda: generate(1),
        "generate_64_beam_5": lambda: generate(1, num_beams=5),
        "generate_64_batch_4": lambda: generate(4),
        "train_step_batch_2": train_step,
    }


def main() -> None:
    """Run the benchmark and print or write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--context", type=int, default=342, help="tokens before the answer")
    parser.add_argument("--lora-rank", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=list(PUBLISHED_CPU_S), help="some of them")
    parser.add_argument("--out", type=Path, help="JSON file; standard output if not given")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model, processor = build(options.lora_rank)
    chosen = options.only or list(PUBLISHED_CPU_S)
    results = {}
    bare = bare_workloads(model, processor, options.context)
    for name, run in workloads(model, processor, options.context).items():
        if name in chosen:
            ours, theirs = measure(run, options.repeats), measure(bare[name], options.repeats)
            results[name] = ours | {
                "bare_cpu_s": theirs["cpu_s"],
                "ratio": round(ours["cpu_s"] / theirs["cpu_s"], 3),
                "published_cpu_s": PUBLISHED_CPU_S[name],
            }
            print(name, results[name], file=sys.stderr)
    report = {
        "command": " ".join([Path(sys.executable).name, *sys.argv]),
        "threads": options.threads,
        "context_tokens": options.context,
        "answer_tokens": ANSWER_TOKENS,
        "lora_rank": options.lora_rank,
        "torch": torch.__version__,
        "machine": platform.machine(),
        "results": results,
    }
    text = json.dumps(report, indent=2)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
