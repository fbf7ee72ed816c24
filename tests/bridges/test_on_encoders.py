"""Bridges on frozen encoders: what trains and what does not, and the same on a GPU."""

import numpy as np
import pytest
import torch
from torch import nn

from xemogpt.bridges.audio import AudioBridge, AudioBridgeConfig
from xemogpt.bridges.video import VideoBridge, VideoBridgeConfig
from xemogpt.encoders.hubert import HubertAudioEncoder
from xemogpt.encoders.tiny import TinyAudioEncoder, TinyVideoEncoder
from xemogpt.encoders.whisper import WhisperAudioEncoder

WHISPER = {
    "d_model": 16, "encoder_layers": 3, "encoder_attention_heads": 2, "encoder_ffn_dim": 32,
}  # fmt: skip
HUBERT = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
    "num_conv_pos_embedding_groups": 4, "conv_dim": [8] * 7,
}  # fmt: skip


class Perceiver(nn.Module):
    def __init__(self, encoder, form):
        super().__init__()
        self.encoder = encoder
        kind = (VideoBridge, VideoBridgeConfig)
        if encoder.modality == "audio":
            kind = (AudioBridge, AudioBridgeConfig)
        bridge_class, config_class = kind
        self.bridge = bridge_class(
            config_class(
                input_dim=encoder.feature_dim,
                dim=24,
                num_heads=2,
                form=form,
                num_input_layers=encoder.num_layers,
            )
        )

    def forward(self, batch):
        features = self.encoder(**batch)
        return self.bridge(features.values, features.mask)


def raw_samples(encoder):
    random = np.random.default_rng(0)
    if encoder.modality == "video":
        return [random.integers(0, 255, (n, 40, 30, 3), dtype=np.uint8) for n in (16, 3)]
    return [random.normal(0, 0.1, n).astype(np.float32) for n in (9_000, 16_000)]


def build(name):
    torch.manual_seed(0)
    if name == "whisper":
        return WhisperAudioEncoder.from_config({"whisper": WHISPER, "layers": [1, 2]})
    if name == "hubert":
        return HubertAudioEncoder.from_config({"hubert": HUBERT})
    return (TinyVideoEncoder if name == "tiny-video" else TinyAudioEncoder).from_config({})


NAMES = ["tiny-video", "tiny-audio", "whisper", "hubert"]


@pytest.mark.parametrize("form", ["reference", "residual"])
@pytest.mark.parametrize("name", NAMES)
def test_gradients_reach_the_bridge_and_stop_before_the_encoder(name, form):
    model = Perceiver(build(name), form).train()
    batch = model.encoder.collate([model.encoder.preprocess(r) for r in raw_samples(model.encoder)])
    hidden = model(batch)
    (hidden - torch.randn_like(hidden)).square().sum().backward()
    assert not any(p.requires_grad or p.grad is not None for p in model.encoder.parameters())
    silent = {n for n, p in model.bridge.named_parameters() if p.grad is None or not p.grad.any()}
    assert all(part.endswith("attention.key.bias") for part in silent)
    assert model.bridge.training and not model.encoder.training


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_equals_its_members_from_raw_to_bridged(name):
    model = Perceiver(build(name), "reference").eval()
    samples = [model.encoder.preprocess(raw) for raw in raw_samples(model.encoder)]
    together = model(model.encoder.collate(samples))
    for row, sample in enumerate(samples):
        alone = model(model.encoder.collate([sample]))[0]
        torch.testing.assert_close(together[row, : len(alone)], alone, atol=1e-4, rtol=0)


@pytest.mark.gpu
@pytest.mark.parametrize("name", NAMES)
def test_a_gpu_gives_what_the_cpu_gives(name):
    model = Perceiver(build(name), "residual").eval()
    batch = model.encoder.collate([model.encoder.preprocess(r) for r in raw_samples(model.encoder)])
    expected = model(batch)
    there = model.cuda()({key: tensor.cuda() for key, tensor in batch.items()})
    torch.testing.assert_close(there.cpu(), expected, atol=1e-3, rtol=1e-3)
