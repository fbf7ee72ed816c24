import numpy as np
import pytest

from xemogpt.emocue.controlled.looks import (
    CONDITIONS,
    IDENTITIES,
    draw_look,
    identities_of,
)
from xemogpt.errors import UnknownNameError


def test_people_are_many_and_no_two_splits_share_one() -> None:
    train, validation, test = (
        set(identities_of("train")),
        set(identities_of("validation")),
        set(identities_of("test")),
    )
    assert len(train) >= 30 and len(validation) >= 5 and len(test) >= 5
    assert not (train & validation or train & test or validation & test)
    assert train | validation | test == set(IDENTITIES)


def test_a_look_depends_on_the_generator_alone() -> None:
    first = [draw_look(np.random.default_rng([3, i]), "train") for i in range(20)]
    again = [draw_look(np.random.default_rng([3, i]), "train") for i in range(20)]
    assert first == again
    assert len({look.identity for look in first}) > 8
    assert all(look.noise_sigma == 0 and look.occlusion == "none" for look in first)


def test_each_condition_does_what_it_says() -> None:
    for seed in range(10):
        look = draw_look(np.random.default_rng(seed), "test", CONDITIONS)
        assert look.light_level < 0.5
        assert abs(look.camera_yaw_deg) >= 18
        assert look.face_width < 0.3
        assert look.occlusion != "none"
        assert look.noise_sigma > 5
        assert look.identity in identities_of("test")


def test_brows_are_darker_than_the_skin() -> None:
    for seed in range(40):
        look = draw_look(np.random.default_rng(seed), "train")
        assert sum(look.brow) < 0.5 * sum(look.skin)


def test_unknown_condition_is_named() -> None:
    with pytest.raises(UnknownNameError, match=r"'fog'.*side-pose"):
        draw_look(np.random.default_rng(0), "train", ("fog",))
