"""Which parts of the face encoder reach from rendered faces to real ones?

    python benchmarks/face_parts.py --corpus corpus/records.jsonl --features features/video-... \
        --faces ../shared/data --work work --out benchmarks/results/face_parts.json

The bridge of E1 ("all") is trained on rendered clips with each choice of parts, and then asked
about real people it has never seen: photographs of 50 people, each once neutral and once smiling,
as still clips and as clips in which the neutral face smiles for the middle third. Its answer is the
closeness of the clip to the sentence "smiles" in the shared space, so nothing is fitted on real
faces. AUC with 95 % intervals, bootstrap over people; the means of three seeds. Beside it the
average precision of E1's linear probes on rendered faces of held-out identities.
"""

import argparse
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from bridge_folds import parts_cache, train_and_embed, unit
from e1_vecb import ALL, BRIDGE, LR, Bench
from xemogpt.encoders.facemesh import FaceMeshVideoEncoder
from xemogpt.files import atomic_write
from xemogpt.registry import text_encoders
from xemogpt.training.bridges import load_aligner
from xemogpt.training.cache import FeatureCache
from xemogpt.training.probes import cue_precisions

PARTS = {
    "mesh points": ("points",),
    "expression coefficients": ("blendshapes",),
    "head pose": ("pose",),
    "points and pose": ("points", "pose"),
    "coefficients and pose": ("blendshapes", "pose"),
    "all three": ("points", "blendshapes", "pose"),
}
SENTENCES = ("smiles", "the mouth smiles", "smiles broadly")
NUM_FRAMES = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True, nargs="+")
    parser.add_argument("--features", type=Path, required=True, help="cache of all three parts")
    parser.add_argument("--faces", type=Path, required=True, help="folder with manifest.jsonl")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=25)
    args = parser.parse_args()
    logging.disable(logging.INFO)
    source = FeatureCache.open(args.features)
    faces = photographs(args.faces)
    asked = text_encoders.get("minilm")().encode(list(SENTENCES))
    found = {}
    for name, parts in PARTS.items():
        folder = parts_cache(source, args.work / "features", parts)
        bench = Bench(args.corpus, folder, args.work / name.replace(" ", "-"), args.epochs)
        runs = [one_run(bench, parts, faces, asked, seed) for seed in range(args.seeds)]
        found[name] = summary(runs)
        print(name, json.dumps(found[name]), flush=True)
    with atomic_write(args.out) as file:
        json.dump({"seeds": args.seeds, "epochs": args.epochs, "people": len(faces["neutral"]),
                   "parts": found}, file, indent=1)  # fmt: skip


def photographs(folder: Path) -> dict[str, np.ndarray]:
    """Face features (people, 1490) of every person, neutral and smiling."""
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    rows = [row for row in rows if row["kind"] == "image"]
    people = sorted({row["person"] for row in rows})
    path = {(row["person"], row["label"]): folder / row["file"] for row in rows}
    encoder = FaceMeshVideoEncoder.from_pretrained()
    found: dict[str, np.ndarray] = {}
    for label in ("neutral", "happy"):
        values = [
            encoder.preprocess(np.asarray(Image.open(path[one, label]).convert("RGB"))[None])
            for one in people
        ]
        found[label] = np.concatenate([one["inputs"].numpy() for one in values])
    return found


def one_run(
    bench: Bench, parts: tuple[str, ...], faces: dict[str, np.ndarray], asked: np.ndarray, seed: int
) -> dict[str, Any]:
    """Train one bridge; its scores on rendered and on real faces."""
    settings = {
        "data": {"on_bad": "skip"},
        "bridge": BRIDGE,
        "heads": {"output_dim": 256},
        "objectives": ALL,
        "draws": {"time_mask_rate": 0.0},
        "train": {"epochs": bench.epochs, "batch_size": 32, "lr": LR, "weight_decay": 0.05,
                  "warmup_steps": 50},
    }  # fmt: skip
    folder = bench.work / "runs" / f"seed-{seed}"
    train = np.flatnonzero(bench.train).tolist()
    vectors = train_and_embed(
        "video", bench.rows, bench.cache, folder, settings, train, asked, seed
    )
    scores = bench.probed("all", f"seed-{seed}", lambda: vectors["bridged"])
    truth = bench.targets[bench.test]
    precision = float(np.nanmean(cue_precisions(scores, truth)[bench.is_cue]))
    aligner, _ = load_aligner(folder / "run" / "model")
    encoder = FaceMeshVideoEncoder.from_pretrained(parts=parts)
    still = {label: smiling(aligner, encoder, clips_of(faces[label], faces[label]), asked)
             for label in faces}  # fmt: skip
    moving = {label: smiling(aligner, encoder, clips_of(faces["neutral"], faces[label]), asked)
              for label in faces}  # fmt: skip
    return {"precision": precision, "still": still, "moving": moving}


def clips_of(outer: np.ndarray, inner: np.ndarray) -> torch.Tensor:
    """Clips (N, T, 1490) that show one face at the edges and another in the middle third."""
    clips = np.repeat(outer[:, None], NUM_FRAMES, axis=1)
    third = NUM_FRAMES // 3
    clips[:, third : 2 * third] = inner[:, None]
    return torch.from_numpy(clips)


@torch.inference_mode()
def smiling(aligner: Any, encoder: Any, clips: torch.Tensor, asked: np.ndarray) -> np.ndarray:
    """How near each clip comes to the sentences, at its nearest tenth of frames: (N,)."""
    values = encoder.encode(clips, torch.full((len(clips),), clips.shape[1]))
    mask = torch.ones(values.shape[:2], dtype=torch.bool)
    steps = aligner.video_projection(aligner.bridge(values, mask)).numpy()  # (N, T, P)
    keys = aligner.text_projection(torch.from_numpy(asked)).numpy()
    near = (unit(steps) @ unit(keys).T).mean(axis=-1)  # (N, T)
    return np.quantile(near, 0.9, axis=1)


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Means over seeds, intervals over people."""
    out: dict[str, Any] = {
        "rendered_ap": round(float(np.mean([run["precision"] for run in runs])), 4),
        "rendered_ap_seeds": [round(run["precision"], 4) for run in runs],
    }
    rng = np.random.default_rng(0)
    for name in ("still", "moving"):
        num = len(runs[0][name]["happy"])
        draws = [np.arange(num), *rng.integers(num, size=(300, num))]
        values = [np.mean([area(run[name], rows) for run in runs]) for rows in draws]
        low, high = np.quantile(values[1:], [0.025, 0.975])
        out[f"{name}_auc"] = [round(float(one), 4) for one in (values[0], low, high)]
    return out


def area(scores: dict[str, np.ndarray], rows: np.ndarray) -> float:
    """AUC of smiling against neutral, of these people."""
    with_smile, neutral = scores["happy"][rows][:, None], scores["neutral"][rows][None]
    return float(((with_smile > neutral) + 0.5 * (with_smile == neutral)).mean())


if __name__ == "__main__":
    main()
