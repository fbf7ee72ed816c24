"""MERR: coarse labels in lines of text, and descriptions of face and voice in JSON."""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from xemogpt.emocue.formats.action_units import unit_cue, unit_number, unit_of
from xemogpt.emocue.formats.base import BadField
from xemogpt.emocue.formats.emer import given_words
from xemogpt.emocue.formats.jsonfile import JsonMapFormat
from xemogpt.emocue.formats.rowformat import RowFormat, row_id
from xemogpt.emocue.formats.rows import Row, lines, text_of
from xemogpt.emocue.records import EmoCueRecord, Label
from xemogpt.files import atomic_write
from xemogpt.schema import CueSet

SOURCE = "MERR"
"""Who says a coarse or pseudo-label: a model, not an annotator."""
_LINE = re.compile(r"(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s*")
FACE_IMAGES, SCORE = "face-images", "emotion-score"
AU_LIST, PEAK_AUS, PEAK_INDEX = "AU_list", "peak_AU_list", "peak_index"
SMP = "smp_reason_caption"
PRIORS = {"visual_prior_list": "visual", "audio_prior_list": "auditory"}
"""Field -> modality it describes; entries are joined by "; "."""


class MerrText(RowFormat):
    """Lines ``sample_00000047 22 surprise -0.61232674``: name, face images, label, score.

    The second number says how many face images the clip gave. It is not the peak frame, which
    only the JSON files have.
    """

    name = "merr-text"

    def detect(self, path: Path) -> bool:
        """See ``Format``."""
        if path.suffix.lower() != ".txt":
            return False
        _, first = next(lines(path), (0, ""))
        found = _LINE.fullmatch(first)
        return found is not None and found[2].isdecimal() and _number(found[4]) is not None

    def rows(self, path: Path) -> Iterator[Row]:
        """See ``RowFormat``."""
        for number, line in lines(path):
            found = _LINE.fullmatch(line)
            if found is None:
                num = len(line.split())
                yield number, BadField("row", f"{num} words, expected name, images, label, score")
            else:
                name, images, label, score = found.groups()
                yield number, {"name": name, "images": images, "label": label, "score": score}

    def record(self, row: Any) -> EmoCueRecord:
        """See ``RowFormat``."""
        if not row["images"].isdecimal():
            raise BadField(FACE_IMAGES, f"expected a count of images, got {row['images']!r:.60}")
        if _number(row["score"]) is None:
            raise BadField(SCORE, f"expected a number, got {row['score']!r:.60}")
        found = {"emotion": row["label"], FACE_IMAGES: row["images"], SCORE: row["score"]}
        return EmoCueRecord(
            id=row_id(row, "name"),
            labels=tuple(
                Label(name=name, value=value, source=SOURCE) for name, value in found.items()
            ),
        )

    def row(self, record: EmoCueRecord) -> dict[str, str] | None:
        """See ``RowFormat``: blanks in a name or label become underscores."""
        emotion = record.label("emotion") or next(iter(record.emotions), None)
        if emotion is None:
            return None
        return {
            "name": "_".join(record.id.split()),
            "images": record.label(FACE_IMAGES) or "0",
            "label": "_".join(emotion.split()),
            "score": record.label(SCORE) or "0",
        }

    def write_rows(self, rows: Iterable[Any], out: Path) -> tuple[Path, ...]:
        """See ``RowFormat``."""
        with atomic_write(out) as file:
            for row in rows:
                file.write(" ".join(row.values()) + "\n")
        return (out,)


