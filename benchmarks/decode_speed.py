"""Ways to decode with SmolLM2-135M on a CPU: tokens a second, and what 8 bits cost.

    python benchmarks/decode_speed.py --threads 1 --out benchmarks/results/decode_speed.json

Decoders take turns on the same prompt of 150 vectors; each figure is the best of its turns, in wall
seconds and in CPU seconds of the process, which neighbours on the machine disturb less. ``CPU``
counts all threads together. Quality is teacher-forced on the texts: nats of divergence from fp32 a
token, how often the likeliest token is the same, and how much likelier the text was in fp32.
"""

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xemogpt.model.assembly import load_tokenizer
from xemogpt.model.decoding import PACKERS, FastDecoder
from xemogpt.model.loading import load_backbone

BACKBONE = "smollm2-135m"
TEXTS = (
    "The person smiles widely and their eyebrows are raised while the voice is loud and fast;"
    " this suggests that they are happy about what they hear.",
    "The corners of the mouth turn down and the gaze falls. The pitch is low, the voice is soft and"
    " there are long pauses. Together with what is said this expresses sadness.",
    "At first the face is still. Then the speaker frowns and presses the lips together, the voice"
    " becomes louder and the pitch rises, which speaks for anger.",
)


def ways(model: Any, with_compile: bool) -> dict[str, Callable[[Tensor, int], Any]]:
    """Name -> a function that decodes so many tokens after embeddings (1, L, D)."""
    packed = torch.ao.quantization.quantize_dynamic(  # a copy
        model, {torch.nn.Linear}, dtype=torch.qint8
    )
    half = load_backbone(BACKBONE, None, "bfloat16")

    def plain(one: Any, **extra: Any) -> Callable[[Tensor, int], Any]:
        def run(embeds: Tensor, count: int) -> Any:
            return one.generate(
                inputs_embeds=embeds.to(one.dtype),
                attention_mask=torch.ones(embeds.shape[:2], dtype=torch.long),
                max_new_tokens=count, min_new_tokens=count, do_sample=False, pad_token_id=0,
                **extra,
            )  # fmt: skip

        return run

    def fast(precision: Any) -> Callable[[Tensor, int], Any]:
        decoder = FastDecoder(model, precision)

        def run(embeds: Tensor, count: int) -> Any:
            mask = torch.ones(embeds.shape[:2], dtype=torch.long)
            return decoder.generate(embeds, mask, count, (), 0)

        return run

    found = {
        "transformers fp32": plain(model),
        "transformers bf16": plain(half),
        "transformers dynamic int8": plain(packed),
        **{f"fast {name}": fast(name) for name in PACKERS},
    }
    if with_compile:
        found["transformers static cache, compiled"] = plain(model, cache_implementation="static")
    return found


def measure(
    found: dict[str, Callable[[Tensor, int], Any]], embeds: Tensor, count: int, turns: int
) -> dict[str, dict[str, float]]:
    """Tokens a second after the prompt: time of ``count`` tokens less that of one."""
    best: dict[str, dict[str, float]] = {}
    for turn in range(turns + 1):
        for name, run in found.items():
            took: list[tuple[float, float]] = []
            for tokens in (1, count):
                wall, cpu = time.perf_counter(), time.process_time()
                run(embeds, tokens)
                took.append((time.perf_counter() - wall, time.process_time() - cpu))
            if turn:  # the first warms up, and compiles
                wall_rate, cpu_rate = (
                    (count - 1) / (many - one) for one, many in zip(*took, strict=True)
                )
                old = best.get(name, {"tokens_s": 0.0, "tokens_cpu_s": 0.0})
                best[name] = {
                    "tokens_s": round(max(old["tokens_s"], wall_rate), 1),
                    "tokens_cpu_s": round(max(old["tokens_cpu_s"], cpu_rate), 1),
                }
    return best


@torch.inference_mode()
def quality(model: Any, tokenizer: Any, precision: Any) -> dict[str, float]:
    """How far a precision is from fp32, over the texts."""
    decoder = FastDecoder(model, precision)
    divergences, same, losses = [], [], []
    for text in TEXTS:
        ids = tokenizer(text, return_tensors="pt").input_ids  # (1, L)
        embeds = model.get_input_embeddings()(ids)
        whole = model(ids).logits[0].log_softmax(-1)  # (L, V)
        _, keys, values = decoder._read(
            embeds[:, :1], torch.ones(1, 1, dtype=torch.long), len(text)
        )
        cos, sin = decoder._turns(torch.tensor([1]), ids.shape[1] + 1)
        for place in range(1, ids.shape[1] - 1):
            logits = decoder._step(
                embeds[:, place], keys, values, place, None, cos[:, place - 1], sin[:, place - 1]
            )
            ours, theirs, said = logits[0].log_softmax(-1), whole[place], ids[0, place + 1]
            divergences.append((theirs.exp() * (theirs - ours)).sum().item())
            same.append(float(ours.argmax() == theirs.argmax()))
            losses.append((theirs[said] - ours[said]).item())
    count = len(same)
    return {
        "tokens": count,
        "divergence_nats": round(sum(divergences) / count, 4),
        "same_likeliest": round(sum(same) / count, 3),
        "loss_added_nats": round(sum(losses) / count, 4),
    }


def main() -> None:
    """Run the benchmark and print or write JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--compile", action="store_true", help="also the static cache, compiled")
    parser.add_argument("--out", type=Path, help="JSON file; standard output if not given")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(options.threads)
    model: Any = load_backbone(BACKBONE, None, "float32").eval()
    tokenizer = load_tokenizer(BACKBONE)
    make = torch.Generator().manual_seed(0)
    ids = torch.randint(0, 40_000, (1, 150), generator=make)
    embeds = model.get_input_embeddings()(ids).detach()
    report = {
        "command": " ".join([Path(sys.executable).name, *sys.argv]),
        "torch": torch.__version__,
        "threads": options.threads,
        "prompt": 150,
        "tokens": options.tokens,
        "speed": measure(ways(model, options.compile), embeds, options.tokens, options.turns),
        "quality": {name: quality(model, tokenizer, name) for name in PACKERS},
    }
    text = json.dumps(report, indent=2)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
