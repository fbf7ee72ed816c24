"""How many copies of clips are found, and how many other takes are taken for copies.

    python benchmarks/duplicates.py [--num 60] [--json out.json]

Copies are real clips coded anew at a low bit rate, scaled, or cut at the start. What must stay
apart: all speech clips (each speaker says the same sentences in several emotions), and
consecutive stretches of one recording, with and without its sound. Needs the folder of real media
(`--data`), and PyAV with libx264, libmp3lame and libopus.
"""

import argparse
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av

from xemogpt.emocue.duplicates import find_duplicates
from xemogpt.emocue.records import EmoCueRecord

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
STRETCH_S = 3.0


@dataclass(frozen=True)
class Coding:
    """How a copy differs from its original."""

    name: str
    scale: float = 1.0
    video_bits: int = 200_000
    audio_codec: str = "aac"
    audio_bits: int = 32_000
    start_s: float = 0.0
    end_s: float = 1e9
    with_sound: bool = True
    suffix: str = ".mp4"


SPEECH = (
    Coding("aac 32 kbit/s"),
    Coding("mp3 24 kbit/s", audio_codec="libmp3lame", audio_bits=24_000, suffix=".mp3"),
    Coding("opus 16 kbit/s", audio_codec="libopus", audio_bits=16_000, suffix=".ogg"),
    Coding("cut by 0.2 s", start_s=0.2, audio_bits=48_000),
)
PICTURES = (
    Coding("half size, 80 kbit/s", scale=0.5, video_bits=80_000),
    Coding("1.5 times the size", scale=1.5, video_bits=600_000),
    Coding("cut by 0.3 s", start_s=0.3),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--num", type=int, default=60, help="speech clips that are copied")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="also write the result here")
    args = parser.parse_args()
    began = time.process_time()
    with TemporaryDirectory() as folder:
        rows = [
            *_copies_of_speech(args, Path(folder)),
            *_copies_of_pictures(args, Path(folder), with_sound=True),
            *_copies_of_pictures(args, Path(folder), with_sound=False),
            _other_takes(args.data),
        ]
    print(f"{'what':42} {'same':>10} {'found':>6} {'wrong':>6}")
    for row in rows:
        print(f"{row['what']:42} {row['copies']:>10} {row['found']:>6} {row['wrong']:>6}")
        for pair in row["wrong_pairs"]:
            print(f"    {pair}")
    print(f"{time.process_time() - began:.0f} s of processor time, copies included")
    if args.json:
        args.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def _copies_of_speech(args: argparse.Namespace, folder: Path) -> Iterator[dict[str, Any]]:
    files = sorted((args.data / "speech").glob("*.flac"))
    chosen = random.Random(args.seed).sample(files, min(args.num, len(files)))
    for coding in SPEECH:
        yield _row(f"speech, {coding.name}", folder, [(p, Coding("as is")) for p in chosen], coding)


def _copies_of_pictures(
    args: argparse.Namespace, folder: Path, with_sound: bool
) -> Iterator[dict[str, Any]]:
    """Consecutive stretches of the clips, each beside its copy."""
    pieces = []
    for path in sorted((args.data / "clips").glob("*.m*")):
        with av.open(str(path)) as source:
            length_s = float(source.duration / av.time_base)
        for number in range(max(1, int(length_s / STRETCH_S))):
            start_s = number * STRETCH_S
            pieces.append((path, Coding("piece", 1.0, 10**6, "aac", 96_000, start_s, start_s + 3)))
    for coding in PICTURES:
        kind = "pictures and sound" if with_sound else "pictures alone"
        yield _row(f"{kind}, {coding.name}", folder, pieces, coding, with_sound)


def _row(
    what: str,
    folder: Path,
    pieces: list[tuple[Path, Coding]],
    coding: Coding,
    with_sound: bool = True,
) -> dict[str, Any]:
    """Originals and copies in one corpus: which are found, and what else is taken for a copy."""
    records = []
    for number, (path, piece) in enumerate(pieces):
        plain = folder / f"{number:03d}-{int(with_sound)}-a{piece.suffix}"
        if not plain.exists():
            encode(path, plain, piece, with_sound)
        copy = folder / f"{number:03d}-b{coding.suffix}"
        encode(plain, copy, coding, with_sound)
        records += [
            EmoCueRecord(id=f"{number:03d}-a", media=plain.name),
            EmoCueRecord(id=f"{number:03d}-b", media=copy.name),
        ]
    found = find_duplicates(records, folder)
    right = {copy for copy, kept in found.items() if copy[:3] == kept[:3]}
    wrong = {copy: kept for copy, kept in found.items() if copy not in right}
    names = [f"{path.stem} from {piece.start_s:g} s" for path, piece in pieces]
    pairs = [f"{names[int(c[:3])]} = {names[int(k[:3])]}" for c, k in sorted(wrong.items())]
    return {
        "what": what,
        "copies": len(pieces),
        "found": len(right),
        "wrong": len(wrong),
        "wrong_pairs": pairs,
    }


def _other_takes(data: Path) -> dict[str, Any]:
    folder = data / "speech"
    files = sorted(folder.glob("*.flac"))
    found = find_duplicates([EmoCueRecord(id=p.stem, media=p.name) for p in files], folder)
    return {
        "what": f"all {len(files)} speech clips",
        "copies": 0,
        "found": 0,
        "wrong": len(found),
        "wrong_pairs": [f"{copy} = {kept}" for copy, kept in sorted(found.items())],
    }


def encode(source: Path, target: Path, coding: Coding, with_sound: bool = True) -> None:
    """Write a file anew."""
    with av.open(str(source)) as given, av.open(str(target), "w") as made:
        pictures = next(iter(given.streams.video), None)
        sound = next(iter(given.streams.audio), None) if with_sound else None
        if pictures is not None:
            rate = pictures.average_rate
            video = made.add_stream("libx264", rate=rate)
            video.width, video.height = (
                int(side * coding.scale) // 2 * 2 for side in (pictures.width, pictures.height)
            )
            video.pix_fmt, video.bit_rate = "yuv420p", coding.video_bits
        if sound is not None:
            hertz = 48_000 if coding.audio_codec == "libopus" else sound.rate
            audio = made.add_stream(coding.audio_codec, rate=hertz, layout="mono")
            audio.bit_rate = coding.audio_bits
            resampler = av.AudioResampler(audio.format.name, "mono", hertz)
        last = -1
        for frame in given.decode(*[stream for stream in (pictures, sound) if stream is not None]):
            if not coding.start_s <= frame.time < coding.end_s:
                continue
            if isinstance(frame, av.VideoFrame):
                number = round((frame.time - coding.start_s) * rate)
                if number > last:
                    last = number
                    shown = frame.reformat(video.width, video.height, "yuv420p")
                    shown.pts, shown.time_base = number, 1 / rate
                    made.mux(video.encode(shown))
            else:
                frame.pts = None
                for part in resampler.resample(frame):
                    made.mux(audio.encode(part))
        if sound is not None:
            for part in resampler.resample(None):
                made.mux(audio.encode(part))
            made.mux(audio.encode(None))
        if pictures is not None:
            made.mux(video.encode(None))


if __name__ == "__main__":
    main()
