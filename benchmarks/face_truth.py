"""Whether a smile measures higher than a neutral face: the London faces, happy against neutral.

    python benchmarks/face_truth.py [--json out.json] [--seed 0]

Each photograph is shown for half a second to the detector of a build. The AUC is the chance
that a happy face measures a higher smile than a neutral one, of anybody; the interval is 95 %
over 1,000 bootstrap draws of persons. Other curves are given beside it. Needs the nano
weights and the folder of real media (`--data`).
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CURVES = ("smile", "brow raise", "brow lowering", "lip gap", "eye opening")
NUM_DRAWS = 1000
WANTED = 0.97
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap")
    parser.add_argument("--json", type=Path, help="also write the result here")
    args = parser.parse_args()
    happy, neutral, missed = measured(args.data)
    rows = {
        name: auc_over_persons(happy[:, i], neutral[:, i], args.seed)
        for i, name in enumerate(CURVES)
    }
    smile = CURVES.index("smile")
    own = happy[:, smile] > neutral[:, smile]
    result = {
        "num_persons": len(happy),
        "no_face": missed,
        "happier_than_own_neutral": int(own.sum()),
        "wanted_smile_auc": WANTED,
        "curves": rows,
    }
    print(f"{len(happy)} persons; no face in {missed} photographs; the own smile is higher than")
    print(f"the own neutral face in {own.sum()} of {len(own)}.\n")
    print("| Curve | AUC happy over neutral | 95 % |\n|---|---|---|")
    for name, row in rows.items():
        low, high = row["interval"]
        print(f"| {name} | {row['auc']:.4f} | {low:.4f}-{high:.4f} |")
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def measured(data: Path) -> tuple[np.ndarray, np.ndarray, int]:
    """Values (N, curves) of happy and of neutral faces, and in how many no face was found.

    A face that is not found measures zero: it is no smile.
    """
    import cv2

    from xemogpt.encoders.face_landmarks import FaceLandmarker
    from xemogpt.media import Frame
    from xemogpt.signals.face_curves import as_curves, face_curves

    landmarker = FaceLandmarker()
    sides: dict[str, list[list[float]]] = {"happy": [], "neutral": []}
    num_missed = 0
    for path in sorted((data / "images").glob("london_*_neutral.jpg")):
        for label, values in sides.items():
            named = path.with_name(path.name.replace("neutral", label))
            image = np.ascontiguousarray(cv2.imread(str(named))[:, :, ::-1])
            track = landmarker.track([Frame(image, i / 15) for i in range(8)])
            seen = as_curves(face_curves(track)) if track.found.any() else ()
            curves = {curve.name: curve.values for curve in seen}
            num_missed += not curves
            values.append([float(np.nanmean(curves.get(name, np.zeros(1)))) for name in CURVES])
    return np.array(sides["happy"]), np.array(sides["neutral"]), num_missed


def auc_over_persons(happy: np.ndarray, neutral: np.ndarray, seed: int) -> Row:
    """AUC of (N,) over (N,), row by row the same person, persons being drawn anew."""
    drawn = np.random.default_rng(seed).integers(0, len(happy), (NUM_DRAWS, len(happy)))
    draws = [auc(happy[each], neutral[each]) for each in drawn]
    low, high = np.percentile(draws, [2.5, 97.5])
    return {
        "auc": round(auc(happy, neutral), 4),
        "interval": [round(float(low), 4), round(float(high), 4)],
    }


def auc(high: np.ndarray, low: np.ndarray) -> float:
    """Chance that a value of ``high`` exceeds one of ``low``; ties count half."""
    return float((high[:, None] > low).mean() + 0.5 * (high[:, None] == low).mean())


if __name__ == "__main__":
    main()
