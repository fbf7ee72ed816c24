"""How far annotators agree, by modality: alpha over matched cues, and pairwise F1 beside it."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from xemogpt.benchmark.making.alpha import (
    alpha_of,
    coincidences,
    interval,
    resample_counts,
)
from xemogpt.benchmark.making.grouping import Group
from xemogpt.metrics.calibration import centred
from xemogpt.metrics.emocue360 import EmoCue360
from xemogpt.metrics.polarity import contradicts
from xemogpt.metrics.wording import framed
from xemogpt.schema import MODALITIES, Cue, Modality, Record

TYPE_SIMILARITY = 0.5
"""Calibrated similarity from which cues of different clips are of one type."""
NUM_RESAMPLES = 1000
Array = npt.NDArray[np.float64]


class Estimate(Record):
    """A value with its 95 % interval, clips being resampled; none where it is not defined."""

    value: float | None
    low: float | None = None
    high: float | None = None


class ModalityAgreement(Record):
    """Agreement in one modality, or in all of them together (``overall``)."""

    num_clips: int
    num_cues: dict[str, int]
    """Annotator -> distinct cues stated."""
    num_groups: int
    """Observations, each stated by one annotator or more."""
    num_shared: int
    """Those stated by two annotators or more."""
    num_types: int
    """Kinds of observation in the whole set."""
    alpha: Estimate
    """Krippendorff's alpha over clip x type of observation."""
    alpha_stated: Estimate
    """Krippendorff's alpha over the groups alone: never above 0 for two annotators."""
    f1: Estimate
    """Of one annotator against another: shared cues over the cues of both."""
    alpha_chance: float | None = None
    """The alpha of cues of different clips: what matching finds where nothing is shared."""
    f1_chance: float | None = None
    """The F1 of cues of different clips."""
    time_iou: float | None
    """Mean intersection over union of the times of matched cues; none without times."""
    num_timed: int
    """Matched pairs of cues with times."""


def agreement(
    groups: Sequence[Group],
    teams: Mapping[str, tuple[str, ...]],
    modalities_of: Mapping[str, Sequence[Modality]],
    metric: EmoCue360,
    *,
    num_resamples: int = NUM_RESAMPLES,
    seed: int = 0,
) -> dict[str, ModalityAgreement]:
    r"""Agreement by modality, and overall.

    **Definition.** Cues of a clip are grouped by the strict EmoCue-360 matching (``grouping``).
    Each group is given a *type*: groups of different clips that say nearly the same (calibrated
    similarity of 0.5 or more with the group that began the type, no contradiction) share one,
    two groups of one clip never do. A unit of ``alpha`` is a clip and a type, for every clip in
    which the modality can be annotated and every type of the set; the value of an annotator who
    did the clip is *present* if a cue of theirs is in the group of that type, else *absent*; that
    of one who did not is missing. Then nominal alpha is
    :math:`1 - (n - 1) (n - \sum_c o_{cc}) / (n^2 - \sum_c n_c^2)`, where ``o`` are coincidences
    and ``n`` their sums (Krippendorff 2011).

    **Why not the groups alone.** Someone states every group, so "both absent" never occurs among
    them. With m of n groups shared by two annotators, their alpha is about (m - n) / (m + n): at
    most 0 however well they agree, and not defined where they agree in all. It is given as
    ``alpha_stated`` for completeness. Over clips and types, "both absent" is real: neither
    stated what others state elsewhere. As types grow many, ``alpha`` tends to ``f1``, which needs
    no types at all (Hripcsak and Rothschild 2005); where the two differ much, believe ``f1``.

    Args:
        groups: of all clips; those that do not count are left out.
        teams: clip id -> annotators who did it.
        modalities_of: clip id -> what can be annotated in it.
        metric: the strict metric that made the groups.
        num_resamples: bootstrap resamples; clips are drawn, the types stay.
        seed: of the resampling.
    """
    counted = [group for group in groups if group.counts]
    tables = {}
    for modality in MODALITIES:
        clips = [clip for clip in teams if modality in modalities_of[clip]]
        mine = [group for group in counted if group.modality == modality]
        tables[modality] = _Table(clips, mine, teams, num_types(mine, modality, metric))
    result: dict[str, ModalityAgreement] = {
        name: table.summary(list(teams), num_resamples, seed) for name, table in tables.items()
    }
    together = _sum(list(tables.values()))
    return result | {"overall": together.summary(list(teams), num_resamples, seed)}


