import pytest
import torch

from xemogpt.training.orders import wrong_order


@pytest.mark.parametrize("kind", ["shuffled", "reversed", "moved"])
@pytest.mark.parametrize("length", [2, 3, 4, 5, 16])
def test_a_wrong_order_is_a_permutation_and_never_the_true_one(kind, length):
    make = torch.Generator().manual_seed(0)
    for _ in range(200):
        order = wrong_order(length, kind, make)
        assert sorted(order.tolist()) == list(range(length))
        assert not torch.equal(order, torch.arange(length))
        if kind == "moved" and length > 3:
            # One segment elsewhere: three neighbourhoods at most are broken.
            assert (order.diff() != 1).sum() <= 3


def test_one_frame_has_one_order():
    assert wrong_order(1, "shuffled", torch.Generator()).tolist() == [0]
