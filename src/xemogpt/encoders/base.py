"""The protocol of frozen encoders: raw frames or sound in, a sequence of feature vectors out.

An encoder owns its preprocessing, so that whoever holds one can go from raw media to features
without knowing which encoder it is. One sample is always ``{"inputs": tensor}`` with time first,
a batch always ``{"inputs": tensor, "lengths": tensor}``:

>>> import numpy as np
>>> from xemogpt.registry import audio_encoders
>>> encoder = audio_encoders.get("tiny-audio").from_config({})
>>> short, long = (np.zeros(seconds * 16_000, dtype=np.float32) for seconds in (1, 2))
>>> samples = [encoder.preprocess(waveform) for waveform in (short, long)]
>>> [encoder.num_tokens(sample) for sample in samples]  # known before anything is encoded
[25, 50]
>>> batch = encoder.collate(samples)
>>> features = encoder(**batch)
>>> features.values.shape, features.mask.sum(dim=1).tolist()
(torch.Size([2, 50, 32]), [25, 50])
>>> encoder.train().training  # a frozen tower never leaves eval mode
False

A new encoder subclasses ``FrozenEncoder``: it says how a raw sample becomes ``inputs``
(``preprocess``), how inputs become values (``encode``), how many values come out of how many
inputs (``output_lengths``, if not one each), and how it is built (``from_config``, ``to_config``,
``from_pretrained``). ``xemogpt.registry`` gives it the name that users type.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor, nn

from xemogpt.encoders.sources import Reference, check_hashes, source_hashes


@dataclass(frozen=True)
class Features:
    """What an encoder gives for a batch.

    Attributes:
        values: (B, T, D), or (B, T, L, D) for an encoder with ``num_layers`` L > 1; zero where
            ``mask`` is false.
        mask: bool (B, T), true where a value is a sample's own.
    """

    values: Tensor
    mask: Tensor

    def unpad(self) -> list[Tensor]:
        """Each sample's own values, (T_i, D) or (T_i, L, D)."""
        return [values[mask] for values, mask in zip(self.values, self.mask, strict=True)]


