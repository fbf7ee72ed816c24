"""What came through of a controlled corpus, and what its perfect and its cheating answers score.

    python benchmarks/controlled.py corpus [corpus ...] [--split validation --split test] [--json]

For each kind of cue: how often it was asked and the detectors found it (with a 95 % Wilson
interval), how far their start is from the asked one (median), and how many clips in a hundred
show it although nobody asked.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binomtest

from xemogpt.benchmark.scoring import cheating_predictions, perfect_prediction, score_system
from xemogpt.benchmark.tasks import load_task
from xemogpt.emocue.controlled.gold import gold_cues
from xemogpt.emocue.records import EmoCueRecord, read_records
from xemogpt.metrics.emocue360 import EmoCue360
from xemogpt.metrics.results import COLUMNS
from xemogpt.schema import Cue, CueSet

SEED = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", nargs="+", help="folders, or controlled-400")
    parser.add_argument("--split", action="append", help="only clips of this split; repeatable")
    parser.add_argument("--json", action="store_true", dest="as_json")
    given = parser.parse_args()
    records = [
        record
        for name in given.corpora
        for record in _records(name)
        if not given.split or record.split in given.split
    ]
    found = {"clips": len(records), "kinds": agreement(records), "scores": scores(records)}
    if given.as_json:
        json.dump(found, sys.stdout, indent=1)
    else:
        _print(found)


def _records(name: str) -> Sequence[EmoCueRecord]:
    return read_records(name) if Path(name).exists() else load_task(name).records


def agreement(records: Sequence[EmoCueRecord]) -> list[dict[str, Any]]:
    """One row a kind."""
    asked: Counter[tuple[str, str]] = Counter()
    hits: Counter[tuple[str, str]] = Counter()
    unasked: Counter[str] = Counter()
    late_s: dict[str, list[float]] = defaultdict(list)
    for record in records:
        wanted, measured = record.asked or CueSet(), record.measured or CueSet()
        gold = gold_cues(wanted, measured)
        missed = {id(cue) for cue in gold.missed}
        for modality, cue in wanted.items():
            if modality == "emotional" or cue.kind is None:
                continue
            asked[modality, cue.kind] += 1
            if id(cue) not in missed:
                hits[modality, cue.kind] += 1
                late_s[cue.kind] += _start_error(cue, measured.of(modality))
        unasked.update({cue.kind for cue in gold.side_effects if cue.kind})
    return [
        {
            "modality": modality,
            "kind": kind,
            "asked": count,
            "found": hits[modality, kind],
            "share": round(hits[modality, kind] / count, 3),
            "interval": _wilson(hits[modality, kind], count),
            "start_error_s": round(float(np.median(late_s[kind])), 2) if late_s[kind] else None,
            "unasked_per_100": round(100 * unasked[kind] / len(records), 1),
        }
        for (modality, kind), count in sorted(asked.items(), reverse=True)
    ]


def scores(records: Sequence[EmoCueRecord]) -> list[dict[str, Any]]:
    """Strict EmoCue-360 F1 of the gold in words, and of answers made without looking."""
    metric = EmoCue360("strict")
    systems = {"perfect prediction": ("perfect", perfect_prediction(records))}
    systems |= {
        name: ("cheating", said) for name, said in cheating_predictions(records, SEED).items()
    }
    rows = []
    for name, (role, said) in systems.items():
        score = score_system(said, records, metric, name=name, role=role, seed=SEED)  # type: ignore[arg-type]
        overall = score.report.intervals["overall"]["f1"]
        rows.append(
            {"name": name}
            | {column: round(score.report.scores(column).f1, 3) for column in COLUMNS}
            | {"interval": [round(float(end), 3) for end in overall]}
        )
    return rows


def _start_error(asked: Cue, measured: Sequence[Cue]) -> list[float]:
    """Distance to the nearest start of the same kind, in seconds; nothing without times."""
    starts = [cue.start_s for cue in measured if cue.kind == asked.kind and cue.start_s is not None]
    if asked.start_s is None or not starts:
        return []
    return [min(abs(start_s - asked.start_s) for start_s in starts)]


def _wilson(num: int, total: int) -> list[float]:
    interval = binomtest(num, total).proportion_ci(method="wilson")
    return [round(interval.low, 2), round(interval.high, 2)]


def _print(found: dict[str, Any]) -> None:
    print(f"{found['clips']} clips\n")
    print("| Kind | asked | found | share | start error | unasked, in 100 clips |")
    print("|---|---|---|---|---|---|")
    for row in found["kinds"]:
        low, high = row["interval"]
        error = "-" if row["start_error_s"] is None else f"{row['start_error_s']:.2f} s"
        print(
            f"| `{row['kind']}` | {row['asked']} | {row['found']} | {row['share']:.2f}"
            f" [{low:.2f}, {high:.2f}] | {error} | {row['unasked_per_100']:g} |"
        )
    print("\n| Answers | " + " | ".join(COLUMNS) + " |")
    print("|---|" + "---|" * len(COLUMNS))
    for row in found["scores"]:
        low, high = row["interval"]
        cells = [f"{row[column]:.3f}" for column in COLUMNS[:-1]]
        print(
            f"| {row['name']} | "
            + " | ".join([*cells, f"{row['overall']:.3f} [{low:.3f}, {high:.3f}]"])
            + " |"
        )


if __name__ == "__main__":
    main()
