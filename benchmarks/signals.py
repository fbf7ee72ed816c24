"""How right and how quick the measured cues are, on real faces, voices and clips.

    python benchmarks/signals.py --what smile          # London faces: happy against neutral
    python benchmarks/signals.py --what voice          # RAVDESS: strong against normal, and so on
    python benchmarks/signals.py --what emotion        # expressed emotion against acted labels
    python benchmarks/signals.py --what recognition    # word errors with short and full padding
    python benchmarks/signals.py --what speed          # seconds and memory of a 5 s clip
    python benchmarks/signals.py --what canonical-head # the mean head in encoders/head_pose.py

Needs the nano weights and the folder of real media (`--data`). Prints JSON.
"""

import argparse
import dataclasses
import json
import random
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--what", choices=sorted(CHECKS), required=True)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--num", type=int, default=240, help="clips drawn, where there are many")
    parser.add_argument("--out", type=Path, help="also write the JSON here")
    args = parser.parse_args()
    result = {"what": args.what, **CHECKS[args.what](args)}
    text = json.dumps(result, indent=2)
    print(text)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")


def auc(high: list[float], low: list[float]) -> float:
    """Chance that a value of ``high`` exceeds one of ``low``; ties count half."""
    a, b = np.array(high)[:, None], np.array(low)[None]
    return float((a > b).mean() + 0.5 * (a == b).mean())


def auc_with_interval(high: list[float], low: list[float], seed: int = 0) -> Row:
    """AUC with a 95 % bootstrap interval over both groups."""
    high = [value for value in high if not np.isnan(value)]
    low = [value for value in low if not np.isnan(value)]
    rng = np.random.default_rng(seed)
    draws = [
        auc(list(rng.choice(high, len(high))), list(rng.choice(low, len(low)))) for _ in range(1000)
    ]
    return {
        "auc": round(auc(high, low), 4),
        "interval": [round(float(q), 4) for q in np.percentile(draws, [2.5, 97.5])],
        "num": [len(high), len(low)],
    }


def read_image(path: Path) -> np.ndarray:
    import cv2

    return np.ascontiguousarray(cv2.imread(str(path))[:, :, ::-1])


def smile(args: argparse.Namespace) -> Row:
    """Smile of a still photograph, and how often the cue is named."""
    from xemogpt.encoders.face_landmarks import FaceLandmarker
    from xemogpt.media import Frame
    from xemogpt.signals.face import face_cues
    from xemogpt.signals.face_curves import face_curves

    landmarker = FaceLandmarker()
    values: dict[str, list[float]] = defaultdict(list)
    named: dict[str, list[bool]] = defaultdict(list)

    def names_smile(images: list[np.ndarray]) -> bool:
        """Whether a smile is named in a clip that shows each image for half a second."""
        shown = [image for image in images for _ in range(8)]
        frames = [Frame(image, i / 15) for i, image in enumerate(shown)]
        track = landmarker.track(frames)
        return any(cue.kind == "smile" for cue in face_cues(track, face_curves(track)))

    for path in sorted((args.data / "images").glob("london_*_neutral.jpg")):
        pair = {
            "neutral": read_image(path),
            "happy": read_image(path.with_name(path.name.replace("neutral", "happy"))),
        }
        for label, image in pair.items():
            track = landmarker.track([Frame(image, i / 15) for i in range(6)])
            values[label].append(float(np.nanmean(track.blendshape("mouthSmile"))))
            named[f"{label} throughout"].append(names_smile([image]))
        named["neutral, then happy"].append(names_smile([pair["neutral"], pair["happy"]]))
        named["happy, then neutral"].append(names_smile([pair["happy"], pair["neutral"]]))
    pairs = list(zip(values["happy"], values["neutral"], strict=True))
    return {
        "smile_auc": auc_with_interval(values["happy"], values["neutral"]),
        "happier_than_own_neutral": round(float(np.mean([a > b for a, b in pairs])), 3),
        "named": {label: round(float(np.mean(flags)), 3) for label, flags in named.items()},
    }


