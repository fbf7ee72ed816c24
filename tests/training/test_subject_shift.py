import numpy as np
import pytest
import torch

from xemogpt.encoders.text import TinyTextEncoder
from xemogpt.schema import CueSet
from xemogpt.training.bridge_data import BridgeDataset, CueTexts, DrawSettings
from xemogpt.training.cache import FeatureCache, FeatureIdentity
from xemogpt.training.samples import TrainingSample


@pytest.fixture
def dataset(tmp_path):
    """Two subjects whose features are all 0 and all 8; a third sample is of nobody."""
    identity = FeatureIdentity(modality="audio", encoder="x", fingerprint="f", feature_dim=4)
    cache = FeatureCache.create(tmp_path, identity)
    cache.add_shard({"a": torch.zeros(6, 4), "b": torch.full((6, 4), 8.0), "c": torch.ones(6, 4)})
    samples = [
        TrainingSample(id=key, subject=subject, cues=CueSet(auditory=[{"text": key, "kind": key}]))
        for key, subject in (("a", "anna"), ("b", "ben"), ("c", None))
    ]
    vocabulary = {"a": 0, "b": 1, "c": 2}

    def make(training, **draws):
        settings = DrawSettings(time_mask_rate=0, **draws)
        texts = CueTexts(TinyTextEncoder())
        return BridgeDataset(
            samples, ["a", "b", "c"], cache, texts, ("auditory",), settings, vocabulary, 0, training
        )

    return make


def test_features_move_towards_another_subject_in_training_only(dataset):
    moved = dataset(True, subject_shift=1.0)
    seen = []
    for epoch in range(40):
        moved.set_epoch(epoch)
        first, second, nobody = (moved[i]["values"].mean().item() for i in range(3))
        assert 0 <= first <= 8 and 0 <= second <= 8 and nobody == 1
        seen.append(first)
    assert np.ptp(seen) > 4 and min(seen) == 0  # the subject may draw itself
    still = dataset(False, subject_shift=1.0)
    assert still[0]["values"].abs().max() == 0
    assert dataset(True)[0]["values"].abs().max() == 0
