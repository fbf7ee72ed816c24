import math

import pytest
import torch

from xemogpt.bridges.audio import AudioBridge, AudioBridgeConfig
from xemogpt.bridges.inputs import BridgeInput, LayerMix
from xemogpt.bridges.video import VideoBridge, VideoBridgeConfig
from xemogpt.config import build_config
from xemogpt.errors import ConfigError


def test_layers_are_mixed_by_softmax_weights_and_a_scale():
    mix, values = LayerMix(2), torch.tensor([[[[1.0, 0.0], [0.0, 1.0]]]])  # (1, 1, 2, 2)
    assert mix(values).tolist() == [[[0.5, 0.5]]]
    with torch.no_grad():
        mix.weights.copy_(torch.tensor([math.log(3), 0.0]))
        mix.scale.fill_(2)
    torch.testing.assert_close(mix(values), torch.tensor([[[1.5, 0.5]]]))


def test_a_mix_finds_the_layer_that_matters():
    torch.manual_seed(0)
    mix, values = LayerMix(4), torch.randn(8, 5, 4, 6)
    optimiser = torch.optim.Adam(mix.parameters(), lr=0.1)
    for _ in range(200):
        loss = (mix(values) - values[:, :, 2]).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert mix.weights.softmax(0)[2] > 0.95


def test_features_pass_untouched_where_nothing_is_asked_for():
    way_in, values = BridgeInput(VideoBridgeConfig(input_dim=16)), torch.randn(1, 2, 16)
    assert way_in(values) is values and not list(way_in.parameters())


@pytest.mark.parametrize("bridge_class", [VideoBridge, AudioBridge])
def test_half_precision_features_enter_a_float_bridge(bridge_class):
    config_class = VideoBridgeConfig if bridge_class is VideoBridge else AudioBridgeConfig
    bridge = bridge_class(config_class(input_dim=16, num_heads=2)).eval()
    values, mask = torch.randn(1, 3, 16).bfloat16(), torch.ones(1, 3, dtype=torch.bool)
    hidden = bridge(values, mask)
    assert hidden.dtype == torch.float32
    assert torch.equal(hidden, bridge(values.float(), mask))
    assert bridge.bfloat16()(values, mask).dtype == torch.bfloat16


def test_settings_survive_json_and_unknown_ones_are_errors():
    config = VideoBridgeConfig(input_dim=1490, dim=96, num_heads=4, form="residual")
    assert VideoBridgeConfig.model_validate_json(config.model_dump_json()) == config
    with pytest.raises(ConfigError, match="max_frame"):
        build_config(VideoBridgeConfig, {"input_dim": 16, "max_frame": 32})
    with pytest.raises(ConfigError, match="num_heads"):
        build_config(AudioBridgeConfig, {"input_dim": 16, "num_heads": 3})


def test_the_residual_form_is_small_unless_told():
    for form, width in (("reference", 256), ("residual", 256), ("residual", 512)):
        config = AudioBridgeConfig(input_dim=width, form=form)
        shape = config.layer_shape("post", "gelu")
        assert shape.ffn_dim == (4 * width if form == "reference" else 256)
        assert (shape.norm, shape.gate_init) == (
            ("post", None) if form == "reference" else ("pre", 0.1)
        )
