"""A corpus from a folder of clips: resumable, the same bytes every time, nothing lost."""

import os
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from xemogpt.emocue.pipeline.job import Job, Outcome
from xemogpt.emocue.pipeline.outputs import write_outputs
from xemogpt.emocue.pipeline.parts import Parts
from xemogpt.emocue.pipeline.place import FULL, MEDIA, MediaMode
from xemogpt.emocue.pipeline.pool import Pool
from xemogpt.emocue.pipeline.real_parts import real_parts
from xemogpt.emocue.pipeline.run import Run
from xemogpt.emocue.pipeline.state import FORMAT, STATE, BuildState
from xemogpt.emocue.pipeline.summary import MAX_SHOWN, BuildSummary, Progress
from xemogpt.emocue.pipeline.worker import Start
from xemogpt.emocue.records import RECORDS
from xemogpt.emocue.settings import BuildSettings
from xemogpt.errors import ConfigError, DatasetError, OutputError, XEmoGPTError

LOCK = ".build.lock"
Engine = Literal["pool", "ray"]


def build_emocue(
    clips: str | Path,
    out: str | Path,
    settings: BuildSettings | None = None,
    labels: str | Path | None = None,
    engine: Engine = "pool",
    workers: int | None = None,
    media: MediaMode = "link",
    progress: Progress = lambda status: None,
    *,
    clip_timeout_s: float = 600.0,
    ray_address: str | None = None,
    parts: Parts | None = None,
) -> BuildSummary:
    """Turn a folder of clips into a corpus of records with cues, descriptions and explanations.

    A build that was stopped or killed goes on where it was; clips that failed are tried again.
    The bytes of the corpus, ``steps.jsonl`` apart, do not depend on engine, workers, kills or
    time. Needs ``if __name__ == "__main__":`` around the call in a script, for it starts
    processes.

    Args:
        clips: folder of media files, looked through with its subfolders; or a ``.jsonl`` listing
            with a ``file`` a line, from its own folder.
        out: folder of the corpus.
        settings: what the records depend on.
        labels: what is known of the clips, as CSV, TSV or JSONL.
        engine: ``pool`` works on this machine, ``ray`` on a Ray cluster.
        workers: processes of one thread each; by default one for each core.
        media: hard ``link``s to the clips, or a ``copy`` of each.
        progress: called after each clip.
        clip_timeout_s: a clip that takes longer is stopped and has failed.
        ray_address: of a running cluster; without, ``ray`` starts one on this machine.
        parts: what the build is made of; the real ones by default.

    Raises:
        ConfigError: if an argument is out of range, or an annotator is not known.
        DatasetError: if there are no clips, or the label file is malformed.
        OutputError: if the folder was made otherwise, cannot be written, or is in use.
        WeightsError: if a detector's weights are not there.
        MissingDependencyError: if ``ray`` or ``httpx`` is needed and not installed.
        EndpointDown: if an annotator's endpoint is; what is done is kept.
    """
    clips, out = Path(clips).absolute(), Path(out).absolute()
    settings = settings or BuildSettings()
    parts = parts or real_parts()
    _check(clips, out, workers, clip_timeout_s)
    started = time.perf_counter()
    signature = signature_of(settings, parts.versions(settings))
    rows = {} if labels is None else _seen_from(clips, Path(labels), parts)
    _try_annotators(parts, settings)
    if engine == "ray":
        from xemogpt.emocue.pipeline.ray_engine import check_ray

        check_ray()
    try:
        _make(out)
        with FileLock(str(out / LOCK), timeout=0), closing(BuildState(out)) as state:
            state.sign(signature)
            found = _Labelled(parts.discover(clips), rows)
            state.sync(found)
            found.check(clips, labels)
            root = clips if clips.is_dir() else clips.parent
            start = Start(str(out), settings.model_dump_json(), media, parts)
            outcomes = _outcomes(
                state.todo(root), engine, start, workers, clip_timeout_s, ray_address
            )
            run = Run(state, progress)
            run.work_off(outcomes)
            written = write_outputs(out, root, state, settings, media, parts, signature)
            return run.summary(written, found.unknown, time.perf_counter() - started)
    except Timeout:
        raise OutputError(
            f"another build is writing {out}; wait until it is done, or choose another folder"
        ) from None
    except OSError as error:
        if isinstance(error, XEmoGPTError) or error.errno not in FULL:
            raise
        raise OutputError(
            f"cannot write {out}: {error.strerror or error}; make room, then run the same"
            " command again: it goes on where it stopped"
        ) from error


