"""One run of a build: keeps what comes, counts it, and says how it is going."""

import time
from collections.abc import Generator
from contextlib import closing
from itertools import islice

from xemogpt.emocue.pipeline.job import Outcome
from xemogpt.emocue.pipeline.outputs import Written
from xemogpt.emocue.pipeline.state import BuildState
from xemogpt.emocue.pipeline.summary import (
    MAX_SHOWN,
    BuildSummary,
    ClipFailure,
    Progress,
    Status,
)


class Run:
    """Counts of one run.

    Args:
        state: of the build.
        progress: called after each clip.
    """

    def __init__(self, state: BuildState, progress: Progress) -> None:
        self._state = state
        self._progress = progress
        self._counts = {"todo": 0, "done": 0, "dropped": 0, "failed": 0} | state.count()
        self._num_clips = sum(self._counts.values())
        self._num_earlier = self._num_clips - self._counts["todo"]
        self._num_new = 0
        self._tokens = 0
        self._started = time.perf_counter()
        self._seconds = 0.0

    def work_off(self, outcomes: Generator[Outcome, None, None]) -> None:
        """Store outcomes as they come."""
        self._progress(self._status())
        with closing(outcomes):
            for outcome in outcomes:
                self._state.store(outcome)
                self._num_new += 1
                self._counts[outcome.status] += 1
                self._tokens += outcome.tokens_in + outcome.tokens_out
                self._seconds = time.perf_counter() - self._started
                self._progress(self._status())

    def summary(
        self, written: Written, unknown_labels: tuple[str, ...], seconds: float
    ) -> BuildSummary:
        """What came of it all."""
        failures = [
            ClipFailure(each.id, each.step or "", each.error or "", each.message or "")
            for each in islice(self._state.outcomes("failed"), MAX_SHOWN)
        ]
        tokens_in, tokens_out = self._state.tokens()
        return BuildSummary(
            num_clips=self._num_clips,
            num_records=written.num_records,
            num_dropped=written.num_dropped,
            num_duplicates=written.num_duplicates,
            num_failed=self._counts["failed"],
            num_earlier=self._num_earlier,
            seconds=seconds,
            clips_per_minute=self._rate(),
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            failures_by_step=self._state.failures_by_step(),
            failures=tuple(failures),
            unknown_labels=unknown_labels,
        )

    def _rate(self) -> float | None:
        return 60 * self._num_new / self._seconds if self._num_new else None

    def _status(self) -> Status:
        counts = self._counts
        return Status(
            num_done=self._num_earlier + self._num_new,
            num_clips=self._num_clips,
            num_dropped=counts["dropped"],
            num_failed=counts["failed"],
            clips_per_minute=self._rate(),
            tokens=self._tokens,
        )
