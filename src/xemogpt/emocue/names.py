"""Names of clips: which files count as clips, and which paths can be the id of a record."""

import re
from pathlib import PurePosixPath

VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".flv", ".ts", ".mts", ".mpg", ".mpeg"}
    | {".3gp", ".wmv", ".ogv"}
)
AUDIO_SUFFIXES = frozenset(
    {".wav", ".flac", ".mp3", ".m4a", ".aac", ".ogg", ".opus", ".wma", ".aif", ".aiff"}
)
CLIP_SUFFIXES = VIDEO_SUFFIXES | AUDIO_SUFFIXES
"""Endings, in lower case, of the files that are taken from a folder."""
MAX_ID = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def without_ending(path: str) -> str:
    """A path without the ending of a clip; others are left as they are.

    >>> without_ending("a/b.MP4"), without_ending("a/b.v2")
    ('a/b', 'a/b.v2')
    """
    suffix = PurePosixPath(path).suffix
    return path[: -len(suffix)] if suffix.lower() in CLIP_SUFFIXES else path


def id_problem(path: str) -> str | None:
    """Why a relative path cannot be the id of a record, or none.

    >>> id_problem("a/b"), id_problem("../b")
    (None, 'no plain path inside the folder')
    """
    parts = PurePosixPath(path)
    if not path or parts.is_absolute() or ".." in parts.parts or parts.as_posix() != path:
        return "no plain path inside the folder"
    if "\\" in path or _CONTROL.search(path):
        return "a name with a backslash or a control character"
    if len(path) > MAX_ID:
        return f"a path longer than {MAX_ID} characters"
    if any("\ud800" <= letter <= "\udfff" for letter in path):
        return "a name that is no valid text"
    return None
