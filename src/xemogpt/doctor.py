"""What ``xemogpt doctor`` looks at: each thing is fine, or comes with what to do about it.

Nothing here needs torch in this process: the devices are asked for in another one, meanwhile.
"""

import importlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from xemogpt.weights import CATALOGUE, Condition, cache_dir
from xemogpt.weights import check as check_weights


class State(StrEnum):
    """How a check came out; only ``FAILED`` stands in the way of measuring a clip."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Check:
    """One line of the diagnosis."""

    group: str
    name: str
    state: State
    detail: str
    advice: str = ""


# What measuring a clip stands on; the rest is for models, training and corpora.
MEASURED_WEIGHTS = frozenset({"face-landmarker", "whisper-base-ct2"})
MEASURED_MODULES = {
    "ai-edge-litert": "ai_edge_litert.interpreter",
    "av": "av",
    "ctranslate2": "ctranslate2",
    "faster-whisper": "faster_whisper",
    "numpy": "numpy",
    "onnxruntime": "onnxruntime",
    "opencv-python-headless": "cv2",
    "pydantic": "pydantic",
    "swift-f0": "swift_f0",
}
"""Distribution -> module: these are really imported, so a broken native library shows."""
MEASURED_DECODERS = ("h264", "aac")
OTHER_DECODERS = ("hevc", "vp9", "av1", "mpeg4", "mpeg1video", "mpeg2video", "mp3", "opus", "flac")
MEASURED_MEMORY_BYTES = 1_500_000_000
NANO_MEMORY_BYTES = 3_000_000_000
FREE_DISK_BYTES = 1_000_000_000

_TORCH_PROBE = """
import json, torch
cuda = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
print(json.dumps({"cuda": cuda, "mps": torch.backends.mps.is_available()}))
"""


def diagnose(full: bool = False) -> Iterator[Check]:
    """Look at everything, in the order in which it should be mended.

    Args:
        full: compare the hash of every weight file instead of its size.
    """
    probe = subprocess.Popen(
        [sys.executable, "-c", _TORCH_PROBE],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield from check_packages()
        yield from check_assets(full)
        yield from check_codecs()
        yield check_memory()
        yield check_disk()
        yield from check_devices(probe)
    finally:
        if probe.poll() is None:
            probe.kill()
        probe.communicate()


def works(checks: list[Check]) -> bool:
    """Whether a clip can be measured and explained on this machine."""
    return all(check.state is not State.FAILED for check in checks)


def check_packages() -> Iterator[Check]:
    """Versions against those that the package declares, and imports of what measuring needs."""
    from packaging.requirements import Requirement

    python = ".".join(str(part) for part in sys.version_info[:3])
    yield Check("packages", "python", State.OK, python)
    try:
        declared = requires("xemogpt") or []
    except PackageNotFoundError:
        advice = "run `pip install .` in the checkout, so that versions can be compared"
        yield Check("packages", "xemogpt", State.WARNING, "runs without being installed", advice)
        declared = sorted(MEASURED_MODULES)
    else:
        yield Check("packages", "xemogpt", State.OK, version("xemogpt"))
    for line in declared:
        wanted = Requirement(line)
        if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
            yield _check_package(wanted)


def _check_package(wanted: Any) -> Check:
    name = wanted.name
    failure = State.FAILED if name in MEASURED_MODULES else State.WARNING
    advice = f'run `pip install "{name}{wanted.specifier}"`'
    try:
        found = version(name)
    except PackageNotFoundError:
        return Check("packages", name, failure, "not installed", advice)
    if not wanted.specifier.contains(found, prereleases=True):
        return Check("packages", name, failure, f"{found}, needs {wanted.specifier}", advice)
    if name in MEASURED_MODULES:
        try:
            importlib.import_module(MEASURED_MODULES[name])
        except Exception as error:  # a broken native library raises whatever it likes
            advice = f"run `pip install --force-reinstall --no-deps {name}=={found}`"
            return Check("packages", name, failure, f"{found} does not import: {error}", advice)
    return Check("packages", name, State.OK, found)


def check_assets(full: bool) -> Iterator[Check]:
    """Every asset in the cache."""
    for asset in CATALOGUE.assets:
        status = check_weights(asset.name, full=full)
        if status.condition is Condition.OK:
            yield Check("weights", asset.name, State.OK, f"{asset.licence}, {status.path}")
            continue
        state = State.FAILED if asset.name in MEASURED_WEIGHTS else State.WARNING
        advice = f"run `xemogpt pull {CATALOGUE.bundle_of(asset.name)}`"
        detail = f"{status.condition}: {status.problem}"
        yield Check("weights", asset.name, state, detail, advice)


def check_codecs() -> Iterator[Check]:
    """Which formats PyAV can read and write; H.264 is really written and read back."""
    try:
        import av
    except Exception as error:  # said in full by check_packages
        yield Check("codecs", "PyAV", State.FAILED, str(error), "see the package av above")
        return
    advice = "install PyAV's own wheel: `pip install --force-reinstall --only-binary :all: av`"
    missing = [name for name in MEASURED_DECODERS if not _has_codec(av, name, "r")]
    missing_others = [name for name in OTHER_DECODERS if not _has_codec(av, name, "r")]
    if missing:
        yield Check("codecs", "decode", State.FAILED, f"cannot read {', '.join(missing)}", advice)
    elif missing_others:
        detail = f"cannot read {', '.join(missing_others)}"
        yield Check("codecs", "decode", State.WARNING, detail, advice)
    else:
        detail = ", ".join(MEASURED_DECODERS + OTHER_DECODERS)
        yield Check("codecs", "decode", State.OK, detail)
    try:
        num_frames = _h264_round_trip(av)
    except Exception as error:  # PyAV raises many kinds
        detail = f"H.264 cannot be written ({error}); only building corpora needs it"
        yield Check("codecs", "encode", State.WARNING, detail, advice)
    else:
        detail = f"H.264: {num_frames} frames written and read back"
        yield Check("codecs", "encode", State.OK, detail)


def _has_codec(av: Any, name: str, mode: str) -> bool:
    try:
        av.codec.Codec(name, mode)
    except ValueError:  # PyAV's UnknownCodecError
        return False
    return True


def _h264_round_trip(av: Any) -> int:
    """Frames that survive being written to an mp4 in memory and read back."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.width = stream.height = 64
        for _ in range(2):
            output.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        output.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer) as source:
        return sum(1 for _ in source.decode(video=0))


