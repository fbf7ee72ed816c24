"""E2: does the audio bridge make frozen Whisper features tell more of the voice?

    xemogpt data build ../shared/data/speech --labels ../shared/data/manifest.jsonl \
        --out corpus --no-recognise
    xemogpt train features FEATURES.yaml      # whisper, layers [0, 1, 2, 3, 4, 5, 6, -1]
    python benchmarks/e2_aecb.py --corpus corpus/records.jsonl --work work --seeds 3 \
        --features features/audio-whisper-... --out results.json

Four folds disjoint by speaker. Three questions: average precision of measured voice cues from
linear probes; 8-emotion recall from the text alone (closeness to sentences that were not trained
on); 8-emotion recall of linear probes. The emotion questions are asked of the RAVDESS actors, the
cues of all speakers. Intervals: 95 %, bootstrap over speakers. Every run is kept in `--work`: a
second call goes on where the first stopped, and `--only` runs some variants.
"""

import argparse
import json
import logging
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from bridge_folds import Row, folds_of, read_rows, slug, thin_cache, train_and_embed, unit
from bridge_scores import measure_all, plot, table
from xemogpt.files import atomic_write
from xemogpt.registry import text_encoders
from xemogpt.training.cache import FeatureCache
from xemogpt.training.embeddings import frozen_vectors
from xemogpt.training.probes import cue_precisions, probe, unweighted_recall

EMOTIONS = {
    "angry": "anger", "calm": "calmness", "disgust": "disgust", "fearful": "fear",
    "happy": "happiness", "neutral": "neutrality", "sad": "sadness", "surprised": "surprise",
}  # fmt: skip
TRAINED = ("{adjective}", "{noun}", "sounds {adjective}", "expresses {noun}")
ASKED = ("the voice is {adjective}", "an expression of {noun}", "{noun} can be heard")
LAYERS = (0, 1, 2, 3, 4, 5, 6, 7)  # places in the cache: 0 convolutions, 7 after the final norm
MIXED, STRIDE = (2, 3, 4, 5), 16
MIN_CLIPS = 25
LINEAR = {"num_layers": 0, "num_heads": 8}
GATED = {"form": "residual", "num_layers": 1, "num_heads": 8, "dropout": 0.3}
PLAIN = {"form": "reference", "num_heads": 8, "ffn_dim": 512}
TEXT, BANK = {"text": 1.0}, {"text": 1.0, "bank": 0.5}
VARIANTS: dict[str, dict[str, Any]] = {
    "linear, contrast": {"bridge": LINEAR, "objectives": TEXT, "lr": 1e-3},
    "linear, contrast and bank": {"bridge": LINEAR, "objectives": BANK, "lr": 1e-3},
    "gated, contrast": {"bridge": GATED, "objectives": TEXT},
    "gated, contrast and bank": {"bridge": GATED, "objectives": BANK},
    "gated, contrast, lr 1e-3": {"bridge": GATED, "objectives": TEXT, "lr": 1e-3},
    "gated, contrast and bank, lr 1e-3": {"bridge": GATED, "objectives": BANK, "lr": 1e-3},
    "gated, contrast and bank, voices exchanged": {
        "bridge": GATED, "objectives": BANK, "shift": 0.7,
    },
    "linear, contrast and bank, voices exchanged": {
        "bridge": LINEAR, "objectives": BANK, "shift": 0.7, "lr": 1e-3,
    },
    "gated, bank only": {"bridge": GATED, "objectives": {"text": 0.0, "bank": 1.0}},
    "gated, cues only (no emotion words)": {
        "bridge": GATED, "objectives": BANK, "cues": ["auditory"],
    },
    "gated, contrast and bank, augmented": {
        "bridge": GATED, "objectives": BANK, "augmented": True,
    },
    "linear, contrast and bank, augmented": {
        "bridge": LINEAR, "objectives": BANK, "augmented": True, "lr": 1e-3,
    },
    "plain (random start), contrast": {"bridge": PLAIN, "objectives": TEXT},
}  # fmt: skip
EPOCHS, BATCH, LR = 10, 64, 3e-4
TITLES = {
    "cues": "voice-cue AP",
    "zero_shot": "zero-shot recall",
    "probe": "probe recall",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="folder of runs and caches")
    parser.add_argument("--out", type=Path, required=True, help="JSON; .md and .html beside it")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--only", nargs="*", help="names of variants; all if not given")
    args = parser.parse_args()
    logging.disable(logging.INFO)
    bench = Bench(args.corpus, args.features, args.work, args.folds)
    scores: dict[str, dict[str, list[np.ndarray]]] = {key: {} for key in TITLES}
    for name in VARIANTS if args.only is None else args.only:
        for seed in range(args.seeds):
            bench.variant(name, seed, scores)
    bench.frozen(scores)
    write(bench, scores, args)


