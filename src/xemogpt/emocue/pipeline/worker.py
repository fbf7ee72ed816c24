"""A worker process: takes clips from a pipe, one at a time, and answers with outcomes."""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol

from xemogpt import errors
from xemogpt.emocue.pipeline.job import Job, Outcome
from xemogpt.emocue.pipeline.parts import Parts
from xemogpt.emocue.pipeline.place import MediaMode
from xemogpt.emocue.pipeline.work import Bench, process_clip
from xemogpt.emocue.settings import BuildSettings
from xemogpt.errors import XEmoGPTError
from xemogpt.metrics.extraction.endpoint import EndpointDown

READY = b"ready"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Work(Protocol):
    """What workers do with clips; can be sent to another process or machine."""

    def prepare(self) -> None:
        """Called once in each worker process, before it says that it is ready."""

    def begin(self) -> Callable[[Job], Outcome]:
        """Load what is needed, and give a function for one clip.

        Raises:
            XEmoGPTError: here or from the function, if it would spoil every clip.
        """
        ...


@dataclass(frozen=True)
class Start:
    """The work of building a corpus."""

    folder: str
    settings: str
    """JSON of the build's settings."""
    media: MediaMode
    parts: Parts

    def prepare(self) -> None:
        """Called once in each worker process."""
        self.parts.prepare()

    def begin(self) -> Callable[[Job], Outcome]:
        """Load what the steps need."""
        settings = BuildSettings.model_validate_json(self.settings)
        bench = Bench(Path(self.folder), settings, self.media, self.parts)
        return partial(process_clip, bench=bench)


def serve(connection: Connection, start: Work) -> None:
    """Work until the other end is closed; also if whoever started us was killed."""
    # Ctrl-C reaches the whole group; the one who started us decides what becomes of the work.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.update(dict.fromkeys(THREADS, "1"))
    start.prepare()
    process: Callable[[Job], Outcome] | None = None
    connection.send_bytes(READY)
    while True:
        try:
            job = Job.model_validate_json(connection.recv_bytes())
        except (EOFError, ConnectionError):
            return
        try:
            if process is None:
                # Only now, so that an error is answered rather than lost.
                process = start.begin()
            outcome = process(job)
        except XEmoGPTError as error:
            outcome = Outcome(
                id=job.id, status="fatal", error=type(error).__name__, message=str(error)
            )
        try:
            connection.send_bytes(outcome.model_dump_json().encode())
        except (BrokenPipeError, ConnectionError):
            return


def _end_with_parent() -> None:
    """Do not go on with a clip that nobody waits for."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def raise_fatal(outcome: Outcome) -> None:
    """Raise in this process what a worker raised in another.

    Raises:
        XEmoGPTError: of the class that the worker's error had.
    """
    kinds = {"EndpointDown": EndpointDown} | vars(errors)
    kind = kinds.get(outcome.error or "")
    if not (isinstance(kind, type) and issubclass(kind, XEmoGPTError)):
        kind = XEmoGPTError
    raise kind(outcome.message)
