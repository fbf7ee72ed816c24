"""Simulated annotators: they fill in real sheets with known cues and known disagreements."""

import csv
import json
from pathlib import Path

import numpy as np
from tests.media.factory import Picture, Sound, tone, write_media

SEEN = ["she smiles broadly", "he raises both eyebrows", "the head tilts to the left",
        "the eyes are closed", "the corners of the mouth turn down"]  # fmt: skip
HEARD = ["the voice trembles", "the pitch rises at the end", "loud shouting"]


def make_clips(folder: Path) -> Path:
    """Six clips of two scenarios, one of them silent, and three files that cannot be used."""
    folder.mkdir(parents=True)
    for number in range(6):
        picture = Picture(num_frames=10 + number, rate=10, width=64, height=48)
        sound = None if number == 5 else Sound(tone(200 + 50 * number, 1.0))
        write_media(folder / f"clip{number}.mp4", picture, sound)
    (folder / "clip0.srt").write_text("1\n00:00:00,000 --> 00:00:00,900\nHello, there\n")
    (folder / "broken.mp4").write_bytes(b"no media at all")
    (folder / "copy.mp4").write_bytes((folder / "clip1.mp4").read_bytes())
    (folder / "empty.mp4").write_bytes(b"")
    rows = [f"clip{number}.mp4,{'clear' if number < 3 else 'hard'}" for number in range(6)]
    rows += ["broken,clear", "copy,clear", "empty.mp4,hard"]
    (folder / "scenarios.csv").write_text("name,scenario\n" + "\n".join(rows) + "\n")
    return folder


def fill(folder: Path, annotator: str, answers: dict[tuple[str, str], list[tuple[str, str, str]]],
         *, as_jsonl: bool = False) -> None:  # fmt: skip
    """Write answers, (clip, modality) -> (cue, start, end), into the blank lines of a sheet."""
    path = folder / "sheets" / f"{annotator}.csv"
    rows = list(csv.DictReader(path.open(encoding="utf-8", newline="")))
    filled = []
    for place in dict.fromkeys((row["id"], row["modality"]) for row in rows):
        template = next(row for row in rows if (row["id"], row["modality"]) == place)
        for cue, start, end in answers.get(place, [("none", "", "")]):
            filled.append(template | {"cue": cue, "start_s": start, "end_s": end})
    if as_jsonl:
        path = path.with_suffix(".jsonl")
        lines = [json.dumps({k: v or None for k, v in row.items()}) for row in filled]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(filled[0]))
        writer.writeheader()
        writer.writerows(filled)


def shared_and_own(clips: list[str], seed: int = 0) -> tuple[dict, dict]:
    """Two annotators' answers: two visual cues both give, one that only the first gives."""
    rng = np.random.default_rng(seed)
    first, second = {}, {}
    for clip in clips:
        chosen = [SEEN[i] for i in rng.permutation(len(SEEN))[:3]]
        first[clip, "visual"] = [(cue, "0.1", "0.5") for cue in chosen]
        second[clip, "visual"] = [(cue, "0.3", "0.7") for cue in chosen[:2]]
    return first, second
