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


def test_standardised_features_have_mean_zero_and_deviation_one_over_clips():
    torch.manual_seed(0)
    config = VideoBridgeConfig(input_dim=4, dim=4, num_heads=1, standardise=True)
    way_in = BridgeInput(config)
    clips = [5 + 3 * torch.randn(n, 4) * torch.tensor([1.0, 1, 1, 0]) for n in (300, 500)]
    assert way_in(clips[0][None]).mean() > 4  # nothing is known yet
    way_in.take_statistics(lambda: clips)
    out = torch.cat([way_in(clip[None])[0] for clip in clips])
    torch.testing.assert_close(out.mean(0), torch.zeros(4), atol=1e-4, rtol=0)
    torch.testing.assert_close(out.std(0), torch.tensor([1.0, 1, 1, 0]), atol=1e-2, rtol=0)
    assert way_in(torch.full((1, 1, 4), 1e9)).max() == 10.0
    torch.testing.assert_close(way_in(way_in.blank(clips[0][None])), torch.zeros(1, 300, 4))
    assert {"standardise.mean", "standardise.std"} <= set(way_in.state_dict())


def test_deviations_are_from_the_clips_own_mean_without_its_padding():
    config = AudioBridgeConfig(
        input_dim=2, num_heads=1, dim=4, num_input_layers=2, standardise=True, deviations=True
    )
    way_in = BridgeInput(config)
    assert way_in.projection is None  # twice the features fit the width here
    still = torch.tensor([3.0, -2.0]).expand(1, 6, 2, 2)
    moved = still + torch.linspace(-1, 1, 6)[None, :, None, None]
    mask = torch.tensor([[True] * 6])
    assert not way_in(still, mask)[..., 2:].any()
    torch.testing.assert_close(way_in(moved, mask)[0, :, 2], torch.linspace(-1, 1, 6))
    padded = torch.cat([moved, 99 * torch.ones(1, 2, 2, 2)], dim=1)
    short = torch.tensor([[True] * 6 + [False] * 2])
    torch.testing.assert_close(way_in(padded, short)[:, :6], way_in(moved, mask))
    way_in.take_statistics(lambda: [moved[0], still[0]])
    assert way_in(moved, mask)[..., 2:].std() > 1.0
    assert way_in(still, mask)[..., 2:].abs().max() < 1e-6


def test_statistics_of_no_clips_are_an_error():
    way_in = BridgeInput(VideoBridgeConfig(input_dim=4, num_heads=1, standardise=True))
    with pytest.raises(ValueError, match="one clip"):
        way_in.take_statistics(list)
