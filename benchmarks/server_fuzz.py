"""Mutated media files against a running server: no 5xx, no hang, no file left, no crash.

    python benchmarks/server_fuzz.py CLIP... [--files 500] [--seed 0] [--out FILE.json]

Each file is a clip damaged in one of seven ways, sent as form data by four clients at a time.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.server.running import Server, run_server

Generator = np.random.Generator
SLOWEST_S = 60.0
"""An answer that takes longer counts as a hang; the server's own limit is 30 s of computing."""


def flip_bits(content: bytes, generator: Generator) -> bytes:
    """Up to a hundred bits turned over."""
    data = np.frombuffer(content, np.uint8).copy()
    places = generator.integers(0, len(data), generator.integers(1, 100))
    data[places] ^= np.uint8(1) << generator.integers(0, 8, len(places)).astype(np.uint8)
    return data.tobytes()


def flip_head(content: bytes, generator: Generator) -> bytes:
    """The same in the first kilobyte, where containers say what they are."""
    return flip_bits(content[:1024], generator) + content[1024:]


def truncate(content: bytes, generator: Generator) -> bytes:
    """Cut off anywhere."""
    return content[: generator.integers(1, len(content))]


def drop(content: bytes, generator: Generator) -> bytes:
    """A stretch is missing."""
    start, end = sorted(generator.integers(0, len(content), 2))
    return content[:start] + content[end:] or b"x"


def fill(content: bytes, generator: Generator) -> bytes:
    """A stretch of one value."""
    start, end = sorted(generator.integers(0, len(content), 2))
    value = bytes([generator.choice([0, 1, 127, 128, 255])])
    return content[:start] + value * int(end - start) + content[end:]


def repeat(content: bytes, generator: Generator) -> bytes:
    """A stretch comes several times."""
    start, end = sorted(generator.integers(0, len(content), 2))
    return content[:end] + content[start:end] * int(generator.integers(1, 4)) + content[end:]


def set_sizes(content: bytes, generator: Generator) -> bytes:
    """Numbers of four bytes set to extremes, as sizes and counts in boxes may be."""
    data = bytearray(content)
    for _ in range(generator.integers(1, 20)):
        place = int(generator.integers(0, max(1, len(data) - 4)))
        extreme = int(generator.choice([0, 1, 2**31 - 1, 2**31, 2**32 - 1]))
        data[place : place + 4] = extreme.to_bytes(4, "big")
    return bytes(data)


MUTATIONS: tuple[Callable[[bytes, Generator], bytes], ...] = (
    flip_bits, flip_head, truncate, drop, fill, repeat, set_sizes,
)  # fmt: skip


def mutated(clips: Sequence[bytes], number: int, seed: int) -> tuple[str, bytes]:
    """The file of a number, and how it was made; the same for the same arguments."""
    generator = np.random.default_rng([seed, number])
    mutation = MUTATIONS[number % len(MUTATIONS)]
    content = clips[int(generator.integers(len(clips)))]
    return mutation.__name__, mutation(content, generator)


def attack(server: Server, clips: Sequence[bytes], num_files: int, seed: int) -> dict[str, object]:
    """Send them all; what came back."""
    statuses: Counter[str] = Counter()
    faults: list[str] = []
    seconds = []

    def send(number: int) -> None:
        name, content = mutated(clips, number, seed)
        started = time.monotonic()
        try:
            with server.client() as client:
                client.timeout = httpx.Timeout(SLOWEST_S)
                answer = client.post("/v1/explain", files={"file": ("clip.mp4", content)})
        except httpx.HTTPError as error:
            faults.append(f"{number} ({name}): {type(error).__name__}: {error}")
            return
        seconds.append(time.monotonic() - started)
        kind = "" if answer.status_code == 200 else answer.json()["type"].rpartition(":")[2]
        statuses[f"{answer.status_code} {kind}".strip()] += 1
        if answer.status_code >= 500:
            faults.append(f"{number} ({name}): {answer.text[:300]}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(num_files)))
    with server.client() as client:
        metrics = client.get("/metrics").text
    restarts = next(
        float(line.split()[1])
        for line in metrics.splitlines()
        if line.startswith("xemogpt_worker_restarts_total")
    )
    return {
        "files": num_files,
        "seed": seed,
        "answers": dict(sorted(statuses.items())),
        "faults": faults,
        "slowest_s": round(max(seconds), 2),
        "workers_ended_by_a_file": restarts,
        "files_left": len(server.uploads()) if not server.is_clean() else 0,
        "server_alive": server.process.poll() is None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    clips = [path.read_bytes() for path in args.clips]
    limits = ("--timeout", "30", "--max-pending", "32", "--workers", "2")
    with tempfile.TemporaryDirectory() as folder, run_server(Path(folder), *limits) as server:
        result = {"benchmark": "mutated media files"} | attack(server, clips, args.files, args.seed)
    text = json.dumps(result, indent=2)
    print(text)
    if args.out:
        args.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