def check_memory() -> Check:
    """Memory that a process may still take, container limits included."""
    import psutil

    num_free = psutil.virtual_memory().available
    limit = _container_limit()
    if limit is not None:
        num_free = min(num_free, limit)
    detail = f"{num_free / 1e9:.1f} GB free"
    advice = "close other programs or use a larger machine"
    if num_free < MEASURED_MEMORY_BYTES:
        need = f"; measuring a clip takes up to {MEASURED_MEMORY_BYTES / 1e9:.1f} GB"
        return Check("memory", "free", State.WARNING, detail + need, advice)
    if num_free < NANO_MEMORY_BYTES:
        need = f"; the nano model takes up to {NANO_MEMORY_BYTES / 1e9:.1f} GB"
        return Check("memory", "free", State.WARNING, detail + need, advice)
    return Check("memory", "free", State.OK, detail)


def _container_limit(root: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Bytes left under a Linux control group's limit (version 2), if there is one."""
    try:
        limit = (root / "memory.max").read_text().strip()
        current = (root / "memory.current").read_text().strip()
    except OSError:
        return None
    return None if limit == "max" else int(limit) - int(current)


def check_disk() -> Check:
    """Room in the cache for everything that can be pulled."""
    place = cache_dir()
    existing = next(p for p in (place, *place.parents) if p.exists())
    num_free = shutil.disk_usage(existing).free
    detail = f"{num_free / 1e9:.1f} GB free in {place}"
    advice = "free some space or point XEMOGPT_CACHE at another disk"
    if not os.access(existing, os.W_OK):
        detail = f"{place} is read-only: what is there can be used, nothing can be pulled"
        advice = "point XEMOGPT_CACHE at a folder you may write to"
        return Check("disk", "cache", State.WARNING, detail, advice)
    if num_free < FREE_DISK_BYTES:
        need = f"; pulling everything takes {FREE_DISK_BYTES / 1e9:.0f} GB"
        return Check("disk", "cache", State.WARNING, detail + need, advice)
    return Check("disk", "cache", State.OK, detail)


def check_devices(probe: "subprocess.Popen[str]") -> Iterator[Check]:
    """Processors and accelerators; ``probe`` is a process that prints what torch sees."""
    affinity = getattr(os, "sched_getaffinity", None)
    num_usable = len(affinity(0)) if affinity else os.cpu_count()
    yield Check("devices", "cpu", State.OK, f"{num_usable} of {os.cpu_count()} cores usable")
    out, err = probe.communicate()
    try:
        found = json.loads(out)
    except ValueError:
        reason = (err.strip().splitlines() or ["no answer"])[-1]
        advice = "reinstall torch; measuring works without it, models do not"
        yield Check("devices", "torch", State.WARNING, f"torch does not load: {reason}", advice)
        return
    accelerators = [*found["cuda"], *(["Apple MPS"] if found["mps"] else [])]
    detail = ", ".join(accelerators) or "none seen by torch: everything runs on the CPU"
    yield Check("devices", "accelerator", State.OK, detail)
