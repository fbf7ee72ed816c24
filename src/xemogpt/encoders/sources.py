"""Where frozen weights come from, and the record of it that a saved model keeps."""

from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from pydantic import Field

from xemogpt.config import Config
from xemogpt.errors import WeightsError
from xemogpt.files import sha256_of

# What a folder may hold that changes what an encoder computes.
WEIGHT_PATTERNS = ("*.safetensors", "*.bin", "*.tflite", "config.json", "preprocessor_config.json")


class Reference(Config):
    """Names frozen weights instead of storing them: enough to find and to verify them again.

    >>> Reference(name="clip", source="openai/clip-vit-large-patch14").model_dump()["options"]
    {}
    """

    name: str
    """Registry name of the encoder, such as ``clip``."""
    source: str | None = None
    """Folder, hub id or asset name given to ``from_pretrained``; none for weights made here."""
    revision: str | None = None
    """Hub revision, if one was asked for."""
    sha256: dict[str, str] = Field(default_factory=dict)
    """File name -> SHA-256 of each weight and settings file."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Further arguments of ``from_pretrained``."""


def resolve_source(source: str | Path, revision: str | None = None) -> Path:
    """The folder that ``source`` means.

    It is a folder, a model that comes with the package, an asset of ``xemogpt pull``, or a hub id.

    Raises:
        WeightsError: if it is none of them, or the hub cannot give it.
    """
    folder = Path(source).expanduser()
    if folder.is_dir():
        return folder
    name = str(source)
    if _is_asset(source):
        from xemogpt.weights import locate, shipped

        return shipped(name) or locate(name)
    if folder.is_absolute() or name.startswith(".") or name.count("/") != 1:
        raise WeightsError(f"no folder {name}; give an existing folder, or a hub id (owner/name)")
    return _download(name, revision)


def _download(hub_id: str, revision: str | None) -> Path:
    """Fetch a hub snapshot, or find it in the local hub cache."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    patterns = ["*.json", "*.safetensors", "*.txt", "*.model"]
    try:
        folder = Path(snapshot_download(hub_id, revision=revision, allow_patterns=patterns))
        if not any(folder.glob("*.safetensors")):
            # Some towers were only ever published as .bin; transformers reads tensors alone of it.
            snapshot_download(hub_id, revision=revision, allow_patterns=["pytorch_model*.bin"])
    except (HfHubHTTPError, LocalEntryNotFoundError, ValueError, OSError) as error:
        raise WeightsError(
            f"cannot get {hub_id!r} from the model hub ({type(error).__name__}); download it where"
            " the hub can be reached and give the folder's path instead"
        ) from error
    return folder


def source_hashes(source: str | Path, revision: str | None = None) -> dict[str, str]:
    """SHA-256 of the weight and settings files of a source, by file name.

    Those of an asset were taken when it was pulled; those of a folder are taken now.

    Raises:
        WeightsError: as ``resolve_source``.
    """
    if _is_asset(source):
        from xemogpt.weights import hashes

        return {name: sha for name, sha in hashes(str(source)).items() if _matters(name)}
    return hash_files(resolve_source(source, revision))


def _is_asset(source: str | Path) -> bool:
    """Whether a source is a bare name and no folder has that name."""
    name = str(source)
    return "/" not in name and "\\" not in name and not Path(name).expanduser().is_dir()


def _matters(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in WEIGHT_PATTERNS)


def hash_files(folder: Path) -> dict[str, str]:
    """SHA-256 of every weight and settings file directly in ``folder``, by file name."""
    paths = sorted(path for path in folder.iterdir() if _matters(path.name))
    return {path.name: sha256_of(path) for path in paths}


def check_hashes(reference: Reference, found: Mapping[str, str]) -> None:
    """Compare the weight files found with those that were recorded.

    Settings files are not compared: the saved configuration rules over them.

    Raises:
        WeightsError: naming every file that is missing or differs.
    """
    wrong = [
        f"  {name}: {'missing' if name not in found else 'differs'}"
        for name, digest in reference.sha256.items()
        if not name.endswith(".json") and found.get(name) != digest
    ]
    if wrong:
        raise WeightsError(
            "\n".join(
                [
                    f"{reference.source} does not hold the {reference.name} weights this model was"
                    " trained on; give the folder that does:",
                    *wrong,
                ]
            )
        )