class MerrJson(JsonMapFormat):
    """``{name: {AU_list, visual_prior_list, audio_prior_list, peak_index, peak_AU_list, ...}}``.

    Action units become visual cues. Those of the peak have a time only where the clip is there
    to tell its frame rate: a frame number is no time.
    """

    name = "merr-json"
    keys = frozenset({AU_LIST, PEAK_AUS, PEAK_INDEX, *PRIORS, "pseu_emotion"})

    def record(self, row: Any) -> EmoCueRecord:
        """See ``RowFormat``."""
        units, peak_units = _units(row, AU_LIST), _units(row, PEAK_AUS)
        peak = _peak_index(row)
        emotion = text_of(row, "pseu_emotion", required=False)
        caption, smp = (text_of(row, key, required=False) for key in ("caption", SMP))
        descriptions = {
            modality: said for field, modality in PRIORS.items() if (said := _said(row, field))
        }
        if caption and smp:
            descriptions["caption"] = caption
        labels = {
            "emotion": emotion,
            AU_LIST: " ".join(f"AU{unit:02d}" for unit in units),
            PEAK_AUS: " ".join(f"AU{unit:02d}" for unit in peak_units),
            PEAK_INDEX: "" if peak is None else str(peak),
        }
        return EmoCueRecord(
            id=row_id(row, "name"),
            labels=tuple(Label(name=k, value=v, source=SOURCE) for k, v in labels.items() if v),
            cues=CueSet(visual=[unit_cue(unit) for unit in dict.fromkeys((*units, *peak_units))]),
            descriptions=descriptions,
            explanation=smp or caption or None,
            transcript=given_words(text_of(row, "text", required=False)),
        )

    def timed(self, record: EmoCueRecord, fps: Callable[[], float | None]) -> EmoCueRecord:
        """The units of the peak at the time of its frame."""
        peak, named = record.label(PEAK_INDEX), (record.label(PEAK_AUS) or "").split()
        rate = fps() if peak is not None and named else None
        if peak is None or not rate:
            return record
        at_s = round(int(peak) / rate, 3)
        wanted = {unit_number(code, PEAK_AUS) for code in named}
        visual = [
            cue.model_copy(update={"start_s": at_s, "end_s": at_s})
            if unit_of(cue) in wanted
            else cue
            for cue in record.cues.visual
        ]
        return record.model_copy(update={"cues": CueSet(visual=visual)})

    def row(self, record: EmoCueRecord) -> dict[str, Any]:
        """See ``RowFormat``: cues without an action unit stand among the priors."""
        words = {"visual": record.cues.visual, "auditory": record.cues.auditory}
        units = [unit for cue in record.cues.visual if (unit := unit_of(cue)) is not None]
        listed = (record.label(AU_LIST) or "").split()
        row: dict[str, Any] = {"name": record.id}
        peak_aus = (record.label(PEAK_AUS) or "").split()
        row[AU_LIST] = [f"{code}_r" for code in listed]
        if not listed and not peak_aus:
            row[AU_LIST] = [f"AU{unit:02d}_r" for unit in dict.fromkeys(units)]
        for field, modality in PRIORS.items():
            given = record.descriptions.get(modality)
            cues = [cue.text for cue in words[modality] if unit_of(cue) is None]
            row[field] = [given] if given else cues
        row[PEAK_INDEX] = record.label(PEAK_INDEX) or ""
        row[PEAK_AUS] = [f"{code}_r" for code in peak_aus]
        row["pseu_emotion"] = record.label("emotion") or next(iter(record.emotions), "")
        row["caption"] = record.descriptions.get("caption", "")
        row[SMP] = record.explanation or ""
        row["text"] = record.transcript.text if record.transcript else ""
        return row


def _units(row: dict[str, Any], field: str) -> list[int]:
    """Unit numbers of a list such as ``["AU06_r"]``, or of an object with intensities."""
    value = row.get(field) or []
    if isinstance(value, str):
        value = [part for part in re.split(r"[,;\s]+", value) if part]
    if not isinstance(value, list | dict):
        raise BadField(field, f"expected a list of action units, got {json.dumps(value):.60}")
    return [unit_number(code, field) for code in value]


def _peak_index(row: dict[str, Any]) -> int | None:
    """A frame number, which the files hold as a string."""
    value = row.get(PEAK_INDEX)
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise BadField(PEAK_INDEX, f"expected a frame number such as '12', got {value!r:.60}")


def _said(row: dict[str, Any], field: str) -> str:
    value = row.get(field) or []
    entries = [value] if isinstance(value, str) else value
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise BadField(field, f"expected a list of texts, got {json.dumps(value):.60}")
    return "; ".join(entry.strip() for entry in entries if entry.strip())


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
