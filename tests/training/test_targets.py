import math

import pytest
import torch

from xemogpt.bridges.objectives import info_nce
from xemogpt.training.targets import cue_overlap, cue_set_nce

EYE = torch.eye(2)


def test_overlap_is_the_share_of_the_texts_cues_that_the_clip_has():
    own = torch.tensor([[0, 1, -1], [2, -1, -1]])
    texts = torch.tensor([[0, 2, -1], [-1, -1, -1]])
    assert cue_overlap(own, texts).tolist() == [[0.5, 0.0], [0.5, 0.0]]


def test_without_shared_cues_every_form_is_plain_contrast():
    queries, keys = torch.randn(5, 8), torch.randn(5, 8)
    for shared in ("soft", "mask", "ignore"):
        loss = cue_set_nce(queries, keys, torch.zeros(5, 5), 0.1, shared)
        torch.testing.assert_close(loss, info_nce(queries, keys, 0.1))


def test_soft_targets_worked_by_hand():
    # Both clips have both cues: targets are 1/2 each; logits are 1 on the diagonal, 0 beside it.
    expected = math.log(math.e + 1) - 0.5
    loss = cue_set_nce(EYE, EYE, torch.ones(2, 2), temperature=1.0)
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_soft_targets_are_normalised_in_each_direction():
    # Clip 0 has half of text 1's cues: over texts its targets are 2/3 and 1/3; text 1's over
    # clips are 1/3 and 2/3. With logits 1 and 0, each such row costs log(e + 1) - 2/3.
    overlap = torch.tensor([[1.0, 0.5], [0.0, 1.0]])
    base = math.log(math.e + 1)
    expected = ((base - 2 / 3) + (base - 1)) / 2
    loss = cue_set_nce(EYE, EYE, overlap, temperature=1.0)
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_masked_pairs_do_not_count_as_negatives():
    assert cue_set_nce(EYE, EYE, torch.ones(2, 2), 1.0, "mask").item() == pytest.approx(0, abs=1e-6)
    assert cue_set_nce(EYE, EYE, torch.ones(2, 2), 1.0, "ignore").item() > 0.3
