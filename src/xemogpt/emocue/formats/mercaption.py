"""MER-Caption+: labels, explanations and subtitles of the same clips, in three tables."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from xemogpt.emocue.formats.base import BadField, Imported
from xemogpt.emocue.formats.emer import given_words, is_track, openset
from xemogpt.emocue.formats.media import MediaFolder
from xemogpt.emocue.formats.rowformat import RowFormat, row_id
from xemogpt.emocue.formats.rows import Row, columns, csv_line, table, text_of
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.errors import DatasetError
from xemogpt.files import atomic_write

ENGLISH_WORDS = "transcript.en"
"""Key of the English subtitle among the descriptions, where the words are Chinese."""
TRACKS = {
    "track2": ("name", "openset"),
    "track3": ("name", "reason"),
    "subtitle": ("name", "chinese", "english"),
}
FILES = {"track2": "track2.csv", "track3": "track3.csv", "subtitle": "subtitle_chieng.csv"}


class MerCaption(RowFormat):
    """``track2_*.csv``, ``track3_*.csv`` and ``subtitle_chieng.csv``, joined by name.

    Given a folder, the files are found in it; one or two of the three will do.
    """

    name = "mer-caption"

    def detect(self, path: Path) -> bool:
        """See ``Format``."""
        if path.is_dir():
            return bool(_files(path))
        found = columns(path)
        return "name" in found and ("reason" in found or (is_track(path) and bool(_track(found))))

    def read(self, paths: Sequence[Path], media_folder: MediaFolder | None = None) -> Imported:
        """See ``Format``. Clips come in the order of the first file."""
        files = [file for path in paths for file in (_files(path) if path.is_dir() else [path])]
        if not files:
            raise DatasetError(f"{paths[0]}: no track2_*.csv, track3_*.csv or subtitle*.csv in it")
        # Subtitles of clips that no track speaks of are left to the end, where they are counted.
        files.sort(key=lambda path: list(TRACKS).index(_kind(path)))
        found = super().read(files, media_folder)
        bare = sum(not record.emotions and not record.explanation for record in found.records)
        if bare and len(files) > 1:
            found.notes.append(f"{bare} clips have a subtitle alone")
        return found

    def rows(self, path: Path) -> Iterator[Row]:
        """See ``RowFormat``."""
        kind = _kind(path)
        for line, row in table(path, TRACKS[kind]):
            yield line, row if isinstance(row, BadField) else {**row, "": kind}

    def record(self, row: Any) -> EmoCueRecord:
        """See ``RowFormat``."""
        wanted = row[""]
        emotions = openset(row, "openset") if wanted in ("track2", "all") else ()
        reason = text_of(row, "reason") if wanted == "track3" else row.get("reason")
        english = text_of(row, "english", required=False)
        chinese = text_of(row, "chinese", required=False)
        return EmoCueRecord(
            id=row_id(row, "name"),
            emotions=emotions,
            explanation=reason if wanted in ("track3", "all") else None,
            transcript=given_words(chinese or english),
            descriptions={ENGLISH_WORDS: english} if chinese and english else {},
        )

    def again(self, known: EmoCueRecord, record: EmoCueRecord, num: int) -> EmoCueRecord | None:
        """Join what the three tables say; the same field twice is refused."""
        fields = record.model_fields_set - {"id"}
        new = {name: getattr(record, name) for name in fields if getattr(record, name)}
        if any(getattr(known, name) for name in new):
            return None
        return known.model_copy(update=new)

    def row(self, record: EmoCueRecord) -> dict[str, Any] | None:
        """See ``RowFormat``: the cells of all three tables."""
        if not (record.emotions or record.explanation or record.transcript):
            return None
        words = record.transcript.text if record.transcript else ""
        english = record.descriptions.get(ENGLISH_WORDS, "")
        is_chinese = record.transcript is not None and record.transcript.language == "zh"
        return {
            "": "all",
            "name": record.id,
            "openset": repr(list(record.emotions)),
            "reason": record.explanation,
            "chinese": words if is_chinese or english else "",
            "english": english if is_chinese or english else words,
        }

    def write_rows(self, rows: Iterable[Any], out: Path) -> tuple[Path, ...]:
        """See ``RowFormat``; ``out`` is a folder."""
        if out.is_file():
            raise DatasetError(f"{out} is a file; {self.name} writes a folder of three tables")
        paths = {kind: out / file for kind, file in FILES.items()}
        with (
            atomic_write(paths["track2"]) as labels,
            atomic_write(paths["track3"]) as reasons,
            atomic_write(paths["subtitle"]) as subtitles,
        ):
            files = {"track2": labels, "track3": reasons, "subtitle": subtitles}
            for kind, file in files.items():
                file.write(csv_line(TRACKS[kind]))
            for row in rows:
                for kind, file in files.items():
                    cells = [row[name] or "" for name in TRACKS[kind]]
                    if any(cell not in ("", "[]") for cell in cells[1:]):
                        file.write(csv_line(cells))
        return tuple(paths.values())

    def media_name(self, row: Any, record: EmoCueRecord) -> str:
        """See ``RowFormat``."""
        return str(row["name"])


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.csv")) if is_track(path)]


def _track(found: frozenset[str]) -> str | None:
    return next((kind for kind, names in TRACKS.items() if set(names) <= found), None)


def _kind(path: Path) -> str:
    """Which of the three tables a file is, by its columns."""
    kind = _track(columns(path))
    if kind is None:
        raise DatasetError(
            f"{path}, line 1: expected the columns"
            f" {' or '.join(','.join(names) for names in TRACKS.values())}"
        )
    return kind
