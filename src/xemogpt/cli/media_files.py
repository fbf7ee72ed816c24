"""Which files a user means by a path, a folder or a glob."""

import glob
from collections.abc import Iterable
from pathlib import Path

from xemogpt.errors import MediaError

VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".flv", ".ts", ".mts", ".mpg", ".mpeg"}
    | {".3gp", ".wmv", ".ogv"}
)
AUDIO_SUFFIXES = frozenset(
    {".wav", ".flac", ".mp3", ".m4a", ".aac", ".ogg", ".opus", ".wma", ".aif", ".aiff"}
)
MEDIA_SUFFIXES = VIDEO_SUFFIXES | AUDIO_SUFFIXES
"""What is taken from a folder or glob; a file named outright may end in anything."""


def find_media(items: Iterable[str | Path]) -> list[Path]:
    """Files in the order named; those of a folder or glob sorted, each file once.

    Raises:
        MediaError: if a folder or glob holds no media. A file that does not exist is passed on:
            it fails for itself, and the others are still explained.
    """
    found: dict[Path, None] = {}
    for item in items:
        path = Path(item)
        if path.is_dir():
            matches = [file for file in sorted(path.rglob("*")) if _is_media(file)]
            if not matches:
                raise MediaError(f"no media files in {path}; looked for {_endings()}")
        elif path.exists() or not glob.has_magic(str(item)):
            matches = [path]
        else:
            matches = [
                Path(name)
                for name in sorted(glob.glob(str(item), recursive=True))
                if _is_media(Path(name))
            ]
            if not matches:
                raise MediaError(f"{item} matches no media files; looked for {_endings()}")
        found.update(dict.fromkeys(matches))
    return list(found)


def _is_media(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in MEDIA_SUFFIXES


def _endings() -> str:
    return ", ".join(sorted(MEDIA_SUFFIXES))