def speech_rows(args: argparse.Namespace, keep: Callable[[Row], bool]) -> list[Row]:
    """Rows of the manifest, a seeded draw of at most ``--num``."""
    lines = (args.data / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    rows = [row for row in rows if row["kind"] == "speech" and keep(row)]
    random.Random(0).shuffle(rows)
    return rows[: args.num]


def measured_voices(args: argparse.Namespace, rows: list[Row]) -> Iterator[tuple[Row, Any]]:
    from xemogpt.media import read_audio
    from xemogpt.signals.voice_curves import VoiceAnalyser
    from xemogpt.signals.voice_stats import voice_stats

    analyser = VoiceAnalyser()
    for row in rows:
        curves = analyser.curves(read_audio(args.data / row["file"]).waveform)
        if curves is not None:
            yield row, voice_stats(curves, curves.speech_spans())


def voice(args: argparse.Namespace) -> Row:
    """Pairs of the same actor and sentence: does the stronger one measure higher?"""
    args.num = max(args.num, 10_000)
    labels = {"angry", "happy", "fearful", "sad", "calm", "neutral"}
    rows = speech_rows(args, lambda r: r["dataset"] == "RAVDESS" and r["label"] in labels)
    stats = [(row, dataclasses.asdict(found)) for row, found in measured_voices(args, rows)]
    names = ["loudness_db", "pitch_hz", "pitch_range", "syllable_rate", "alpha_db", "hnr_db"]
    groups: dict[tuple[str, ...], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row, found in stats:
        place = (row["speaker"], row["transcript"])
        groups[(*place, "arousal")][
            "high" if row["label"] in {"angry", "happy"} else
            "low" if row["label"] in {"sad", "calm"} else "other"
        ].append(found)  # fmt: skip
        if row["label"] not in {"neutral"}:
            groups[(*place, row["label"])][row["intensity"]].append(found)
    result: Row = {"num_clips": len(stats)}
    for title, high, low, pick in (
        ("strong over normal intensity", "strong", "normal", lambda k: k[2] != "arousal"),
        ("angry and happy over sad and calm", "high", "low", lambda k: k[2] == "arousal"),
    ):
        chosen = [group for key, group in groups.items() if pick(key)]
        result[title] = {name: paired(chosen, high, low, name) for name in names}
    return result


def paired(groups: list[dict[str, list[Row]]], high: str, low: str, name: str) -> Row:
    """Share of pairs within a group that are in the expected order, bootstrapped over groups."""
    shares = []
    for group in groups:
        a = [row[name] for row in group[high] if not np.isnan(row[name])]
        b = [row[name] for row in group[low] if not np.isnan(row[name])]
        if a and b:
            shares.append(auc(a, b))
    rng = np.random.default_rng(0)
    draws = [np.mean(rng.choice(shares, len(shares))) for _ in range(1000)]
    return {
        "auc": round(float(np.mean(shares)), 3),
        "interval": [round(float(q), 3) for q in np.percentile(draws, [2.5, 97.5])],
        "num_groups": len(shares),
    }


def emotion(args: argparse.Namespace) -> Row:
    """The first of the expressed emotions against acted labels, from the voice alone."""
    from xemogpt.media import read_audio
    from xemogpt.schema import CueSet
    from xemogpt.signals import Measurement, appraise
    from xemogpt.signals.voice import voice_cues
    from xemogpt.signals.voice_curves import VoiceAnalyser

    labels = {"happy", "sad", "angry", "fearful", "surprised", "neutral", "calm"}
    rows = speech_rows(args, lambda r: r["dataset"] == "RAVDESS" and r["label"] in labels)
    analyser = VoiceAnalyser()
    table: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    kinds: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    arousal: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        curves = analyser.curves(read_audio(args.data / row["file"]).waveform)
        cues = voice_cues(curves) if curves is not None else []
        found = appraise(Measurement(CueSet(auditory=cues), (), None, ()))
        table[row["label"]][found.emotions[0].label] += 1
        arousal[row["label"]].append(found.arousal)
        for kind in {cue.kind for cue in cues}:
            kinds[row["label"]][str(kind)] += 1
    high = [v for label in ("angry", "happy", "fearful") for v in arousal[label]]
    low = [v for label in ("sad", "calm", "neutral") for v in arousal[label]]
    counts = {label: sum(found.values()) for label, found in table.items()}
    return {
        "num_clips": len(rows),
        "confusion": {label: dict(found) for label, found in table.items()},
        "arousal_auc": auc_with_interval(high, low),
        "cue_share": {
            label: {kind: round(n / counts[label], 2) for kind, n in sorted(found.items())}
            for label, found in kinds.items()
        },
    }


def recognition(args: argparse.Namespace) -> Row:
    """Word error rate and seconds a clip, by the silence that is appended."""
    from xemogpt.media import read_audio
    from xemogpt.signals.speech import Recogniser

    args.num = min(args.num, 60)
    rows = speech_rows(args, lambda r: bool(r.get("transcript")))
    sounds = [read_audio(args.data / row["file"]).waveform for row in rows]
    recogniser = Recogniser()
    result: Row = {"num_clips": len(rows)}
    for margin_s in (30.0, 10.0, 6.0):
        recogniser.margin_s = margin_s
        errors: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        right = 0
        started = time.perf_counter()
        for row, sound in zip(rows, sounds, strict=True):
            found = recogniser.transcribe(sound)
            truth, guess = words(row["transcript"]), words(found.text if found else "")
            errors[row["language"]][0] += edit_distance(truth, guess)
            errors[row["language"]][1] += len(truth)
            right += found is not None and found.language == row["language"]
        result[f"margin {margin_s:g} s"] = {
            "word_error_rate": {k: round(a / b, 3) for k, (a, b) in errors.items()},
            "language_right": round(right / len(rows), 3),
            "seconds_a_clip": round((time.perf_counter() - started) / len(rows), 2),
        }
    return result


def words(text: str) -> list[str]:
    return re.sub(r"[^\w ]", "", text.lower()).split()


def edit_distance(a: list[str], b: list[str]) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]


def speed(args: argparse.Namespace) -> Row:
    """Cold and warm seconds, peak memory, and that no torch is loaded, in a process of its own."""
    clip = args.data / "clips" / "edtalk__uncrop_Obama.mp4"
    code = f"""
import time; started = time.perf_counter()
import json, resource, sys
from xemogpt.media import open_clips
from xemogpt.signals import Meter, appraise, compose
clip = next(iter(open_clips({str(clip)!r}, 7.0)))
meter = Meter()
found = meter.measure(clip); text = compose(found, appraise(found))
cold = time.perf_counter() - started
warm = []
for _ in range(5):
    again = time.perf_counter(); meter.measure(clip); warm.append(time.perf_counter() - again)
print(json.dumps(dict(
    clip_s=clip.duration_s, cold_s=round(cold, 2), warm_s=sorted(round(w, 2) for w in warm),
    peak_gb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    heavy=[m for m in ("torch", "transformers") if m in sys.modules],
)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    result: Row = json.loads(done.stdout.splitlines()[-1])
    return result


def canonical_head(args: argparse.Namespace) -> Row:
    """Mean of aligned neutral landmarks, made symmetric: the constants of the head pose."""
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    from xemogpt.encoders.face_landmarks import FaceLandmarker
    from xemogpt.encoders.head_pose import CANONICAL, OUTER_EYE_CORNERS, RIGID_POINTS, rotation_onto

    landmarker = FaceLandmarker()
    heads = []
    for path in sorted((args.data / "images").glob("*neutral.jpg")):
        points = landmarker.faces(read_image(path))[0].points.astype(np.float64)
        right, left = points[list(OUTER_EYE_CORNERS)]
        points -= points[RIGID_POINTS].mean(axis=0)
        heads.append(points / np.linalg.norm(left - right))
    mean = np.mean(heads, axis=0)
    for _ in range(10):
        turned = [h @ rotation_onto(h[RIGID_POINTS], mean[RIGID_POINTS]).T for h in heads]
        mean = np.mean(turned, axis=0)
    mirrored = mean * [-1, 1, 1]
    _, match = linear_sum_assignment(cdist(mirrored, mean))
    head = (mirrored[np.argsort(match)] + mean) / 2
    head = (head - head[RIGID_POINTS].mean(axis=0))[RIGID_POINTS]
    return {
        "num_heads": len(heads),
        "largest_difference": round(float(np.abs(head - CANONICAL).max()), 4),
        "points": head.round(3).tolist(),
    }


CHECKS: dict[str, Callable[[argparse.Namespace], Row]] = {
    "smile": smile,
    "voice": voice,
    "emotion": emotion,
    "recognition": recognition,
    "speed": speed,
    "canonical-head": canonical_head,
}

if __name__ == "__main__":
    main()
