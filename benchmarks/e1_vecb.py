"""E1: does the video bridge make frozen face features tell more cues, and their order?

    xemogpt data controlled --num 2000 --seed 1 --out corpus
    xemogpt train features configs/nano/features.yaml --set audio=null
    python benchmarks/e1_vecb.py --corpus corpus/records.jsonl --work work --seeds 3 \
        --features features/video-facemesh-... --out results.json

Bridges and probes are fitted on the training split and read on the test split, whose identities
are others. Linear probes of visual cues: gold is there, neither asked nor measured is not there,
the rest is not known. *Temporal* are nods, shakes, and the order of the clips made in both orders:
"a smile, then something else" against "something else, then a smile", one column a cue. Retrieval:
the sentences of a clip's cues among those of all test clips. Intervals: 95 %, bootstrap over clips
within the held-out identities, as there are few of those. `--only` runs some variants; what is
done is kept in `--work`.
"""

import argparse
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np

from bridge_folds import Row, read_rows, slug, train_and_embed, unit
from bridge_scores import measure_all, plot, table
from xemogpt.files import atomic_write
from xemogpt.registry import text_encoders
from xemogpt.training.cache import FeatureCache
from xemogpt.training.embeddings import frozen_vectors
from xemogpt.training.probes import cue_precisions, probe

MOVING = ("head-nod", "head-shake")
MIN_CLIPS = 8
BRIDGE = {
    "form": "residual", "dim": 256, "num_heads": 4, "dropout": 0.2, "max_frames": 64,
    "standardise": True, "deviations": True,
}  # fmt: skip
PLAIN_INPUT = {**BRIDGE, "standardise": False, "deviations": False}
NONE = {"text": 0.0, "temporal": 0.0, "masked": 0.0, "bank": 0.0, "moments": 0.0}
PUBLISHED = {**NONE, "text": 1.0, "temporal": 0.5, "masked": 0.5}
ALL = {**PUBLISHED, "moments": 1.0}
VARIANTS: dict[str, dict[str, Any]] = {
    "bridge, not trained": {"objectives": NONE, "lr": 1e-12, "epochs": 1},
    "linear, contrast": {"bridge": {**BRIDGE, "num_layers": 0}, "objectives": {**NONE, "text": 1}},
    "contrast alone": {"objectives": {**NONE, "text": 1}},
    "temporal alone": {"objectives": {**NONE, "temporal": 1}},
    "masked alone": {"objectives": {**NONE, "masked": 1}},
    "moments alone": {"objectives": {**NONE, "moments": 1}},
    "the paper's three": {"objectives": PUBLISHED},
    "all": {"objectives": ALL},
    "all, features as they are": {"objectives": ALL, "bridge": PLAIN_INPUT},
}
EPOCHS, BATCH, LR = 40, 32, 1e-3
TITLES = {
    "all": "all visual cues, AP",
    "temporal": "temporal, AP",
    "recall_1": "retrieval R@1",
    "recall_5": "retrieval R@5",
}
POOLED = {
    "frozen, mean": ("mean",),
    "frozen, mean and std": ("mean", "std"),
    "frozen, mean, std, first, last": ("mean", "std", "first", "last"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True, nargs="+", help="records.jsonl files")
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="folder of runs")
    parser.add_argument("--out", type=Path, required=True, help="JSON; .md and .html beside it")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--only", nargs="*", help="names of variants; all if not given")
    args = parser.parse_args()
    logging.disable(logging.INFO)
    bench = Bench(args.corpus, args.features, args.work, args.epochs)
    systems: dict[str, list[np.ndarray]] = {}
    similarity: dict[str, list[np.ndarray]] = {}
    for name, what in POOLED.items():
        systems[name] = [bench.probed(name, "frozen", lambda what=what: bench.pooled(what))]
    for name in VARIANTS if args.only is None else args.only:
        for seed in range(args.seeds):
            found = bench.bridge(name, seed)
            one = bench.probed(name, f"seed-{seed}", lambda found=found: found["bridged"])
            systems.setdefault(name, []).append(one)
            similarity.setdefault(name, []).append(bench.similarity(found))
    write(bench, systems, similarity, args)