class Bench:
    """The corpus, its folds, and what is measured on it."""

    def __init__(self, corpus: Path, features: Path, work: Path, num_folds: int) -> None:
        self.cache = FeatureCache.open(features)
        self.rows = [row for row in read_rows(corpus) if row["media_sha256"] in self.cache]
        self.work = work
        self.num_folds = num_folds
        self.people = np.array([row["subject"] for row in self.rows])
        folds = folds_of(self.people.tolist(), num_folds, seed=0)
        self.folds = np.array([folds[name] for name in self.people])
        self.labels = np.array([list(EMOTIONS).index(row["emotions"][0]) for row in self.rows])
        self.acted = np.array([row["id"].startswith("ravdess") for row in self.rows])
        self.kinds, self.present = _cue_matrix(self.rows)
        self.encoder = text_encoders.get("minilm")()
        self.prompts = self.encoder.encode(
            [one.format(adjective=a, noun=n) for a, n in EMOTIONS.items() for one in ASKED]
        )

    def probes(self, vectors_of: Any) -> tuple[np.ndarray, np.ndarray]:
        """Scores of cues and of emotions, each clip by the probe of the folds it is not in."""
        cues = np.zeros(self.present.shape, dtype=np.float32)
        emotions = np.zeros((len(self.rows), len(EMOTIONS)), dtype=np.float32)
        for fold in range(self.num_folds):
            vectors = vectors_of(fold)
            train, test = self.folds != fold, self.folds == fold
            cues[test] = probe(
                vectors[train], self.present[train], self.people[train], vectors[test], "cues"
            )
            train, test = train & self.acted, test & self.acted
            emotions[test] = probe(
                vectors[train], self.labels[train], self.people[train], vectors[test], "labels"
            )
        return cues, emotions

    def frozen(self, scores: dict[str, dict[str, list[np.ndarray]]]) -> None:
        """Probes on frozen features: each layer, all of them, and richer pooling."""
        keys = [row["media_sha256"] for row in self.rows]
        pooled = _kept(self.work / "pooled.npy", lambda: frozen_vectors(self.cache, keys))
        rich = _kept(
            self.work / "rich.npy",
            lambda: frozen_vectors(self.cache, keys, ("mean", "std", "first", "last"))[:, 3],
        )
        views = {f"frozen, layer {layer}": pooled[:, layer] for layer in LAYERS[:-1]}
        views["frozen, after the final norm"] = pooled[:, -1]
        views["frozen, all layers concatenated"] = pooled.reshape(len(pooled), -1)
        views["frozen, layer 3, mean, std, first, last"] = rich
        for name, view in views.items():
            self._add(name, "frozen", lambda fold, view=view: view, scores)

    def variant(self, name: str, seed: int, scores: dict[str, dict[str, list[np.ndarray]]]) -> None:
        """Train one bridge a fold, and probe it."""
        chosen = VARIANTS[name]
        thin = FeatureCache.open(thin_cache(self.cache, self.work / "thin", MIXED, STRIDE))
        if not chosen.get("augmented"):
            thin = _without_copies(thin)
        found = []
        for fold in range(self.num_folds):
            folder = self.work / "runs" / slug(name) / f"seed-{seed}-fold-{fold}"
            found.append(
                train_and_embed(
                    "audio",
                    [_worded(row) for row in self.rows],
                    thin,
                    folder,
                    _settings(chosen),
                    np.flatnonzero(self.folds != fold).tolist(),
                    self.prompts,
                    seed,
                )
            )
        self._add(name, f"seed-{seed}", lambda fold: found[fold]["bridged"], scores)
        scores["zero_shot"].setdefault(name, []).append(self._zero_shot(found))

    def _zero_shot(self, found: list[dict[str, np.ndarray]]) -> np.ndarray:
        """Cosines (N, 8) of clips and the mean of an emotion's asked sentences."""
        out = np.zeros((len(self.rows), len(EMOTIONS)), dtype=np.float32)
        for fold, one in enumerate(found):
            prompts = unit(one["prompts"]).reshape(len(EMOTIONS), len(ASKED), -1).mean(axis=1)
            test = self.folds == fold
            out[test] = unit(one["shared"][test]) @ unit(prompts).T
        return out

    def _add(
        self, name: str, run: str, vectors_of: Any, scores: dict[str, dict[str, list[np.ndarray]]]
    ) -> None:
        stored = self.work / "scores" / f"{slug(name)}-{run}.npz"
        if not stored.exists():
            cues, emotions = self.probes(vectors_of)
            with atomic_write(stored, "wb") as file:
                np.savez(file, cues=cues, emotions=emotions)
        both = np.load(stored)
        scores["cues"].setdefault(name, []).append(both["cues"])
        scores["probe"].setdefault(name, []).append(both["emotions"])


