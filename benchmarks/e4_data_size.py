"""E4: does more data still help? The same training on 1/8, 1/4, 1/2 and all of the corpus.

    python benchmarks/e4_data_size.py --corpus corpus/records.jsonl --work runs/e4 --out docs/e4

Smaller parts lie within larger ones, and each seed draws its own; validation is whole. Give
``--set train.max_steps=N`` to take as many steps with each part, instead of as many epochs.
"""

import json
import zlib
from pathlib import Path
from typing import Any

from variants import Variant, compare, options_of, run_task, train, write
from xemogpt.files import atomic_write

PARTS = {"1/8": 8, "1/4": 4, "1/2": 2, "all": 1}


def write_part(corpus: Path, out: Path, divisor: int, seed: int) -> int:
    """A corpus with one in ``divisor`` training samples; how many those are."""
    rows: list[dict[str, Any]] = []
    for line in corpus.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row.get("media"):
            row["media"] = str((corpus.parent / row["media"]).resolve())
        rows.append(row)
    training = [row["id"] for row in rows if (row.get("split") or "train") == "train"]
    order = sorted(training, key=lambda name: (zlib.crc32(f"{seed}:{name}".encode()), name))
    kept = set(order[: max(1, len(order) // divisor)])
    out.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(out) as file:
        for row in rows:
            if row["id"] in kept or (row.get("split") or "train") != "train":
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return len(kept)


def main() -> None:
    """Cut, train, run, compare, write."""
    parser = options_of(__doc__ or "")
    parser.add_argument("--corpus", type=Path, required=True)
    options = parser.parse_args()
    runs: dict[str, list[Path]] = {}
    sizes: dict[str, int] = {}
    for name, divisor in PARTS.items():
        for seed in options.seeds:
            folder = options.work / name.replace("/", "_") / str(seed)
            corpus = folder / "records.jsonl"
            sizes[name] = write_part(options.corpus, corpus, divisor, seed)
            variant = Variant(name, (f"data.corpus={corpus}",))
            model = train(variant, seed, options, folder)
            runs.setdefault(name, []).append(run_task(model, options, folder))
    found = compare(runs, options, "all") | {"training_samples": sizes}
    write(found, options.out, "E4: the size of the corpus")


if __name__ == "__main__":
    main()
