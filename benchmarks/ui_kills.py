"""Kill a real ``xemogpt ui`` again and again while somebody annotates; count what is lost.

    python benchmarks/ui_kills.py --kills 20 --out /tmp/ui_kills.json

A client saves a change, waits for its acknowledgement and saves the next, as the page does. At a
random moment the server gets SIGKILL. After each restart the last acknowledged change, or the one
on its way when the kill came, has to be there, whole.
"""

import argparse
import contextlib
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.ui.running import Server, serving
from tests.ui.sets import make_set


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    rng = np.random.default_rng(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        report = kill_again_and_again(Path(folder), given.kills, rng) | {"seed": given.seed}
    given.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report))


def kill_again_and_again(folder: Path, kills: int, rng: np.random.Generator) -> dict[str, object]:
    """Start, save until killed, look what is there; ``kills`` times."""
    made = make_set(folder)
    with serving("--annotate", str(made), temporary=folder) as server:
        return stress(server, kills, rng)


def stress(server: Server, kills: int, rng: np.random.Generator) -> dict[str, object]:
    """The same with a server that is running."""
    latencies: list[float] = []
    starts: list[float] = []
    acknowledged = lost = torn = 0
    for _ in range(kills):
        seen, _ = look(server.port)
        killer = threading.Timer(
            rng.uniform(0.2, 1.5), os.kill, (server.process.pid, signal.SIGKILL)
        )
        killer.start()
        done, sent = save_until_killed(server.port, seen, latencies)
        killer.join()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.process.wait(10)
        server.process.stdout.close()
        started = time.perf_counter()
        server.start()
        starts.append(time.perf_counter() - started)
        found, text = look(server.port)
        acknowledged += done - seen
        lost += found < done
        torn += found > sent or text != f"change {found}"
    return {
        "kills": kills,
        "acknowledged": acknowledged,
        "lost": lost,
        "torn": torn,
        "save_ms_median": round(1000 * statistics.median(latencies), 2),
        "save_ms_p95": round(1000 * float(np.percentile(latencies, 95)), 2),
        "start_s_median": round(statistics.median(starts), 2),
    }


PATH = "/annotate/sets/set/people/ada/clips/0"


def look(port: int) -> tuple[int, str]:
    """Revision and text of the draft as the server has it now."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", PATH)
    view = json.loads(connection.getresponse().read())
    cues = view["draft"]["cues"]
    return view["revision"], cues[0]["text"] if cues else f"change {view['revision']}"


def save_until_killed(port: int, seen: int, latencies: list[float]) -> tuple[int, int]:
    """The last revision acknowledged and the last one sent."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    sent = seen
    try:
        connection.connect()
        # Browsers do the same; else the body waits 40 ms for the headers to be acknowledged.
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            sent = seen + 1
            cue = {"key": "k", "modality": "visual", "text": f"change {sent}"}
            body = json.dumps({"seen": seen, "draft": {"cues": [cue]}})
            started = time.perf_counter()
            connection.request("PUT", PATH, body, {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())
            latencies.append(time.perf_counter() - started)
            seen = answer["revision"]
    except (OSError, http.client.HTTPException):
        return seen, sent


if __name__ == "__main__":
    main()
