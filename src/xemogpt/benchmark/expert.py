"""Expert-annotated tasks: a folder in the published cue layout, checked before anything is run.

``cues.json`` maps each name to its ``visual``, ``auditory`` and ``emotional`` cues; the media are
in ``media/`` or beside it, one file a name by stem. ``subtitles.csv`` (name,subtitle) and
``scenarios.csv`` (name,scenario) may be there, and ``records.jsonl`` with times and hashes.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xemogpt.benchmark.making.tables import refuse
from xemogpt.emocue.records import RECORDS, EmoCueRecord, read_records
from xemogpt.errors import DatasetError
from xemogpt.files import sha256_of
from xemogpt.schema import MODALITIES, CueSet, Transcript

CUES, MEDIA, SUBTITLES, SCENARIOS = "cues.json", "media", "subtitles.csv", "scenarios.csv"
NOT_MEDIA = frozenset((".json", ".jsonl", ".csv", ".tsv", ".srt", ".vtt", ".txt", ".md", ".lock"))
MAX_ID = 200


def read_expert(folder: Path) -> tuple[EmoCueRecord, ...]:
    """The records of an expert folder, in the order of ``cues.json``.

    Where ``records.jsonl`` states the same wordings for a clip, its times and hash are taken too.

    Raises:
        DatasetError: listing everything that is wrong at once.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is no folder; expected one that holds {CUES} and media")
    problems: list[str] = []
    pairs = _read_cues(folder / CUES)
    cues = _check_cues(pairs, problems)
    media = _find_media(folder, problems)
    subtitles = _column(folder / SUBTITLES, "subtitle", cues, problems)
    scenarios = _column(folder / SCENARIOS, "scenario", cues, problems)
    timed = _timed(folder)
    records, used = [], set()
    for name, found in cues.items():
        path = media.get(name) or media.get(Path(name).stem)
        if path is None:
            problems.append(f"{name}: no media file {name}.* in {folder / MEDIA} or {folder}")
            continue
        used.add(path)
        record = EmoCueRecord(
            id=name,
            media=path.relative_to(folder).as_posix(),
            transcript=_transcript(subtitles.get(name)),
            cues=found or CueSet(),
            scenario=scenarios.get(name) or None,
        )
        records.append(_with_times(record, timed.get(name), path, problems))
    for path in sorted(set(media.values()) - used):
        problems.append(f"{path.relative_to(folder)}: no reference in {CUES}")
    refuse(problems, f"the expert folder {folder}")
    return tuple(records)


def _read_cues(path: Path) -> list[tuple[str, Any]]:
    """Name and value of every entry, twice given ones included."""
    top: list[tuple[str, Any]] = []

    def keep(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        top[:] = pairs  # objects close from the inside out: the last call is the whole file's
        return dict(pairs)

    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=keep)
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise DatasetError(f"{path} is not JSON in UTF-8: {error}") from error
    if not isinstance(data, dict) or not data:
        raise DatasetError(
            f'{path} should map names to cues, such as {{"clip1": {{"visual": ["she smiles"],'
            f' "auditory": [], "emotional": []}}}}; got {json.dumps(data)[:60]}'
        )
    return list(top)


def _check_cues(pairs: Sequence[tuple[str, Any]], problems: list[str]) -> dict[str, CueSet | None]:
    """Name -> cues; none where they cannot be used, which is then among the problems."""
    found: dict[str, CueSet | None] = {}
    for name, value in pairs:
        if name in found:
            problems.append(f"{name}: given twice in {CUES}")
            continue
        before = len(problems)
        if not name.strip() or len(name) > MAX_ID:
            problems.append(f"{name[:40]!r}: a name should have 1 to {MAX_ID} characters")
        texts = _texts(name, value, problems)
        if len(problems) == before and not any(texts.values()):
            problems.append(f"{name}: no reference; it has no cue in any modality")
        found[name] = CueSet(**texts) if len(problems) == before else None
    return found


def _texts(name: str, value: Any, problems: list[str]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        problems.append(f"{name}: expected an object with lists, got {json.dumps(value)[:40]}")
        return {}
    for field in value:
        if field not in MODALITIES:
            problems.append(f"{name}: unknown field {field!r}; expected {', '.join(MODALITIES)}")
    texts: dict[str, Any] = {}
    for modality in MODALITIES:
        cues = value.get(modality, [])
        if not isinstance(cues, list):
            problems.append(f"{name}, {modality}: expected a list, got {json.dumps(cues)[:40]}")
            continue
        for index, cue in enumerate(cues):
            if not isinstance(cue, str) or not cue.strip():
                problems.append(
                    f"{name}, {modality}, cue {index}: expected words in a string,"
                    f" got {json.dumps(cue)[:40]}"
                )
        texts[modality] = cues
    return texts


def _find_media(folder: Path, problems: list[str]) -> dict[str, Path]:
    """Stem -> file, from ``media/`` if there is one, else from the folder itself."""
    place = folder / MEDIA if (folder / MEDIA).is_dir() else folder
    found: dict[str, Path] = {}
    for path in sorted(place.iterdir()):
        if not path.is_file() or path.name.startswith(".") or path.suffix.lower() in NOT_MEDIA:
            continue
        if path.stem in found:
            problems.append(f"{path.stem}: two media files, {found[path.stem].name}, {path.name}")
        found.setdefault(path.stem, path)
    return found


def _column(
    path: Path, column: str, known: Mapping[str, object], problems: list[str]
) -> dict[str, str]:
    """Name -> cell of a table with the columns ``name`` and ``column``; empty without a file."""
    if not path.exists():
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        problems.append(f"{path.name}: cannot be read: {error}")
        return {}
    if not {"name", column} <= set(reader.fieldnames or ()):
        problems.append(f"{path.name}: expected the columns name,{column}")
        return {}
    cells: dict[str, str] = {}
    for row in rows:
        name = row["name"]
        if name in cells:
            problems.append(f"{path.name}: {name} is given twice")
        elif name not in known:
            problems.append(f"{path.name}: {name} is not in {CUES}")
        cells[name] = (row[column] or "").strip()
    return cells


def _transcript(subtitle: str | None) -> Transcript | None:
    return Transcript(text=subtitle, source="given") if subtitle else None


def _timed(folder: Path) -> dict[str, EmoCueRecord]:
    if not (folder / RECORDS).is_file():
        return {}
    return {record.id: record for record in read_records(folder)}


def _with_times(
    record: EmoCueRecord, timed: EmoCueRecord | None, path: Path, problems: list[str]
) -> EmoCueRecord:
    """The timed record if it says the same, else the plain one: ``cues.json`` decides."""
    if timed is None:
        return record
    if timed.media_sha256 and sha256_of(path) != timed.media_sha256:
        problems.append(f"{record.id}: {path.name} is not the file annotated (its hash changed)")
    said = (_wordings(timed.cues), timed.scenario)
    if said != (_wordings(record.cues), record.scenario or timed.scenario):
        return record
    return timed.model_copy(
        update={"media": record.media, "transcript": record.transcript or timed.transcript}
    )


def _wordings(cues: CueSet) -> list[set[str]]:
    return [{cue.text for cue in cues.of(modality)} for modality in MODALITIES]
