"""From files of others to a corpus folder, and from a corpus folder to files of others."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from xemogpt.emocue.formats.base import MAX_SHOWN, Exported, Imported, Problem
from xemogpt.emocue.formats.media import MediaFolder
from xemogpt.emocue.formats.registry import detect_format, open_format
from xemogpt.emocue.pipeline.place import MEDIA, place_media
from xemogpt.emocue.records import RECORDS, EmoCueRecord, Split, Step, read_records, write_records
from xemogpt.errors import DatasetError, MediaError, OutputError
from xemogpt.files import atomic_write, sha256_of

ERRORS = "errors.jsonl"
MAX_WRITTEN = 100_000
"""Problems listed in ``errors.jsonl``; the rest are counted in its last line."""


@dataclass(frozen=True)
class ImportSummary:
    """What came of an import."""

    format: str
    num_records: int
    num_problems: int
    notes: tuple[str, ...]
    records_path: Path
    errors_path: Path | None


@dataclass(frozen=True)
class ImportOptions:
    """What an import adds to what the files say."""

    media: Path | None = None
    """Folder of the clips; every row has to have one there."""
    split: Split | None = None
    licence: str | None = None
    extract_cues: bool = False
    """Whether explanations without cues are searched for them, by rules."""
    skip_bad: bool = False
    """Whether rows that cannot be read are listed and left out; refused otherwise."""


def import_corpus(
    files: Sequence[Path], out: Path, format_name: str | None, options: ImportOptions
) -> ImportSummary:
    """Read annotation files and write a corpus folder.

    Args:
        files: of one format; some formats take a folder.
        out: the corpus; there must be none yet.
        format_name: of the files; found out by columns and keys if none.
        options: what to add.

    Raises:
        DatasetError: if a file or, without ``skip_bad``, any row cannot be read.
        OutputError: if ``out`` holds a corpus or cannot be written.
    """
    if (out / RECORDS).exists():
        raise OutputError(f"{out} already holds a corpus; choose another folder")
    for path in files:
        if not path.exists():
            raise DatasetError(f"{path} does not exist")
    found_format = open_format(format_name) if format_name else detect_format(files)
    media = MediaFolder(options.media) if options.media else None
    found = found_format.read(files, media)
    if found.problems and not options.skip_bad:
        raise DatasetError(_refusal(found))
    finish = _finisher(found_format.name, found, media, out, options)
    records: list[EmoCueRecord] = []
    for record in found.records:
        try:
            records.append(finish(record))
        except MediaError as error:
            if not options.skip_bad:
                raise
            found.problems.append(Problem(str(found.media[record.id]), 0, "media", str(error)))
    if not records:
        raise DatasetError(f"{files[0]}: no record could be imported; {_refusal(found)}")
    errors_path = _write_problems(out / ERRORS, found.problems)
    # Last, since it is what makes the folder a corpus.
    records_path = write_records(out, records)
    return ImportSummary(
        found_format.name,
        len(records),
        len(found.problems),
        tuple(found.notes),
        records_path,
        errors_path,
    )


def export_corpus(folder: Path, format_name: str, out: Path, split: Split | None) -> Exported:
    """Write the records of a corpus, or of one of its splits, in another format.

    Raises:
        DatasetError: if no record is in the split, or has anything that the format holds.
        OutputError: if ``out`` cannot be written.
        UnknownNameError: if there is no such format.
    """
    found_format = open_format(format_name)
    records = read_records(folder)
    if split is not None:
        there = Counter(record.split or "none" for record in records)
        records = [record for record in records if record.split == split]
        if not records:
            shown = ", ".join(f"{name}: {num}" for name, num in sorted(there.items()))
            raise DatasetError(f"{folder} has no record of the split {split!r}; it has {shown}")
    return found_format.write(records, out, folder if folder.is_dir() else folder.parent)


def _finisher(
    name: str, found: Imported, media: MediaFolder | None, out: Path, options: ImportOptions
) -> Callable[[EmoCueRecord], EmoCueRecord]:
    """What every record gets: its clip, licence, split and the step that made it."""
    step = Step(tool=f"import {name}", version=version("xemogpt"))
    extract = _extractor() if options.extract_cues else None

    def finish(record: EmoCueRecord) -> EmoCueRecord:
        update: dict[str, object] = {"steps": (*record.steps, step)}
        if options.licence is not None:
            update["licence"] = options.licence
        if options.split is not None:
            update["split"] = options.split
        clip = found.media.get(record.id)
        if clip is not None and media is not None:
            update |= _clip_fields(clip, media, out)
        record = record.model_copy(update=update)
        return record if extract is None else extract(record)

    return finish


def _clip_fields(clip: Path, media: MediaFolder, out: Path) -> dict[str, object]:
    from xemogpt.media import probe

    try:
        image = clip.suffix.lower() in {".jpg", ".jpeg", ".png", ".bmp", ".webp"}
        duration_s = None if image else round(probe(clip).duration_s, 3)
        relative = f"{MEDIA}/{clip.relative_to(media.folder).as_posix()}"
        place_media(clip, out / relative, "link")
        digest = sha256_of(clip)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise MediaError(f"cannot read {clip}: {error.strerror or error}") from error
    return {"media": relative, "media_sha256": digest, "duration_s": duration_s or None}


def _extractor() -> Callable[[EmoCueRecord], EmoCueRecord]:
    from xemogpt.metrics.extraction import RuleExtractor
    from xemogpt.schema import MODALITIES, CueSet

    rules = RuleExtractor()
    step = Step(tool="RuleExtractor", version=rules.version)

    def extract(record: EmoCueRecord) -> EmoCueRecord:
        if len(record.cues) or not record.explanation:
            return record
        said = rules.extract(record.explanation).cues
        # The annotator's words, cut into pieces.
        cues = {
            modality: [cue.model_copy(update={"source": "annotated"}) for cue in said.of(modality)]
            for modality in MODALITIES
        }
        given = CueSet(cues["visual"], cues["auditory"], cues["emotional"])
        return record.model_copy(update={"cues": given, "steps": (*record.steps, step)})

    return extract


def _refusal(found: Imported) -> str:
    num = len(found.problems)
    if not num:
        return "the files hold no rows"
    shown = "\n".join(str(problem) for problem in found.problems[:MAX_SHOWN])
    more = f"\nand {num - MAX_SHOWN} more" if num > MAX_SHOWN else ""
    good = len(found.records)
    return (
        f"{num} row{'s' * (num > 1)} cannot be imported ({good} can); mend them, or add --skip-bad"
        f" to leave them out:\n{shown}{more}"
    )


def _write_problems(path: Path, problems: Sequence[Problem]) -> Path | None:
    if not problems:
        path.unlink(missing_ok=True)
        return None
    with atomic_write(path) as file:
        for problem in problems[:MAX_WRITTEN]:
            file.write(json.dumps(asdict(problem), ensure_ascii=False) + "\n")
        if len(problems) > MAX_WRITTEN:
            file.write(json.dumps({"num_more": len(problems) - MAX_WRITTEN}) + "\n")
    return path
