"""Time of EmoCue-360 against a plain per-sample ``encode`` loop, in one process and one thread.

    OMP_NUM_THREADS=1 python benchmarks/metric.py --out benchmarks/results/metric.json

Two corpora of 400 samples and about 16,000 cues: one in which almost no cue repeats, one in which
72 % do. The loop is what a short script would do: for each sample and modality, encode the
references, encode the predictions, take the maxima. Both get the same MiniLM weights. Best of
``--repeats`` runs each, alternating, so that a busy moment of the machine hits both.
"""

import argparse
import json
import platform
import resource
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from xemogpt.encoders.text import (
    MiniLMBf16TextEncoder,
    MiniLMInt8TextEncoder,
    MiniLMTextEncoder,
    TinyTextEncoder,
)
from xemogpt.metrics import EmoCue360

MODALITIES = ("visual", "auditory", "emotional")
WHO = ["She", "He", "The woman", "The man", "A young girl", "An old man", "The speaker", "A boy"]
WHAT = {
    "visual": ["smiles", "frowns", "raises both eyebrows", "looks down", "nods", "presses the lips",
               "opens the eyes wide", "shakes the head", "leans forward", "crosses the arms"],
    "auditory": ["speaks loudly", "whispers", "laughs", "sighs", "speaks in a trembling voice",
                 "raises the pitch", "pauses", "speaks quickly", "stammers", "sobs"],
    "emotional": ["is happy", "is sad", "feels angry", "is surprised", "feels anxious",
                  "is disappointed", "is proud", "is bored", "feels relieved", "is confused"],
}  # fmt: skip
HOW = ["slightly", "strongly", "for a moment", "again and again", "without a reason", "at first",
       "in the end", "while speaking", "with some effort", "clearly", "almost unnoticeably",
       "in front of the others", "after a short silence", "quite suddenly"]  # fmt: skip
WHERE = ["in the office", "at the door", "in the car", "near the window", "in the kitchen",
         "on the phone", "at the table", "in a dark room", "outside", "on the stairs", "",
         "next to a friend", "by the sea", "in the hospital"]  # fmt: skip
CLAUSES = ["", ", as if to apologise", ", which the other person notices", " and then stops",
           ", looking for words", ", and turns to the side", " because of the news",
           ", without saying why"]  # fmt: skip


def build_corpus(
    num_samples: int, repeat_share: float, seed: int = 0, cues_a_list: tuple[int, int] = (5, 8)
) -> tuple[dict[str, Any], dict[str, Any], dict[str, float]]:
    """Predictions and references, of whose cues about ``repeat_share`` were seen before."""
    generator = np.random.default_rng(seed)

    def sentence(modality: str) -> str:
        parts = [
            generator.choice(options) for options in (WHO, WHAT[modality], HOW, WHERE, CLAUSES)
        ]
        return f"{parts[0]} {parts[1]} {parts[2]} {parts[3]}".strip() + f"{parts[4]}."

    num_lists = num_samples * 2
    pools = {m: [sentence(m) for _ in range(round(num_lists * 6.6 * (1 - repeat_share)) + 1)]
             for m in MODALITIES}  # fmt: skip
    sides: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    everything = []
    for index in range(num_samples):
        for side in sides:
            record = {}
            for modality in MODALITIES:
                count = int(generator.integers(*cues_a_list, endpoint=True))
                if repeat_share:
                    cues = [str(c) for c in generator.choice(pools[modality], count, replace=False)]
                else:
                    cues = [sentence(modality) for _ in range(count)]
                record[modality] = cues
                everything += cues
            side[f"sample_{index:05d}"] = record
    share = 1 - len(set(everything)) / len(everything)
    return *sides, {"cues": len(everything), "repeated_share": round(share, 3)}


def plain_loop(
    encode: Callable[[list[str]], Any], preds: Any, target: Any
) -> dict[str, list[float]]:
    """Per-sample scoring as a short script would do it; corpus precision, recall, F1."""
    found: dict[str, list[list[float]]] = {m: [] for m in MODALITIES}
    for key, pred in preds.items():
        for modality in MODALITIES:
            # Without the letters "text" in the corpus the auditory filter has nothing to do.
            cosine = encode(target[key][modality]) @ encode(pred[modality]).T
            recall, precision = float(cosine.max(1).mean()), float(cosine.max(0).mean())
            f1 = 2 * precision * recall / (precision + recall)
            found[modality].append([precision, recall, f1])
    return {m: np.mean(rows, axis=0).tolist() for m, rows in found.items()}


