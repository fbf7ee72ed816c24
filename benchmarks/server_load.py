"""A server under load: errors, memory, p95 beside the ideal queue, and what batching is worth.

    python benchmarks/server_load.py steady CLIP... [--clients 16] [--seconds 180] [--workers 2]
    python benchmarks/server_load.py batching CLIP MODEL [--clients 16] [--requests 32]

``steady``: clients of the measured path, each sending the next clip when it has its answer. The
ideal is a queue without any overhead in which the same clips, with the service times that the
server measured, go to whichever worker is free; its p95 is simulated from those. ``batching``:
the same requests to a model with --batch-size 1 and 8, alternately, so that both meet the same
disturbances.
"""

import argparse
import heapq
import json
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.server.running import Server, run_server


def memory_mb(server: Server) -> float:
    """Proportional memory of the server and its workers, in MB (10^6 bytes)."""
    me = psutil.Process(server.process.pid)
    return sum(p.memory_full_info().pss for p in (me, *me.children(recursive=True))) / 1e6


def cpu_s(server: Server) -> float:
    """Processor time of the server and its workers, in seconds."""
    me = psutil.Process(server.process.pid)
    times = [p.cpu_times() for p in (me, *me.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def load(
    server: Server, clips: Sequence[Path], num_clients: int, *, until: float = 0.0, most: int = 0
) -> tuple[list[float], Counter[str], list[float]]:
    """Seconds of each answer, statuses, and when each was sent; ends at a time or a number."""
    contents = [(path.name, path.read_bytes()) for path in clips]
    seconds: list[float] = []
    sent_at: list[float] = []
    statuses: Counter[str] = Counter()
    lock, turn = threading.Lock(), iter(range(10**9))

    def one_client() -> None:
        with server.client() as client:
            client.timeout = 600.0  # type: ignore[assignment]
            while True:
                with lock:
                    number = next(turn)
                if (most and number >= most) or (until and time.monotonic() >= until):
                    return
                started = time.monotonic()
                try:
                    files = {"file": contents[number % len(contents)]}
                    status = str(client.post("/v1/explain", files=files).status_code)
                except Exception as error:  # counted and shown
                    status = type(error).__name__
                with lock:
                    statuses[status] += 1
                    seconds.append(time.monotonic() - started)
                    sent_at.append(started)

    clients = [threading.Thread(target=one_client) for _ in range(num_clients)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return seconds, statuses, sent_at


def metric(server: Server, name: str) -> float:
    """One number of ``/metrics``."""
    with server.client() as client:
        lines = client.get("/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(name + " "))


def ideal_p95(service_s: Sequence[float], num_clients: int, num_workers: int, count: int) -> float:
    """The 95th percentile of a closed queue: clients that ask again at once, workers never idle."""
    free = [0.0] * num_workers
    clients = [0.0] * num_clients  # when each asks next
    heapq.heapify(free)
    heapq.heapify(clients)
    answers = []
    for number in range(count):
        asked = heapq.heappop(clients)
        start = max(asked, heapq.heappop(free))
        end = start + service_s[number % len(service_s)]
        heapq.heappush(free, end)
        heapq.heappush(clients, end)
        answers.append(end - asked)
    return float(np.percentile(answers, 95))


def steady(args: argparse.Namespace) -> dict[str, object]:
    """Clients for some minutes on the measured path."""
    with tempfile.TemporaryDirectory() as folder:
        options = ("--workers", str(args.workers), "--max-pending", str(2 * args.clients))
        with run_server(Path(folder), *options) as server:
            load(server, args.clips, args.workers, most=max(12, 4 * len(args.clips)))  # warm up
            # Service times with all workers busy, clip by clip, and nobody waiting.
            service = []
            for clip in args.clips:
                before = [metric(server, f"xemogpt_service_seconds_{x}") for x in ("sum", "count")]
                load(server, [clip], args.workers, most=6 * args.workers)
                after = [metric(server, f"xemogpt_service_seconds_{x}") for x in ("sum", "count")]
                service.append((after[0] - before[0]) / (after[1] - before[1]))
            before_mb, busy_s = memory_mb(server), cpu_s(server)
            sums = [metric(server, f"xemogpt_service_seconds_{x}") for x in ("sum", "count")]
            started = time.monotonic()
            seconds, statuses, _ = load(
                server, args.clips, args.clients, until=started + args.seconds
            )
            took_s = time.monotonic() - started
            ends = [metric(server, f"xemogpt_service_seconds_{x}") for x in ("sum", "count")]
            time.sleep(3)
            after_mb = memory_mb(server)
            loaded = (ends[0] - sums[0]) / (ends[1] - sums[1])
            # The machine may be busier during the run than before it: both are stated.
            scale = loaded / float(np.mean(service))
            p95 = float(np.percentile(seconds, 95))
            count = len(seconds)
            ideal = ideal_p95(service, args.clients, args.workers, count)
            ideal_now = ideal_p95([s * scale for s in service], args.clients, args.workers, count)
            return {
                "benchmark": "16 clients on the measured path" if args.clients == 16 else "load",
                "clips": [path.name for path in args.clips],
                "clients": args.clients,
                "workers": args.workers,
                "seconds": round(took_s, 1),
                "answers": dict(statuses),
                "answers_a_second": round(count / took_s, 3),
                "cpu_s_an_answer": round((cpu_s(server) - busy_s) / count, 3),
                "service_s_before": round(float(np.mean(service)), 3),
                "service_s_during": round(loaded, 3),
                "p50_s": round(float(np.percentile(seconds, 50)), 2),
                "p95_s": round(p95, 2),
                "ideal_p95_s_with_service_times_before": round(ideal, 2),
                "ideal_p95_s_with_service_times_during": round(ideal_now, 2),
                "p95_over_ideal_before": round(p95 / ideal, 3),
                "p95_over_ideal_during": round(p95 / ideal_now, 3),
                "memory_mb_before": round(before_mb, 1),
                "memory_mb_after": round(after_mb, 1),
                "memory_change": f"{after_mb / before_mb - 1:+.1%}",
                "worker_restarts": metric(server, "xemogpt_worker_restarts_total"),
                "files_left": len(server.uploads()),
                "load_average": round(os.getloadavg()[0], 1),
            }


def batching(args: argparse.Namespace) -> dict[str, object]:
    """The same requests one at a time and batched, in turns."""
    found: dict[str, list[float]] = {"1": [], str(args.batch): []}
    costs: dict[str, list[float]] = {size: [] for size in found}
    sizes: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        common = ("--model", args.model, "--max-pending", "64", "--timeout", "600")
        waits = ("--max-wait", "3600", "--max-new-tokens", str(args.tokens))
        waits += ("--batch-wait-ms", "300")
        for repeat in range(args.repeats):
            for size in found if repeat % 2 == 0 else reversed(found):
                place = Path(folder) / f"{size}-{repeat}"
                with run_server(place, *common, *waits, "--batch-size", size) as server:
                    load(server, [args.clip], 1, most=1)
                    started, busy_s = time.monotonic(), cpu_s(server)
                    seconds, statuses, _ = load(
                        server, [args.clip], args.clients, most=args.requests
                    )
                    took_s = time.monotonic() - started
                    assert statuses == {"200": args.requests}, statuses
                    found[size].append(len(seconds) / took_s)
                    costs[size].append((cpu_s(server) - busy_s) / len(seconds))
                    count = metric(server, "xemogpt_batch_size_count")
                    sizes[size] = metric(server, "xemogpt_batch_size_sum") / count
                    print(size, round(found[size][-1], 4), "answers a second", file=sys.stderr)
    ratios = [b / a for a, b in zip(found["1"], found[str(args.batch)], strict=True)]
    return {
        "benchmark": "batching against one at a time",
        "model": Path(args.model).name,
        "tokens_an_answer": args.tokens,
        "clip": args.clip.name,
        "clients": args.clients,
        "requests": args.requests,
        "answers_a_second": {size: [round(r, 4) for r in rates] for size, rates in found.items()},
        "mean_batch": {size: round(mean, 2) for size, mean in sizes.items()},
        "ratios": [round(ratio, 2) for ratio in ratios],
        # With one thread, what a machine of our own would serve: processor time is not disturbed.
        "cpu_s_an_answer": {size: [round(c, 2) for c in cost] for size, cost in costs.items()},
        "cpu_ratios": [round(a / b, 2) for a, b in zip(*costs.values(), strict=True)],
        "threads": os.environ.get("OMP_NUM_THREADS", "all"),
        "load_average": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    first = commands.add_parser("steady")
    first.add_argument("clips", nargs="+", type=Path)
    first.add_argument("--clients", type=int, default=16)
    first.add_argument("--seconds", type=float, default=180)
    first.add_argument("--workers", type=int, default=2)
    first.set_defaults(run=steady)
    second = commands.add_parser("batching")
    second.add_argument("clip", type=Path)
    second.add_argument("model", help="nano, or the folder of a model.")
    second.add_argument("--clients", type=int, default=16)
    second.add_argument("--requests", type=int, default=16)
    second.add_argument("--batch", type=int, default=8)
    second.add_argument("--tokens", type=int, default=64, help="Most tokens of an answer.")
    second.add_argument("--repeats", type=int, default=2)
    second.set_defaults(run=batching)
    for command in (first, second):
        command.add_argument("--out", type=Path)
    args = parser.parse_args()
    text = json.dumps(args.run(args), indent=2)
    print(text)
    if args.out:
        args.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
