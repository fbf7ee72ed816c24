"""Cold and warm time and peak memory of explaining a clip; start-up times.

    python benchmarks/explain.py CLIP [--model nano] [--repeats 5] [--out FILE.json]

Cold is a fresh process of ``xemogpt explain CLIP --json``, recognition included; warm is the same
Explainer once more. Peak memory is the cold process's largest resident size. Each time is the
median with the smallest and largest.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

XEMOGPT = [sys.executable, "-c", "from xemogpt.cli.app import main; main()"]


def spread(seconds: list[float]) -> dict[str, float]:
    """Median, least and most."""
    rounded = [round(value, 3) for value in sorted(seconds)]
    return {"median_s": round(statistics.median(seconds), 3), "min_s": rounded[0],
            "max_s": rounded[-1]}  # fmt: skip


def time_command(command: list[str], repeats: int) -> dict[str, float]:
    """Wall time of a fresh process."""
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - started)
    return spread(seconds)


def peak_gb_of(command: list[str]) -> float:
    """Largest resident size of one run of ``command``, in gigabytes (10^9 bytes)."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True,"
        "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, *command], check=True, capture_output=True, text=True
    )
    return round(int(run.stdout) * 1024 / 1e9, 3)


def time_warm(clip: str, model: str, repeats: int) -> dict[str, float]:
    """Wall time in a process that has explained the clip once."""
    from xemogpt import Explainer

    explainer = Explainer.from_pretrained(model)
    explainer.explain(clip)
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        explainer.explain(clip)
        seconds.append(time.perf_counter() - started)
    return spread(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip")
    parser.add_argument("--model", default="nano")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()

    from xemogpt.media import probe

    explain = [*XEMOGPT, "explain", args.clip, "--json", "--model", args.model]
    result = {
        "benchmark": f"explain with {args.model}",
        "clip": Path(args.clip).name,
        "clip_s": round(probe(args.clip).duration_s, 2),
        "cold": time_command(explain, args.repeats),
        "warm": time_warm(args.clip, args.model, args.repeats),
        "peak_gb": peak_gb_of(explain),
        "help": time_command([*XEMOGPT, "--help"], args.repeats),
        "import": time_command([sys.executable, "-c", "import xemogpt"], args.repeats),
        "python": time_command([sys.executable, "-c", "pass"], args.repeats),
        "machine": {
            "cores": os.cpu_count(), "python": platform.python_version(),
            "cpu": platform.machine(), "load": round(os.getloadavg()[0], 2),
        },
        "self_peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9, 3),
    }  # fmt: skip
    text = json.dumps(result, indent=2)
    print(text)
    if args.out:
        args.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
