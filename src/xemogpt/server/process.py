"""A worker process as the server sees it: orders out, events in, killed when it takes too long."""

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from xemogpt.errors import XEmoGPTError
from xemogpt.server.settings import TOKEN_VARIABLE

_LONGEST_LINE = 256_000_000
"""Bytes of one event; the explanation of a film has a few million."""
_LOAD_S = 600.0


class WorkerGone(Exception):
    """The process has ended, by itself or killed."""


class WorkerUnable(XEmoGPTError, RuntimeError):
    """The process could not load what it needs; the message says what is missing."""


class WorkerProcess:
    """One ``python -m xemogpt.server.worker``.

    Args:
        options: ``role`` (explain or score), ``threads`` and ``memory_bytes``; to explain also
            ``model``, ``is_measured``, ``device``, ``batch_size`` and ``max_new_tokens``.
        folder: where it runs.
    """

    def __init__(self, options: dict[str, Any], folder: Path) -> None:
        self._options, self._folder = options, folder
        self._process: asyncio.subprocess.Process | None = None
        self.batch_size = 1

    @property
    def pid(self) -> int | None:
        """The process, if it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Start it and wait until it has loaded.

        Raises:
            WorkerUnable: if it cannot load what it needs.
            WorkerGone: if it ended without a word.
        """
        # The worker handles what strangers send: it need not know the token. Fewer malloc arenas
        # keep memory from growing with threads that come and go.
        environment = {k: v for k, v in os.environ.items() if k != TOKEN_VARIABLE}
        environment.setdefault("MALLOC_ARENA_MAX", "2")
        if self._options["threads"] == 1:
            environment["OMP_NUM_THREADS"] = "1"
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "xemogpt.server.worker"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=self._folder,
            env=environment,
            limit=_LONGEST_LINE,
            start_new_session=True,  # Ctrl+C is for the server, which ends its workers in order
        )
        await self.send(self._options)
        async with asyncio.timeout(_LOAD_S):
            event = await self.receive()
        if event["event"] == "unable":
            await self.kill()
            raise WorkerUnable(event["detail"])
        self.batch_size = event["batch_size"]

    async def send(self, order: dict[str, Any]) -> None:
        """Hand over an order.

        Raises:
            WorkerGone: if nobody is there.
        """
        if self._process is None or self._process.stdin is None:
            raise WorkerGone
        try:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise WorkerGone from error

    async def receive(self) -> dict[str, Any]:
        """The next event.

        Raises:
            WorkerGone: if the process has ended.
        """
        if self._process is None or self._process.stdout is None:
            raise WorkerGone
        line = await self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise WorkerGone
        event: dict[str, Any] = json.loads(line)
        return event

    async def kill(self) -> None:
        """End the process, whatever it does, and what it may have started."""
        if self._process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        self._process = None
