"""From which similarity on do two annotators' statements say the same?

Two annotators word what they see (or hear) from the checked phrases of the prose bank, without
kinds or times; of four statements each, two are of the same kinds. Counted is which statements
are merged: precision, recall and F1, with a bootstrap over trials.

    python benchmarks/voting.py --trials 400 --seed 0
"""

import argparse
import json
from typing import Any

import numpy as np

from xemogpt.emocue.annotators.merging import Merger
from xemogpt.emocue.annotators.prose_bank import load_bank
from xemogpt.schema import Cue, Modality
from xemogpt.signals.vocabulary import KINDS

THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
NUM_STATED, NUM_SHARED = 4, 2


Trial = tuple[dict[int, list[Cue]], dict[tuple[int, str], str]]


def wordings(modality: Modality) -> dict[str, list[str]]:
    """Kind -> sentences that state it."""
    bank = load_bank()
    found = {}
    for kind in KINDS.values():
        texts: set[str] = set()
        for phrase in kind.phrases:
            if phrase in bank:
                texts |= {f"She {form}." for form in bank[phrase].acts}
                texts |= {form.capitalize() + "." for form in bank[phrase].states}
        if kind.modality == modality and len(texts) >= 2:
            found[kind.name] = sorted(texts)
    return found


def trial(by_kind: dict[str, list[str]], rng: np.random.Generator) -> Trial:
    """Statements of two annotators, each with the kind that it is of."""
    num = 2 * NUM_STATED - NUM_SHARED
    kinds = [str(name) for name in rng.permutation(sorted(by_kind))[:num]]
    sides = kinds[:NUM_STATED], kinds[:NUM_SHARED] + kinds[NUM_STATED:]
    stated: dict[int, list[Cue]] = {}
    kind_of: dict[tuple[int, str], str] = {}
    for index, names in enumerate(sides):
        stated[index] = []
        for name in names:
            text = str(rng.choice(by_kind[name]))
            stated[index].append(Cue(text=text))
            kind_of[index, text] = name
    return stated, kind_of


def count(merger: Merger, modality: Modality, each: Trial) -> tuple[int, int, int]:
    """Right merges, merges, and merges that should be."""
    stated, kind_of = each
    right = merged = 0
    for group in merger.groups(modality, stated):
        if len(group.stated) == 2:
            merged += 1
            kinds = {kind_of[index, cue.text] for index, cue in group.stated.items()}
            right += len(kinds) == 1
    return right, merged, NUM_SHARED


def scores(counts: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Precision, recall and F1 of counts (..., trials, 3)."""
    right, merged, wanted = np.asarray(counts, dtype=float).sum(axis=-2).T
    precision, recall = right / np.maximum(merged, 1), right / wanted
    return np.stack([precision, recall, 2 * right / (merged + wanted)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    merger = Merger()
    report: dict[str, Any] = {}
    modalities: tuple[Modality, ...] = ("visual", "auditory")
    for modality in modalities:
        by_kind = wordings(modality)
        rng = np.random.default_rng(options.seed)
        trials = [trial(by_kind, rng) for _ in range(options.trials)]
        for threshold in THRESHOLDS:
            merger.same_from = threshold
            counts = np.array([count(merger, modality, each) for each in trials])
            drawn = counts[rng.integers(len(counts), size=(1000, len(counts)))]
            low, high = np.percentile(scores(drawn), [2.5, 97.5], axis=-1)
            report[f"{modality} {threshold}"] = {
                name: f"{value:.3f} ({low[i]:.3f} to {high[i]:.3f})"
                for i, (name, value) in enumerate(
                    zip(("precision", "recall", "f1"), scores(counts), strict=True)
                )
            }
        report[f"{modality} kinds"] = len(by_kind)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
