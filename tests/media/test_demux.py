"""The clock that turns time stamps into seconds, whatever they are."""

from fractions import Fraction

import pytest

from xemogpt.media.demux import Clock

MILLISECOND = Fraction(1, 1000)


def read(stamps, origin_s=0.0):
    clock = Clock(origin_s, period_s=0.04)
    return [clock(stamp, MILLISECOND) for stamp in stamps], clock.has_jumped


def test_stamps_count_from_the_origin():
    assert read([1400, 1440, 2000], origin_s=1.4) == (pytest.approx([0, 0.04, 0.6]), False)


def test_missing_stamps_are_filled_in():
    assert read([None, None, 100, None]) == (pytest.approx([0, 0.04, 0.1, 0.14]), False)
    assert Clock(0.0, 0.04)(500, None) == 0.0


def test_reordering_and_long_pauses_are_no_jumps():
    assert read([0, 120, 40, 80, 60_000]) == (pytest.approx([0, 0.12, 0.04, 0.08, 60]), False)


@pytest.mark.parametrize("stamps", [[10_000, 10_040, 0, 40], [0, 40, 10**12, 10**12 + 40]])
def test_jumps_are_joined_up(stamps):
    times_s, has_jumped = read(stamps, origin_s=stamps[0] / 1000)
    assert times_s == pytest.approx([0, 0.04, 0.08, 0.12])
    assert has_jumped
