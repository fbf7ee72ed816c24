import json
from pathlib import Path

import numpy as np
import pytest
import torch

from xemogpt.encoders.hubert import HubertAudioEncoder
from xemogpt.errors import MediaError, WeightsError

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="module", params=["layer", "group"])
def norm(request):
    return request.param


@pytest.fixture(scope="module")
def encoder(norm):
    return HubertAudioEncoder.from_pretrained(GOLDEN / "ckpt" / f"hubert_{norm}")


@pytest.fixture(scope="module")
def golden():
    return dict(np.load(GOLDEN / "encoders.npz"))


@pytest.fixture(scope="module")
def samples(encoder, golden):
    return [encoder.preprocess(golden[name]) for name in ("audio_1", "audio_2")]


def test_waveforms_are_normalised_as_published(samples, golden):
    first, second = (sample["inputs"].numpy() for sample in samples)
    np.testing.assert_allclose(first[:4000], golden["hubert_input_1"], atol=1e-6)
    np.testing.assert_allclose(second[-4000:], golden["hubert_input_2"], atol=1e-6)


def test_features_match_the_published_ones(encoder, norm, golden, samples):
    features = encoder(**encoder.collate(samples))
    expected = golden[f"hubert_{norm}_zeroed"]
    assert features.mask.sum(1).tolist() == [59, 129]
    np.testing.assert_allclose(features.values[1].numpy(), expected[1], atol=1e-4)
    if norm == "layer":
        np.testing.assert_allclose(features.values[0].numpy(), expected[0], atol=1e-4)
    else:  # The published batch lets padding into the group norm of the shorter waveform.
        assert np.abs(features.values[0].numpy() - expected[0]).max() > 0.1


def test_a_batch_equals_its_members(encoder, samples):
    values = encoder(**encoder.collate([*samples, samples[0]])).unpad()
    for sample, together in zip([*samples, samples[0]], values, strict=True):
        alone = encoder(**encoder.collate([sample])).values[0]
        torch.testing.assert_close(together, alone, atol=1e-4, rtol=0)


@pytest.mark.parametrize("num_samples", [1, 399, 400, 719, 720, 800, 16_000, 16_079, 16_080])
def test_the_number_of_vectors_is_known_beforehand(encoder, num_samples):
    sample = encoder.preprocess(np.sin(np.arange(num_samples, dtype=np.float32)))
    features = encoder(**encoder.collate([sample]))
    assert features.values.shape[1] == encoder.num_tokens(sample) >= 1
    assert torch.isfinite(features.values).all()


def test_fifty_milliseconds_give_two_vectors_and_less_than_25_give_one(encoder):
    assert encoder.receptive_field == 400
    assert encoder.num_tokens(encoder.preprocess(np.ones(800, np.float32))) == 2
    assert encoder.num_tokens(encoder.preprocess(np.ones(10, np.float32))) == 1


def test_silence_is_finite(encoder):
    sample = encoder.preprocess(np.zeros(8000, np.float32))
    assert torch.isfinite(encoder(**encoder.collate([sample])).values).all()


def test_config_round_trip_builds_the_same_shape(encoder, samples):
    rebuilt = HubertAudioEncoder.from_config(json.loads(json.dumps(encoder.to_config())))
    rebuilt.load_state_dict(encoder.state_dict())
    batch = encoder.collate(samples)
    assert torch.equal(rebuilt(**batch).values, encoder(**batch).values)


def test_the_official_size_is_built_on_the_meta_device():
    large = {
        "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24,
        "num_attention_heads": 16, "feat_extract_norm": "layer", "do_stable_layer_norm": True,
        "conv_bias": True, "feat_proj_layer_norm": True,
    }  # fmt: skip
    with torch.device("meta"):
        encoder = HubertAudioEncoder.from_config({"hubert": large})
    assert encoder.feature_dim == 1024
    assert all(p.is_meta for p in encoder.parameters())
    position = encoder.tower.encoder.pos_conv_embed.conv.parametrizations.weight
    assert position.original0.shape == (1, 1, 128)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (np.zeros((2, 100), np.float32), "mono"),
        (np.zeros(100, np.int16), "int16"),
        (np.zeros(0, np.float32), "no samples"),
        (np.full(100, np.nan, np.float32), "finite"),
    ],
)
def test_what_is_not_sound_is_refused(encoder, raw, problem):
    with pytest.raises(MediaError, match=problem):
        encoder.preprocess(raw)


def test_another_sample_rate_is_refused(tmp_path):
    source = GOLDEN / "ckpt" / "hubert_layer"
    for name in ("model.safetensors", "config.json", "preprocessor_config.json"):
        (tmp_path / name).write_bytes((source / name).read_bytes())
    settings = json.loads((tmp_path / "preprocessor_config.json").read_text())
    (tmp_path / "preprocessor_config.json").write_text(
        json.dumps(settings | {"sampling_rate": 8000})
    )
    with pytest.raises(WeightsError, match="8000 Hz"):
        HubertAudioEncoder.from_pretrained(tmp_path)
