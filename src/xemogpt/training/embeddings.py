"""Vectors of a corpus: frozen features pooled, and what a trained bridge makes of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from xemogpt.bridges.aligners import AudioTextAligner, VideoTextAligner
from xemogpt.bridges.pooling import masked_mean
from xemogpt.training.cache import FeatureCache

Array = npt.NDArray[np.float32]


def frozen_vectors(
    cache: FeatureCache, keys: Sequence[str], what: Sequence[str] = ("mean",)
) -> Array:
    """Frozen features pooled over time: (N, D), or (N, L, D) of several encoder layers.

    Args:
        cache: of features.
        keys: of the clips.
        what: which of ``mean``, ``std``, ``first``, ``last``, one after the other along D.
    """
    rows = []
    for key in keys:
        values = cache[key].float()
        parts = {
            "mean": values.mean(dim=0),
            "std": values.std(dim=0, correction=0),
            "first": values[0],
            "last": values[-1],
        }
        rows.append(torch.cat([parts[name] for name in what], dim=-1))
    return torch.stack(rows).numpy()


@torch.inference_mode()
def bridged_vectors(
    aligner: AudioTextAligner | VideoTextAligner,
    cache: FeatureCache,
    keys: Sequence[str],
    batch_size: int = 64,
) -> tuple[Array, Array]:
    """Bridged features averaged over time (N, D), and embeddings in the shared space (N, P)."""
    aligner.eval()
    means, embedded = [], []
    order = np.argsort([cache.num_steps(key) for key in keys], kind="stable")
    for start in range(0, len(order), batch_size):
        rows = [cache[keys[index]].float() for index in order[start : start + batch_size]]
        values, mask = _padded(rows)
        states = aligner.bridge(values, mask)
        means.append(masked_mean(states, mask))
        embedded.append(_shared(aligner, states, mask))
    back = np.argsort(order)
    return torch.cat(means).numpy()[back], torch.cat(embedded).numpy()[back]


@torch.inference_mode()
def text_vectors(aligner: Any, texts: npt.NDArray[np.float32]) -> Array:
    """Frozen text embeddings (K, D_text) in the shared space (K, P)."""
    projected: Array = aligner.text_projection(torch.from_numpy(texts)).numpy()
    return projected


def _shared(aligner: AudioTextAligner | VideoTextAligner, states: Tensor, mask: Tensor) -> Tensor:
    if isinstance(aligner, VideoTextAligner):
        return aligner.pool(states, mask)
    projected: Tensor = aligner.audio_projection(masked_mean(states, mask))
    return projected


def _padded(rows: list[Tensor]) -> tuple[Tensor, Tensor]:
    lengths = torch.tensor([len(row) for row in rows])
    values = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    return values, torch.arange(values.shape[1]) < lengths[:, None]
