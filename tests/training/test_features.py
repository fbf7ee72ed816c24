import json

import pytest
import torch
from tests.training.conftest import audio_features, write_corpus

from xemogpt.errors import DatasetError
from xemogpt.model.assembly import EncoderSource
from xemogpt.training.cache import FeatureCache
from xemogpt.training.features import FeaturesRun, make_features


def run(corpus, folder, **changes):
    return FeaturesRun(
        corpus=str(corpus), cache_dir=str(folder), audio=EncoderSource(name="tiny-audio"), **changes
    )


def test_features_are_made_once_and_read_in_any_order(tmp_path):
    corpus = write_corpus(tmp_path / "c", 6, 2)
    first = make_features(run(corpus, tmp_path / "f", shard_clips=3))
    assert first.made == {"audio": 8}
    again = make_features(run(corpus, tmp_path / "f", shard_clips=3))
    assert again.made == {"audio": 0} and again.found == {"audio": 8}
    cache = FeatureCache.open(first.folders["audio"])
    assert len(cache) == 8 and len(list(cache.folder.glob("*.safetensors"))) == 3
    key = next(iter(cache._places))
    assert cache[key].shape == (cache.num_steps(key), 32) and cache[key].dtype == torch.float16


def test_augmented_copies_of_training_clips_only(tmp_path):
    corpus = write_corpus(tmp_path / "c", 2, 2)
    folder = audio_features(corpus, tmp_path / "f", augment={"num_variants": 2})
    cache = FeatureCache.open(folder)
    assert len(cache) == 2 * 3 + 2
    assert sorted(len(cache.variants(k)) for k in cache._places if "@" not in k) == [0, 0, 2, 2]


def test_one_broken_clip_is_named_or_left_out(tmp_path):
    corpus = write_corpus(tmp_path / "c", 4, 0)
    (tmp_path / "c" / "2.wav").write_bytes(b"no sound")
    with pytest.raises(DatasetError, match=r"sample 's2'.*on_bad=skip"):
        make_features(run(corpus, tmp_path / "f"))
    report = make_features(run(corpus, tmp_path / "f", on_bad="skip"))
    assert report.made == {"audio": 1} and report.found == {"audio": 2}  # earlier work was kept
    assert len(report.failures) == 1 and "s2" in report.failures[0]
    listed = (FeatureCache.open(report.folders["audio"]).folder / "failures.jsonl").read_text()
    assert json.loads(listed)["id"] == "s2"


def test_features_of_another_encoder_are_refused(audio_cache):
    with pytest.raises(DatasetError, match="another encoder"):
        FeatureCache.open(audio_cache, fingerprint="0" * 64)


def test_a_damaged_shard_is_named(tmp_path):
    folder = audio_features(write_corpus(tmp_path / "c", 2, 0), tmp_path / "f")
    shard = next(FeatureCache.open(folder).folder.glob("*.safetensors"))
    shard.write_bytes(shard.read_bytes()[:20])
    with pytest.raises(DatasetError, match=r"shard-.*damaged"):
        FeatureCache.open(folder)
