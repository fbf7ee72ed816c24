"""From cosine to a similarity that is 0 for unrelated cues and 1 for the same one in other words.

Cosines of unrelated cues are far from 0, because all cues of a modality are alike. The mean
direction of a modality is taken out, then two quantiles measured on the cue bank fix the scale:
the floor, under which 95 % of unrelated cues lie, is 0; the ceiling, the median of paraphrases,
is 1. Constants of the known encoders are shipped; those of any other are measured when needed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from xemogpt.metrics.wording import framed
from xemogpt.schema import MODALITIES, Modality

if TYPE_CHECKING:
    from xemogpt.encoders.text import Embeddings, TextEncoder

VERSION = "1"
"""Changes whenever the bank, the wording or the quantiles change."""
FLOOR_QUANTILE = 0.95
CEILING_QUANTILE = 0.5
Groups = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Scale:
    """Calibration of one modality."""

    floor: float
    """Centred cosine that counts 0."""
    ceiling: float
    """Centred cosine that counts 1."""
    raw_floor: float
    """The same quantile of plain cosines of the cues as written, for the record."""
    raw_mean: float
    """Mean plain cosine of unrelated cues as written."""
    center: tuple[float, ...]
    """Mean embedding of the modality (D,), subtracted before cosines are taken."""

    def similarity(self, cosine: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Calibrated similarity in [0, 1] of centred cosines.

        >>> Scale(0.2, 0.6, 0.5, 0.3, ()).similarity(np.array([0.1, 0.4, 0.9])).round(2).tolist()
        [0.0, 0.5, 1.0]
        """
        scaled = (cosine.astype(np.float64) - self.floor) / (self.ceiling - self.floor)
        return np.clip(scaled, 0.0, 1.0)


@dataclass(frozen=True)
class Calibration:
    """The scale of every modality for one encoder."""

    encoder: str
    """Fingerprint of the encoder it belongs to."""
    version: str
    scales: Mapping[Modality, Scale]

    def summary(self) -> dict[str, Any]:
        """Floor, ceiling and raw floor by modality, without the centres."""
        shown: dict[str, Any] = {"version": self.version, "encoder": self.encoder}
        for modality, scale in self.scales.items():
            values = {k: round(v, 4) for k, v in asdict(scale).items() if k != "center"}
            shown[modality] = values
        return shown

    def to_json(self) -> str:
        """All of it, as shipped in ``metrics/data``."""
        return json.dumps(asdict(self))


@lru_cache(maxsize=1)
def cue_bank() -> dict[str, Any]:
    """Our own cues in several wordings by modality, and generic cues under ``"generic"``."""
    bank: dict[str, Any] = json.loads(_data("cue_bank.json"))
    return bank


def calibrate(encoder: "TextEncoder", groups: Mapping[str, Groups] | None = None) -> Calibration:
    """Measure the calibration of an encoder.

    Args:
        encoder: any text encoder.
        groups: by modality, lists of wordings of one observation each; the cue bank if not given.

    Raises:
        ValueError: if a modality holds no unrelated cues or no paraphrases to measure.
    """
    given = groups or cue_bank()
    return Calibration(
        encoder.fingerprint, VERSION, {m: _measure(encoder, given[m], m) for m in MODALITIES}
    )


def calibration_of(encoder: "TextEncoder") -> Calibration:
    """The shipped calibration of an encoder, or a fresh one if it is not a known encoder."""
    shipped = _shipped(encoder.fingerprint)
    return shipped if shipped is not None else calibrate(encoder)


def centred(vectors: "Embeddings", center: Sequence[float]) -> npt.NDArray[np.float64]:
    """Unit vectors (N, D) with the mean direction taken out, unit length again."""
    moved = vectors.astype(np.float64) - np.asarray(center)
    norm = np.linalg.norm(moved, axis=1, keepdims=True)
    result: npt.NDArray[np.float64] = moved / np.maximum(norm, 1e-12)
    return result


def _measure(encoder: "TextEncoder", groups: Groups, modality: Modality) -> Scale:
    texts = [text for group in groups for text in group]
    owner = np.array([index for index, group in enumerate(groups) for _ in group])
    upper = np.triu_indices(len(texts), k=1)
    same = (owner[:, None] == owner[None, :])[upper]
    if same.all() or not same.any():
        raise ValueError(f"{modality}: calibration needs unrelated cues and paraphrases")
    vectors = encoder.encode([framed(text, modality) for text in texts])
    center = vectors.astype(np.float64).mean(axis=0).round(6)
    moved = centred(vectors, center.tolist())
    cosine = (moved @ moved.T)[upper]
    floor = float(np.quantile(cosine[~same], FLOOR_QUANTILE))
    ceiling = float(np.quantile(cosine[same], CEILING_QUANTILE))
    written = encoder.encode(texts)
    raw = (written @ written.T)[upper][~same].astype(np.float64)
    # An encoder that cannot tell paraphrases from unrelated cues still gets a valid scale.
    ceiling = max(ceiling, floor + 0.05)
    return Scale(
        round(floor, 6),
        round(ceiling, 6),
        round(float(np.quantile(raw, FLOOR_QUANTILE)), 6),
        round(float(raw.mean()), 6),
        tuple(center.tolist()),
    )


@lru_cache(maxsize=8)
def _shipped(fingerprint: str) -> Calibration | None:
    try:
        data = json.loads(_data(f"calibration-{fingerprint}.json"))
    except FileNotFoundError:
        return None
    if data["version"] != VERSION:
        return None
    scales = {name: Scale(**{**scale, "center": tuple(scale["center"])})
              for name, scale in data["scales"].items()}  # fmt: skip
    return Calibration(data["encoder"], data["version"], scales)


def _data(name: str) -> str:
    return (files("xemogpt.metrics") / "data" / name).read_text(encoding="utf-8")
