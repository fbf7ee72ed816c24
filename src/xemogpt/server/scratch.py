"""The private folder for uploads: random names, removed when done with, swept at the start."""

import os
import secrets
import shutil
from pathlib import Path

from filelock import FileLock, Timeout

from xemogpt.errors import ConfigError, OutputError


class Scratch:
    """A folder that only this server and its user may read.

    Args:
        state: the server's folder; uploads live in ``uploads`` below it.

    Raises:
        ConfigError: if another server uses the folder: it would lose its uploads to our sweep.
        OutputError: if the folder cannot be made.
    """

    def __init__(self, state: Path) -> None:
        self.folder = state.absolute() / "uploads"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.chmod(self.folder, 0o700)
            os.chmod(state, 0o700)
            self._lock = FileLock(state / "lock", timeout=0)
            self._lock.acquire()
        except Timeout:
            raise ConfigError(
                f"another server uses {state}; stop it, or give this one its own --state folder"
            ) from None
        except OSError as error:
            raise OutputError(
                f"cannot use {state}: {error.strerror or error}; choose another --state folder"
            ) from error
        self.sweep()

    def new(self) -> Path:
        """An empty folder with a name that no client chose.

        Raises:
            OSError: if the disk is full.
        """
        folder = self.folder / secrets.token_hex(16)
        folder.mkdir(mode=0o700)
        return folder

    def remove(self, folder: Path) -> None:
        """Remove a folder made by ``new``, with all that is in it. Twice is harmless."""
        if folder.parent == self.folder:
            shutil.rmtree(folder, ignore_errors=True)

    def sweep(self) -> int:
        """Remove what a killed server left; the number of folders."""
        left = list(self.folder.iterdir())
        for path in left:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        return len(left)

    def close(self) -> None:
        """Remove what is left and let go of the folder."""
        self.sweep()
        self._lock.release()
