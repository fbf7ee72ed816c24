"""Splits: labels balanced, groups whole, shares near."""

from collections import Counter

from xemogpt.emocue.records import EmoCueRecord, Label
from xemogpt.emocue.settings import SplitShares
from xemogpt.emocue.splits import assign_splits, split_of

SHARES = SplitShares(train=0.7, validation=0.15, test=0.15)


def corpus(num_subjects: int = 60) -> list[EmoCueRecord]:
    """Subjects of 1 to 7 clips; each has a main emotion of its own."""
    emotions = ("happy", "sad", "angry")
    return [
        EmoCueRecord(
            id=f"{subject:03d}/{clip}",
            subject=f"s{subject}",
            labels=(Label(name="emotion", value=emotions[subject % 3], source="annotated"),),
        )
        for subject in range(num_subjects)
        for clip in range(1 + subject % 7)
    ]


def test_labels_are_balanced_and_shares_near():
    records = corpus()
    splits = split_of(records, SHARES)
    assert splits == split_of(reversed(records), SHARES)
    counts = Counter(splits.values())
    for name in ("train", "validation", "test"):
        assert abs(counts[name] / len(records) - getattr(SHARES, name)) < 0.03
        labels = Counter(r.label("emotion") for r in records if splits[r.id] == name)
        assert max(labels.values()) - min(labels.values()) < 0.15 * counts[name]


def test_the_seed_matters_and_nothing_else():
    records = corpus()
    assert split_of(records, SHARES, seed=1) != split_of(records, SHARES, seed=2)


def test_the_same_content_stays_together():
    records = [EmoCueRecord(id=f"{n:03d}") for n in range(100)]
    same = {"001": "000", "002": "001", "050": "099"}
    splits = split_of(records, SHARES, same=same)
    assert splits["000"] == splits["001"] == splits["002"] and splits["050"] == splits["099"]
    twins = [EmoCueRecord(id=f"t{n}", media_sha256="same", subject=f"s{n}") for n in range(9)]
    assert len({r.split for r in assign_splits([*records, *twins]) if r.id[0] == "t"}) == 1


def test_a_share_of_zero_stays_empty():
    splits = split_of(corpus(), SplitShares(train=0.5, validation=0.0, test=0.5))
    assert set(splits.values()) == {"train", "test"}


def test_given_splits_stay():
    records = [r.model_copy(update={"split": "test"}) for r in corpus(5)] + corpus(40)[20:]
    found = {r.id: r.split for r in assign_splits(records, SHARES)}
    assert all(found[r.id] == "test" for r in records if r.split)
