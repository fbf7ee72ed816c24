"""Small real tasks: clips of a second with a tone, and records or cues about them."""

import json
from pathlib import Path

from tests.media.factory import Picture, Sound, tone, write_media

from xemogpt.emocue.records import EmoCueRecord, write_records
from xemogpt.files import sha256_of
from xemogpt.schema import CueSet, Transcript


def make_clip(path: Path, number: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Picture(num_frames=10, rate=10, width=64, height=48)
    write_media(path, picture, Sound(tone(200 + 40 * number, 1.0)))
    return path


def make_records(folder: Path, num: int = 6) -> Path:
    """A folder of records; all share one real clip."""
    clip = make_clip(folder / "media" / "clip.mp4")
    write_records(
        folder,
        [
            EmoCueRecord(
                id=f"clip{number}",
                media="media/clip.mp4",
                media_sha256=sha256_of(clip),
                transcript=Transcript(text=f"Sentence number {number}.", source="given"),
                cues=CueSet(["she smiles"], ["the voice trembles"], ["happy"]),
                emotions=("happy",) if number % 2 else ("sad",),
            )
            for number in range(num)
        ],
    )
    return folder


def make_expert(folder: Path, num: int = 2) -> Path:
    """A folder in the published layout."""
    cues = {}
    for number in range(num):
        make_clip(folder / "media" / f"clip{number}.mp4", number)
        cues[f"clip{number}"] = {
            "visual": ["she smiles", "raised eyebrows"],
            "auditory": ["the voice trembles"],
            "emotional": ["happy"],
        }
    (folder / "cues.json").write_text(json.dumps(cues), encoding="utf-8")
    return folder


def write_predictions(path: Path, ids: list[str]) -> Path:
    rows = [{"id": key, "visual": ["she smiles"], "auditory": [], "emotional": ["joy"],
             "text": f"{key}: she smiles."} for key in ids]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
