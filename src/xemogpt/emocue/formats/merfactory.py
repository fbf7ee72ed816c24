"""MER-Factory: one JSON file a clip, with peaks, action units, descriptions and a summary."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from xemogpt.emocue.formats.action_units import unit_cue, unit_number, unit_of
from xemogpt.emocue.formats.base import BadField
from xemogpt.emocue.formats.media import file_stem
from xemogpt.emocue.formats.rowformat import RowFormat, row_id
from xemogpt.emocue.formats.rows import Row, json_document, text_of
from xemogpt.emocue.records import EmoCueRecord, Label
from xemogpt.errors import DatasetError
from xemogpt.files import atomic_write
from xemogpt.schema import Cue, CueSet

SUFFIX = "_merr_data.json"
PEAKS, INFO = "chronological_emotion_peaks", "overall_peak_frame_info"
COARSE, SUMMARY = "coarse_descriptions_at_peak", "final_summary"
PEAK_FRAME, SOURCE_PATH = "peak-frame", "source-path"
DESCRIBED = {
    "visual_expression": "visual-expression",
    "visual_objective": "visual",
    "audio_analysis": "auditory",
    "video_content": "video",
}
"""Field -> key among the descriptions."""
_PEAK = re.compile(r"Peak at (\d+(?:\.\d+)?)\s*s:\s*(.+)", re.DOTALL)
_STRENGTH = re.compile(r"\s*\([^)]*\)")


class MerFactory(RowFormat):
    """One object a file, or a folder of such files.

    Peaks become emotional cues at their time, action units of the overall peak visual cues at
    its time stamp; the frame number is kept as a label and never taken for a time.
    """

    name = "mer-factory"

    def detect(self, path: Path) -> bool:
        """See ``Format``."""
        if path.is_dir():
            return any(path.glob(f"*{SUFFIX}"))
        return (
            path.suffix.lower() == ".json" and {"source_path", SUMMARY} & set(_keys(path)) != set()
        )

    def rows(self, path: Path) -> Iterator[Row]:
        """See ``RowFormat``."""
        for file in sorted(path.glob("*.json")) if path.is_dir() else [path]:
            value = json_document(file)
            for row in value if isinstance(value, list) else [value]:
                good = isinstance(row, dict)
                yield 1, row if good else BadField("file", f"{file.name} should hold an object")

    def record(self, row: Any) -> EmoCueRecord:
        """See ``RowFormat``."""
        peaks = [_peak(said) for said in _list(row, PEAKS)]
        info, coarse = _object(row, INFO), _object(row, COARSE)
        frame, at_s = _whole(info, "frame_number"), _seconds(info, "timestamp")
        labels = {SOURCE_PATH: text_of(row, "source_path"), PEAK_FRAME: frame}
        units = _object(info, "top_aus_intensities")
        visual = []
        for code, value in units.items():
            name = f"{INFO}.top_aus_intensities.{code}"
            number, intensity = unit_number(code, name), _finite(value, name)
            visual.append(unit_cue(number, at_s, at_s, intensity))
        words = [_STRENGTH.sub("", word).strip() for peak in peaks for word in peak.text.split(",")]
        return EmoCueRecord(
            id=row_id(row, "source_path", True),
            labels=tuple(
                Label(name=name, value=value, source="MER-Factory")
                for name, value in labels.items()
                if value is not None
            ),
            cues=CueSet(visual=visual, emotional=peaks),
            emotions=tuple(dict.fromkeys(word for word in words if word)),
            descriptions={
                key: said
                for field, key in DESCRIBED.items()
                if (said := text_of(coarse, field, required=False))
            },
            explanation=text_of(row, SUMMARY, required=False) or None,
        )

    def row(self, record: EmoCueRecord) -> dict[str, Any]:
        """See ``RowFormat``."""
        units = {unit: cue for cue in record.cues.visual if (unit := unit_of(cue)) is not None}
        times = [cue.start_s for cue in units.values() if cue.start_s is not None]
        frame = record.label(PEAK_FRAME)
        return {
            "source_path": record.label(SOURCE_PATH) or record.media or record.id,
            PEAKS: [
                cue.text if cue.start_s is None else f"Peak at {cue.start_s:g}s: {cue.text}"
                for cue in record.cues.emotional
            ],
            INFO: {
                "frame_number": None if frame is None else int(frame),
                "timestamp": times[0] if times else None,
                "top_aus_intensities": {
                    f"AU{unit:02d}_r": cue.value for unit, cue in units.items()
                },
            },
            COARSE: {field: record.descriptions.get(key, "") for field, key in DESCRIBED.items()},
            SUMMARY: record.explanation or "",
        }

    def write_rows(self, rows: Iterable[Any], out: Path) -> tuple[Path, ...]:
        """See ``RowFormat``; ``out`` is a folder."""
        if out.is_file():
            raise DatasetError(f"{out} is a file; {self.name} writes a folder, one file a clip")
        paths: list[Path] = []
        used: Counter[str] = Counter()
        for row in rows:
            stem = file_stem(row_id(row, "source_path", True))
            used[stem] += 1
            # Clips of one name in several folders.
            stem += f"~{used[stem]}" if used[stem] > 1 else ""
            path = out / f"{stem}{SUFFIX}"
            with atomic_write(path) as file:
                file.write(json.dumps(row, ensure_ascii=False, indent=4) + "\n")
            paths.append(path)
        return tuple(paths)

    def media_name(self, row: Any, record: EmoCueRecord) -> str:
        """See ``RowFormat``."""
        return str(row["source_path"])


def _keys(path: Path) -> Iterable[str]:
    try:
        value = json_document(path)
    except DatasetError:
        return ()
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, dict) else ()


def _peak(said: object) -> Cue:
    if not isinstance(said, str) or not said.strip():
        raise BadField(PEAKS, f"expected a text such as 'Peak at 2.88s: angry', got {said!r:.60}")
    found = _PEAK.fullmatch(said.strip())
    if found is None:
        return Cue(text=said.strip(), source="annotated")
    at_s = float(found[1])
    return Cue(text=found[2].strip(), start_s=at_s, end_s=at_s, source="annotated")


def _list(row: dict[str, Any], field: str) -> list[Any]:
    value = row.get(field)
    if not isinstance(value, list | None):
        raise BadField(field, f"expected a list, got {value!r:.60}")
    return value or []


def _object(row: dict[str, Any], field: str) -> dict[str, Any]:
    value = row.get(field)
    if not isinstance(value, dict | None):
        raise BadField(field, f"expected an object, got {value!r:.60}")
    return value or {}


def _whole(row: dict[str, Any], field: str) -> str | None:
    value = row.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadField(f"{INFO}.{field}", f"expected a frame number, got {value!r:.60}")
    return str(value)


def _seconds(row: dict[str, Any], field: str) -> float | None:
    value = _finite(row.get(field), f"{INFO}.{field}")
    if value is not None and value < 0:
        raise BadField(f"{INFO}.{field}", f"expected seconds from the start, got {value}")
    return value


def _finite(value: object, field: str) -> float | None:
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value):  # type: ignore[arg-type]
        raise BadField(field, f"expected a number, got {value!r:.60}")
    return float(value)  # type: ignore[arg-type]
