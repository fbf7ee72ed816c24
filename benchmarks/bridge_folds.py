"""Bridges trained on folds of speakers or identities, through the product's own training code.

Shared by `e1_vecb.py` and `e2_aecb.py`; every stage is a file below the working folder, so that
an interrupted run goes on where it stopped.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from xemogpt.config import build_config, load_config
from xemogpt.encoders.facemesh import FaceMeshVideoEncoder
from xemogpt.files import atomic_write
from xemogpt.training.bridges import BridgeRun, Kind, load_aligner, train_bridge
from xemogpt.training.cache import FeatureCache
from xemogpt.training.embeddings import bridged_vectors, text_vectors

Row = dict[str, Any]


def folds_of(groups: Sequence[str], num_folds: int, seed: int) -> dict[str, int]:
    """Group -> fold: groups of one data set (the part before `_`) are dealt out evenly."""
    names = sorted(set(groups), key=lambda name: (name.split("_")[0], zlib.crc32(name.encode())))
    start = np.random.default_rng(seed).integers(num_folds)
    return {name: int((start + place) % num_folds) for place, name in enumerate(names)}


def thin_cache(source: FeatureCache, root: Path, layers: Sequence[int], stride: int) -> Path:
    """A cache with some of the encoder's layers, steps averaged `stride` at a time."""
    identity = source.identity.model_copy(
        update={
            "num_layers": len(layers),
            "fingerprint": f"{source.identity.fingerprint}/{list(layers)}/{stride}",
        }
    )
    cache = FeatureCache.create(root, identity)
    pending = {}
    for key in source.keys():  # noqa: SIM118
        if key in cache:
            continue
        values = source[key][:, list(layers)].float()  # (T, L, D)
        usable = len(values) - len(values) % stride
        if usable:
            values = values[:usable].unflatten(0, (-1, stride)).mean(dim=1)
        pending[key] = (values if len(layers) > 1 else values[:, 0]).half()
        if len(pending) == 256:
            cache.add_shard(pending)
            pending = {}
    if pending:
        cache.add_shard(pending)
    return cache.folder


def parts_cache(source: FeatureCache, root: Path, parts: Sequence[str]) -> Path:
    """A cache of some parts of the face mesh, from one of all of them."""
    encoder = FaceMeshVideoEncoder.from_pretrained(parts=parts)
    identity = source.identity.model_copy(
        update={"fingerprint": encoder.fingerprint(), "feature_dim": encoder.feature_dim}
    )
    cache = FeatureCache.create(root, identity)
    pending = {}
    for key in source.keys():  # noqa: SIM118
        if key in cache:
            continue
        values = source[key].float()[None]  # (1, T, 1490)
        pending[key] = encoder.encode(values, torch.tensor([values.shape[1]]))[0].half()
        if len(pending) == 256:
            cache.add_shard(pending)
            pending = {}
    if pending:
        cache.add_shard(pending)
    return cache.folder


def read_rows(path: Path) -> list[Row]:
    """Records with absolute media paths."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        row["media"] = str((path.parent / row["media"]).resolve())
    return rows


def write_corpus(rows: Sequence[Row], path: Path) -> Path:
    """Records as the corpus that a run reads."""
    with atomic_write(path) as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return path


def train_and_embed(
    kind: Kind,
    rows: Sequence[Row],
    cache: FeatureCache,
    folder: Path,
    settings: Mapping[str, Any],
    train: Sequence[int],
    prompts: np.ndarray,
    seed: int,
    copies: int = 0,
) -> dict[str, np.ndarray]:
    """Pretrain a bridge on some rows, then give vectors of all of them; kept in `vectors.npz`.

    Args:
        kind: of bridge.
        rows: records, with `media` and `media_sha256`.
        cache: frozen features.
        folder: of this run.
        settings: of `BridgeRun`: bridge, heads, objectives, draws, train.
        train: indices of the rows to train on.
        prompts: (K, D_text) frozen embeddings to bring into the shared space.
        seed: of weights and draws.
        copies: augmented copies of each training clip to use.

    Returns:
        `bridged` (N, D), `shared` (N, P), `prompts` (K, P), and `mix`, the weights of layers.
    """
    corpus = folder / "corpus.jsonl"
    run = build_config(
        BridgeRun,
        {
            **settings,
            "data": {**settings.get("data", {}), "corpus": str(corpus), "validation_split": None},
            "features": str(cache.folder),
            "train": {
                "output_dir": str(folder / "run"),
                "device": "cpu",
                "tensorboard": False,
                "eval_every": 100_000,  # no checkpoints on the way
                **settings["train"],
                "seed": seed,
            },
        },
        "bridge run",
    )
    before = folder / "run" / "config.yaml"
    if before.exists() and load_config(BridgeRun, before) != run:
        raise SystemExit(f"{before} is of other settings; remove {folder}, or use another --work")
    stored = folder / "vectors.npz"
    if stored.exists():
        return dict(np.load(stored))
    write_corpus([rows[i] | {"split": "train"} for i in train], corpus)
    if (folder / "run" / "result.json").exists():
        model_dir = folder / "run" / "model"
    else:
        model_dir = Path(train_bridge(kind, run).model_dir)
    aligner, _ = load_aligner(model_dir)
    keys = [row["media_sha256"] for row in rows]
    bridged, shared = bridged_vectors(aligner, cache, keys)
    found = {
        "bridged": bridged.astype(np.float32),
        "shared": shared.astype(np.float32),
        "prompts": text_vectors(aligner, prompts),
        "mix": _layer_mix(aligner),
    }
    with atomic_write(stored, "wb") as file:
        np.savez(file, **found)
    return found


def unit(values: np.ndarray) -> np.ndarray:
    """Rows of length one."""
    return values / np.maximum(np.linalg.norm(values, axis=-1, keepdims=True), 1e-12)


def slug(name: str) -> str:
    """A name as part of a path."""
    return "".join(c if c.isalnum() else "-" for c in name)


def _layer_mix(aligner: Any) -> np.ndarray:
    mix = aligner.bridge.input.mix
    return np.ones(1) if mix is None else torch.softmax(mix.weights, dim=0).detach().numpy()