class Bench:
    """The corpus with its splits, and what is measured on it."""

    def __init__(self, corpora: list[Path], features: Path, work: Path, epochs: int) -> None:
        self.cache = FeatureCache.open(features)
        self.rows = [
            row
            for path in corpora
            for row in read_rows(path)
            if row["media_sha256"] in self.cache and row["cues"].get("visual")
        ]
        splits = np.array([row["split"] for row in self.rows])
        self.train, self.test = splits == "train", splits == "test"
        self.people = np.array([row["subject"] for row in self.rows])
        shared = set(self.people[self.train]) & set(self.people[self.test])
        if shared or not self.train.any() or not self.test.any():
            raise SystemExit(
                f"{self.train.sum()} training and {self.test.sum()} test clips, identities in"
                f" both: {sorted(shared)}; the corpus needs both splits and none in common"
            )
        self.work, self.epochs = work, epochs
        self.names, self.targets = _targets(self.rows, self.train, self.test)
        self.moving = np.array(["first" in name or name in MOVING for name in self.names])
        self.is_cue = np.array(["first" not in name for name in self.names])
        self.keys = [row["media_sha256"] for row in self.rows]
        encoder = text_encoders.get("minilm")()
        self.texts = [
            ". ".join(cue["text"] for cue in row["cues"]["visual"]) + "." for row in self.rows
        ]
        self.asked = encoder.encode([self.texts[i] for i in np.flatnonzero(self.test)])

    def pooled(self, what: tuple[str, ...]) -> np.ndarray:
        """Frozen features, pooled."""
        return frozen_vectors(self.cache, self.keys, what)

    def bridge(self, name: str, seed: int) -> dict[str, np.ndarray]:
        """Train one variant on the training split."""
        chosen = VARIANTS[name]
        settings = {
            "data": {"on_bad": "skip"},
            "bridge": chosen.get("bridge", BRIDGE),
            "heads": {"output_dim": 256},
            "objectives": chosen["objectives"],
            "draws": {"time_mask_rate": 0.0},
            "train": {
                "epochs": chosen.get("epochs", self.epochs),
                "batch_size": BATCH,
                "lr": chosen.get("lr", LR),
                "weight_decay": 0.05,
                "warmup_steps": 50,
            },
        }
        folder = self.work / "runs" / slug(name) / f"seed-{seed}"
        train = np.flatnonzero(self.train).tolist()
        return train_and_embed(
            "video", self.rows, self.cache, folder, settings, train, self.asked, seed
        )

    def probed(self, name: str, run: str, vectors_of: Any) -> np.ndarray:
        """Scores (test clips, columns) of the probe of one set of vectors."""
        stored = self.work / "scores" / f"{slug(name)}-{run}.npy"
        if not stored.exists():
            vectors = vectors_of()
            scores = probe(
                vectors[self.train],
                self.targets[self.train],
                self.people[self.train].tolist(),
                vectors[self.test],
                "cues",
            )
            with atomic_write(stored, "wb") as file:
                np.save(file, scores)
        return np.load(stored)

    def similarity(self, found: dict[str, np.ndarray]) -> np.ndarray:
        """Cosines of test clips and the sentences of test clips."""
        return unit(found["shared"][self.test]) @ unit(found["prompts"]).T

    def same_texts(self) -> np.ndarray:
        """Bool (test, test): texts that name the same cues in the same order."""
        kinds = [
            tuple(cue["kind"] for cue in self.rows[i]["cues"]["visual"])
            for i in np.flatnonzero(self.test)
        ]
        return np.array([[one == other for other in kinds] for one in kinds])


