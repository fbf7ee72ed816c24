"""What a server is told at its start: the model, the limits, who may ask."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from xemogpt.errors import ConfigError
from xemogpt.inference.explainer import MEASURED

LOOPBACK = ("127.0.0.1", "::1", "localhost")
TOKEN_VARIABLE = "XEMOGPT_TOKEN"
SHORTEST_TOKEN = 16
"""Characters; shorter ones can be guessed."""
_MB = 1_000_000


@dataclass(frozen=True)
class Limits:
    """What one request, and all of them together, may cost."""

    upload_bytes: int = 200 * _MB
    """A body of ``/v1/explain`` and ``/v1/jobs``."""
    inline_bytes: int = 32 * _MB
    """A JSON body, such as a clip as base64 in a chat: it is held in memory."""
    words: int = 20_000
    """Characters of what is said."""
    duration_s: float = 120.0
    """Media of a request that is waited for."""
    job_duration_s: float = 2 * 3600.0
    """Media of a job."""
    frame_pixels: int = 4096 * 2304
    """Width times height of the pictures."""
    total_pixels: float = 400e9
    """Width times height times frames: what a decoder has to go through."""
    pending: int = 32
    """Requests that are being uploaded, wait or are worked on; more get 429."""
    pending_jobs: int = 16
    """The same for jobs."""
    queue_s: float = 120.0
    """A request that has waited so long for a worker gets 503."""
    explain_s: float = 120.0
    """Computing time of a request; after it the worker is ended and the request gets 422."""
    job_s: float = 4 * 3600.0
    """The same for a job."""
    upload_s: float = 120.0
    """Time to send a body."""
    score_s: float = 120.0
    """Computing time of a scoring."""
    worker_memory_bytes: int = 6_000 * _MB
    """Private memory of a worker process."""
    samples: int = 2_000
    """Samples of a scoring, each side."""


@dataclass(frozen=True)
class ServerSettings:
    """How a server is set up. See ``xemogpt serve --help``."""

    model: str = "nano"
    device: str = "cpu"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int | None = None
    batch_size: int = 8
    """Requests that a model explains together; the measured path takes one at a time."""
    max_new_tokens: int = 256
    """Longest answer of a model for one window."""
    batch_wait_s: float = 0.05
    """How long a free worker waits for a fuller batch."""
    state: Path = field(default_factory=lambda: default_state())
    """Folder for uploads while they are needed, and for jobs."""
    tokens: tuple[str, ...] = ()
    limits: Limits = Limits()
    keep_jobs_s: float = 24 * 3600.0
    """Finished jobs are forgotten after this time."""

    def __post_init__(self) -> None:
        """Refuse to be open to the world by accident.

        Raises:
            ConfigError: if others can reach the server and no token is asked for.
        """
        if self.host not in LOOPBACK and not self.tokens:
            raise ConfigError(
                f"{self.host} can be reached from other machines and no token is set; put one into"
                f" the variable {TOKEN_VARIABLE} or a file (--token-file), or listen on 127.0.0.1"
            )
        if any(len(token) < SHORTEST_TOKEN for token in self.tokens):
            raise ConfigError(
                f"a token is shorter than {SHORTEST_TOKEN} characters and could be guessed; make"
                " one with: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
            )

    @property
    def is_measured(self) -> bool:
        """Whether text is composed from measurements, without a model."""
        return self.model == MEASURED

    @property
    def model_id(self) -> str:
        """What clients call the model; never a path of this machine."""
        return self.model if self.is_measured else Path(self.model).name

    @property
    def num_workers(self) -> int:
        """Processes: one a core on the measured path; a model uses all cores by itself."""
        if self.workers is not None:
            return self.workers
        return max(1, min(8, os.cpu_count() or 1)) if self.is_measured else 1


def default_state() -> Path:
    """Where a server keeps jobs unless told otherwise."""
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "xemogpt" / "server"


def read_tokens(file: Path | None) -> tuple[str, ...]:
    """Tokens from a file, one a line (``#`` begins a comment), and from the environment.

    Raises:
        ConfigError: if the file cannot be read or holds none.
    """
    tokens = []
    if file is not None:
        try:
            lines = file.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"cannot read the token file {file}: {error}") from error
        tokens = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        if not tokens:
            raise ConfigError(f"{file} holds no token; write one a line")
    if given := os.environ.get(TOKEN_VARIABLE, "").strip():
        tokens.append(given)
    return tuple(dict.fromkeys(tokens))
