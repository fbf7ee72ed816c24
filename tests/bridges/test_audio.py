from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from xemogpt.bridges.audio import AudioBridge, AudioBridgeConfig

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="module")
def golden():
    arrays = dict(np.load(GOLDEN / "bridges.npz"))
    arrays["audio_values"] = np.load(GOLDEN / "encoders.npz")["hubert_layer_zeroed"]
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


@pytest.fixture(scope="module")
def published():
    weights = load_file(GOLDEN / "ate_hubert_layer.safetensors")
    config = AudioBridgeConfig(input_dim=64, num_heads=4, ffn_dim=128, dropout=0.1)
    bridge = AudioBridge(config).eval()
    bridge.load_state_dict(
        {ours: weights[f"audio_encoder.{key}"] for ours, key in bridge.published_keys().items()}
    )
    return bridge


def test_the_reference_form_gives_the_published_output(published, golden):
    hidden = published(golden["audio_values"], golden["audio_attention_mask"])
    torch.testing.assert_close(hidden, golden["audio_feature"], atol=1e-5, rtol=0)


def test_published_keys_cover_every_parameter_once(published):
    keys = published.published_keys()
    assert set(keys) == set(dict(published.named_parameters()))
    assert len(set(keys.values())) == len(keys)


@pytest.mark.parametrize("form", ["reference", "residual"])
def test_a_batch_equals_its_members(form):
    torch.manual_seed(0)
    bridge = AudioBridge(AudioBridgeConfig(input_dim=12, num_heads=3, form=form)).eval()
    values, mask = torch.randn(3, 40, 12), torch.arange(40) < torch.tensor([[4], [40], [1]])
    together = bridge(values, mask)
    assert not together[~mask].any()
    for row, length in enumerate(mask.sum(1).tolist()):
        alone = bridge(values[row : row + 1, :length], mask[row : row + 1, :length])
        torch.testing.assert_close(together[row, :length], alone[0], atol=1e-5, rtol=0)


def test_closed_gates_are_exact_identity_after_layer_mixing():
    config = AudioBridgeConfig(
        input_dim=12, num_heads=3, form="residual", gate_init=0.0, num_input_layers=3
    )
    bridge, values = AudioBridge(config), torch.randn(2, 7, 3, 12)
    hidden = bridge(values, torch.ones(2, 7, dtype=torch.bool))
    torch.testing.assert_close(hidden, values.mean(dim=2), atol=1e-6, rtol=0)


@pytest.mark.parametrize("form", ["reference", "residual"])
def test_one_batch_can_be_overfitted(form):
    torch.manual_seed(0)
    bridge = AudioBridge(AudioBridgeConfig(input_dim=16, num_heads=2, form=form, ffn_dim=32))
    values = torch.randn(2, 6, 16)
    target = torch.nn.functional.layer_norm(torch.randn(2, 6, 16), (16,))
    mask = torch.ones(2, 6, dtype=torch.bool)
    optimiser = torch.optim.Adam(bridge.parameters(), lr=1e-2)
    for _ in range(150):
        loss = (bridge(values, mask) - target).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss < 0.05


def test_saved_weights_give_the_same_output(tmp_path):
    config = AudioBridgeConfig(input_dim=8, dim=6, num_heads=2, num_input_layers=2)
    first, second = AudioBridge(config), AudioBridge(config)
    torch.save(first.state_dict(), tmp_path / "bridge.pt")
    second.load_state_dict(torch.load(tmp_path / "bridge.pt", weights_only=True))
    values, mask = torch.randn(1, 4, 2, 8), torch.ones(1, 4, dtype=torch.bool)
    assert torch.equal(first(values, mask), second(values, mask))


def test_the_official_size_is_built_on_the_meta_device():
    with torch.device("meta"):
        bridge = AudioBridge(AudioBridgeConfig(input_dim=1024))
    assert sum(p.numel() for p in bridge.parameters()) == 2 * 12_596_224
