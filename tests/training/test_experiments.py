"""The experiments' own parts: folds, thinned features, resumed runs, intervals."""

import json
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.training.conftest import bridge_settings

from xemogpt.config import build_config
from xemogpt.encoders.facemesh import FaceMeshVideoEncoder
from xemogpt.files import sha256_of
from xemogpt.training.bridge_model import ObjectiveWeights
from xemogpt.training.cache import FeatureCache, FeatureIdentity

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from bridge_folds import folds_of, parts_cache, thin_cache, train_and_embed
from bridge_scores import measure_all, plot, table


def test_a_person_is_in_one_fold_and_data_sets_are_spread():
    people = [f"{name}_{i:02d}" for name, count in (("a", 8), ("b", 6)) for i in range(count)]
    folds = folds_of(people * 3, 4, seed=0)
    assert folds == folds_of(people, 4, seed=0)
    for name, counts in (("a", [2, 2, 2, 2]), ("b", [1, 1, 2, 2])):
        own = [fold for person, fold in folds.items() if person[0] == name]
        assert sorted(np.bincount(own, minlength=4).tolist()) == counts


def test_thinned_features_are_means_of_steps_of_chosen_layers(tmp_path, audio_cache):
    source = FeatureCache.open(audio_cache)
    stacked = FeatureIdentity(
        modality="audio", encoder="x", fingerprint="f", feature_dim=32, num_layers=3
    )
    full = FeatureCache.create(tmp_path / "full", stacked)
    key = source.keys()[0]
    values = source[key].float()
    full.add_shard({key: values[:, None] * values.new_tensor([1.0, 2.0, 3.0])[:, None]})
    thin = FeatureCache.open(thin_cache(full, tmp_path / "thin", (0, 2), 4))
    whole = len(values) // 4
    assert thin[key].shape == (whole, 2, 32)
    expected = 3 * values[: whole * 4].unflatten(0, (-1, 4)).mean(dim=1)
    np.testing.assert_allclose(thin[key][:, 1].float(), expected, atol=2e-2)


def test_a_finished_run_is_read_not_repeated(corpus, audio_cache, tmp_path):
    rows = [json.loads(line) for line in corpus.read_text().splitlines()]
    cache = FeatureCache.open(audio_cache)
    for row in rows:
        row["media"] = str(corpus.parent / row["media"])
        row["media_sha256"] = sha256_of(Path(row["media"]))
    settings = bridge_settings(corpus, audio_cache, tmp_path)
    given = {name: settings[name] for name in ("bridge", "heads", "text_encoder")}
    given["train"] = {"epochs": 2, "batch_size": 8}
    prompts = np.zeros((2, 64), dtype=np.float32)
    found = train_and_embed(
        "audio", rows, cache, tmp_path / "r", given, list(range(16)), prompts, seed=1
    )
    assert found["bridged"].shape == (32, 32) and found["shared"].shape == (32, 32)
    stamp = (tmp_path / "r" / "run" / "result.json").stat().st_mtime_ns
    again = train_and_embed("audio", rows, cache, tmp_path / "r", given, [0, 1], prompts, seed=1)
    assert (tmp_path / "r" / "run" / "result.json").stat().st_mtime_ns == stamp
    np.testing.assert_array_equal(again["shared"], found["shared"])
    given["train"]["epochs"] = 3
    with pytest.raises(SystemExit, match="other settings"):
        train_and_embed("audio", rows, cache, tmp_path / "r", given, [0, 1], prompts, seed=1)


def test_a_better_system_is_better_with_its_interval(tmp_path):
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 400)
    people = [f"p{i % 10}" for i in range(400)]
    systems = {
        "chance": [rng.normal(size=400)],
        "good": [truth + rng.normal(size=400), truth + rng.normal(size=400)],
    }

    def right(scores, labels):
        return float(((scores > 0.5) == labels).mean())

    out = measure_all(systems, truth, people, right, {"good": "chance"}, num_draws=100)
    better = out["good"]["difference"]
    assert better["low"] > 0.05 and better["low"] < better["value"] < better["high"]
    assert len(out["good"]["seeds"]) == 2
    text = table({"m": out}, {"m": "share"})
    assert text.count("\n") == 4 and f"{out['chance']['value']:.3f} (" in text
    plot({"m": out}, {"m": "share"}, tmp_path / "plot.html")
    assert "good" in (tmp_path / "plot.html").read_text()


@pytest.mark.parametrize("name", ["e1_vecb", "e2_aecb"])
def test_every_variant_is_a_valid_run(name):
    for variant in import_module(name).VARIANTS.values():
        build_config(ObjectiveWeights, variant["objectives"])


@pytest.mark.weights
def test_parts_of_cached_faces_are_what_the_encoder_gives(tmp_path):
    full = FaceMeshVideoEncoder.from_pretrained()
    identity = FeatureIdentity(
        modality="video", encoder="facemesh", fingerprint=full.fingerprint(),
        feature_dim=full.feature_dim, num_frames=5,
    )  # fmt: skip
    cache = FeatureCache.create(tmp_path, identity)
    values = torch.randn(5, full.feature_dim)
    values[:, -1] = 1  # a face was found
    cache.add_shard({"key": values.half()})
    folder = parts_cache(cache, tmp_path, ("blendshapes", "pose"))
    own = FaceMeshVideoEncoder.from_pretrained(parts=("blendshapes", "pose"))
    thin = FeatureCache.open(folder, own.fingerprint())
    assert torch.equal(thin["key"], values.half()[:, 478 * 3 :])


def test_faces_in_the_middle_third_and_the_area_under_their_scores():
    face_parts = import_module("face_parts")
    clips = face_parts.clips_of(np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32))
    assert clips.shape == (2, 64, 3) and clips[:, 21:42].all() and clips.sum() == 2 * 21 * 3
    scores = {"happy": np.array([3.0, 2.0]), "neutral": np.array([1.0, 2.0])}
    assert face_parts.area(scores, np.arange(2)) == (1 + 1 + 1 + 0.5) / 4


def test_what_nano_is_tuned_on_is_drawn_from_its_corpora(tmp_path):
    nano = import_module("nano")
    for split, kinds in (("train", ["train"] * 3), ("validation", ["validation"] * 2)):
        (tmp_path / split).mkdir()
        rows = [{"id": f"{split}{i}", "media": "a.mp4", "split": k} for i, k in enumerate(kinds)]
        nano.write_rows(rows, tmp_path / split / "records.jsonl")
    (tmp_path / "speech").mkdir()
    speech = [{"id": f"s{i}", "media": "b.flac", "split": ("train", "validation", "test")[i % 3]}
              for i in range(9)]  # fmt: skip
    nano.write_rows(speech, tmp_path / "speech" / "records.jsonl")
    nano.make_corpora(tmp_path, tmp_path, 1)
    sizes = {}
    for name in ("controlled", "all", "sft"):
        rows = [json.loads(line) for line in (tmp_path / f"{name}.jsonl").read_text().splitlines()]
        sizes[name] = len(rows)
        assert all(Path(row["media"]).is_absolute() for row in rows)
    assert sizes == {"controlled": 5, "all": 14, "sft": 3 + 3 + 2 + 3}
    assert not any(row["split"] == "test" for row in rows)
