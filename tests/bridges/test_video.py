from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file

from xemogpt.bridges.video import VideoBridge, VideoBridgeConfig

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="module")
def golden():
    return {
        name: torch.from_numpy(array) for name, array in np.load(GOLDEN / "bridges.npz").items()
    }


@pytest.fixture(scope="module")
def published():
    """The reference form with the published tiny weights, renamed to ours."""
    weights = load_file(GOLDEN / "vte_clip_p14_56.safetensors")
    bridge = VideoBridge(VideoBridgeConfig(input_dim=64, num_heads=4, ffn_dim=128)).eval()
    bridge.load_state_dict({ours: weights[key] for ours, key in bridge.published_keys().items()})
    return bridge


def residual(**settings):
    torch.manual_seed(0)
    return VideoBridge(VideoBridgeConfig(input_dim=12, num_heads=3, form="residual", **settings))


def everything(values):
    return torch.ones(values.shape[:2], dtype=torch.bool)


def test_the_reference_form_gives_the_published_output(published, golden):
    values = golden["video_values"]
    hidden = published(values, everything(values))
    torch.testing.assert_close(hidden, golden["video_hidden"], atol=1e-5, rtol=0)
    alone = published(values[:1], everything(values[:1]))
    torch.testing.assert_close(alone, golden["video_hidden_single"], atol=1e-5, rtol=0)


def test_published_keys_cover_every_parameter_once(published):
    keys = published.published_keys()
    assert set(keys) == set(dict(published.named_parameters()))
    assert len(set(keys.values())) == len(keys)


@pytest.mark.parametrize("form", ["reference", "residual"])
def test_a_batch_equals_its_members(form):
    torch.manual_seed(0)
    bridge = VideoBridge(VideoBridgeConfig(input_dim=12, num_heads=3, form=form)).eval()
    values, mask = torch.randn(3, 9, 12), torch.arange(9) < torch.tensor([[4], [9], [1]])
    together = bridge(values, mask)
    assert not together[~mask].any()
    for row, length in enumerate(mask.sum(1).tolist()):
        alone = bridge(values[row : row + 1, :length], mask[row : row + 1, :length])
        torch.testing.assert_close(together[row, :length], alone[0], atol=1e-5, rtol=0)


def test_a_row_without_frames_is_zero_and_has_finite_gradients():
    bridge = residual()
    values = torch.randn(2, 3, 12, requires_grad=True)
    mask = torch.tensor([[False] * 3, [True] * 3])
    hidden = bridge(values, mask)
    hidden.sum().backward()
    assert not hidden[0].any()
    assert torch.isfinite(values.grad).all() and not values.grad[0].any()


def test_closed_gates_are_exact_identity():
    bridge, values = residual(gate_init=0.0), torch.randn(2, 7, 12)
    assert torch.equal(bridge(values, everything(values)), values)
    opened = residual(gate_init=0.1)
    change = (opened(values, everything(values)) - values).norm() / values.norm()
    assert 0.001 < change < 0.3


def test_closed_gates_open_by_training():
    bridge, values = residual(gate_init=0.0), torch.randn(2, 7, 12)
    bridge(values, everything(values)).square().sum().backward()
    gates = [bridge.position_gate, *(layer.gates for layer in bridge.transformer.layers)]
    assert all(gate.grad.abs().min() > 0 for gate in gates)


def test_positions_make_the_order_matter(published, golden):
    values = golden["video_values"][:1]
    forwards = published(values, everything(values))
    backwards = published(values.flip(1), everything(values)).flip(1)
    assert (forwards - backwards).abs().max() > 1e-2


def test_fewer_frames_use_the_first_positions_and_more_are_an_error(published, golden):
    values = golden["video_values"]
    torch.testing.assert_close(
        published.embed(values[:, :3]), published.embed(values)[:, :3], atol=0, rtol=0
    )
    too_many = torch.zeros(1, 17, 64)
    with pytest.raises(ValueError, match="17 frames are more than this bridge's 16"):
        published(too_many, everything(too_many))


def test_another_width_is_projected_and_layers_are_mixed():
    config = VideoBridgeConfig(
        input_dim=10, dim=12, num_heads=3, num_input_layers=4, input_norm=True, form="residual"
    )
    bridge, values = VideoBridge(config), torch.randn(2, 5, 4, 10)
    assert bridge.output_dim == 12
    assert bridge(values, everything(values)).shape == (2, 5, 12)
    with pytest.raises(ValueError, match=r"expects \(B, T, 4, 10\)"):
        bridge(values[:, :, 0], everything(values))


@pytest.mark.parametrize("form", ["reference", "residual"])
def test_every_parameter_learns(form):
    torch.manual_seed(0)
    config = VideoBridgeConfig(
        input_dim=10, dim=12, num_heads=3, num_input_layers=2, form=form, max_frames=5
    )
    bridge, values = VideoBridge(config), torch.randn(2, 5, 2, 10)
    target = torch.randn(2, 5, 12)
    (bridge(values, everything(values)) - target).square().sum().backward()
    silent = [n for n, p in bridge.named_parameters() if p.grad is None or not p.grad.any()]
    # A bias on all keys alike cannot change a softmax.
    assert all(name.endswith("attention.key.bias") for name in silent)


@pytest.mark.parametrize("form", ["reference", "residual"])
def test_one_batch_can_be_overfitted(form):
    torch.manual_seed(0)
    bridge = VideoBridge(VideoBridgeConfig(input_dim=16, num_heads=2, form=form, ffn_dim=32))
    values, target = torch.randn(2, 6, 16), torch.randn(2, 6, 16)
    optimiser = torch.optim.Adam(bridge.parameters(), lr=1e-2)
    for _ in range(150):
        loss = (bridge(values, everything(values)) - target).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss < 0.05


def test_saved_weights_give_the_same_output(tmp_path):
    first, second = residual(), residual()
    values = torch.randn(1, 4, 12)
    for parameter in first.parameters():
        torch.nn.init.normal_(parameter)
    torch.save(first.state_dict(), tmp_path / "bridge.pt")
    second.load_state_dict(torch.load(tmp_path / "bridge.pt", weights_only=True))
    assert torch.equal(first(values, everything(values)), second(values, everything(values)))


def test_dropout_is_for_training_only():
    bridge, values = residual(dropout=0.5, attention_dropout=0.5), torch.randn(1, 4, 12)
    mask = everything(values)
    assert not torch.equal(bridge.train()(values, mask), bridge(values, mask))
    assert torch.equal(bridge.eval()(values, mask), bridge(values, mask))


def test_the_official_size_is_built_on_the_meta_device():
    with torch.device("meta"):
        bridge = VideoBridge(VideoBridgeConfig(input_dim=1024))
    assert sum(p.numel() for p in bridge.parameters()) == 2 * 12_596_224 + 16 * 1024


def test_settings_that_do_not_fit_are_named():
    with pytest.raises(ValidationError, match=r"num_heads \(16\) must divide .* \(20\)"):
        VideoBridgeConfig(input_dim=20)
