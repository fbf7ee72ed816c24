"""The files of a corpus beside its records: do they still say the same?"""

import json
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from xemogpt.emocue.records import EmoCueRecord, parse_record
from xemogpt.errors import DatasetError
from xemogpt.files import sha256_of

MANIFEST = "build.json"


def read_lines(path: Path) -> Iterator[tuple[int, EmoCueRecord | None, str]]:
    """Line number, and the record or why there is none.

    Raises:
        DatasetError: if the file cannot be read.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    try:
                        yield number, parse_record(line, ""), ""
                    except DatasetError as error:
                        yield number, None, str(error).removeprefix(", ")
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is not UTF-8 text (byte {error.start})") from error


def check_parquet(path: Path) -> Iterator[tuple[str, str]]:
    """Whether ``records.parquet`` holds the records of ``records.jsonl``, in their order."""
    from xemogpt.emocue.formats.parquet import FILE, read_parquet

    table = path.parent / FILE
    if not table.is_file():
        return
    try:
        pairs = zip_longest((record for _, record, _ in read_lines(path)), read_parquet(table))
        for number, (line, row) in enumerate(pairs, start=1):
            if line != row:
                yield "parquet", f"row {number} of {FILE} differs from that of {path.name}"
                return
    except DatasetError as error:
        yield "parquet", str(error)


def check_manifest(path: Path, num: int) -> Iterator[tuple[str, str]]:
    """Whether hashes and counts of ``build.json`` are those of the files."""
    manifest = path.parent / MANIFEST
    if not manifest.is_file():
        return
    try:
        build = json.loads(manifest.read_text(encoding="utf-8"))
        hashes, counts = dict(build["sha256"]), dict(build["counts"])
    except (ValueError, KeyError, TypeError, OSError) as error:
        yield "manifest", f"{MANIFEST} cannot be read: {error!r}"
        return
    for name, sha256 in sorted(hashes.items()):
        file = path.parent / Path(str(name)).name
        if not file.is_file():
            yield "manifest", f"{name} is not there"
        elif sha256_of(file) != sha256:
            yield "manifest", f"{name} is not the one that was built"
    if counts.get("records") != num:
        yield "manifest", f"{num} records, {counts.get('records')} were built"
