"""The cache of pretrained files: where an asset is, and whether it is whole.

Layout: ``<cache>/assets/<asset>/`` holds the files, ``LICENSE``, ``NOTICE``, ``origin.json`` and
``manifest.json``. The manifest, written last, is what makes an asset complete.
"""

import json
import os
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from xemogpt.errors import WeightsError
from xemogpt.files import sha256_of
from xemogpt.weights.catalogue import Catalogue
from xemogpt.weights.pins import CATALOGUE

MANIFEST = "manifest.json"


class Condition(StrEnum):
    """State of an asset in the cache."""

    OK = "ok"
    ABSENT = "absent"
    DAMAGED = "damaged"
    OUTDATED = "outdated"


@dataclass(frozen=True)
class Status:
    """State of one asset; ``problem`` says in words what is wrong, if anything is."""

    asset: str
    condition: Condition
    path: Path
    problem: str = ""


def cache_dir() -> Path:
    """The cache folder: ``XEMOGPT_CACHE``, else the platform's place for caches."""
    chosen = os.environ.get("XEMOGPT_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "xemogpt"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "xemogpt"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xemogpt"


def asset_dir(asset: str) -> Path:
    """Where the files of ``asset`` belong, whether or not they are there."""
    return cache_dir() / "assets" / asset


def locate(asset: str, catalogue: Catalogue = CATALOGUE) -> Path:
    """The folder of a complete asset. Cheap: compares names and sizes, not contents.

    Raises:
        UnknownNameError: if there is no asset of that name.
        WeightsError: if it is absent, damaged or of an older recipe; names the command to run.
    """
    status = check(asset, catalogue)
    if status.condition is not Condition.OK:
        raise WeightsError(
            f"{asset}: {status.problem}; run `xemogpt pull {catalogue.bundle_of(asset)}`"
        )
    return status.path


def hashes(asset: str, catalogue: Catalogue = CATALOGUE) -> dict[str, str]:
    """SHA-256 of every file of a complete asset, by path within it.

    Raises:
        UnknownNameError, WeightsError: as :func:`locate`.
    """
    files = _read_manifest(locate(asset, catalogue))["files"]
    return {name: entry["sha256"] for name, entry in files.items()}


def check(asset: str, catalogue: Catalogue = CATALOGUE, *, full: bool = False) -> Status:
    """State of ``asset``; ``full`` compares hashes, which reads every byte.

    Raises:
        UnknownNameError: if there is no asset of that name.
    """
    recipe = catalogue.asset(asset).recipe
    path = asset_dir(asset)
    if not path.is_dir():
        return Status(asset, Condition.ABSENT, path, f"not found in {path}")
    try:
        manifest = _read_manifest(path)
    except WeightsError as error:
        return Status(asset, Condition.DAMAGED, path, str(error))
    if manifest["recipe"] != recipe:
        problem = f"{path} was made by another version of xemogpt"
        return Status(asset, Condition.OUTDATED, path, problem)
    for name, entry in manifest["files"].items():
        problem = _compare(path / name, entry, full)
        if problem:
            return Status(asset, Condition.DAMAGED, path, problem)
    return Status(asset, Condition.OK, path)


def write_manifest(folder: Path, asset: str, recipe: str) -> None:
    """Record size and hash of every file in ``folder``; from then on it counts as complete."""
    files = {
        file.relative_to(folder).as_posix(): {
            "sha256": sha256_of(file),
            "num_bytes": file.stat().st_size,
        }
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
    content = {"asset": asset, "recipe": recipe, "files": files}
    with (folder / MANIFEST).open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())


def _compare(file: Path, entry: dict[str, Any], full: bool) -> str:
    """What is wrong with ``file``, or an empty string."""
    try:
        num_bytes = file.stat().st_size
        if num_bytes != entry["num_bytes"]:
            return f"{file} has {num_bytes} bytes, expected {entry['num_bytes']}"
        if full and sha256_of(file) != entry["sha256"]:
            return f"{file} is corrupt: its contents do not match the recorded SHA-256"
    except FileNotFoundError:
        return f"{file} is missing"
    except OSError as error:
        return f"{file} cannot be read ({error.strerror or error})"
    return ""


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        for entry in manifest["files"].values():
            int(entry["num_bytes"]), str(entry["sha256"])
        str(manifest["recipe"])
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error.strerror or error})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path} is damaged") from error
    return dict(manifest)
