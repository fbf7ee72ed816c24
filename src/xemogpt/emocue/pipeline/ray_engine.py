"""The same steps on Ray Data: actors on the machines of a cluster, each with a worker process.

The driver writes what comes back, so a build resumes whatever engine it began with. All machines
must see the folder of clips and that of the corpus under the same paths.
"""

import importlib
import logging
import os
import socket
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from xemogpt.emocue.pipeline.job import Job, Outcome
from xemogpt.emocue.pipeline.pool import Pool
from xemogpt.emocue.pipeline.worker import Work, raise_fatal
from xemogpt.errors import ConfigError, MissingDependencyError, XEmoGPTError

ROUND = 20_000
"""Clips given to Ray at once: so many jobs are in the driver's memory."""
CALL_TIMEOUT_S = 10.0
CLIPS_PER_TASK = 4
"""Few, for what a killed build loses; more than one, for the cost of a task."""


class ClipActor:
    """Works on clips in a process of its own, whose death or hanging harms nothing else."""

    def __init__(self, start: Work, clip_timeout_s: float) -> None:
        self._pool = Pool(start, 1, clip_timeout_s)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        """Jobs as JSON in, outcomes as JSON out."""
        jobs = [Job.model_validate_json(text) for text in batch["job"]]
        outcomes: list[Outcome] = []
        try:
            outcomes.extend(self._pool.run(jobs))
        except XEmoGPTError as error:
            # Raised here, Ray would try again; the driver raises it instead.
            outcomes.append(
                Outcome(id="", status="fatal", error=type(error).__name__, message=str(error))
            )
        return {"outcome": [outcome.model_dump_json() for outcome in outcomes]}


def check_ray() -> None:
    """See whether Ray is there.

    Raises:
        MissingDependencyError: if it is not.
    """
    try:
        _ray()
    except ImportError as error:
        raise MissingDependencyError(
            'the engine ray needs Ray: pip install "xemogpt[ray]"; or use --engine pool'
        ) from error


def run_on_ray(
    jobs: Iterator[Job],
    start: Work,
    workers: int | None,
    clip_timeout_s: float,
    address: str | None = None,
) -> Iterator[Outcome]:
    """Outcomes as they come, in any order.

    Args:
        jobs: taken a round at a time.
        start: what workers need.
        workers: actors, of one core each; by default one for each core of the cluster.
        clip_timeout_s: a clip that takes longer is stopped and has failed.
        address: of a running cluster; without, one is started on this machine and stopped again.

    Raises:
        ConfigError: if there is no cluster at the address.
        XEmoGPTError: what would spoil every clip, or if the cluster fails.
    """
    ray = _ray()
    is_ours = not ray.is_initialized()
    if is_ours:
        _connect(address, workers)
    try:
        workers = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        while batch := list(islice(jobs, ROUND)):
            yield from _run_round(batch, start, workers, clip_timeout_s)
    except ray.exceptions.RayError as error:
        raise XEmoGPTError(
            f"Ray stopped ({_problem(error)}); what is done is kept. Every machine of the"
            " cluster needs this version of xemogpt and must see the folders given"
        ) from error
    finally:
        if is_ours:
            ray.shutdown()


def _connect(address: str | None, workers: int | None) -> None:
    ray = _ray()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing leaves this machine
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # Python errors say the same, better
    common: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if address:
            _call(address)
            ray.init(address=address, **common)
        else:
            # "local", for a cluster of somebody else may be running here.
            ray.init(address="local", num_cpus=workers, include_dashboard=False, **common)
    except (OSError, ValueError, RuntimeError) as error:
        raise ConfigError(
            f"no Ray cluster at {address or 'this machine'} ({error}); start one with"
            " `ray start --head`, or leave --ray-address out"
        ) from error


def _call(address: str) -> None:
    """See whether anyone listens at "host:port": Ray itself would try for many minutes.

    Raises:
        OSError: if nobody does.
        ValueError: if the address is malformed.
    """
    parts = urlsplit(address if "://" in address else f"//{address}")
    if parts.port is not None:
        socket.create_connection((parts.hostname or "", parts.port), CALL_TIMEOUT_S).close()


def _run_round(
    jobs: list[Job], start: Work, workers: int, clip_timeout_s: float
) -> Iterator[Outcome]:
    ray = _ray()
    _quiet(ray.data.DataContext.get_current())
    num_blocks = max(1, -(-len(jobs) // CLIPS_PER_TASK))
    rows = [{"job": job.model_dump_json()} for job in jobs]
    found = ray.data.from_items(rows, override_num_blocks=num_blocks).map_batches(
        ClipActor,
        batch_size=None,
        fn_constructor_args=(start, clip_timeout_s),
        concurrency=(1, min(workers, num_blocks)),
        num_cpus=1,
    )
    for row in found.iter_rows():
        outcome = Outcome.model_validate_json(row["outcome"])
        if outcome.status == "fatal":
            raise_fatal(outcome)
        yield outcome


def _problem(error: Exception) -> str:
    """The line of Ray's long message that names an error."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return next((line for line in reversed(lines) if "Error: " in line), lines[0]).strip()


def _ray() -> Any:
    """Without types: this has to be checked where Ray is not installed, too."""
    importlib.import_module("ray.data")
    return importlib.import_module("ray")


def _quiet(context: Any) -> None:
    """No bars of Ray's own: ours says more."""
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
