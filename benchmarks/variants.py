"""Train variants of the model, run each on a task, and put them side by side: for E3 and E4.

A stage that is done is not done again: training that was interrupted resumes, a benchmark run goes
on where it stopped. Numbers of a variant are means over seeds of each sample's score; intervals
are 95 % bootstrap intervals over samples, and ``seeds`` is the range over seeds.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from xemogpt.benchmark.report import check_task
from xemogpt.benchmark.runlog import read_runlog
from xemogpt.benchmark.scoring import cheating_predictions, score_run, score_system
from xemogpt.benchmark.tasks import load_task
from xemogpt.files import atomic_write
from xemogpt.metrics.bootstrap import compare_paired, interval, mean_of
from xemogpt.metrics.emocue360 import EmoCue360
from xemogpt.metrics.results import COLUMNS

F1 = 2
"""Place of F1 among precision, recall and F1."""
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Variant:
    """A way to train, as changes (``a.b=value``) of the fine-tuning config."""

    name: str
    changes: tuple[str, ...] = ()


def options_of(description: str) -> argparse.ArgumentParser:
    """The arguments that E3 and E4 share."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--config", type=Path, default=Path("configs/nano/sft.yaml"))
    parser.add_argument("--set", action="append", default=[], help="of every variant: a.b=value")
    parser.add_argument("--task", default="controlled-400")
    parser.add_argument("--limit", type=int, help="only the first so many samples of the task")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="*", help="names of variants; all if not given")
    parser.add_argument("--work", type=Path, required=True, help="folder of runs, kept")
    parser.add_argument("--out", type=Path, required=True, help="OUT.json and OUT.md are written")
    return parser


def run_variants(variants: Sequence[Variant], options: Any) -> dict[str, list[Path]]:
    """Train and benchmark every variant with every seed; variant -> folder of each run."""
    runs: dict[str, list[Path]] = {}
    for variant in variants:
        if options.only and variant.name not in options.only:
            continue
        for seed in options.seeds:
            folder = options.work / variant.name.replace(" ", "_").replace("/", "_") / str(seed)
            model = train(variant, seed, options, folder)
            runs.setdefault(variant.name, []).append(run_task(model, options, folder))
    return runs


def train(variant: Variant, seed: int, options: Any, folder: Path) -> Path:
    """Train one variant with one seed, or go on with it; the chosen model."""
    result = folder / "sft" / "result.json"
    if not result.exists():
        changes = [*variant.changes, *options.set, f"train.seed={seed}"]
        changes.append(f"train.output_dir={folder / 'sft'}")
        command = ["train", "sft", str(options.config)]
        for change in changes:
            command += ["--set", change]
        if any((folder / "sft").glob("checkpoint-*/config.yaml")):
            command.append("--resume")
        call(command, f"{variant.name}, seed {seed}: train")
    return Path(json.loads(result.read_text(encoding="utf-8"))["model_dir"])


def run_task(model: Path, options: Any, folder: Path) -> Path:
    """Run the task, or go on with it; the folder of the run under ``full``."""
    command = ["bench", "run", "--task", options.task, "--model", str(model)]
    command += ["--out", str(folder / "bench")]
    if options.limit:
        command += ["--limit", str(options.limit)]
    if not (folder / "bench" / "full" / "run.json").exists():
        call(command, f"{folder}: run")
    return folder / "bench" / "full"


def call(arguments: Sequence[str], what: str) -> None:
    """Run ``xemogpt`` with arguments; stop if it fails."""
    print(what, file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "xemogpt", *arguments], check=True, stdout=sys.stderr)


def compare(runs: Mapping[str, Sequence[Path]], options: Any, base: str) -> dict[str, Any]:
    """Score every run and every answer that cheats; each against ``base``, paired by sample."""
    task = load_task(options.task)
    logs = {name: [read_runlog(folder) for folder in folders] for name, folders in runs.items()}
    records = check_task([log for some in logs.values() for log in some], task)
    metric = EmoCue360("strict")
    values: dict[str, list[Scores]] = {}
    wrong: dict[str, list[float | None]] = {}
    for name, some in logs.items():
        for log in some:
            score = score_run(log, records, metric, name=name)
            values.setdefault(name, []).append(score.report.values[:, :, F1])
            found = score.contradictions
            wrong.setdefault(name, []).append(found.rate.value if found else None)
    for name, said in cheating_predictions(records).items():
        score = score_system(said, records, metric, name=name, role="cheating")
        values[f"cheating: {name}"] = [score.report.values[:, :, F1]]
    rows = {name: _row(each, wrong.get(name, [])) for name, each in values.items()}
    means = {name: np.mean(each, axis=0) for name, each in values.items()}  # (N, columns)
    overall = COLUMNS.index("overall")
    for name in rows:
        if name != base and base in means:
            test = compare_paired(means[base][:, overall], means[name][:, overall])
            rows[name]["base_minus_this"] = test._asdict()
    return {
        "command": " ".join([Path(sys.executable).name, *sys.argv]),
        "task": options.task,
        "num_samples": len(records),
        "seeds": list(options.seeds),
        "base": base,
        "rows": rows,
    }


def _row(each: Sequence[Scores], wrong: Sequence[float | None]) -> dict[str, Any]:
    mean = np.mean(each, axis=0)  # (N, columns), over seeds
    low, high = interval(mean)
    value = mean_of(mean)
    by_seed = [mean_of(one)[COLUMNS.index("overall")] for one in each]
    known = [rate for rate in wrong if rate is not None]
    return {
        "f1": {
            column: {"value": float(value[i]), "low": float(low[i]), "high": float(high[i])}
            for i, column in enumerate(COLUMNS)
        },
        "seeds": [float(min(by_seed)), float(max(by_seed))],
        "hallucinated": float(np.mean(known)) if known else None,
    }


def write(found: dict[str, Any], out: Path, title: str) -> None:
    """Write ``OUT.json`` and a Markdown table beside it."""
    lines = [
        f"# {title}",
        "",
        f"`{found['command']}`",
        "",
        f"{found['task']}, {found['num_samples']} samples, seeds {found['seeds']}. Strict"
        " EmoCue-360 F1, 95 % bootstrap intervals over samples.",
        "",
        "| Variant | " + " | ".join(name.capitalize() for name in COLUMNS)
        + f" | Over seeds | Hallucinated | {found['base'].capitalize()} minus this |",
        "|---" * (len(COLUMNS) + 4) + "|",
    ]  # fmt: skip
    for name, row in found["rows"].items():
        cells = [f"{f['value']:.3f} [{f['low']:.3f}, {f['high']:.3f}]" for f in row["f1"].values()]
        test, rate = row.get("base_minus_this"), row["hallucinated"]
        cells.append(f"{row['seeds'][0]:.3f} to {row['seeds'][1]:.3f}")
        cells.append("-" if rate is None else f"{rate:.3f}")
        cells.append(
            f"{test['difference']:+.3f} [{test['low']:+.3f}, {test['high']:+.3f}]" if test else "-"
        )
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    out.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(out.with_suffix(".json")) as file:
        json.dump(found, file, indent=2)
    with atomic_write(out.with_suffix(".md")) as file:
        file.write("\n".join(lines) + "\n")
