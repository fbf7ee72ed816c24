"""The steps of one clip: what a worker does, in whatever process or machine it lives."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from xemogpt.emocue.pipeline.job import Job, Outcome, Timing
from xemogpt.emocue.pipeline.parts import Parts
from xemogpt.emocue.pipeline.place import FULL, MEDIA, MediaMode, place_media
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.emocue.settings import BuildSettings
from xemogpt.emocue.steps.base import StepFunction, Tools
from xemogpt.errors import ConfigError, MissingDependencyError, OutputError, WeightsError
from xemogpt.metrics.extraction.endpoint import EndpointDown

FATAL = (WeightsError, MissingDependencyError, OutputError, ConfigError, EndpointDown)
"""What would spoil every clip."""
PLACE, START, GATE = "media", "start", "gate"
"""What happens before and after the steps, as named in errors and timings."""


@dataclass
class Bench:
    """What one process needs to work on clips; made once, used for many.

    Args:
        folder: the corpus.
        settings: of the build.
        media: how media get into the corpus.
        parts: what steps there are.
    """

    folder: Path
    settings: BuildSettings
    media: MediaMode
    parts: Parts
    tools: Tools = field(init=False)
    steps: dict[str, StepFunction] = field(init=False)

    def __post_init__(self) -> None:
        self.tools = Tools(self.folder, self.settings, self.parts.open_annotators)
        self.steps = self.parts.clip_steps()

    def tokens(self) -> tuple[int, int]:
        """Sent to and received from endpoints so far, as far as the annotators count them."""
        totals = [self.parts.tokens_of(each) for each in self.tools._annotators or ()]
        return sum(sent for sent, _ in totals), sum(received for _, received in totals)


def process_clip(job: Job, bench: Bench) -> Outcome:
    """Run the steps of one clip; whatever spoils it alone becomes a failure.

    Raises:
        XEmoGPTError: if it would spoil every clip.
    """
    before = bench.tokens()
    watch = _Watch()
    record = None
    reasons: tuple[str, ...] = ()
    error, message = None, None
    try:
        with watch.step(PLACE):
            place_media(Path(job.source), bench.folder / MEDIA / job.relative, bench.media)
        with watch.step(START):
            record = bench.parts.first_record(job, bench.settings)
        for name, step in bench.steps.items():
            with watch.step(name):
                record = step(record, bench.tools)
        with watch.step(GATE):
            reasons = bench.parts.reasons_to_drop(record, bench.settings)
    except FATAL:
        raise
    except OSError as problem:
        if problem.errno in FULL:
            raise OutputError(
                f"no room in {problem.filename or bench.folder}: {problem.strerror}; make room,"
                " then run the same command again: it goes on where it stopped"
            ) from problem
        error, message = type(problem).__name__, str(problem)
    except Exception as problem:  # one clip's bug should not cost the others
        error, message = type(problem).__name__, str(problem)
    sent, received = (now - then for now, then in zip(bench.tokens(), before, strict=True))
    return Outcome(
        id=job.id,
        status="failed" if error else "dropped" if reasons else "done",
        record=None if record is None or error else record.to_json(),
        step=watch.current if error or reasons else None,
        reasons=reasons,
        error=error,
        message=None if message is None else _without_places(message, job, bench.folder),
        timings=tuple(watch.timings),
        tokens_in=sent,
        tokens_out=received,
    )


class _Watch:
    """Times steps and knows the one that is going on."""

    def __init__(self) -> None:
        self.current: str | None = None
        self.timings: list[Timing] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self.current = name
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.timings.append(
            Timing(
                step=name,
                seconds=round(time.perf_counter() - wall, 6),
                cpu_seconds=round(time.process_time() - cpu, 6),
                finished_at=now(),
            )
        )


def now() -> str:
    """UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _without_places(message: str, job: Job, folder: Path) -> str:
    """A message without the folders of this machine: a corpus says the same everywhere."""
    clips = job.source.removesuffix(job.relative)
    for place in {f"{folder}/", clips} - {"", "/"}:
        message = message.replace(place, "")
    return " ".join(message.split())[:1000]


def record_of(outcome: Outcome) -> EmoCueRecord | None:
    """The record of an outcome."""
    return None if outcome.record is None else EmoCueRecord.model_validate_json(outcome.record)
