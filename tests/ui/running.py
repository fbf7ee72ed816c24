"""A real ``xemogpt ui`` in a process of its own, and a real Chromium to look at it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHROMIUM = "/usr/bin/chromium"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """Started with the same arguments again after a kill."""

    def __init__(self, *arguments: str, temporary: Path) -> None:
        self.port = free_port()
        self.address = f"http://localhost:{self.port}"
        self._arguments = [sys.executable, "-m", "xemogpt", "ui", "--port", str(self.port)]
        if "--model" not in arguments:
            self._arguments += ["--model", "measured"]
        self._arguments += arguments
        self._environment = os.environ | {"TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}

    def start(self) -> None:
        self.process = subprocess.Popen(
            self._arguments, stdout=subprocess.PIPE, text=True, env=self._environment
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert self.address in line, line

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(number)
        self.process.wait(20)
        self.process.stdout.close()


@contextmanager
def serving(*arguments: str, temporary: Path) -> Iterator[Server]:
    server = Server(*arguments, temporary=temporary)
    server.start()
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


OPTIONS = {"executable_path": CHROMIUM, "args": ["--no-sandbox", "--disable-gpu"]}


def has_chromium() -> bool:
    return shutil.which(CHROMIUM) is not None
