import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from xemogpt.encoders.clip import CLIPVideoEncoder
from xemogpt.encoders.sources import resolve_source
from xemogpt.errors import ConfigError, MediaError, WeightsError

GOLDEN = Path(__file__).parents[1] / "golden"
SMALL = GOLDEN / "ckpt" / "clip_p14_56"


@pytest.fixture(scope="module")
def encoder():
    return CLIPVideoEncoder.from_pretrained(SMALL)


@pytest.fixture(scope="module")
def golden():
    return dict(np.load(GOLDEN / "encoders.npz"))


def digest(tensor):
    return hashlib.sha256(tensor.contiguous().numpy().tobytes()).hexdigest()


@pytest.mark.parametrize("clip", ["a", "b"])
def test_pixels_with_odd_margins_are_those_of_the_published_preprocessing(encoder, golden, clip):
    expected = json.loads((GOLDEN / "encoders.json").read_text())[f"p14_56_pixels_{clip}"]
    assert digest(encoder.preprocess(golden[f"frames_{clip}"])["inputs"]) == expected


@pytest.mark.parametrize("clip", ["a", "b"])
def test_pixels_with_even_margins_are_those_of_the_published_preprocessing(golden, clip):
    settings = json.loads((GOLDEN / "ckpt" / "clip_p32_224" / "config.json").read_text())
    encoder = CLIPVideoEncoder.from_config({"vision": settings["vision_config"]})
    expected = json.loads((GOLDEN / "encoders.json").read_text())[f"p32_224_pixels_{clip}0"]
    assert digest(encoder.preprocess(golden[f"frames_{clip}"][:1])["inputs"]) == expected


def test_features_match_the_published_ones(encoder, golden):
    batch = encoder.collate([encoder.preprocess(golden[f"frames_{clip}"]) for clip in "ab"])
    features = encoder(**batch)
    expected = np.stack([golden["clip_tokens_a"], golden["clip_tokens_b"]])
    assert features.mask.all()
    np.testing.assert_allclose(features.values.numpy(), expected, atol=1e-4)


def test_a_batch_of_different_frame_counts_equals_its_members(encoder, golden):
    frames = np.concatenate([golden["frames_a"]] * 3)
    samples = [encoder.preprocess(frames[:n]) for n in (1, 6, 3)]
    together = encoder(**encoder.collate(samples))
    assert together.mask.sum(1).tolist() == [1, 6, 3]
    assert not together.values[0, 1:].any()
    for sample, values in zip(samples, together.unpad(), strict=True):
        alone = encoder(**encoder.collate([sample])).values[0]
        torch.testing.assert_close(values, alone, atol=1e-5, rtol=0)


def test_chunks_do_not_change_the_features(encoder, golden):
    chunked = CLIPVideoEncoder.from_pretrained(SMALL, chunk_size=1)
    batch = encoder.collate([encoder.preprocess(golden["frames_a"])])
    torch.testing.assert_close(chunked(**batch).values, encoder(**batch).values, atol=1e-5, rtol=0)


def test_config_round_trip_builds_the_same_shape(encoder):
    rebuilt = CLIPVideoEncoder.from_config(json.loads(json.dumps(encoder.to_config())))
    assert rebuilt.to_config() == encoder.to_config()
    rebuilt.load_state_dict(encoder.state_dict())
    pixels = {"inputs": torch.randn(1, 2, 3, 56, 56), "lengths": torch.tensor([2])}
    assert torch.equal(rebuilt(**pixels).values, encoder(**pixels).values)


def test_the_official_size_is_built_on_the_meta_device():
    large = {
        "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24,
        "num_attention_heads": 16, "patch_size": 14, "image_size": 224, "projection_dim": 768,
    }  # fmt: skip
    with torch.device("meta"):
        encoder = CLIPVideoEncoder.from_config({"vision": large})
    assert encoder.feature_dim == 1024
    assert sum(p.numel() for p in encoder.parameters()) == 303_179_776
    assert all(p.is_meta for p in encoder.parameters())


@pytest.mark.parametrize(
    "raw",
    [
        np.zeros((2, 8, 8), np.uint8),
        np.zeros((0, 8, 8, 3), np.uint8),
        np.zeros((1, 8, 8, 3), np.float32),
        np.zeros((1, 8, 8, 4), np.uint8),
    ],
)
def test_what_is_not_frames_is_refused(encoder, raw):
    with pytest.raises(MediaError, match="frames"):
        encoder.preprocess(raw)


def test_extreme_aspect_ratios_and_single_pixels_are_encoded(encoder):
    for shape in [(1, 1, 1, 3), (1, 3, 400, 3), (1, 400, 3, 3)]:
        assert encoder.preprocess(np.zeros(shape, np.uint8))["inputs"].shape == (1, 3, 56, 56)


def test_another_architecture_is_an_error_not_random_weights():
    with pytest.raises(WeightsError, match="CLIPVisionModel"):
        CLIPVideoEncoder.from_pretrained(GOLDEN / "ckpt" / "hubert_layer")


def test_missing_weights_are_named(tmp_path):
    from safetensors.torch import load_file, save_file

    weights = load_file(SMALL / "model.safetensors")
    del weights["vision_model.encoder.layers.1.mlp.fc1.bias"]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "config.json").write_text((SMALL / "config.json").read_text())
    with pytest.raises(WeightsError, match=r"lacks 1 weight.*fc1\.bias"):
        CLIPVideoEncoder.from_pretrained(tmp_path)


def test_other_preprocessing_is_refused(tmp_path):
    for name in ("model.safetensors", "config.json", "preprocessor_config.json"):
        (tmp_path / name).write_bytes((SMALL / name).read_bytes())
    settings = json.loads((tmp_path / "preprocessor_config.json").read_text())
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(settings | {"resample": 2}))
    with pytest.raises(WeightsError, match="another preprocessing"):
        CLIPVideoEncoder.from_pretrained(tmp_path)


def test_bad_settings_are_named():
    with pytest.raises(ConfigError, match=r"image\.crop"):
        CLIPVideoEncoder.from_config({"image": {"crop": 100}})
    with pytest.raises(ConfigError, match="colour"):
        CLIPVideoEncoder.from_config({"colour": 1})
    with pytest.raises(ConfigError, match="dtype"):
        CLIPVideoEncoder.from_pretrained(SMALL, dtype="int8")


def test_bfloat16_weights_give_bfloat16_features_near_the_exact_ones(encoder, golden):
    low = CLIPVideoEncoder.from_pretrained(SMALL, dtype="bfloat16")
    batch = encoder.collate([encoder.preprocess(golden["frames_a"])])
    values = low(**batch).values
    assert values.dtype == torch.bfloat16
    exact = encoder(**batch).values
    assert torch.nn.functional.cosine_similarity(values.float(), exact, dim=-1).min() > 0.99


def test_a_folder_that_is_not_there_is_an_error():
    with pytest.raises(WeightsError, match="no folder"):
        resolve_source("./nowhere/at/all")
