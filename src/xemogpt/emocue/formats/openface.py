"""OpenFace: action units frame by frame, one table a clip, as cues with times."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import unquote

from xemogpt.emocue.formats.action_units import UNITS, unit_cue, unit_of
from xemogpt.emocue.formats.base import BadField
from xemogpt.emocue.formats.media import file_stem
from xemogpt.emocue.formats.rowformat import RowFormat
from xemogpt.emocue.formats.rows import Row, columns, csv_line, table
from xemogpt.emocue.records import EmoCueRecord, Step
from xemogpt.errors import DatasetError
from xemogpt.files import atomic_write
from xemogpt.schema import Cue, CueSet

MIN_INTENSITY = 1.0
"""From here on, of 5, a unit is there ("trace" in the coding system)."""
MIN_CONFIDENCE = 0.8
"""Frames below are not looked at; nor are those without success."""
MIN_DURATION_S = 0.2
"""Shorter runs are dropped; in a clip that is shorter itself, nine tenths of it will do."""
JOIN_S = 0.1
"""Runs closer than this are one."""
GRID_S = 0.04
"""Step between the frames that are written."""
NEEDED = ("timestamp", "confidence", "success")
INTENSITIES = {unit: f"AU{unit:02d}_r" for unit in UNITS}
PRESENCE_ONLY = {28: "AU28_c"}
"""Units whose intensity OpenFace does not estimate."""
STEP = Step(tool="OpenFace", version="unknown")


@dataclass
class Face:
    """The frames of one face that can be trusted."""

    times: list[float] = field(default_factory=list)
    confidences: list[float] = field(default_factory=list)
    units: dict[int, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Track:
    """All faces of one clip."""

    id: str
    faces: dict[int, Face]
    times: list[float]
    """Of all frames, trusted or not, in seconds."""


class OpenFace(RowFormat):
    """``frame, face_id, timestamp, confidence, success, AU01_r ...``; the file's name is the id.

    Times are those of the column ``timestamp``. Of several faces the one with the most trusted
    frames is reported, and a flag says how many there are.
    """

    name = "openface"

    def detect(self, path: Path) -> bool:
        """See ``Format``."""
        found = columns(path)
        return set(NEEDED) <= found and any(name in found for name in INTENSITIES.values())

    def rows(self, path: Path) -> Iterator[Row]:
        """See ``RowFormat``: one row, the whole clip, and before it the frames that are bad."""
        faces: dict[int, Face] = {}
        times: list[float] = []
        for line, row in table(path, NEEDED):
            try:
                if isinstance(row, BadField):
                    raise row
                times.append(_frame(row, faces))
            except BadField as bad:
                yield line, bad
        if times:
            yield 1, Track(unquote(path.stem), faces, sorted(set(times)))
        else:
            yield 1, BadField("timestamp", "there is no frame")

    def record(self, row: Any) -> EmoCueRecord:
        """See ``RowFormat``; takes a ``Track``."""
        faces = sorted(row.faces.items(), key=lambda item: (-len(item[1].times), item[0]))
        flags = []
        if not faces:
            flags.append("no-face: OpenFace found none that it was sure of")
        if len(faces) > 1:
            flags.append(f"several-faces: {len(faces)} faces; the cues are of face {faces[0][0]}")
        cues = [cue for _, face in faces[:1] for cue in _cues(face, row.times)]
        return EmoCueRecord(id=row.id, cues=CueSet(visual=cues), flags=tuple(flags), steps=(STEP,))

    def row(self, record: EmoCueRecord) -> Track | None:
        """See ``RowFormat``: frames on which reading finds the visual cues that have times."""
        spans = [(unit, cue) for cue in record.cues.visual if (unit := _timed_unit(cue))]
        if not spans:
            return None
        ends = {round(t, 3) for _, cue in spans for t in (cue.start_s, cue.end_s) if t is not None}
        grid = {round(n * GRID_S, 3) for n in range(math.ceil(max(ends) / GRID_S) + 1)}
        times = sorted(grid | ends)
        face = Face(times, [_confidence(spans)] * len(times))
        for unit, cue in spans:
            values = face.units.setdefault(unit, [0.0] * len(times))
            for index, time in enumerate(times):
                if round(cue.start_s or 0, 3) <= time < round(cue.end_s or 0, 3):
                    values[index] = max(MIN_INTENSITY, min(5.0, cue.value or MIN_INTENSITY))
        return Track(record.id, {0: face}, times)

    def write_rows(self, rows: Iterable[Any], out: Path) -> tuple[Path, ...]:
        """See ``RowFormat``; ``out`` is a folder with a table a clip."""
        if out.is_file():
            raise DatasetError(f"{out} is a file; {self.name} writes a folder, one table a clip")
        paths = []
        for track in rows:
            path = out / f"{file_stem(track.id)}.csv"
            face = track.faces[0]
            names = {**INTENSITIES, **PRESENCE_ONLY}
            with atomic_write(path) as file:
                file.write(csv_line(["frame", "face_id", *NEEDED, *names.values()]))
                for index, time in enumerate(track.times):
                    values = (
                        face.units[unit][index] if unit in face.units else 0 for unit in names
                    )
                    head = [index + 1, 0, time, face.confidences[index], 1]
                    file.write(csv_line([f"{value:g}" for value in (*head, *values)]))
            paths.append(path)
        return tuple(paths)


def _frame(row: dict[str, str], faces: dict[int, Face]) -> float:
    """Add one frame to its face if it can be trusted; its time in seconds."""
    time, sure = _number(row, "timestamp"), _number(row, "confidence")
    if time < 0 or not 0 <= sure <= 1:
        raise BadField("timestamp", f"expected seconds and a confidence, got {time}, {sure}")
    face_id = int(_number(row, "face_id")) if "face_id" in row else 0
    names = {**INTENSITIES, **PRESENCE_ONLY}
    if _number(row, "success") != 1 or sure < MIN_CONFIDENCE:
        return time
    values = {unit: _number(row, name) for unit, name in names.items() if name in row}
    face = faces.setdefault(face_id, Face())
    if face.times and time <= face.times[-1]:
        raise BadField("timestamp", f"{time} s does not come after {face.times[-1]} s")
    face.times.append(time)
    face.confidences.append(sure)
    for unit, value in values.items():
        face.units.setdefault(unit, []).append(value)
    return time


def _number(row: dict[str, str], name: str) -> float:
    try:
        value = float(row[name])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadField(name, f"expected a number, got {row[name]!r:.60}")
    return value


def _cues(face: Face, times: Sequence[float]) -> Iterator[Cue]:
    steps = [after - before for before, after in pairwise(times)]
    step = median(steps) if steps else 0.0
    # A cue lasts to the next frame; after the last one, for as long as a frame usually does.
    nexts = dict(zip(times, (*times[1:], times[-1] + step), strict=True))
    whole = times[-1] + step - times[0]
    least = min(MIN_DURATION_S, 0.9 * whole)
    for unit, values in sorted(face.units.items()):
        for first, last in _runs(face.times, values, nexts):
            start, end = face.times[first], nexts[face.times[last]]
            if end - start < least - 1e-9:
                continue
            strongest = round(max(values[first : last + 1]), 3)
            sure = face.confidences[first : last + 1]
            yield unit_cue(
                unit,
                round(start, 3),
                round(end, 3),
                None if unit in PRESENCE_ONLY else strongest,
                round(sum(sure) / len(sure), 3),
            )


def _runs(
    times: Sequence[float], values: Sequence[float], nexts: dict[float, float]
) -> list[tuple[int, int]]:
    """First and last index of each stretch at or above the threshold, near ones joined."""
    runs: list[tuple[int, int]] = []
    for index, value in enumerate(values):
        if value < MIN_INTENSITY:
            continue
        if runs and times[index] - nexts[times[runs[-1][1]]] < JOIN_S:
            runs[-1] = (runs[-1][0], index)
        else:
            runs.append((index, index))
    return runs


def _timed_unit(cue: Cue) -> int | None:
    if cue.start_s is None or cue.end_s is None or cue.end_s <= cue.start_s:
        return None
    return unit_of(cue)


def _confidence(spans: Sequence[tuple[int, Cue]]) -> float:
    known = [cue.confidence for _, cue in spans if cue.confidence is not None]
    return max(MIN_CONFIDENCE, median(known)) if known else 1.0