def num_types(groups: Sequence[Group], modality: Modality, metric: EmoCue360) -> int:
    """How many kinds of observation there are; see ``agreement``."""
    calibration = metric.calibration
    assert calibration is not None, "the strict protocol has a calibration"
    scale = calibration.scales[modality]
    ordered = sorted(groups, key=lambda g: (-len(g.members), g.first.text, g.id, g.key))
    if not ordered:
        return 0
    raw = metric.cache.matrix([framed(group.first.text, modality) for group in ordered])
    vectors = centred(raw, scale.center)
    leaders: list[int] = []
    clips_of: list[set[str]] = []
    for index, group in enumerate(ordered):
        similarity = scale.similarity(vectors[leaders] @ vectors[index])
        for place in np.argsort(-similarity, kind="stable").tolist():
            if similarity[place] < TYPE_SIMILARITY:
                continue
            leader = ordered[leaders[place]].first.text
            if group.id not in clips_of[place] and not contradicts(leader, group.first.text):
                clips_of[place].add(group.id)
                break
        else:
            leaders.append(index)
            clips_of.append({group.id})
    return len(leaders)


class _Table:
    """Counts of one modality by clip."""

    def __init__(
        self,
        clips: Sequence[str],
        groups: Sequence[Group],
        teams: Mapping[str, tuple[str, ...]],
        types: int,
    ) -> None:
        self.groups, self.num_types = list(groups), types
        by_clip: dict[str, list[Group]] = {clip: [] for clip in clips}
        for group in groups:
            by_clip[group.id].append(group)
        self.stated = {clip: np.zeros((2, 2)) for clip in clips}
        self.all = {clip: np.zeros((2, 2)) for clip in clips}
        self.matched = {clip: np.zeros(2) for clip in clips}
        """Twice the matched pairs of cues, and the cues that could have been in them."""
        for clip, members in by_clip.items():
            team = teams[clip]
            values = [[name in group.members for name in team] for group in members]
            self.stated[clip] = coincidences(values, (False, True))
            self.all[clip] = self.stated[clip].copy()
            self.all[clip][0, 0] += (types - len(members)) * len(team)
            shared = sum(sum(row) * (sum(row) - 1) for row in values)
            self.matched[clip][:] = shared, sum(map(sum, values)) * (len(team) - 1)

    def summary(self, order: Sequence[str], num_resamples: int, seed: int) -> ModalityAgreement:
        clips = [clip for clip in order if clip in self.all]
        names = sorted({name for group in self.groups for name in group.annotators})
        ious = [iou for group in self.groups for iou in _ious(group)]
        draws = resample_counts(len(clips), num_resamples, seed) if clips else np.zeros((0, 0))
        estimates = {
            "alpha": _estimate([self.all[clip] for clip in clips], draws, alpha_of),
            "alpha_stated": _estimate([self.stated[clip] for clip in clips], draws, alpha_of),
            "f1": _estimate([self.matched[clip] for clip in clips], draws, _share),
        }
        return ModalityAgreement(
            num_clips=len(clips),
            num_cues={name: sum(name in g.members for g in self.groups) for name in names},
            num_groups=len(self.groups),
            num_shared=sum(len(group.members) > 1 for group in self.groups),
            num_types=self.num_types,
            time_iou=float(np.mean(ious)) if ious else None,
            num_timed=len(ious),
            **estimates,
        )


def _sum(tables: Sequence[_Table]) -> _Table:
    """All modalities as one: units of each, side by side."""
    total = _Table([], [], {}, sum(table.num_types for table in tables))
    for table in tables:
        total.groups += table.groups
        for name in ("stated", "all", "matched"):
            kept = getattr(total, name)
            for clip, counts in getattr(table, name).items():
                kept[clip] = kept[clip] + counts if clip in kept else counts
    return total


def _estimate(
    by_clip: Sequence[Array], draws: Array, measure: Callable[[Array], Array]
) -> Estimate:
    """The measure of summed counts, (N, ...), and its interval over resampled sums."""
    if not by_clip:
        return Estimate(value=None)
    counts = np.stack(by_clip)
    value = float(measure(counts.sum(axis=0)))
    found = interval(measure(np.tensordot(draws, counts, axes=1)))
    if np.isnan(value) or found is None:
        return Estimate(value=None if np.isnan(value) else value)
    return Estimate(value=value, low=found[0], high=found[1])


def _share(counts: Array) -> Array:
    """F1 of (..., 2): matched cues over cues; NaN where there are none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share: Array = np.where(counts[..., 1] > 0, counts[..., 0] / counts[..., 1], np.nan)
    return share


def _ious(group: Group) -> list[float]:
    """Of the matched cues of each two annotators who both give times."""
    firsts = [cues[0] for cues in group.members.values()]
    return [
        iou for one, other in combinations(firsts, 2) if (iou := time_iou(one, other)) is not None
    ]


def time_iou(one: Cue, other: Cue) -> float | None:
    """Intersection over union of two times; none where one has none, or neither lasts.

    >>> time_iou(Cue(text="a", start_s=0, end_s=2), Cue(text="b", start_s=1, end_s=3))
    0.3333333333333333
    """
    if one.start_s is None or one.end_s is None or other.start_s is None or other.end_s is None:
        return None
    union = max(one.end_s, other.end_s) - min(one.start_s, other.start_s)
    shared = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    return max(0.0, shared) / union if union > 0 else None
