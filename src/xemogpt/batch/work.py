"""What a worker of a batch does: load an Explainer once, then one clip after the other."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from xemogpt.batch.items import Extras
from xemogpt.batch.rows import FORMAT, row_of
from xemogpt.emocue.pipeline.job import Job, Outcome, Timing
from xemogpt.emocue.pipeline.work import now
from xemogpt.errors import (
    CheckpointError,
    MissingDependencyError,
    OutputError,
    WeightsError,
    XEmoGPTError,
)
from xemogpt.inference import Explainer, Failure, Request
from xemogpt.media import probe
from xemogpt.signals import Meter

FATAL = (WeightsError, MissingDependencyError, CheckpointError, OutputError)
"""What would spoil every clip."""
STEP = "explain"
_PACKAGES = (
    "xemogpt", "ai-edge-litert", "av", "ctranslate2", "faster-whisper", "numpy", "swift-f0",
    "torch", "transformers",
)  # fmt: skip


@dataclass(frozen=True)
class ExplainWork:
    """The work of explaining clips; can be sent to another process or machine.

    Args:
        model: preset, folder or hub id.
        device: where it runs.
        recognise: whether to recognise speech where no subtitle is given.
    """

    model: str = "nano"
    device: str = "cpu"
    recognise: bool = True

    def explainer(self) -> Explainer:
        """Load it.

        Raises:
            WeightsError: if pulled files are absent.
            CheckpointError: if the model's weights do not fit.
        """
        explainer = Explainer.from_pretrained(
            self.model, device=self.device, use_recognition=self.recognise
        )
        # One thread a worker: more would only fight, and results are not to depend on them.
        explainer.meter = Meter(num_threads=1)
        return explainer

    def signature(self) -> dict[str, Any]:
        """What results depend on besides the clips, each under a name for messages."""
        found = self.explainer().signature()
        return {
            "format": FORMAT,
            **{name: value for name, value in found.items() if name != "weights"},
            "weights": found["weights"],
            "device": self.device,
            **{f"version of {name}": _version(name) for name in _PACKAGES},
        }

    def prepare(self) -> None:
        """Keep OpenCV to the thread that calls it: processes would only fight."""
        import cv2

        cv2.setNumThreads(1)

    def begin(self) -> Callable[[Job], Outcome]:
        """Load the Explainer, and give a function for one clip."""
        return partial(explain_job, explainer=self.explainer())


def explain_job(job: Job, explainer: Explainer) -> Outcome:
    """Explain one clip; whatever spoils it alone becomes a failure.

    Raises:
        XEmoGPTError: if it would spoil every clip.
    """
    label = json.loads(job.label or "{}")
    file = label.pop("file", job.source)
    extras = Extras.model_validate(label)
    wall, cpu = time.perf_counter(), time.process_time()
    record: str | None = None
    error: Exception | None = None
    try:
        request = Request(job.source, extras.subtitle, extras.audio)
        (result,) = explainer.explain_each([request])
        if isinstance(result, Failure):
            error = result.error
        else:
            seconds = _duration_s(request)
            record = json.dumps(row_of(job.id, file, extras, result, seconds), allow_nan=False)
    except Exception as problem:  # one clip's bug should not cost the others
        error = problem
    if isinstance(error, FATAL):
        raise error
    took = Timing(
        step=STEP,
        seconds=round(time.perf_counter() - wall, 6),
        cpu_seconds=round(time.process_time() - cpu, 6),
        finished_at=now(),
    )
    return Outcome(
        id=job.id,
        status="done" if error is None else "failed",
        record=record,
        step=None if error is None else STEP,
        error=None if error is None else type(error).__name__,
        message=None if error is None else _message(error, job, file),
        timings=(took,),
    )


def _duration_s(request: Request) -> float:
    """Length of the media, as long as the longer of pictures and sound."""
    length_s = probe(str(request.media)).duration_s
    if request.audio is not None:
        with suppress(XEmoGPTError):
            length_s = max(length_s, probe(request.audio).duration_s)
    return round(length_s, 6)


def _message(error: Exception, job: Job, file: str) -> str:
    """In one line, with the clip's name as it was given."""
    return " ".join(str(error).replace(job.source, file).split())[:1000]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
