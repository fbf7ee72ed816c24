"""Records for `prose.py`: what was measured in real clips, random cues, cues of planned clips."""

import argparse
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
WINDOW_S = 4.0
NUM_VOICES = 440
Row = dict[str, Any]


def measure(args: argparse.Namespace) -> Row:
    """Cues of all real clips in windows, and of 440 voices; no recognition."""
    from xemogpt.media import open_clips
    from xemogpt.schema import Transcript
    from xemogpt.signals.meter import Meter

    rows = [json.loads(line) for line in (args.data / "manifest.jsonl").open(encoding="utf-8")]
    clips = [row for row in rows if row["kind"] == "clip"]
    voices = [row for row in rows if row["file"].startswith("speech/") and row.get("label")]
    random.Random(args.seed).shuffle(voices)
    meter = Meter(num_threads=1)
    args.measured.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with args.measured.open("w", encoding="utf-8") as file:
        for row in (*clips, *voices[:NUM_VOICES]):
            for index, clip in enumerate(open_clips(args.data / row["file"], WINDOW_S)):
                words = row.get("transcript") if index == 0 else None
                given = words and Transcript(
                    text=words, language=row.get("language"), source="given"
                )
                found = meter.measure(clip, given or None, recognise=False)
                line = {
                    "id": f"{row['file']}#{index}",
                    "duration_s": round(clip.duration_s, 3),
                    "label": row.get("label"),
                    "transcript": found.transcript and found.transcript.model_dump(mode="json"),
                    "cues": _shifted(found.cues, clip.start_s).model_dump(mode="json"),
                    "flags": found.warnings,
                }
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
                count += 1
    return {"windows": count, "file": str(args.measured.relative_to(ROOT))}


def _shifted(cues: Any, start_s: float) -> Any:
    """Cues with times from the start of their window."""
    from xemogpt.schema import CueSet

    moved: dict[str, list[Any]] = {"visual": [], "auditory": []}
    for modality, cue in cues.items():
        times = {"start_s": cue.start_s - start_s, "end_s": cue.end_s - start_s}
        rounded = {name: max(0.0, round(time_s, 3)) for name, time_s in times.items()}
        moved[modality].append(cue.model_copy(update=rounded))
    return CueSet(**moved)


def real_records(args: argparse.Namespace) -> Iterator[Any]:
    """Records of what was measured."""
    from xemogpt.emocue.records import EmoCueRecord, Label
    from xemogpt.schema import CueSet, Transcript

    if not args.measured.is_file():
        sys.exit(f"{args.measured} is not there; run this script with --what measure first")
    for line in args.measured.open(encoding="utf-8"):
        row = json.loads(line)
        labels = [Label(name="emotion", value=row["label"], source="annotated")]
        yield EmoCueRecord(
            id=row["id"],
            duration_s=row["duration_s"],
            transcript=row["transcript"] and Transcript(**row["transcript"]),
            measured=CueSet(**row["cues"]),
            flags=tuple(row["flags"]),
            labels=tuple(labels) if args.what == "labels" and row["label"] else (),
        )


def random_records(num: int, seed: int) -> Iterator[Any]:
    """Faces and voices with one to five cues each, of any kind, at any time."""
    from xemogpt.emocue.records import EmoCueRecord
    from xemogpt.schema import Cue, CueSet
    from xemogpt.signals.vocabulary import kinds

    rng = np.random.default_rng([seed, 7])
    left_out = {
        "face",
        "talking",
        "speech",
        "no-speech",
        "silence",
        "neutral-face",
        "several-faces",
    }
    for index in range(num):
        duration_s = float(rng.uniform(2.0, 9.0))
        cues: dict[str, list[Cue]] = {}
        for modality in ("visual", "auditory"):
            bank = [kind for kind in kinds(modality) if kind.name not in left_out]
            chosen = rng.choice(len(bank), size=int(rng.integers(1, 6)), replace=False)
            cues[modality] = []
            for kind in (bank[int(place)] for place in chosen):
                start_s = float(rng.uniform(0, 0.8 * duration_s))
                end_s = min(duration_s, start_s + float(rng.uniform(0.2, 3.0)))
                text = str(rng.choice(kind.phrases)).format(
                    side=rng.choice(["left", "right"]), count=rng.choice(["two", "three"])
                )
                cues[modality].append(
                    Cue(
                        text=text, kind=kind.name, start_s=round(start_s, 3),
                        end_s=round(end_s, 3), confidence=0.8, source="measured",
                    )
                )  # fmt: skip
        yield EmoCueRecord(id=f"random-{index}", duration_s=duration_s, measured=CueSet(**cues))


def generated(num: int, seed: int) -> tuple[list[Any], list[str]]:
    """Cues of planned clips, and the explanations that the controlled corpus gives them."""
    sys.path.insert(0, str(ROOT))
    from tests.emocue.controlled.casting import plain_plan

    from xemogpt.emocue.controlled.asked import asked_cues
    from xemogpt.emocue.controlled.wording import explain
    from xemogpt.emocue.records import EmoCueRecord
    from xemogpt.schema import CueSet, Transcript

    records, texts = [], []
    for index, script in enumerate(plain_plan(num, 11 + seed, "train")):
        cues = asked_cues(script)
        words = Transcript(text=script.sentence, source="given")
        seen = CueSet(visual=cues.visual, auditory=cues.auditory)
        records.append(EmoCueRecord(id=script.id, duration_s=4.0, measured=seen, transcript=words))
        rng = np.random.default_rng([seed, index])
        texts.append(explain(cues, script.emotion, script.sentence, rng, script.tags))
    return records, texts


def by_hand() -> list[str]:
    folder = ROOT / "tests" / "data" / "explanations"
    return [
        json.loads(line)["text"]
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.open(encoding="utf-8")
    ]


def merr(data: Path) -> list[str]:
    """Free text of the two MERR-style records that are there."""
    texts = []
    for path in sorted((data / "text" / "merr").glob("*.json")):
        record = json.loads(path.read_text("utf-8"))
        coarse = record.get("coarse_descriptions_at_peak", {})
        texts += [record.get("final_summary", ""), coarse.get("visual_objective", ""),
                  coarse.get("video_content", "")]  # fmt: skip
    return [text for text in texts if text]