def signature_of(settings: BuildSettings, versions: Mapping[str, str]) -> dict[str, Any]:
    """What records depend on besides clips and labels, each under a name for messages."""
    flat: dict[str, Any] = {"format": FORMAT}
    for name, value in settings.model_dump(mode="json").items():
        if isinstance(value, dict):
            flat.update({f"{name}.{key}": each for key, each in value.items()})
        else:
            flat[name] = value
    return flat | {f"version of {name}": value for name, value in versions.items()}


def _check(clips: Path, out: Path, workers: int | None, clip_timeout_s: float) -> None:
    if not clips.is_dir() and not (clips.is_file() and clips.suffix == ".jsonl"):
        raise DatasetError(
            f"{clips} is no folder; give the folder that holds the clips, or a .jsonl listing"
        )
    places = [clips, *clips.parents]
    if clips in (out, *out.parents) or out / MEDIA in places:
        raise ConfigError(
            f"the corpus {out} and the clips {clips} would hold each other; choose an --out"
            " beside the clips"
        )
    if workers is not None and workers < 1:
        raise ConfigError(f"workers should be 1 or more, got {workers}")
    if not clip_timeout_s > 0:
        raise ConfigError(f"clip_timeout_s should be above 0, got {clip_timeout_s:g}")


def _try_annotators(parts: Parts, settings: BuildSettings) -> None:
    """Open and close them here: a misspelt one should be known at once."""
    for annotator in parts.open_annotators(settings):
        close = getattr(annotator, "close", None)
        if close is not None:
            close()


def _make(out: Path) -> None:
    """Make the folder of the corpus, unless another kind of corpus is in it.

    Raises:
        OutputError: if it is or cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot make {out}: {error.strerror or error}; choose a place you may write to"
        ) from error
    if (out / RECORDS).exists() and not (out / STATE).exists():
        raise OutputError(
            f"{out} holds a {RECORDS} that `xemogpt data build` did not make here (there is no"
            f" {STATE}); choose another folder"
        )


def _outcomes(
    jobs: Iterator[Job],
    engine: Engine,
    start: Start,
    workers: int | None,
    clip_timeout_s: float,
    ray_address: str | None,
) -> Generator[Outcome, None, None]:
    if engine == "ray":
        from xemogpt.emocue.pipeline.ray_engine import run_on_ray

        yield from run_on_ray(jobs, start, workers, clip_timeout_s, ray_address)
        return
    with closing(Pool(start, workers or num_cores(), clip_timeout_s)) as pool:
        yield from pool.run(jobs)


def num_cores() -> int:
    """How many cores this process may use."""
    can_ask = hasattr(os, "sched_getaffinity")
    return len(os.sched_getaffinity(0)) if can_ask else os.cpu_count() or 1


def _seen_from(clips: Path, labels: Path, parts: Parts) -> Mapping[str, str]:
    """Rows by id; ids that are paths from the label file's own folder are cut to the clips'."""
    rows = parts.read_labels(labels)
    here, above = clips.resolve(), labels.resolve().parent
    if here == above or above not in here.parents:
        return rows
    start = here.relative_to(above).as_posix() + "/"
    below = {name.removeprefix(start): row for name, row in rows.items() if name.startswith(start)}
    return below or rows


class _Labelled:
    """Clips as they are found, each with its row of the label file."""

    def __init__(self, jobs: Iterable[Job], rows: Mapping[str, str]) -> None:
        self._jobs = jobs
        self._rows = rows
        self._num = 0
        self._unknown = set(rows)

    def __iter__(self) -> Iterator[Job]:
        for job in self._jobs:
            self._num += 1
            self._unknown.discard(job.id)
            yield job.model_copy(update={"label": self._rows.get(job.id)})

    @property
    def unknown(self) -> tuple[str, ...]:
        """The first labels that no clip has."""
        return tuple(sorted(self._unknown)[:MAX_SHOWN])

    def check(self, clips: Path, labels: str | Path | None) -> None:
        """See whether anything was found.

        Raises:
            DatasetError: if there are no clips, or no label is of one of them.
        """
        if not self._num:
            raise DatasetError(f"{clips} holds no clips; expected video or sound files")
        if self._rows and len(self._unknown) == len(self._rows):
            raise DatasetError(
                f"{labels}: none of its {len(self._rows)} ids is that of a clip in {clips}"
                f" (the first is {self.unknown[0]!r}); ids are paths from the folder of clips,"
                " without the ending"
            )
