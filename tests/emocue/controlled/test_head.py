import numpy as np
import pytest

from xemogpt.emocue.controlled.head import ACTIONS, Head, mix
from xemogpt.emocue.controlled.looks import NUM_IDENTITIES
from xemogpt.errors import UnknownNameError


def test_actions_are_the_52_names() -> None:
    assert len(ACTIONS) == len(set(ACTIONS)) == 52
    assert {"mouthSmileLeft", "browInnerUp", "jawOpen", "tongueOut"} <= set(ACTIONS)


def test_a_person_is_a_whole_mixture_and_nobody_elses() -> None:
    mixtures = [mix(index) for index in range(NUM_IDENTITIES)]
    for mixture in mixtures:
        ancestry = [share for name, share in mixture.items() if not name.startswith("universal")]
        assert sum(ancestry) == pytest.approx(1.0)
    assert mix(7) == mixtures[7]
    assert len({tuple(mixture.values()) for mixture in mixtures}) == NUM_IDENTITIES


@pytest.mark.controlled
def test_the_asset_has_every_action_and_people_differ() -> None:
    head = Head.load()
    num = len(head.base)
    assert head.action_deltas.shape == (52, num, 3)
    moved = np.abs(head.action_deltas).max((1, 2))
    assert (moved > 0.002).all(), [
        name for name, far in zip(ACTIONS, moved, strict=True) if far <= 0.002
    ]
    smile = head.action_deltas[ACTIONS.index("mouthSmileLeft")]
    assert head.base[np.abs(smile).max(1).argmax(), 0] > 0, "left is the person's own"
    assert np.abs(head.shape("id-000") - head.shape("id-001")).max() > 0.003
    assert all(set(mix(index)) <= set(head.phenotypes) for index in range(NUM_IDENTITIES))
    with pytest.raises(UnknownNameError, match="id-999"):
        head.shape("id-999")
