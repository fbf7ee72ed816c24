import json

import numpy as np
import pytest
import torch
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperModel

from xemogpt.encoders.whisper import WhisperAudioEncoder
from xemogpt.errors import ConfigError, WeightsError

SMALL = {
    "d_model": 16, "encoder_layers": 4, "encoder_attention_heads": 2, "encoder_ffn_dim": 32,
    "decoder_layers": 1, "decoder_attention_heads": 2, "decoder_ffn_dim": 16, "vocab_size": 60,
    "num_mel_bins": 80, "max_target_positions": 8, "pad_token_id": 0, "bos_token_id": 0,
    "eos_token_id": 0, "decoder_start_token_id": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A tiny Whisper with random weights, as transformers saves it."""
    torch.manual_seed(0)
    model = WhisperModel(WhisperConfig(**SMALL)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(4)  # far enough from zero that layers and positions matter
    folder = tmp_path_factory.mktemp("whisper")
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def encoder(checkpoint):
    return WhisperAudioEncoder.from_pretrained(checkpoint, layers=-1)


def sound(seconds, seed=0):
    generator = np.random.default_rng(seed)
    return generator.normal(0, 0.1, int(seconds * 16_000)).astype(np.float32)


def features_of(encoder, *waveforms):
    return encoder(**encoder.collate([encoder.preprocess(waveform) for waveform in waveforms]))


def test_thirty_seconds_give_what_transformers_gives(encoder, checkpoint):
    model = WhisperModel.from_pretrained(checkpoint).eval()
    padded = np.pad(sound(5), (0, 25 * 16_000))
    mel = WhisperFeatureExtractor()(padded, sampling_rate=16_000, return_tensors="pt")
    with torch.no_grad():
        expected = model.encoder(mel["input_features"], output_hidden_states=True)
    values = features_of(encoder, padded).values
    torch.testing.assert_close(values, expected.last_hidden_state, atol=1e-4, rtol=0)
    stacked = WhisperAudioEncoder.from_pretrained(checkpoint, layers=[0, 2, 4])
    layers = features_of(stacked, padded).values
    for position, layer in enumerate((0, 2)):
        wanted = expected.hidden_states[layer]
        torch.testing.assert_close(layers[:, :, position], wanted, atol=1e-4, rtol=0)
    normed = stacked.tower.layer_norm(layers[:, :, 2])
    torch.testing.assert_close(normed, expected.last_hidden_state, atol=1e-4, rtol=0)


@pytest.mark.parametrize("num_samples", [1, 159, 160, 161, 800, 16_000, 47_999, 479_500, 480_000])
def test_mel_frames_are_the_first_of_whispers_own(encoder, num_samples):
    waveform = sound(30)[:num_samples]
    mel = WhisperFeatureExtractor()(waveform, sampling_rate=16_000, return_tensors="pt")
    expected = mel["input_features"][0].T
    inputs = encoder.preprocess(waveform)["inputs"]
    assert len(inputs) == -(-num_samples // 160)
    torch.testing.assert_close(inputs, expected[: len(inputs)], atol=1e-5, rtol=0)


@pytest.mark.parametrize(("layers", "pool"), [(-1, 1), (3, 4), ([0, 2, 3], 1), ([0, 2], 3)])
def test_a_batch_equals_its_members(checkpoint, layers, pool):
    encoder = WhisperAudioEncoder.from_pretrained(checkpoint, layers=layers, pool=pool)
    waveforms = [sound(seconds, seed=i) for i, seconds in enumerate((0.05, 2.03, 1.01, 31.5, 60))]
    together = features_of(encoder, *waveforms)
    for waveform, values in zip(waveforms, together.unpad(), strict=True):
        alone = features_of(encoder, waveform).values[0]
        torch.testing.assert_close(values, alone, atol=1e-4, rtol=0)


def test_sound_beyond_thirty_seconds_is_encoded_in_pieces(encoder):
    waveform = sound(67)
    values = features_of(encoder, waveform).values
    assert values.shape == (1, 3350, 16)
    for start in (0, 30, 60):
        piece = features_of(encoder, waveform[start * 16_000 :][: 30 * 16_000]).values
        own = values[:, start * 50 : start * 50 + piece.shape[1]]
        torch.testing.assert_close(own, piece, atol=1e-4, rtol=0)


@pytest.mark.parametrize("num_samples", [1, 160, 161, 320, 321, 800, 480_000, 480_001, 480_321])
def test_the_number_of_vectors_is_known_beforehand(encoder, num_samples):
    sample = encoder.preprocess(sound(31)[:num_samples])
    features = encoder(**encoder.collate([sample]))
    assert features.values.shape[1] == encoder.num_tokens(sample) == -(-num_samples // 320)


def test_pooled_vectors_are_means_of_neighbours(checkpoint):
    plain = WhisperAudioEncoder.from_pretrained(checkpoint, layers=[1, 2])
    pooled = WhisperAudioEncoder.from_pretrained(checkpoint, layers=[1, 2], pool=4)
    every, fewer = (features_of(one, sound(0.2)).values[0] for one in (plain, pooled))
    assert len(every) == 10 and len(fewer) == 3
    expected = torch.stack([every[:4].mean(0), every[4:8].mean(0), every[8:].mean(0)])
    torch.testing.assert_close(fewer, expected)
    assert pooled.num_tokens(pooled.preprocess(sound(0.2))) == 3
    again = WhisperAudioEncoder.from_config(pooled.to_config())
    assert again.config.pool == 4 and pooled.fingerprint() != plain.fingerprint()


def test_one_layer_is_flat_and_several_are_stacked(checkpoint):
    one = WhisperAudioEncoder.from_pretrained(checkpoint, layers=[2])
    two = WhisperAudioEncoder.from_pretrained(checkpoint, layers=[2, -1])
    assert (one.num_layers, two.num_layers) == (1, 2)
    flat, stacked = (features_of(encoder, sound(1)).values for encoder in (one, two))
    assert flat.shape == (1, 50, 16) and stacked.shape == (1, 50, 2, 16)
    assert torch.equal(stacked[:, :, 0], flat)
    middle = WhisperAudioEncoder.from_pretrained(checkpoint)
    assert middle.layers == (2,) and middle.reference().options["layers"] == [2]


def test_silence_is_finite(encoder):
    assert torch.isfinite(features_of(encoder, np.zeros(16_000, np.float32)).values).all()


def test_config_round_trip_builds_the_same_shape(encoder):
    rebuilt = WhisperAudioEncoder.from_config(json.loads(json.dumps(encoder.to_config())))
    assert rebuilt.to_config() == encoder.to_config()
    rebuilt.load_state_dict(encoder.state_dict())
    assert torch.equal(features_of(rebuilt, sound(1)).values, features_of(encoder, sound(1)).values)


def test_the_base_size_is_built_on_the_meta_device():
    with torch.device("meta"):
        encoder = WhisperAudioEncoder.from_config(
            {"whisper": {"d_model": 512, "encoder_layers": 6, "encoder_ffn_dim": 2048,
                         "encoder_attention_heads": 8}}
        )  # fmt: skip
    assert encoder.layers == (3,)
    assert sum(p.numel() for p in encoder.parameters()) == 20_590_592
    assert all(p.is_meta for p in encoder.parameters())


def test_layers_that_are_not_there_are_named(checkpoint):
    for layers in (5, -2, [], [1, 9]):
        with pytest.raises(ConfigError, match=r"layers 0 \(input\) to 4"):
            WhisperAudioEncoder.from_pretrained(checkpoint, layers=layers)


def test_missing_weights_are_an_error(checkpoint, tmp_path):
    from safetensors.torch import load_file, save_file

    weights = load_file(checkpoint / "model.safetensors")
    del weights["encoder.conv2.bias"]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "config.json").write_text((checkpoint / "config.json").read_text())
    with pytest.raises(WeightsError, match=r"conv2\.bias"):
        WhisperAudioEncoder.from_pretrained(tmp_path)


@pytest.mark.weights
def test_the_real_whisper_hears_a_clip_the_same_at_its_own_length_and_padded():
    """Layer 3 at the clip's length stays close to layer 3 of the clip padded to 30 s."""
    encoder = WhisperAudioEncoder.from_pretrained("whisper-base", layers=3)
    time = np.arange(32_000) / 16_000
    waveform = (0.2 * np.sin(2 * np.pi * (150 + 40 * np.sin(5 * time)) * time)).astype(np.float32)
    own = features_of(encoder, waveform).values[0]
    padded = features_of(encoder, np.pad(waveform, (0, 28 * 16_000))).values[0, : len(own)]
    assert encoder.feature_dim == 512 and len(own) == 100
    assert torch.nn.functional.cosine_similarity(own, padded, dim=-1).mean() > 0.9
