"""Make the weights of `nano` from nothing: corpora, features, bridges, fine-tuning, packing.

    xemogpt pull nano controlled
    python benchmarks/nano.py --data ../shared/data --work WORK            # about 4 h on 2 cores
    python benchmarks/nano.py --data ../shared/data --work WORK --ship src/xemogpt/weights/trained

Training data: 1,600 rendered clips of the controlled corpus, and real speech (RAVDESS, nEMO,
EmoDB) with its measured cues. Stages that are done are not done again. `--ship` writes the chosen
model, in half precision, beside the package's code.
"""

import argparse
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from xemogpt.files import atomic_write
from xemogpt.model.modeling import XEmoGPTForConditionalGeneration
from xemogpt.model.processing import XEmoGPTProcessor

CONFIGS = Path(__file__).parents[1] / "configs" / "nano"
NUM_SPEECH, NUM_VALIDATION, NUM_SPEECH_VALIDATION = 600, 64, 16
"""Samples of fine-tuning besides the 1,600 rendered clips."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with speech and manifest")
    parser.add_argument("--work", type=Path, required=True, help="folder of everything, kept")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--set", action="append", default=[], help="of fine-tuning: a.b=value")
    parser.add_argument("--ship", type=Path, help="folder of shipped models: only write there")
    args = parser.parse_args()
    if args.ship:
        ship(args.work / "runs" / "sft_second", args.ship / "nano")
        return
    args.work.mkdir(parents=True, exist_ok=True)
    make_corpora(args.data, args.work, args.workers)
    folders = make_features(args.work)
    for kind, corpus in (("video", "controlled"), ("audio", "all")):
        train(
            f"{kind}-bridge", f"{kind}_bridge", args.work,
            {"data.corpus": args.work / f"{corpus}.jsonl", "features": folders[kind]},
        )  # fmt: skip
    runs = args.work / "runs"
    data = {
        "data.corpus": args.work / "sft.jsonl",
        "features.video": folders["video"],
        "features.audio": folders["audio"],
    }
    bridges = {
        "model.video_bridge": runs / "video_bridge" / "model",
        "model.audio_bridge": runs / "audio_bridge" / "model",
    }
    train("sft", "sft", args.work, {**data, **bridges}, args.set)
    first = {"model.base": runs / "sft" / "model"}
    train("sft", "sft_second", args.work, {**data, **first}, args.set)


def make_corpora(data: Path, work: Path, workers: int) -> None:
    """Rendered clips and real speech, and the mixtures of them that are trained on."""
    for split, num in (("train", 1600), ("validation", 200)):
        if not (work / split / "records.jsonl").exists():
            call("data", "controlled", "--num", num, "--seed", 1, "--split", split,
                 "--out", work / split, "--workers", workers)  # fmt: skip
    if not (work / "speech" / "records.jsonl").exists():
        call("data", "build", data / "speech", "--labels", data / "manifest.jsonl",
             "--out", work / "speech", "--no-recognise")  # fmt: skip
    rendered = {split: rows_of(work / split) for split in ("train", "validation")}
    speech = rows_of(work / "speech")
    controlled = [*rendered["train"], *rendered["validation"]]
    write_rows(controlled, work / "controlled.jsonl")
    write_rows([*controlled, *speech], work / "all.jsonl")
    rng = random.Random(0)
    validation = list(rendered["validation"])
    trained, checked = ([row for row in speech if row["split"] == s] for s in rendered)
    for rows in (validation, trained, checked):
        rng.shuffle(rows)
    chosen = [*validation[:NUM_VALIDATION], *checked[:NUM_SPEECH_VALIDATION]]
    rng.shuffle(chosen)
    write_rows([*rendered["train"], *trained[:NUM_SPEECH], *chosen], work / "sft.jsonl")


def make_features(work: Path) -> dict[str, str]:
    """Modality -> folder of frozen features."""
    out = call("train", "features", CONFIGS / "features.yaml", "--json", "--set",
               f"corpus={work / 'all.jsonl'}", "--set", f"cache_dir={work / 'features'}",
               "--set", "on_bad=skip")  # fmt: skip
    folders: dict[str, str] = json.loads(out)["folders"]
    return folders


def train(
    command: str, name: str, work: Path, changes: dict[str, Any], more: list[str] | None = None
) -> None:
    """One run of `xemogpt train`, or the rest of it."""
    out = work / "runs" / name
    if (out / "result.json").exists():
        return
    given = [f"{key}={value}" for key, value in {**changes, "train.output_dir": out}.items()]
    sets = [word for change in [*given, *(more or [])] for word in ("--set", change)]
    resume = ["--resume"] if any(out.glob("checkpoint-*/config.yaml")) else []
    call("train", command, CONFIGS / f"{name}.yaml", *sets, *resume)


def ship(run: Path, folder: Path) -> None:
    """Write the chosen model of a run in half precision."""
    source = json.loads((run / "result.json").read_text(encoding="utf-8"))["model_dir"]
    model = XEmoGPTForConditionalGeneration.from_pretrained(source)
    halves = {name: one.to(torch.float16) for name, one in model.state_dict().items()}
    model.save_pretrained(folder, state_dict=halves)
    XEmoGPTProcessor.from_pretrained(source).save_pretrained(folder)
    for file in folder.iterdir():
        file.chmod(0o644)
    size = sum(file.stat().st_size for file in folder.iterdir())
    print(f"{folder}: {size / 1e6:.1f} MB; write its README.md", file=sys.stderr)


def rows_of(corpus: Path) -> list[dict[str, Any]]:
    """Records with absolute media paths."""
    lines = (corpus / "records.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [row | {"media": str((corpus / row["media"]).resolve())} for row in rows]


def write_rows(rows: list[dict[str, Any]], path: Path) -> None:
    """Records as JSON lines."""
    with atomic_write(path) as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def call(*words: object) -> str:
    """Run `xemogpt` with these words; what it printed."""
    print("xemogpt", *words, file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "xemogpt", *map(str, words)]
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


if __name__ == "__main__":
    main()
