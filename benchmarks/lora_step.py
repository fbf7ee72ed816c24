"""A training step of `nano` beside PEFT's own on the bare language model, turn by turn.

    python benchmarks/lora_step.py --rounds 8 --out benchmarks/results/lora_step.json

Batch 2 x 256 tokens, 90 of each the answer, adapters of `nano` in SmolLM2-135M. Ours also runs and
trains both bridges and projectors on cached features; PEFT's reads 256 tokens. CPU seconds of the
process, so that neighbours on the machine count little; the ratio is that of the medians.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model

from xemogpt.model.loading import load_backbone
from xemogpt.model.presets import NANO
from xemogpt.training.sft import choose_trained, load_base
from xemogpt.training.sft_settings import ModelSettings, TrainedParts

ROWS, TOKENS, ANSWER = 2, 256, 90
VIDEO_STEPS, AUDIO_STEPS = 64, 250
"""Of cached features: 64 frames, 5 s of sound."""


def our_step() -> tuple[Callable[[], None], tuple[int, ...]]:
    """A step of the whole model on cached features, and the shape of its batch."""
    model, processor = load_base(ModelSettings(base="nano"))
    choose_trained(model, TrainedParts())
    assert model.video is not None and model.audio is not None
    torch.manual_seed(0)
    seen = torch.randn(VIDEO_STEPS, model.video.encoder.feature_dim)
    layers = model.audio.encoder.num_layers
    heard = torch.randn(AUDIO_STEPS, layers, model.audio.encoder.feature_dim)
    media = {"video_features": [seen] * ROWS, "audio_features": [heard] * ROWS}
    answer = ["yes" + " yes" * (ANSWER - 2)] * ROWS
    bare = processor(**media, subtitle=[""] * ROWS, answer=answer)["input_ids"].shape[1]
    words = "so" + " so" * (TOKENS - bare - 1)
    batch = processor(**media, subtitle=[words] * ROWS, answer=answer)
    while (missing := TOKENS - batch["input_ids"].shape[1]) > 0:
        words += " so" * missing
        batch = processor(**media, subtitle=[words] * ROWS, answer=answer)
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-5)
    model.train()

    def step() -> None:
        optimiser.zero_grad()
        model(**batch).loss.backward()
        optimiser.step()

    return step, tuple(batch["input_ids"].shape)


def peft_step() -> Callable[[], None]:
    """A step of PEFT on the bare backbone, as many tokens and labels."""
    lora = NANO.lora
    assert lora is not None
    config = LoraConfig(
        r=lora.r, lora_alpha=lora.alpha, lora_dropout=lora.dropout,
        target_modules=list(lora.target_modules), task_type="CAUSAL_LM",
    )  # fmt: skip
    model: Any = get_peft_model(load_backbone(NANO.backbone, None, "float32"), config)
    torch.manual_seed(0)
    ids = torch.randint(0, 1000, (ROWS, TOKENS))
    labels = ids.clone()
    labels[:, :-ANSWER] = -100
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-5)
    model.train()

    def step() -> None:
        optimiser.zero_grad()
        model(input_ids=ids, labels=labels).loss.backward()
        optimiser.step()

    return step


def main() -> None:
    """Run the benchmark and print or write JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, help="JSON file; standard output if not given")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    ours, shape = our_step()
    steps = {"ours": ours, "peft": peft_step()}
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(options.rounds + 1):
        for name, step in steps.items():
            started = time.process_time()
            step()
            if turn:  # the first warms up
                seconds[name].append(time.process_time() - started)
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    ratios = sorted(a / b for a, b in zip(seconds["ours"], seconds["peft"], strict=True))
    report = {
        "command": " ".join([Path(sys.executable).name, *sys.argv]),
        "torch": torch.__version__,
        "threads": options.threads,
        "batch": shape,
        "answer_tokens": ANSWER,
        "median_cpu_s": {name: round(value, 3) for name, value in medians.items()},
        "ratio": round(medians["ours"] / medians["peft"], 3),
        "ratio_range": [round(ratios[0], 3), round(ratios[-1], 3)],
    }
    text = json.dumps(report, indent=2)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
