"""What is counted, in Prometheus' text form at ``/metrics``."""

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 600)


class Gauges:
    """Counters of one server; nothing global, so that two in one process do not mix."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "xemogpt_requests",
            "Requests answered.",
            ["route", "method", "status"],
            registry=registry,
        )
        self.request_seconds = Histogram(
            "xemogpt_request_seconds",
            "Time from the first byte of a request to the last of its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.wait_seconds = Histogram(
            "xemogpt_queue_wait_seconds",
            "Time from arrival to a worker.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.service_seconds = Histogram(
            "xemogpt_service_seconds",
            "Time a worker takes for a batch.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.batch_size = Histogram(
            "xemogpt_batch_size",
            "Requests handed to a worker together.",
            buckets=(1, 2, 3, 4, 6, 8, 12, 16, 32),
            registry=registry,
        )
        self.failures = Counter(
            "xemogpt_failures", "Work that failed, by kind.", ["kind"], registry=registry
        )
        self.restarts = Counter(
            "xemogpt_worker_restarts", "Workers that ended and were replaced.", registry=registry
        )
        self.uploaded = Counter(
            "xemogpt_uploaded_bytes", "Bytes of uploads received.", registry=registry
        )
        self._jobs = Gauge("xemogpt_jobs", "Jobs by state.", ["state"], registry=registry)
        self._queue = Gauge("xemogpt_queue_length", "Work that no worker has.", registry=registry)
        self._pending = Gauge(
            "xemogpt_pending_requests",
            "Requests being uploaded, waiting or worked on.",
            registry=registry,
        )

    def watch(self, queue: Callable[[], float], pending: Callable[[], float]) -> None:
        """Read two numbers whenever metrics are asked for."""
        self._queue.set_function(queue)
        self._pending.set_function(pending)

    def text(self, jobs: dict[str, int]) -> bytes:
        """All of it, with the numbers of jobs by state."""
        for state, number in jobs.items():
            self._jobs.labels(state).set(number)
        return generate_latest(self._registry)
