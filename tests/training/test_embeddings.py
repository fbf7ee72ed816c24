import numpy as np
import pytest
import torch

from xemogpt.training.bridges import build_aligner
from xemogpt.training.cache import FeatureCache
from xemogpt.training.embeddings import bridged_vectors, frozen_vectors


@pytest.fixture
def cache(audio_cache):
    return FeatureCache.open(audio_cache)


def test_pooling_is_over_each_clips_own_steps(cache):
    keys = cache.keys()[:5]
    pooled = frozen_vectors(cache, keys, ("mean", "std", "first", "last"))
    values = cache[keys[3]].float().numpy()
    assert pooled.shape == (5, 4 * 32)
    expected = [values.mean(axis=0), values.std(axis=0), values[0], values[-1]]
    np.testing.assert_allclose(pooled[3], np.concatenate(expected), atol=1e-5)


def test_batches_change_no_vector_nor_their_order(cache):
    torch.manual_seed(0)
    aligner = build_aligner("audio", cache, {"form": "residual", "num_heads": 4}, {}, 16)
    keys = cache.keys()[:9]
    whole, shared = bridged_vectors(aligner, cache, keys)
    for index, key in enumerate(keys):
        one, embedded = bridged_vectors(aligner, cache, [key])
        np.testing.assert_allclose(whole[index], one[0], atol=1e-5)
        np.testing.assert_allclose(shared[index], embedded[0], atol=1e-5)


def test_a_bridge_without_layers_is_the_frozen_mean(cache):
    aligner = build_aligner("audio", cache, {"num_layers": 0, "num_heads": 4}, {}, 16)
    keys = cache.keys()[:4]
    bridged, _ = bridged_vectors(aligner, cache, keys)
    np.testing.assert_allclose(bridged, frozen_vectors(cache, keys), atol=1e-5)
