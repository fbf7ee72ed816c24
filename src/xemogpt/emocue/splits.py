"""Splits that keep subjects apart, hold the wanted shares, and balance the labels."""

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from xemogpt.emocue.records import EmoCueRecord, Split
from xemogpt.emocue.settings import SplitShares
from xemogpt.errors import ConfigError

SPLITS: tuple[Split, ...] = get_args(Split)
LABEL_WEIGHT = 0.5
"""Of the balance of all labels together, against the sizes of the splits."""
MAX_ROUNDS = 20
"""Of trying to move each group once more; a handful is enough."""


@dataclass
class _Group:
    """Records that must be in one split: of a subject, and what is the same as theirs."""

    key: str
    members: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    given: Counter[Split] = field(default_factory=Counter)


def assign_splits(
    records: Iterable[EmoCueRecord],
    shares: SplitShares | None = None,
    seed: int = 0,
    same: Mapping[str, str] | None = None,
) -> list[EmoCueRecord]:
    """The records in the same order, each with a split.

    Splits that are given stay; other records of their subjects follow them. A record without a
    subject stands for itself. The result does not depend on the order of the records.

    Args:
        records: of the corpus.
        shares: of the records, as near as whole subjects allow; zero leaves a split empty.
        seed: of the order in which groups of equal size are placed.
        same: id -> id of a record that shows the same and must share its split.

    Raises:
        ConfigError: if all shares are zero.
    """
    kept = list(records)
    splits = split_of(kept, shares, seed, same)
    return [record.model_copy(update={"split": splits[record.id]}) for record in kept]


def split_of(
    records: Iterable[EmoCueRecord],
    shares: SplitShares | None = None,
    seed: int = 0,
    same: Mapping[str, str] | None = None,
) -> dict[str, Split]:
    """Id -> split; see ``assign_splits``. Holds little of each record, so many fit in memory.

    Raises:
        ConfigError: if all shares are zero.
    """
    wanted = _wanted(shares or SplitShares())
    given: dict[str, Split] = {}
    groups = _groups(records, same or {}, given)
    # Large groups first: small ones then even out what whole subjects cannot.
    groups.sort(key=lambda g: (-len(g.members), zlib.crc32(f"{seed}/{g.key}".encode()), g.key))
    chosen = _place(groups, wanted)
    return {
        id_: given.get(id_, SPLITS[split])
        for group, split in zip(groups, chosen, strict=True)
        for id_ in group.members
    }


def _wanted(shares: SplitShares) -> NDArray[np.float64]:
    wanted = np.array([getattr(shares, split) for split in SPLITS], np.float64)
    if wanted.sum() <= 0:
        raise ConfigError("all shares of the splits are 0; give at least one above 0")
    shares_of_one: NDArray[np.float64] = wanted / wanted.sum()
    return shares_of_one


def _groups(
    records: Iterable[EmoCueRecord], same: Mapping[str, str], given: dict[str, Split]
) -> list[_Group]:
    """Connect records by subject, hash and ``same``; fill ``given``."""
    roots: dict[str, str] = {}
    labels: dict[str, str] = {}

    def root(name: str) -> str:
        roots.setdefault(name, name)
        while roots[name] != name:
            roots[name] = roots[roots[name]]
            name = roots[name]
        return name

    def connect(one: str, other: str) -> None:
        first, second = sorted((root(one), root(other)))
        roots[second] = first

    for record in records:
        own = f"id {record.id}"
        labels[record.id] = record.label("emotion") or next(iter(record.emotions), "")
        root(own)
        if record.subject is not None:
            connect(own, f"subject {record.subject}")
        if record.media_sha256 is not None:
            connect(own, f"media {record.media_sha256}")
        if record.split is not None:
            given[record.id] = record.split
    for one, other in same.items():
        if one in labels and other in labels:
            connect(f"id {one}", f"id {other}")
    groups: dict[str, _Group] = defaultdict(lambda: _Group(""))
    for id_ in sorted(labels):
        group = groups[root(f"id {id_}")]
        group.key = group.key or id_
        group.members.append(id_)
        group.counts[labels[id_]] += 1
        if id_ in given:
            group.given[given[id_]] += 1
    return list(groups.values())


def _place(groups: list[_Group], wanted: NDArray[np.float64]) -> list[int]:
    """Index of the split of each group: the one that the totals need most, then improved."""
    names = {name: i for i, name in enumerate(sorted({n for g in groups for n in g.counts}), 1)}
    sizes = np.zeros((len(groups), len(names) + 1))
    for row, group in enumerate(groups):
        sizes[row, 0] = len(group.members)
        for name, count in group.counts.items():
            sizes[row, names[name]] = count
    weights = np.full(len(names) + 1, LABEL_WEIGHT / max(1, len(names)))
    weights[0] = 1.0
    # A split that is not wanted has no target, and no group goes there unless it is given.
    target = np.maximum(wanted[:, None] * sizes.sum(axis=0)[None], 1e-9)
    scale = weights[None] / target
    totals = np.zeros((len(SPLITS), len(names) + 1))
    chosen = [-1] * len(groups)
    fixed = [
        SPLITS.index(group.given.most_common(1)[0][0]) if group.given else None for group in groups
    ]
    for row, split in enumerate(fixed):
        if split is not None:
            chosen[row] = split
            totals[split] += sizes[row]
    free = [row for row, split in enumerate(fixed) if split is None]
    for _ in range(MAX_ROUNDS):
        moved = False
        for row in free:
            before = chosen[row]
            if before >= 0:
                totals[before] -= sizes[row]
            gain = ((2 * totals + sizes[row] - 2 * target) * sizes[row] * scale).sum(axis=1)
            gain[wanted <= 0] = np.inf
            best = int(np.argmin(gain.round(9)))
            if before >= 0 and gain[best] >= gain[before] - 1e-9:
                best = before
            totals[best] += sizes[row]
            chosen[row] = best
            moved |= best != before
        if not moved:
            break
    return chosen
