"""Frozen features on disk: memory-mapped safetensors shards, read in any order."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from xemogpt.config import Config
from xemogpt.errors import DatasetError
from xemogpt.files import atomic_write
from xemogpt.prompts import PerceivedModality

IDENTITY_FILE = "features.json"


class FeatureIdentity(Config):
    """Everything that a cached feature depends on besides the media file."""

    modality: PerceivedModality
    """What was encoded."""
    encoder: str
    """Registry name of the encoder."""
    fingerprint: str
    """The encoder's fingerprint: its settings and weights."""
    feature_dim: int = Field(gt=0)
    """Width of a vector."""
    num_layers: int = Field(default=1, ge=1)
    """Encoder layers stacked in each vector."""
    num_frames: int | None = None
    """Frames sampled from a clip (video)."""
    max_s: float | None = None
    """Seconds of a clip that were encoded (audio); the whole clip if none."""
    dtype: str = "float16"
    """How values are stored."""

    @property
    def folder_name(self) -> str:
        """Name of the cache's folder: modality, encoder and a digest of all fields."""
        digest = hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]
        return f"{self.modality}-{self.encoder}-{digest}"


class FeatureCache:
    """Features by key (``media sha256``, or ``media sha256@variant`` for an augmented copy).

    A shard is written whole or not at all, and never changed. Opening reads only the shards'
    headers; values are mapped into memory when asked for.

    Args:
        folder: of this identity, such as ``features/audio-whisper-0f3a...``.
        identity: what the features are of.
    """

    def __init__(self, folder: Path, identity: FeatureIdentity) -> None:
        self.folder = folder
        self.identity = identity
        self._files: dict[Path, Any] = {}
        self._places: dict[str, Path] = {}
        for shard in sorted(folder.glob("*.safetensors")):
            self._index(shard)

    @classmethod
    def create(cls, root: str | Path, identity: FeatureIdentity) -> Self:
        """Open the cache of ``identity`` below ``root``, or start one."""
        folder = Path(root) / identity.folder_name
        if not (folder / IDENTITY_FILE).exists():
            with atomic_write(folder / IDENTITY_FILE) as file:
                file.write(identity.model_dump_json(indent=2))
        return cls(folder, identity)

    @classmethod
    def open(cls, folder: str | Path, fingerprint: str | None = None) -> Self:
        """Open what is there.

        Args:
            folder: with ``features.json`` and shards.
            fingerprint: of the encoder that the features must be of.

        Raises:
            DatasetError: if there is no cache, a shard is damaged, or it is another encoder's.
        """
        folder = Path(folder)
        try:
            text = (folder / IDENTITY_FILE).read_text(encoding="utf-8")
            identity = FeatureIdentity.model_validate_json(text)
        except (OSError, ValidationError) as error:
            raise DatasetError(
                f"{folder} holds no cached features ({IDENTITY_FILE}); make them with"
                " `xemogpt train features`"
            ) from error
        if fingerprint is not None and fingerprint != identity.fingerprint:
            raise DatasetError(
                f"{folder} holds features of another encoder: they are of {identity.encoder}"
                f" {identity.fingerprint[:12]}, but this run uses {fingerprint[:12]}; make them"
                " again with `xemogpt train features` and the same encoder settings"
            )
        return cls(folder, identity)

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, key: str) -> Tensor:
        """Features (T, D) or (T, L, D), in the dtype they are stored in.

        Raises:
            KeyError: if there are none.
        """
        values: Tensor = self._open(self._places[key]).get_tensor(key)
        return values

    def keys(self) -> list[str]:
        """Every key, augmented copies included."""
        return sorted(self._places)

    def num_steps(self, key: str) -> int:
        """T of a feature, from the header alone."""
        return int(self._open(self._places[key]).get_slice(key).get_shape()[0])

    def variants(self, sha256: str) -> list[str]:
        """Keys of a media file's augmented copies, in order."""
        return sorted(key for key in self._by_media().get(sha256, []) if "@" in key)

    def add_shard(self, features: Mapping[str, Tensor]) -> None:
        """Write features as one more shard."""
        data = {key: value.contiguous() for key, value in features.items()}
        digest = hashlib.sha256(json.dumps(sorted(data)).encode()).hexdigest()[:16]
        shard = self.folder / f"shard-{digest}.safetensors"
        with atomic_write(shard, "wb") as file:
            file.write(save(data))
        self._index(shard)

    def __getstate__(self) -> dict[str, Any]:
        # Mapped files are opened anew by each worker.
        return self.__dict__ | {"_files": {}}

    def _index(self, shard: Path) -> None:
        for key in self._open(shard).keys():  # noqa: SIM118  (no mapping)
            self._places[key] = shard
        self._media: dict[str, list[str]] | None = None

    def _by_media(self) -> dict[str, list[str]]:
        if self._media is None:
            self._media = {}
            for key in self._places:
                self._media.setdefault(key.partition("@")[0], []).append(key)
        return self._media

    def _open(self, shard: Path) -> Any:
        if shard not in self._files:
            try:
                self._files[shard] = safe_open(shard, framework="pt")
            except (SafetensorError, OSError) as error:
                raise DatasetError(
                    f"{shard} is damaged ({error}); delete it and run `xemogpt train features`"
                    " again, which makes only what is missing"
                ) from error
        return self._files[shard]
