"""Scores by scenario, by tag and by kind of cue, and what exact truth contradicts."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from xemogpt.benchmark.estimates import Estimate, mean_estimates, ratio_estimate
from xemogpt.benchmark.truth import judged, reference_kind
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.metrics.bootstrap import Values
from xemogpt.metrics.results import SampleResult
from xemogpt.schema import CueSet, Modality, Record

SCENARIO, TAG = "scenario: ", "tag: "
_SEEN_OR_HEARD: tuple[Modality, ...] = ("visual", "auditory")


class Contradictions(Record):
    """How often a system states what exact truth says is not there."""

    rate: Estimate
    """Contradicted cues over judged cues; ``count`` is samples with a judged cue."""
    by_modality: dict[str, Estimate]
    num_judged: int
    """Stated cues of a known kind on clips of exact truth."""
    num_contradicted: int
    num_stated: int
    """Stated visual and auditory cues on these clips, whatever their kind."""
    by_kind: dict[str, tuple[int, int]]
    """Kind -> how often contradicted, how often judged; the most contradicted first."""


def group_columns(
    records: Sequence[EmoCueRecord], columns: Mapping[str, Values], seed: int = 0
) -> dict[str, dict[str, Estimate]]:
    """Means of each column within each scenario and tag.

    Args:
        records: of the samples, (N).
        columns: name -> values of the samples, float64 (N,).
        seed: of the bootstrap.
    """
    names = [_groups(record) for record in records]
    scenarios = sorted({name for row in names for name in row if name.startswith(SCENARIO)})
    tags = sorted({name for row in names for name in row if name.startswith(TAG)})
    masked: dict[tuple[str, str], Values] = {}
    for group in (*scenarios, *tags):
        inside = np.array([group in row for row in names])
        for column, values in columns.items():
            masked[group, column] = np.where(inside, values, np.nan)
    found: dict[str, dict[str, Estimate]] = {}
    for (group, column), estimate in mean_estimates(masked, seed).items():
        found.setdefault(group, {})[column] = estimate
    return found


def credit_by_kind(
    records: Sequence[EmoCueRecord], samples: Mapping[str, SampleResult]
) -> dict[str, Values]:
    """For each kind of reference cue, how far each sample's cues of it are matched.

    Returns:
        Kind -> float64 (N,): the mean similarity of the matches, 0 for a cue that is missed, NaN
        where the sample has no cue of the kind.
    """
    found: dict[str, Values] = {}
    for row, record in enumerate(records):
        credits: dict[str, list[float]] = {}
        for modality in _SEEN_OR_HEARD:
            result = samples[record.id].by_modality[modality]
            matched = {pair.reference: pair.similarity for pair in result.pairs}
            counted = matched.keys() | set(result.missed)
            for cue in {cue.text: cue for cue in record.cues.of(modality)}.values():
                kind = reference_kind(cue, modality)
                if kind is not None and cue.text in counted:
                    credits.setdefault(kind, []).append(matched.get(cue.text, 0.0))
        for kind, values in credits.items():
            column = found.setdefault(kind, np.full(len(records), np.nan))
            column[row] = np.mean(values)
    return dict(sorted(found.items()))


def contradictions(
    records: Sequence[EmoCueRecord], said: Mapping[str, CueSet], seed: int = 0
) -> Contradictions | None:
    """What is stated against exact truth; none where no record has one."""
    exact = [record for record in records if record.is_exact]
    if not exact:
        return None
    wrong, total = np.zeros((len(exact), 2)), np.zeros((len(exact), 2))
    by_kind: Counter[str] = Counter()
    wrong_kinds: Counter[str] = Counter()
    num_stated = 0
    for row, record in enumerate(exact):
        cues = said.get(record.id, CueSet())
        num_stated += sum(len(cues.of(modality)) for modality in _SEEN_OR_HEARD)
        for modality, kind, verdict in judged(cues, record):
            column = _SEEN_OR_HEARD.index(modality)
            is_wrong = verdict == "contradicted"
            total[row, column] += 1
            wrong[row, column] += is_wrong
            by_kind[kind] += 1
            wrong_kinds[kind] += is_wrong
    order = sorted(by_kind, key=lambda kind: (-wrong_kinds[kind], -by_kind[kind], kind))
    return Contradictions(
        rate=ratio_estimate(wrong.sum(axis=1), total.sum(axis=1), seed),
        by_modality={
            modality: ratio_estimate(wrong[:, i], total[:, i], seed)
            for i, modality in enumerate(_SEEN_OR_HEARD)
        },
        num_judged=int(total.sum()),
        num_contradicted=int(wrong.sum()),
        num_stated=num_stated,
        by_kind={kind: (wrong_kinds[kind], by_kind[kind]) for kind in order},
    )


def _groups(record: EmoCueRecord) -> list[str]:
    scenario = [SCENARIO + record.scenario] if record.scenario else []
    return [*scenario, *(TAG + tag for tag in dict.fromkeys(record.tags))]
