"""Media of a corpus: beside its records, so that the folder is complete in itself."""

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from xemogpt.errors import OutputError

MediaMode = Literal["link", "copy"]
MEDIA = "media"
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
"""Errors of a place rather than of a clip."""


def place_media(source: Path, target: Path, mode: MediaMode) -> None:
    """Put a clip at its place in the corpus, whole or not at all; nothing is done twice.

    Args:
        source: the clip.
        target: where it belongs.
        mode: ``link`` makes a hard link and copies where the file system refuses one.

    Raises:
        OutputError: if the place is full or cannot be written.
        OSError: if the source cannot be read.
    """
    if _is_there(source, target):
        return
    with _clear(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name[:100]}.{uuid.uuid4().hex}")
    try:
        if mode == "copy" or not _linked(source, temporary):
            _copy(source, temporary)
        with _clear(target):
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def remove_strays(folder: Path, kept: frozenset[str] | set[str]) -> int:
    """Delete media that no record names, and what killed writes left.

    Args:
        folder: the corpus.
        kept: paths from ``folder``, with forward slashes.

    Returns:
        How many files were deleted.
    """
    num = 0
    for parent, folders, names in os.walk(folder / MEDIA, topdown=False):
        for name in names:
            path = Path(parent) / name
            if path.relative_to(folder).as_posix() not in kept:
                path.unlink(missing_ok=True)
                num += 1
        for name in folders:
            below = Path(parent) / name
            if not any(below.iterdir()):
                below.rmdir()
    return num


def _is_there(source: Path, target: Path) -> bool:
    try:
        there = target.stat()
    except OSError:
        return False
    wanted = source.stat()
    if (there.st_dev, there.st_ino) == (wanted.st_dev, wanted.st_ino):
        return True
    return (there.st_size, there.st_mtime_ns) == (wanted.st_size, wanted.st_mtime_ns)


def _linked(source: Path, temporary: Path) -> bool:
    try:
        os.link(os.path.realpath(source), temporary)
    except OSError as error:
        if error.errno in FULL:
            raise _cannot_write(temporary, error) from error
        return False
    return True


def _copy(source: Path, temporary: Path) -> None:
    with source.open("rb") as reading, _clear(temporary), temporary.open("wb") as writing:
        shutil.copyfileobj(reading, writing, 1 << 20)
    with _clear(temporary):
        # The time stands for the contents when a later run asks whether the copy is there.
        found = source.stat()
        os.utime(temporary, ns=(found.st_atime_ns, found.st_mtime_ns))


@contextmanager
def _clear(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _cannot_write(path, error) from error


def _cannot_write(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"cannot write {path.parent}: {error.strerror or error}; make room or choose another"
        " folder, then run the same command again: it goes on where it stopped"
    )
