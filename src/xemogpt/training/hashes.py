"""SHA-256 of media files, each taken once and remembered by size and time of change."""

import json
from pathlib import Path

from xemogpt.errors import MediaError
from xemogpt.files import atomic_write, sha256_of


class MediaHashes:
    """Remembers digests in one JSON file.

    Args:
        path: where they are kept between runs; made by ``save``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._known: dict[str, list[str | int]] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._known = {}

    def of(self, media: str | Path) -> str:
        """Digest of a file's bytes.

        Raises:
            MediaError: if it cannot be read.
        """
        path = Path(media)
        try:
            stat = path.stat()
            known = self._known.get(str(path))
            if known and known[1:] == [stat.st_size, stat.st_mtime_ns]:
                return str(known[0])
            digest = sha256_of(path)
        except OSError as error:
            raise MediaError(f"cannot read {path}: {error.strerror}") from error
        self._known[str(path)] = [digest, stat.st_size, stat.st_mtime_ns]
        return digest

    def save(self) -> None:
        """Write what is known."""
        with atomic_write(self.path) as file:
            json.dump(self._known, file)
