"""A real server in a process of its own, and a client for it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

TOKEN = "a-token-for-the-tests-only"
OTHER_TOKEN = "a-token-of-somebody-else"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
_START_S = 90


@dataclass
class Server:
    """A running server."""

    address: str
    process: "subprocess.Popen[str]"
    state: Path
    log: list[str] = field(default_factory=list)

    def client(self, **options: Any) -> httpx.Client:
        """A client that knows the token."""
        return httpx.Client(
            base_url=self.address, headers=HEADERS, timeout=60, trust_env=False, **options
        )

    def uploads(self) -> list[Path]:
        """Files of clients that are still there."""
        return list((self.state / "uploads").rglob("*"))

    def workers(self) -> list[psutil.Process]:
        """Processes that decode."""
        me = psutil.Process(self.process.pid)
        return [p for p in me.children(recursive=True) if "xemogpt.server.worker" in p.cmdline()]

    def is_clean(self, within_s: float = 5.0) -> bool:
        """Whether all uploads are gone, now or soon."""
        until = time.monotonic() + within_s
        while self.uploads() and time.monotonic() < until:
            time.sleep(0.05)
        return not self.uploads()


@contextmanager
def run_server(
    state: Path, *arguments: str, prefix: Sequence[str] = (), token: str | None = TOKEN
) -> Iterator[Server]:
    """Start ``xemogpt serve`` on a free port and wait until it answers.

    Args:
        state: its folder.
        arguments: more of them for the command line.
        prefix: a command to run it under.
        token: what opens it.
    """
    command = [*prefix, sys.executable, "-m", "xemogpt", "serve", "--port", "0"]
    command += ["--state", str(state), "--workers", "1"]
    if "--model" not in arguments:
        command += ["--model", "measured"]  # a server of prose needs no torch and starts sooner
    command += arguments
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    environment.pop("XEMOGPT_TOKEN", None)
    if token is not None:
        environment["XEMOGPT_TOKEN"] = token
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        server = Server(_address(process), process, state)
        # A full pipe would stop the server.
        reader = threading.Thread(target=_read, args=(process, server.log), daemon=True)
        reader.start()
        yield server
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    told = []
    for line in process.stdout:
        told.append(line)
        if " is at " in line:
            return line.split(" is at ")[1].split()[0]
    pytest.fail(f"the server ended: {''.join(told)[-2000:]}")


def _read(process: "subprocess.Popen[str]", log: list[str]) -> None:
    assert process.stdout is not None
    log.extend(process.stdout)