def write(bench: Bench, scores: Any, args: argparse.Namespace) -> None:
    """JSON, table and plot."""

    def cue_ap(found: np.ndarray, truth: np.ndarray) -> float:
        return float(np.nanmean(cue_precisions(found, truth)))

    def recall(found: np.ndarray, truth: np.ndarray) -> float:
        return unweighted_recall(found.argmax(axis=1), truth)

    acted = bench.acted
    frozen = [name for name in scores["cues"] if name.startswith("frozen, layer") and "," not in
              name[8:]]  # fmt: skip
    best_cues = max(frozen, key=lambda n: cue_ap(scores["cues"][n][0], bench.present))
    best = max(frozen, key=lambda n: recall(scores["probe"][n][0][acted], bench.labels[acted]))
    results = {
        "cues": measure_all(
            scores["cues"], bench.present, bench.people, cue_ap,
            {name: best_cues for name in scores["cues"] if name != best_cues},
        ),
        "zero_shot": measure_all(
            {name: [one[acted] for one in runs] for name, runs in scores["zero_shot"].items()},
            bench.labels[acted], bench.people[acted], recall,
            {name: _baseline(name) for name in scores["zero_shot"] if name != _baseline(name)},
        ),
        "probe": measure_all(
            {name: [one[acted] for one in runs] for name, runs in scores["probe"].items()},
            bench.labels[acted], bench.people[acted], recall,
            {name: best for name in scores["probe"] if name != best},
        ),
    }  # fmt: skip
    by_kind = {
        name: dict(zip(bench.kinds, np.mean([cue_precisions(one, bench.present) for one in runs],
                                            axis=0).round(4).tolist(), strict=True))
        for name, runs in scores["cues"].items()
    }  # fmt: skip
    facts = {
        "clips": len(bench.rows), "acted": int(acted.sum()), "seeds": args.seeds,
        "folds": args.folds, "epochs": EPOCHS, "batch": BATCH, "layers": MIXED, "stride": STRIDE,
        "shares": dict(zip(bench.kinds, bench.present.mean(axis=0).round(4).tolist(), strict=True)),
    }  # fmt: skip
    with atomic_write(args.out) as file:
        json.dump({"facts": facts, "results": results, "cue_ap": by_kind}, file, indent=1)
    text = table(results, TITLES)
    args.out.with_suffix(".md").write_text(text, encoding="utf-8")
    plot(results, TITLES, args.out.with_suffix(".html"))
    print(text)


def _settings(chosen: dict[str, Any]) -> dict[str, Any]:
    return {
        "data": {"cues": chosen.get("cues", ["auditory", "emotional"]), "on_bad": "skip"},
        "bridge": chosen["bridge"],
        "heads": {"output_dim": 256},
        "objectives": chosen["objectives"],
        "draws": {"subject_shift": chosen.get("shift", 0.0)},
        "train": {
            "epochs": EPOCHS, "batch_size": BATCH, "lr": chosen.get("lr", LR), "warmup_steps": 20,
        },
    }  # fmt: skip


def _baseline(name: str) -> str:
    """The linear projection with the same objective and data."""
    data = name.partition(", ")[2].removesuffix(", lr 1e-3")
    return name if name.startswith("linear") else f"linear, {data}"


def _worded(row: Row) -> Row:
    """The record with its emotion in one of the trained wordings, each as a cue of its own."""
    adjective = row["emotions"][0]
    wording = TRAINED[zlib.crc32(row["id"].encode()) % len(TRAINED)]
    text = wording.format(adjective=adjective, noun=EMOTIONS[adjective])
    emotional = [{"text": text, "kind": f"emotion-{adjective}"}]
    return row | {"cues": {**row["cues"], "emotional": emotional}}


def _cue_matrix(rows: list[Row]) -> tuple[list[str], np.ndarray]:
    """Measured voice cues, bool (N, C), of kinds with enough clips on either side."""
    sets = [{cue["kind"] for cue in row["measured"]["auditory"]} for row in rows]
    kinds = sorted(set().union(*sets) - {"speech"})
    matrix = np.array([[kind in one for kind in kinds] for one in sets])
    counts = matrix.sum(axis=0)
    keep = (counts >= MIN_CLIPS) & (len(rows) - counts >= MIN_CLIPS)
    return [kind for kind, kept in zip(kinds, keep, strict=True) if kept], matrix[:, keep] * 1


def _without_copies(cache: FeatureCache) -> FeatureCache:
    """The same cache, deaf to augmented copies."""
    cache.variants = lambda sha256: []  # type: ignore[method-assign]
    return cache


def _kept(path: Path, make: Any) -> np.ndarray:
    if not path.exists():
        with atomic_write(path, "wb") as file:
            np.save(file, make())
    return np.load(path)


if __name__ == "__main__":
    main()
