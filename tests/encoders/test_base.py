import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from xemogpt.encoders.base import Features
from xemogpt.encoders.clip import CLIPVideoEncoder
from xemogpt.encoders.sources import Reference
from xemogpt.encoders.tiny import TinyAudioEncoder, TinyVideoEncoder
from xemogpt.errors import ConfigError, MediaError, WeightsError
from xemogpt.registry import audio_encoders, video_encoders

CLIP = Path(__file__).parents[1] / "golden" / "ckpt" / "clip_p14_56"


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.tower = TinyAudioEncoder.from_config({})
        self.head = nn.Linear(32, 1)


def test_a_tower_stays_in_eval_mode_and_gets_no_gradient():
    model = Model().train()
    assert model.head.training and not any(m.training for m in model.tower.modules())
    batch = model.tower.collate([model.tower.preprocess(np.ones(2000, np.float32))])
    model.head(model.tower(**batch).values).sum().backward()
    assert all(p.grad is None and not p.requires_grad for p in model.tower.parameters())
    assert model.head.weight.grad.abs().sum() > 0


def test_names_in_the_registry_are_those_of_the_classes():
    for registry, modality in ((video_encoders, "video"), (audio_encoders, "audio")):
        for name in ("clip", "tiny-video") if modality == "video" else ("hubert", "tiny-audio"):
            assert (registry.get(name).name, registry.get(name).modality) == (name, modality)


def test_padding_is_zero_and_masked():
    encoder = TinyVideoEncoder.from_config({})
    frames = np.random.default_rng(0).integers(0, 255, (5, 20, 30, 3), dtype=np.uint8)
    samples = [encoder.preprocess(frames[:2]), encoder.preprocess(frames)]
    features = encoder(**encoder.collate(samples))
    assert features.mask.tolist() == [[True, True, False, False, False], [True] * 5]
    assert not features.values[0, 2:].any()
    short, long = features.unpad()
    alone = encoder(**encoder.collate(samples[:1])).values[0]
    torch.testing.assert_close(short, alone, atol=1e-6, rtol=0)
    torch.testing.assert_close(long[:2], short, atol=1e-6, rtol=0)


def test_collating_nothing_is_an_error():
    with pytest.raises(ValueError, match="no samples"):
        TinyVideoEncoder.from_config({}).collate([])


def test_tiny_encoders_depend_on_their_seed_only():
    torch.manual_seed(1)
    first, second = (TinyAudioEncoder.from_config({"seed": 3}) for _ in range(2))
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name])
    other = TinyAudioEncoder.from_config({"seed": 4})
    assert first.fingerprint() == second.fingerprint() != other.fingerprint()


def test_tiny_audio_is_exact_about_its_length():
    encoder = TinyAudioEncoder.from_config({"feature_dim": 8})
    for num_samples, expected in [(1, 1), (639, 1), (640, 1), (1279, 1), (1280, 2)]:
        sample = encoder.preprocess(np.ones(num_samples, np.float32))
        values = encoder(**encoder.collate([sample])).values
        assert values.shape == (1, expected, 8)
        assert encoder.num_tokens(sample) == expected


def test_tiny_encoders_tell_inputs_apart():
    encoder = TinyVideoEncoder.from_config({})
    frames = np.zeros((2, 16, 16, 3), np.uint8)
    frames[1, :8] = 255
    first, second = encoder(**encoder.collate([encoder.preprocess(frames)])).values[0]
    assert (first - second).abs().max() > 0.1


def test_unknown_settings_are_errors():
    with pytest.raises(ConfigError, match="width"):
        TinyVideoEncoder.from_config({"width": 3})
    with pytest.raises(MediaError):
        TinyVideoEncoder.from_config({}).preprocess(np.zeros((3, 4, 5), np.uint8))


def test_tiny_encoders_are_built_on_the_meta_device():
    with torch.device("meta"):
        encoder = TinyAudioEncoder.from_config({})
    assert all(p.is_meta for p in encoder.parameters())


def test_a_reference_survives_json_and_finds_the_same_weights():
    encoder = CLIPVideoEncoder.from_pretrained(CLIP, chunk_size=7)
    reference = Reference.model_validate_json(encoder.reference().model_dump_json())
    assert set(reference.sha256) == {
        "config.json", "model.safetensors", "preprocessor_config.json"
    }  # fmt: skip
    again = CLIPVideoEncoder.from_reference(reference)
    assert again.config.chunk_size == 7
    assert again.fingerprint() == encoder.fingerprint()


def test_a_reference_to_other_weights_is_an_error(tmp_path):
    reference = CLIPVideoEncoder.from_pretrained(CLIP).reference()
    for name in reference.sha256:
        (tmp_path / name).write_bytes((CLIP / name).read_bytes())
    moved = CLIPVideoEncoder.from_reference(reference, source=tmp_path)
    assert moved.reference().source == str(tmp_path)
    damaged = bytearray((CLIP / "model.safetensors").read_bytes())
    damaged[-1] ^= 1
    (tmp_path / "model.safetensors").write_bytes(bytes(damaged))
    with pytest.raises(WeightsError, match=r"model\.safetensors: differs"):
        CLIPVideoEncoder.from_reference(reference, source=tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(WeightsError, match=r"model\.safetensors: missing"):
        CLIPVideoEncoder.from_reference(reference, source=tmp_path)


def test_what_was_made_from_settings_has_a_reference_without_a_source():
    encoder = TinyVideoEncoder.from_config({})
    reference = encoder.reference()
    assert reference.source is None and reference.name == "tiny-video"
    with pytest.raises(ValueError, match="from_config"):
        TinyVideoEncoder.from_reference(reference)
    json.dumps(encoder.to_config())


def test_unpad_returns_each_sample_own_values():
    features = Features(
        torch.arange(6.0).view(2, 3, 1), torch.tensor([[1, 1, 0], [1, 1, 1]]).bool()
    )
    assert [len(values) for values in features.unpad()] == [2, 3]
