"""The layout of dataset hubs: Parquet files by split, the media, and a data card.

``datasets.load_dataset(FOLDER)`` and pandas read it without this package.
"""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from xemogpt.emocue.formats.base import Exported, Losses
from xemogpt.emocue.formats.card import write_card
from xemogpt.emocue.formats.card_facts import UNSPLIT
from xemogpt.emocue.formats.folders import new_folder, put_media
from xemogpt.emocue.formats.parquet import ROWS, from_row, table_schema, to_row
from xemogpt.emocue.records import EmoCueRecord

MAX_ROWS = 50_000
"""Of a file."""
ORDER = ("train", "validation", "test", UNSPLIT)


class HuggingFaceFormat:
    """Writes ``README.md``, ``data/SPLIT-00000.parquet`` and so on, and the media."""

    name = "huggingface"

    def __init__(self, max_rows: int = MAX_ROWS) -> None:
        self.max_rows = max_rows

    def write(
        self, records: Iterable[EmoCueRecord], out: Path, folder: Path | None = None
    ) -> Exported:
        """Write into ``out``; media are linked or copied, missing ones are counted as lost.

        Raises:
            OutputError: if ``out`` is not empty or cannot be written.
        """
        losses = Losses()
        with new_folder(out) as aside:
            with ExitStack() as stack:
                tables: dict[str, _Table] = {}
                for record in records:
                    split = record.split or UNSPLIT
                    if split not in tables:
                        tables[split] = stack.enter_context(_Table(aside, split, self.max_rows))
                    row = to_row(record)
                    losses.compare(record, from_row(row))
                    tables[split].add(row)
                    if record.media is not None:
                        clip = record.media_path(folder) if folder else None
                        if clip is not None and clip.is_file():
                            put_media(clip, aside / record.media)
                        else:
                            losses.counts["media"] += 1
            found = {split: f"data/{split}-*.parquet" for split in ORDER if split in tables}
            write_card(
                aside, _written(aside, list(found)), corpus=folder, data_files=found,
                title=folder.resolve().name if folder else out.name,
            )  # fmt: skip
            names = sorted(path.relative_to(aside) for path in aside.glob("data/*.parquet"))
        return Exported(tuple(out / name for name in (Path("README.md"), *names)), losses.as_dict())


class _Table:
    """The Parquet files of a split, one after the other."""

    def __init__(self, folder: Path, split: str, max_rows: int) -> None:
        self._folder = folder / "data"
        self._split = split
        self._max_rows = max_rows
        self._rows: list[dict[str, Any]] = []
        self._writer: Any = None
        self._num = self._in_file = 0

    def __enter__(self) -> "_Table":
        self._folder.mkdir(exist_ok=True)
        return self

    def __exit__(self, *exception: object) -> None:
        if exception[0] is None:
            self._flush()
        if self._writer is not None:
            self._writer.close()

    def add(self, row: dict[str, Any]) -> None:
        self._rows.append(row)
        if len(self._rows) >= min(ROWS, self._max_rows):
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not self._rows:
            return
        if self._writer is not None and self._in_file >= self._max_rows:
            self._writer.close()
            self._writer = None
        if self._writer is None:
            path = self._folder / f"{self._split}-{self._num:05d}.parquet"
            self._writer = pq.ParquetWriter(path, table_schema(), compression="zstd")
            self._num, self._in_file = self._num + 1, 0
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=table_schema()))
        self._in_file += len(self._rows)
        self._rows = []


def _written(folder: Path, splits: list[str]) -> Iterable[EmoCueRecord]:
    """The records again, from the files: they need not fit into memory."""
    from xemogpt.emocue.formats.parquet import read_parquet

    for split in splits:
        for path in sorted((folder / "data").glob(f"{split}-*.parquet")):
            yield from read_parquet(path)


FORMAT = HuggingFaceFormat()
