"""Whether a long video explains in less time than it lasts, in memory that does not grow.

    python benchmarks/long_video.py CLIP [--minutes 2 10] [--out FILE.json]

A real clip's packets are repeated, without re-encoding, until the file lasts long enough. Each
length is explained in a process of its own, speech recognition included.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import av

CODE = """
import json, resource, sys, time
from xemogpt import Explainer
started = time.perf_counter()
explanation = Explainer.from_pretrained("measured").explain(sys.argv[1])
print(json.dumps({
    "seconds": round(time.perf_counter() - started, 1),
    "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9, 3),
    "windows": len(explanation.windows),
    "words": len(explanation.transcript.words) if explanation.transcript else 0,
    "last_window_end_s": explanation.windows[-1].end_s,
}))
"""


def repeat(source: Path, target: Path, minutes: float) -> None:
    """Write ``source`` again and again into ``target`` until it lasts ``minutes``."""
    with av.open(str(source)) as container:
        # A little longer: reordered frames and codec delay reach beyond the edges.
        length = Fraction(container.duration, 1_000_000) + Fraction(1, 5)
    with av.open(str(target), "w") as out:
        streams = None
        for turn in range(int(minutes * 60 / length) + 1):
            with av.open(str(source)) as container:
                if streams is None:
                    streams = {
                        s.index: out.add_stream_from_template(s)
                        for s in container.streams
                        if s.type in ("video", "audio")
                    }
                for packet in container.demux():
                    if packet.dts is None or packet.stream.index not in streams:
                        continue
                    shift = int(turn * length / packet.time_base)
                    packet.pts += shift
                    packet.dts += shift
                    packet.stream = streams[packet.stream.index]
                    out.mux(packet)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--minutes", type=float, nargs="+", default=[2, 10])
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    results = []
    for minutes in args.minutes:
        with tempfile.TemporaryDirectory() as folder:
            video = Path(folder) / "long.mp4"
            repeat(args.clip, video, minutes)
            run = subprocess.run(
                [sys.executable, "-c", CODE, str(video)], check=True, stdout=subprocess.PIPE
            )
        result = {"video_s": minutes * 60, **json.loads(run.stdout)}
        result["seconds_per_second"] = round(result["seconds"] / result["video_s"], 3)
        results.append(result)
        print(json.dumps(result), file=sys.stderr)
    text = json.dumps(
        {"benchmark": "long video", "clip": args.clip.name, "runs": results}, indent=2
    )
    print(text)
    if args.out:
        args.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
