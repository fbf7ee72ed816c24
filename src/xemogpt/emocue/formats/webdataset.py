"""WebDataset shards: tar files in which a record and its clip lie side by side.

``KEY.json`` is the record, ``KEY.mp4`` (or what it is) the clip. Equal corpora give equal bytes.
"""

import io
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from xemogpt.emocue.formats.base import Exported, Losses
from xemogpt.emocue.formats.folders import new_folder
from xemogpt.emocue.records import EmoCueRecord

MAX_RECORDS, MAX_BYTES = 1_000, 1 << 30
"""Of a shard; one that is fuller is closed."""
_UNSAFE = re.compile(r"[^A-Za-z0-9_/-]")


class WebDatasetFormat:
    """Writes ``shard-000000.tar`` and so on."""

    name = "webdataset"

    def __init__(self, max_records: int = MAX_RECORDS, max_bytes: int = MAX_BYTES) -> None:
        self.max_records = max_records
        self.max_bytes = max_bytes

    def write(
        self, records: Iterable[EmoCueRecord], out: Path, folder: Path | None = None
    ) -> Exported:
        """Write shards into ``out``; a clip that is not there is counted as lost.

        Raises:
            OutputError: if ``out`` is not empty or cannot be written.
        """
        losses = Losses()
        keys: set[str] = set()
        names: list[str] = []
        with new_folder(out) as aside:
            for number, part in enumerate(
                _parts(records, folder, self.max_records, self.max_bytes)
            ):
                names.append(f"shard-{number:06d}.tar")
                with tarfile.open(aside / names[-1], "w", format=tarfile.PAX_FORMAT) as tar:
                    for record in part:
                        has_media = _add(tar, record, folder, _key(record.id, keys))
                        if record.media is not None and not has_media:
                            losses.counts["media"] += 1
        return Exported(tuple(out / name for name in names), losses.as_dict())


def _parts(
    records: Iterable[EmoCueRecord], folder: Path | None, max_records: int, max_bytes: int
) -> Iterator[Iterator[EmoCueRecord]]:
    """Records by shard; only one record is held at a time."""
    rest = iter(records)
    ahead = next(rest, None)

    def part() -> Iterator[EmoCueRecord]:
        nonlocal ahead
        num = size = 0
        while ahead is not None and num < max_records and size < max_bytes:
            record, num = ahead, num + 1
            clip = _clip(record, folder)
            size += clip.stat().st_size if clip else 0
            yield record
            ahead = next(rest, None)

    while ahead is not None:
        yield part()


def _key(name: str, taken: set[str]) -> str:
    """A name without dots, at which readers would cut it; unique."""
    key = "/".join(part or "_" for part in _UNSAFE.sub("_", name).strip("/").split("/"))
    if key in taken:
        key = f"{key}-{zlib.crc32(name.encode()):08x}"
    taken.add(key)
    return key


def _add(tar: tarfile.TarFile, record: EmoCueRecord, folder: Path | None, key: str) -> bool:
    """Add a record and its clip; whether there was a clip."""
    text = record.to_json().encode()
    info = tarfile.TarInfo(f"{key}.json")
    info.size, info.mode = len(text), 0o644
    tar.addfile(info, io.BytesIO(text))
    clip = _clip(record, folder)
    if clip is None:
        return False
    info = tarfile.TarInfo(f"{key}{PurePosixPath(clip.name).suffix.lower()}")
    info.size, info.mode = clip.stat().st_size, 0o644
    with clip.open("rb") as file:
        tar.addfile(info, file)
    return True


def _clip(record: EmoCueRecord, folder: Path | None) -> Path | None:
    if record.media is None or folder is None:
        return None
    path = record.media_path(folder)
    return path if path.is_file() else None


FORMAT = WebDatasetFormat()
