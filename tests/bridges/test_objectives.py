import math

import pytest
import torch

from xemogpt.bridges.objectives import (
    info_nce,
    masked_frame_loss,
    sample_hidden,
    sample_order,
    temporal_contrast,
)
from xemogpt.bridges.pooling import AttentionPooling, masked_mean


def test_info_nce_by_hand():
    queries, keys = torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.tensor([[1.0, 0.0], [3.0, 4.0]])
    # cosines: [[1, 0.6], [0, 0.8]]; temperature 0.5 doubles them.
    rows = [math.log(1 + math.exp(1.2 - 2)), math.log(1 + math.exp(0 - 1.6))]
    columns = [math.log(1 + math.exp(0 - 2)), math.log(1 + math.exp(1.2 - 1.6))]
    expected = (sum(rows) / 2 + sum(columns) / 2) / 2
    assert info_nce(queries, keys, temperature=0.5).item() == pytest.approx(expected, abs=1e-6)


def test_info_nce_is_symmetric_and_ignores_length():
    queries, keys = torch.randn(5, 4), torch.randn(5, 4)
    loss = info_nce(queries, keys)
    torch.testing.assert_close(info_nce(keys, queries), loss)
    torch.testing.assert_close(info_nce(7 * queries, keys), loss)


def test_info_nce_of_one_pair_is_zero():
    assert info_nce(torch.randn(1, 4), torch.randn(1, 4)).item() == pytest.approx(0, abs=1e-6)


def test_clips_with_one_caption_do_not_repel_each_other():
    queries = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    groups = torch.tensor([4, 4, 9])
    apart = info_nce(queries, queries, temperature=0.01)
    together = info_nce(queries, queries, temperature=0.01, groups=groups)
    # Two equal right answers share the probability, and that is all there is to lose.
    assert together.item() == pytest.approx(2 / 3 * math.log(2), abs=1e-4)
    assert apart.item() == pytest.approx(2 / 3 * math.log(2), abs=1e-4)
    logits = torch.tensor([[2.0, 1.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 2.0]]) / 2
    basis = torch.linalg.cholesky(logits)
    by_hand = -(torch.tensor([[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 1]]) * logits.log_softmax(1))
    found = info_nce(basis, basis, temperature=1.0, groups=groups)
    torch.testing.assert_close(found, by_hand.sum(1).mean())
    assert not torch.isclose(found, info_nce(basis, basis, temperature=1.0))


def test_distinct_groups_are_no_groups():
    queries, keys = torch.randn(4, 3), torch.randn(4, 3)
    grouped = info_nce(queries, keys, groups=torch.tensor([3, 1, 0, 2]))
    torch.testing.assert_close(grouped, info_nce(queries, keys))


def test_temporal_contrast_by_hand():
    loss = temporal_contrast(torch.tensor([2.0]), torch.tensor([-1.0, 0.0]))
    expected = (math.log(1 + math.exp(-2)) + math.log(1 + math.exp(-1)) + math.log(2)) / 3
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_only_hidden_frames_count_and_targets_get_no_gradient():
    reconstructed = torch.zeros(1, 3, 2, requires_grad=True)
    target = torch.tensor([[[1.0, 3.0], [9.0, 9.0], [2.0, 0.0]]], requires_grad=True)
    loss = masked_frame_loss(reconstructed, target, torch.tensor([[True, False, True]]))
    assert loss.item() == pytest.approx(((1 + 9) / 2 + 4 / 2) / 2)
    loss.backward()
    assert target.grad is None and not reconstructed.grad[0, 1].any()


def test_nothing_hidden_costs_nothing():
    loss = masked_frame_loss(
        torch.ones(1, 2, 2), torch.zeros(1, 2, 2), torch.zeros(1, 2, dtype=torch.bool)
    )
    assert loss.item() == 0


def test_about_half_of_the_real_frames_are_hidden():
    mask = torch.arange(100) < torch.tensor([[100], [40]])
    hidden = sample_hidden(mask, generator=torch.Generator().manual_seed(0))
    assert not (hidden & ~mask).any()
    assert 35 < hidden[0].sum() < 65
    assert not sample_hidden(mask, rate=0.0).any()


def test_an_order_is_a_permutation_of_the_real_frames_and_never_the_true_one():
    mask = torch.arange(5) < torch.tensor([[5], [2], [3], [1], [0]])
    generator = torch.Generator().manual_seed(0)
    for _ in range(50):
        order = sample_order(mask, generator)
        for row, length in zip(order.tolist(), mask.sum(1).tolist(), strict=True):
            assert sorted(row[:length]) == list(range(length))
            assert row[length:] == list(range(length, 5))
            assert length < 2 or row != list(range(5))


def test_masked_mean_of_no_steps_is_zero():
    states, mask = torch.ones(2, 3, 4), torch.tensor([[True, False, False], [False] * 3])
    assert masked_mean(states, mask).tolist() == [[1.0] * 4, [0.0] * 4]


def test_attention_pooling_by_hand():
    pooling = AttentionPooling(2)
    with torch.no_grad():
        pooling.query.copy_(torch.tensor([1.0, 0.0]))
    states = torch.tensor([[[0.0, 1.0], [math.log(3), 5.0], [50.0, 50.0]]])
    pooled = pooling(states, torch.tensor([[True, True, False]]))
    expected = torch.tensor([[0.75 * math.log(3), 0.25 * 1 + 0.75 * 5]])
    torch.testing.assert_close(pooled, expected)
    assert not pooling(states, torch.zeros(1, 3, dtype=torch.bool)).any()