class FrozenEncoder(nn.Module, ABC):
    """A pretrained tower that is never trained: no gradients, always in eval mode.

    Subclasses call ``freeze()`` at the end of ``__init__``.
    """

    name: ClassVar[str]
    """Registry name."""
    modality: ClassVar[str]
    """``video`` or ``audio``."""
    feature_dim: int
    """Width D of a feature vector."""
    num_layers: int = 1
    """Layers stacked in each value; a bridge mixes them (``LayerMix``) where it is not 1."""

    _origin: tuple[str, str | None, dict[str, Any]] | None = None
    _hashes: dict[str, str] | None = None

    # -- construction -------------------------------------------------------------------------

    @classmethod
    @abstractmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build with random weights; works under ``torch.device("meta")``.

        Raises:
            ConfigError: if a setting is unknown or wrong.
        """

    @classmethod
    @abstractmethod
    def from_pretrained(cls, source: str | Path) -> Self:
        """Load weights from a folder, a hub id or an asset of ``xemogpt pull``.

        Encoders add options of their own as keywords, JSON-able ones, each with a default.

        Raises:
            WeightsError: if they are absent or incomplete.
        """

    @abstractmethod
    def to_config(self) -> dict[str, Any]:
        """Settings as plain JSON values, from which ``from_config`` builds the same shape."""

    # -- computation --------------------------------------------------------------------------

    @abstractmethod
    def preprocess(self, raw: np.ndarray) -> dict[str, Tensor]:
        """Turn one raw sample into ``{"inputs": (T, ...)}`` on the CPU.

        Args:
            raw: video: uint8 (T, H, W, 3) RGB frames; audio: float32 (S,) mono at 16 kHz.

        Raises:
            MediaError: if there is nothing in it or it has another form.
        """

    @abstractmethod
    def encode(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Compute values (B, T, D) or (B, T, L, D) from a padded batch; padding may hold anything.

        Args:
            inputs: (B, T_in, ...), zero where padded, in the encoder's dtype if floating.
            lengths: int64 (B,), how much of each row of ``inputs`` is its own.
        """

    def output_lengths(self, lengths: Tensor) -> Tensor:
        """How many values come out of how many inputs, both int64 (B,)."""
        return lengths

    def num_tokens(self, sample: Mapping[str, Tensor]) -> int:
        """How many feature vectors a preprocessed sample will give, exactly."""
        return int(self.output_lengths(torch.tensor([len(sample["inputs"])], device="cpu"))[0])

    def collate(self, samples: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
        """Pad preprocessed samples at the end with zeros and stack them into a batch.

        Returns:
            ``inputs`` (B, T, ...) and ``lengths`` int64 (B,).

        Raises:
            ValueError: if there is no sample.
        """
        if not samples:
            raise ValueError("cannot collate no samples; leave the modality out instead")
        inputs = [sample["inputs"] for sample in samples]
        return {
            "inputs": nn.utils.rnn.pad_sequence(inputs, batch_first=True),
            "lengths": torch.tensor([len(one) for one in inputs]),
        }

    @torch.no_grad()
    def forward(self, inputs: Tensor, lengths: Tensor) -> Features:
        """Encode a collated batch; a sample's values do not depend on its neighbours."""
        if inputs.is_floating_point():
            inputs = inputs.to(self.dtype)
        values = self.encode(inputs, lengths)  # (B, T, [L,] D)
        steps = torch.arange(values.shape[1], device=values.device)
        mask = steps < self.output_lengths(lengths).to(values.device)[:, None]  # (B, T)
        padded = ~mask.view(*mask.shape, *[1] * (values.dim() - 2))
        return Features(values.masked_fill(padded, 0), mask)

    # -- staying frozen -----------------------------------------------------------------------

    def freeze(self) -> None:
        """Switch gradients off and eval mode on, for good."""
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> Self:
        """Stay in eval mode: ``mode`` is for the trainable modules around this one."""
        return super().train(False)

    @property
    def dtype(self) -> torch.dtype:
        """Dtype of the weights; float32 where there are none."""
        return next((p.dtype for p in self.parameters() if p.is_floating_point()), torch.float32)

    # -- identity -----------------------------------------------------------------------------

    def _loaded_from(
        self, source: str | Path, revision: str | None, options: dict[str, Any]
    ) -> Self:
        """Remember where the weights came from; hashing waits until somebody asks."""
        self._origin = (str(source), revision, options)
        return self

    def loaded_by(self, reference: Reference) -> None:
        """Remember that a saved model brought these weights, so that caches know the encoder."""
        if reference.source is not None:
            self._origin = (reference.source, reference.revision, dict(reference.options))
            self._hashes = dict(reference.sha256)

    def reference(self) -> Reference:
        """Where the weights came from, with their hashes: what a saved model keeps of them."""
        if self._origin is None:
            return Reference(name=self.name)
        source, revision, options = self._origin
        if self._hashes is None:
            self._hashes = source_hashes(source, revision)
        return Reference(
            name=self.name, source=source, revision=revision, sha256=self._hashes, options=options
        )

    @classmethod
    def from_reference(
        cls, reference: Reference, source: str | Path | None = None, verify: bool = True
    ) -> Self:
        """Load the weights that a saved model refers to, and check that they are the same.

        Args:
            reference: what ``reference()`` gave.
            source: where the weights are now, if not where they were.
            verify: compare hashes, which reads every byte of a folder once more.

        Raises:
            WeightsError: if they cannot be found or differ from those recorded.
        """
        place = source if source is not None else reference.source
        if place is None:
            raise ValueError(f"{reference.name} was made from its configuration; use from_config")
        if verify:
            check_hashes(reference, source_hashes(place, reference.revision))
        revision = {"revision": reference.revision} if reference.revision else {}
        load: Callable[..., Self] = cls.from_pretrained
        return load(place, **revision, **reference.options)

    def fingerprint(self) -> str:
        """A hex digest of settings and weights: equal fingerprints give equal features."""
        digest = hashlib.sha256(f"{self.name}\n".encode())
        digest.update(json.dumps(self.to_config(), sort_keys=True).encode())
        if self._origin is not None:
            files = self.reference().sha256.items()
            digest.update(json.dumps([p for p in files if not p[0].endswith(".json")]).encode())
        else:
            for key, tensor in sorted(self.state_dict().items()):
                digest.update(key.encode())
                digest.update(tensor.detach().cpu().float().numpy().tobytes())
        return digest.hexdigest()
