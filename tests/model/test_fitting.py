import pytest
from hypothesis import given
from hypothesis import strategies as st

from xemogpt.errors import ConfigError, ContextLengthError
from xemogpt.model.fitting import fit


def test_what_fits_is_left_alone():
    assert fit(10, {"video": 5, "audio": 6}, 4, limit=25) == {"video": 5, "audio": 6}


def test_error_names_every_length():
    with pytest.raises(ContextLengthError, match=r"prompt 10.*video 5.*audio 6.*26.*limit|25") as e:
        fit(10, {"video": 5, "audio": 6}, 5, limit=25)
    for part in (
        "prompt 10",
        "video 5",
        "audio 6",
        "answer 5",
        "26 in all",
        "25",
        "overflow='trim'",
    ):
        assert part in str(e.value)


def test_sound_is_thinned_before_video():
    counts = {"video": 16, "audio": 100}
    assert fit(50, counts, 0, limit=100, overflow="trim") == {"video": 16, "audio": 34}
    assert fit(50, counts, 0, limit=60, overflow="trim") == {"video": 9, "audio": 1}


def test_words_are_never_cut():
    with pytest.raises(ContextLengthError, match="shorten the words"):
        fit(50, {"audio": 100}, 10, limit=60, overflow="trim")


def test_unknown_rule():
    with pytest.raises(ConfigError, match="cut"):
        fit(1, {}, 0, limit=9, overflow="cut")


@given(
    st.integers(1, 50),
    st.integers(1, 50),
    st.integers(1, 50),
    st.integers(0, 50),
    st.integers(1, 150),
)
def test_trimmed_fits_and_cuts_no_more_than_needed(words, video, audio, answer, limit):
    counts = {"video": video, "audio": audio}
    try:
        kept = fit(words, counts, answer, limit, "trim")
    except ContextLengthError:
        assert words + answer + 2 > limit
        return
    total = words + answer + sum(kept.values())
    assert total <= limit
    if kept != counts:
        assert total == limit
    assert kept["video"] == video or kept["audio"] == 1