def write(bench: Bench, systems: Any, similarity: Any, args: argparse.Namespace) -> None:
    """JSON, table and plot."""
    truth = bench.targets[bench.test]
    people = [str(i) for i in range(int(bench.test.sum()))]
    trained = [name for name in systems if name not in POOLED]
    against = dict.fromkeys([*trained, *list(POOLED)[1:]], "frozen, mean")

    def ap_of(columns: np.ndarray) -> Any:
        return lambda s, t: float(np.nanmean(cue_precisions(s[:, columns], t[:, columns])))

    def recall_of(k: int) -> Any:
        # Every text stays a candidate however clips are drawn.
        return lambda ranks, _: float((ranks < k).mean())

    relevant = bench.same_texts()
    ranks = {name: [_best_rank(one, relevant) for one in runs] for name, runs in similarity.items()}
    results = {
        "all": measure_all(systems, truth, people, ap_of(bench.is_cue), against),
        "temporal": measure_all(systems, truth, people, ap_of(bench.moving), against),
        "recall_1": measure_all(ranks, truth, people, recall_of(1), {}),
        "recall_5": measure_all(ranks, truth, people, recall_of(5), {}),
    }
    by_column = {
        name: dict(
            zip(
                bench.names,
                np.mean([cue_precisions(one, truth) for one in runs], axis=0).round(4).tolist(),
                strict=True,
            )
        )
        for name, runs in systems.items()
    }
    facts = {
        "train": int(bench.train.sum()),
        "test": int(bench.test.sum()),
        "identities": [len(set(bench.people[part])) for part in (bench.train, bench.test)],
        "seeds": args.seeds,
        "epochs": args.epochs,
        "positives": dict(zip(bench.names, (truth > 0).sum(axis=0).tolist(), strict=True)),
        "known": dict(zip(bench.names, (truth >= 0).sum(axis=0).tolist(), strict=True)),
    }
    with atomic_write(args.out) as file:
        json.dump({"facts": facts, "results": results, "ap": by_column}, file, indent=1)
    text = table(results, TITLES)
    args.out.with_suffix(".md").write_text(text, encoding="utf-8")
    plot(results, TITLES, args.out.with_suffix(".html"))
    print(text)


def _best_rank(similarity: np.ndarray, relevant: np.ndarray) -> np.ndarray:
    """How many texts come before a clip's first right one: (N,)."""
    best = np.where(relevant, similarity, -np.inf).max(axis=1)
    return (similarity > best[:, None]).sum(axis=1)


def _targets(rows: list[Row], train: np.ndarray, test: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Columns and int (N, C): 1 there, 0 not there, -1 not known."""
    gold, some = _kinds(rows, ("cues",)), _kinds(rows, ("asked", "measured"))
    kinds = sorted(set().union(*gold))
    columns = {
        kind: np.array([1 if kind in g else -1 if kind in s else 0
                        for g, s in zip(gold, some, strict=True)])
        for kind in kinds
    }  # fmt: skip
    orders = [_order(row) for row in rows]
    for kind in kinds:
        columns[f"{kind} first"] = np.array(
            [-1 if pair is None or kind not in pair else int(pair[0] == kind) for pair in orders]
        )
    kept = [
        name
        for name, column in columns.items()
        if all(
            min((column[part] == 0).sum(), (column[part] == 1).sum()) >= MIN_CLIPS
            for part in (train, test)
        )
    ]
    return kept, np.stack([columns[name] for name in kept], axis=1)


def _kinds(rows: list[Row], fields: tuple[str, ...]) -> list[set[str]]:
    return [
        {cue["kind"] for field in fields for cue in row[field].get("visual", [])} for row in rows
    ]


def _order(row: Row) -> tuple[str, str] | None:
    """The two cues of a clip that was made in both orders, first one first, if both came out."""
    shown = {cue["kind"] for cue in row["cues"].get("visual", [])}
    for tag in row.get("tags", []):
        first, then, second = tag.partition("-then-")
        if then and {first, second} <= shown:
            return first, second
    return None


if __name__ == "__main__":
    main()
