"""What records depend on besides clips, labels and settings."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from xemogpt.emocue.settings import BuildSettings

PACKAGES = (
    "xemogpt", "ai-edge-litert", "av", "ctranslate2", "faster-whisper", "numpy", "onnxruntime",
    "opencv-python-headless", "pyarrow", "scipy", "swift-f0",
)  # fmt: skip
_CODE = (".", "steps", "annotators", "verification", "../signals", "../media", "../encoders")
"""Folders whose modules make records, from that of ``emocue``."""


def versions(settings: BuildSettings) -> dict[str, str]:
    """Packages, code and weights that records depend on.

    Raises:
        WeightsError: if the weights of a detector are not there.
    """
    from xemogpt.weights import hashes

    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    assets = ("face-landmarker", *(("whisper-base-ct2",) if settings.recognise else ()))
    for asset in assets:
        files = sorted((name, sha256) for name, sha256 in hashes(asset).items())
        found[asset] = hashlib.sha256(repr(files).encode()).hexdigest()
    return found | {"code": code_sha256()}


@cache
def code_sha256() -> str:
    """Of the modules that make records: a version number outlives many changes."""
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for folder in _CODE:
        for path in sorted((package / folder).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
