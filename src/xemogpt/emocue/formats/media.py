"""Clips on disk, found by the names that annotation files use for them."""

import os
from functools import lru_cache
from pathlib import Path, PurePosixPath

from xemogpt.errors import DatasetError, MediaError

VIDEO_SUFFIXES = frozenset(
    {".mp4", ".avi", ".mkv", ".mov", ".webm", ".flv", ".m4v", ".mpg", ".mpeg", ".wmv", ".ogv"}
)
AUDIO_SUFFIXES = frozenset({".wav", ".mp3", ".flac", ".ogg", ".m4a", ".opus", ".aac"})
IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif"})
SUFFIXES = VIDEO_SUFFIXES | AUDIO_SUFFIXES | IMAGE_SUFFIXES


def name_id(name: str, is_path: bool = True) -> str:
    """The id of a clip by the name given: without the suffix of a media file.

    A path loses its folders too; a name keeps what looks like folders, as ids may have them.

    >>> name_id("video/sample_0001.mp4"), name_id("speaker.1"), name_id("anna/3.wav", False)
    ('sample_0001', 'speaker.1', 'anna/3')
    """
    name = name.strip()
    if is_path:
        name = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    stem, dot, suffix = name.rpartition(".")
    return stem if stem and dot + suffix.lower() in SUFFIXES else name


def file_stem(clip_id: str) -> str:
    """A file name for an id, which may hold slashes; ``urllib.parse.unquote`` undoes it.

    >>> file_stem("anna/3")
    'anna%2F3'
    """
    for char in "%/\\\0":
        clip_id = clip_id.replace(char, f"%{ord(char):02X}")
    return clip_id if clip_id.strip(".") else clip_id.replace(".", "%2E")


class MediaFolder:
    """All media below a folder, by path, by file name and by stem.

    Raises:
        DatasetError: if there is no such folder.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise DatasetError(f"{folder} is no folder; expected one with the clips")
        self._by_name: dict[str, list[str]] = {}
        self._by_stem: dict[str, list[str]] = {}
        self._paths: set[str] = set()
        for parent, folders, names in os.walk(self.folder):
            folders.sort()
            for name in sorted(names):
                suffix = os.path.splitext(name)[1].lower()
                if suffix in SUFFIXES and not name.startswith("."):
                    path = (Path(parent) / name).relative_to(self.folder).as_posix()
                    self._paths.add(path)
                    self._by_name.setdefault(name, []).append(path)
                    stems = {name[: -len(suffix)], path[: -len(suffix)]}
                    for stem in stems:
                        self._by_stem.setdefault(stem, []).append(path)

    def find(self, name: str) -> Path:
        """The clip that a name means: a path, a file name, or a stem.

        Raises:
            MediaError: if there is none, or several.
        """
        name = name.strip().replace("\\", "/")
        inside = PurePosixPath(name).as_posix()
        if inside in self._paths:
            return self.folder / inside
        below = self._by_stem.get(name_id(name, False), []) if "/" in name else []
        found = (
            self._best(below)
            or self._by_name.get(name.rpartition("/")[2])
            or self._best(self._by_stem.get(name_id(name), []))
        )
        if not found:
            raise MediaError(f"no clip for {name!r} in {self.folder}")
        if len(found) > 1:
            raise MediaError(f"{name!r} may be {' or '.join(found[:3])} in {self.folder}")
        return self.folder / found[0]

    def fps(self, path: Path) -> float | None:
        """Frames a second of a clip that ``find`` gave; none if it has no pictures."""
        return _fps(path)

    @staticmethod
    def _best(paths: list[str]) -> list[str]:
        """Of one clip's files those with pictures: sound is often kept beside them."""
        for suffixes in (VIDEO_SUFFIXES, AUDIO_SUFFIXES, IMAGE_SUFFIXES):
            kept = [path for path in paths if PurePosixPath(path).suffix.lower() in suffixes]
            if kept:
                return kept
        return []


@lru_cache(maxsize=1)
def _fps(path: Path) -> float | None:
    from xemogpt.media import probe

    try:
        video = probe(path).video
    except MediaError:
        return None
    return None if video is None else video.frame_rate
