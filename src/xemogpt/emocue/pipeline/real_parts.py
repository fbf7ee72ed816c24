"""The parts of a real build; what they need is imported when they are called."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from xemogpt.emocue.annotators.base import Annotator
from xemogpt.emocue.pipeline.job import Job
from xemogpt.emocue.pipeline.parts import Parts, Records
from xemogpt.emocue.pipeline.versions import versions
from xemogpt.emocue.records import EmoCueRecord, Split
from xemogpt.emocue.settings import BuildSettings
from xemogpt.emocue.steps.base import StepFunction


def real_parts() -> Parts:
    """What ``xemogpt data build`` is made of."""
    return Parts(
        discover=_discover,
        read_labels=_read_labels,
        first_record=_first_record,
        clip_steps=_clip_steps,
        open_annotators=_open_annotators,
        reasons_to_drop=_reasons_to_drop,
        find_duplicates=_find_duplicates,
        assign_splits=_assign_splits,
        write_tables=_write_tables,
        versions=versions,
        prepare=_one_thread,
        tokens_of=_tokens_of,
    )


def _discover(clips: Path) -> Iterator[Job]:
    from xemogpt.emocue.clips import discover
    from xemogpt.media import sidecar_subtitles

    for clip in discover(clips):
        found = [clip.path.stat()]
        beside = sidecar_subtitles(clip.path)
        if beside is not None:
            # The words are part of what a record is made from.
            found.append(beside.stat())
        yield Job(
            id=clip.id,
            source=str(clip.path),
            relative=clip.relative,
            size=sum(each.st_size for each in found),
            mtime_ns=max(each.st_mtime_ns for each in found),
        )


def _read_labels(path: Path) -> dict[str, str]:
    from xemogpt.emocue.labelfile import read_labels

    return {name: row.model_dump_json() for name, row in read_labels(path).items()}


def _first_record(job: Job, settings: BuildSettings) -> EmoCueRecord:
    from xemogpt.emocue.clips import ClipFile, initial_record
    from xemogpt.emocue.labelfile import LabelRow

    labels = {} if job.label is None else {job.id: LabelRow.model_validate_json(job.label)}
    return initial_record(ClipFile(job.id, Path(job.source)), labels, settings)


def _clip_steps() -> dict[str, StepFunction]:
    from xemogpt.emocue.steps.order import clip_steps

    return clip_steps()


def _open_annotators(settings: BuildSettings) -> tuple[Annotator, ...]:
    from xemogpt.emocue.annotators.opening import open_annotators

    return open_annotators(settings)


def _reasons_to_drop(record: EmoCueRecord, settings: BuildSettings) -> tuple[str, ...]:
    from xemogpt.emocue.steps.quality import reasons_to_drop

    return reasons_to_drop(record, settings.thresholds)


def _find_duplicates(records: Records, folder: Path) -> Mapping[str, str]:
    from xemogpt.emocue.duplicates import find_duplicates

    return find_duplicates(records, folder)


def _assign_splits(records: Records, settings: BuildSettings) -> Mapping[str, Split]:
    from xemogpt.emocue.splits import split_of

    return split_of(records, settings.shares, settings.seed)


def _write_tables(folder: Path, records: Callable[[], Records]) -> None:
    from xemogpt.emocue.formats.card import write_card
    from xemogpt.emocue.formats.parquet import write_parquet

    write_parquet(folder, records())
    write_card(folder, records())


def _one_thread() -> None:
    """Keep OpenCV to the thread that calls it: processes would only fight."""
    import cv2

    cv2.setNumThreads(1)


def _tokens_of(annotator: Annotator) -> tuple[int, int]:
    """What an annotator used of its endpoint, if it counts."""
    usage = getattr(annotator, "usage", None)
    return usage if isinstance(usage, tuple) else (0, 0)