def sentence_transformers_encode(folder: Path) -> Callable[[list[str]], Any]:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    return lambda texts: model.encode(texts, normalize_embeddings=True, show_progress_bar=False)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def ours(encoder: Any, protocol: Any, preds: Any, target: Any) -> dict[str, list[float]]:
    """A fresh metric, so that nothing is cached; only the weights are loaded beforehand."""
    metric = EmoCue360(protocol, encoder)
    report = metric.score(preds, target, use_baselines=False)
    return {m: list(report.scores(m)) for m in MODALITIES}


def largest_difference(first: Mapping[str, Any], second: Mapping[str, Any]) -> float:
    return max(float(np.abs(np.subtract(first[m], second[m])).max()) for m in first)


def f1_difference(first: Mapping[str, Any], second: Mapping[str, Any]) -> float:
    return max(abs(first[m][2] - second[m][2]) for m in first)


def speed(num_samples: int, repeats: int) -> dict[str, Any]:
    full, fast, small = MiniLMTextEncoder(), MiniLMBf16TextEncoder(), MiniLMInt8TextEncoder()
    encode = sentence_transformers_encode(full.folder)
    (
        encode(["warm up"]),
        full.encode(["warm up"]),
        fast.encode(["warm up"]),
        small.encode(["warm up"]),
    )
    result: dict[str, Any] = {}
    for name, share in (("almost nothing repeats", 0.0), ("72 % repeats", 0.72)):
        preds, target, about = build_corpus(num_samples, share)
        runs: dict[str, list[float]] = {}
        scores: dict[str, Any] = {}
        work = {
            "loop": lambda p=preds, t=target: plain_loop(encode, p, t),
            "reference": lambda p=preds, t=target: ours(full, "reference", p, t),
            "reference fast": lambda p=preds, t=target: ours(fast, "reference", p, t),
            "reference int8": lambda p=preds, t=target: ours(small, "reference", p, t),
            "strict": lambda p=preds, t=target: ours(full, "strict", p, t),
            "strict fast": lambda p=preds, t=target: ours(fast, "strict", p, t),
            "strict int8": lambda p=preds, t=target: ours(small, "strict", p, t),
        }
        for _ in range(repeats):
            for label, task in work.items():
                seconds, scores[label] = timed(task)
                runs.setdefault(label, []).append(seconds)
        best = {label: min(times) for label, times in runs.items()}
        result[name] = {
            **about,
            "seconds": {label: round(value, 2) for label, value in best.items()},
            "speedup over the loop": {k: round(best["loop"] / v, 2) for k, v in best.items()},
            "largest difference from the loop": largest_difference(
                scores["loop"], scores["reference"]
            ),
            "corpus F1 difference": {
                f"{protocol} {mode}": f1_difference(scores[protocol], scores[f"{protocol} {mode}"])
                for protocol in ("reference", "strict")
                for mode in ("fast", "int8")
            },
        }
        result[name]["next system, references cached"] = _next_system(full, preds, target)
    return result


def _next_system(encoder: Any, preds: Any, target: Any) -> dict[str, float]:
    metric = EmoCue360("reference", encoder)
    first, _ = timed(lambda: metric.encode_references(target))
    second, _ = timed(lambda: metric.score(preds, target, use_baselines=False))
    return {"references_s": round(first, 2), "system_s": round(second, 2)}


def memory(num_samples: int) -> dict[str, Any]:
    """Resident memory while samples stream through ``update`` (tiny encoder, no details)."""
    metric = EmoCue360(encoder=TinyTextEncoder(), keep_details=False, max_cached_texts=5_000)
    marks = {}
    start = time.perf_counter()
    for batch in range(num_samples // 1000):
        preds, target, _ = build_corpus(1000, 0.0, seed=batch, cues_a_list=(1, 3))
        metric.update(*({f"{batch}-{k}": v for k, v in side.items()} for side in (preds, target)))
        if (batch + 1) * 1000 in (1000, num_samples // 10, num_samples):
            marks[(batch + 1) * 1000] = _rss_mb()
    report = metric.compute()
    return {
        "samples": num_samples,
        "resident_mb_after": marks,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "seconds": round(time.perf_counter() - start, 1),
        "interval of overall F1": report.intervals["overall"]["f1"],
    }


def _rss_mb() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * resource.getpagesize() / 2**20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=400)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--stream", type=int, default=0, help="only measure memory on N samples")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    result: dict[str, Any] = {"processor": platform.processor() or platform.machine()}
    if arguments.stream:
        result["memory"] = memory(arguments.stream)
    else:
        result["speed"] = speed(arguments.samples, arguments.repeats)
    text = json.dumps(result, indent=1)
    print(text)
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
