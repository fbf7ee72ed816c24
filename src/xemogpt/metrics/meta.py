"""Meta-evaluation: does a metric of explanations notice damage, and forgive other words?

Every reference is damaged by known amounts; a metric is as good as its rank correlation with the
amount. ``docs/extraction.md`` has the design and the numbers.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from xemogpt.errors import MissingDependencyError
from xemogpt.metrics.damage import DAMAGES, MetaSample, to_cue_set, to_text
from xemogpt.schema import CueSet

LEVELS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
Floats = npt.NDArray[np.float64]


class SampleMetric(Protocol):
    """A score of each prediction against its reference, higher being better."""

    def __call__(self, preds: Mapping[str, CueSet], target: Mapping[str, CueSet]) -> list[float]:
        """Scores in the order of ``target``."""


@dataclass(frozen=True)
class Estimate:
    """A number and its bootstrap 95 % interval over samples."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class MetricVerdict:
    """How one metric fares."""

    spearman: dict[str, Estimate]
    """Damage -> rank correlation of the score with what is undamaged; 1 is perfect."""
    mean_spearman: Estimate
    paraphrase_cost: Estimate
    """Mean loss of score when one cue is said in other words."""
    negation_cost: Estimate
    """Mean loss of score when one cue is said to be otherwise."""
    cost_ratio: Estimate | None
    """The first over the second, below 0.25 being the aim; none if negation costs nothing."""


@dataclass(frozen=True)
class MetaReport:
    """What ``xemogpt bench metric`` prints."""

    num_samples: int
    num_cues: int
    levels: tuple[float, ...]
    reworded_share: float
    draws: int
    seed: int
    metrics: dict[str, MetricVerdict]
    settings: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-able values."""
        return asdict(self)


@dataclass(frozen=True)
class _Trial:
    sample: int
    damage: str
    level: float
    pred: CueSet


def evaluate_metrics(
    samples: Sequence[MetaSample],
    metrics: Mapping[str, SampleMetric],
    *,
    reworded_share: float = 0.5,
    draws: int = 1,
    num_bootstrap: int = 500,
    seed: int = 0,
) -> MetaReport:
    """Correlate each metric with known damage and weigh rewording against negation.

    Args:
        samples: references with paraphrases and negations.
        metrics: name -> metric.
        reworded_share: share of the undamaged cues that are said in other words at every level,
            as any system would; 0 leaves them verbatim, which suits metrics of letters.
        draws: damaged versions of each sample, damage and level.
        num_bootstrap: resamples of the samples behind each interval.
        seed: of all draws.
    """
    trials = _damaged(samples, reworded_share, draws, seed)
    single = _single_edits(samples)
    picks = np.random.default_rng(seed).integers(0, len(samples), (num_bootstrap, len(samples)))
    verdicts = {}
    for name, metric in metrics.items():
        scores = _score(metric, trials, samples)
        verdicts[name] = _verdict(samples, trials, scores, _costs(metric, single, samples), picks)
    return MetaReport(
        num_samples=len(samples),
        num_cues=sum(len(sample.cues) for sample in samples),
        levels=LEVELS,
        reworded_share=reworded_share,
        draws=draws,
        seed=seed,
        metrics=verdicts,
    )


def _damaged(
    samples: Sequence[MetaSample], reworded_share: float, draws: int, seed: int
) -> list[_Trial]:
    draw = random.Random(seed)
    trials = []
    for position, sample in enumerate(samples):
        others = [other for other in samples if other is not sample]
        count = len(sample.cues)
        for damage, act in DAMAGES.items():
            for _ in range(draws):
                for level in LEVELS:
                    hit = frozenset(draw.sample(range(count), round(level * count)))
                    if damage == "repeat" and len(hit) == count:
                        hit -= {min(hit)}  # One good cue has to stay to be repeated.
                    told = frozenset(i for i in range(count) if draw.random() < reworded_share)
                    cues = act(sample, hit, others, told, draw)
                    known = len(hit) / count
                    trials.append(_Trial(position, damage, known, to_cue_set(cues)))
    return trials


def _single_edits(samples: Sequence[MetaSample]) -> list[tuple[int, str, CueSet]]:
    """Each reference as it is, and with each cue in turn reworded or negated."""
    edits = []
    for position, sample in enumerate(samples):
        edits.append((position, "same", sample.reference()))
        for changed in range(len(sample.cues)):
            for kind in ("paraphrase", "negation"):
                cues = [
                    (cue.modality, getattr(cue, kind) if index == changed else cue.text)
                    for index, cue in enumerate(sample.cues)
                ]
                edits.append((position, kind, to_cue_set(cues)))
    return edits


def _score(metric: SampleMetric, trials: Sequence[_Trial], samples: Sequence[MetaSample]) -> Floats:
    preds = {str(number): trial.pred for number, trial in enumerate(trials)}
    target = {str(n): samples[trial.sample].reference() for n, trial in enumerate(trials)}
    return np.array(metric(preds, target), dtype=np.float64)


def _costs(
    metric: SampleMetric,
    edits: Sequence[tuple[int, str, CueSet]],
    samples: Sequence[MetaSample],
) -> dict[str, Floats]:
    """Mean loss per sample of rewording and of negating one cue: kind -> (num samples,)."""
    preds = {str(number): cues for number, (_, _, cues) in enumerate(edits)}
    target = {str(n): samples[position].reference() for n, (position, _, _) in enumerate(edits)}
    scores = metric(preds, target)
    best = {p: s for (p, kind, _), s in zip(edits, scores, strict=True) if kind == "same"}
    losses: dict[str, list[list[float]]] = {
        kind: [[] for _ in samples] for kind in ("paraphrase", "negation")
    }
    for (position, kind, _), score in zip(edits, scores, strict=True):
        if kind != "same":
            losses[kind][position].append(best[position] - score)
    return {k: np.array([np.mean(loss) for loss in rows]) for k, rows in losses.items()}


def _verdict(
    samples: Sequence[MetaSample],
    trials: Sequence[_Trial],
    scores: Floats,
    costs: Mapping[str, Floats],
    picks: npt.NDArray[np.int64],
) -> MetricVerdict:
    tables = {}
    for damage in DAMAGES:
        rows = [n for n, trial in enumerate(trials) if trial.damage == damage]
        table: list[list[tuple[float, float]]] = [[] for _ in samples]
        for n in rows:
            table[trials[n].sample].append((1 - trials[n].level, scores[n]))
        tables[damage] = np.array(table)  # (samples, trials, 2)

    def correlations(chosen: npt.NDArray[np.int64]) -> Floats:
        return np.array([spearman(*tables[d][chosen].reshape(-1, 2).T) for d in DAMAGES])

    every = np.arange(len(samples))
    point, spread = correlations(every), np.array([correlations(chosen) for chosen in picks])
    para, neg = costs["paraphrase"], costs["negation"]

    negated = neg[picks].mean(axis=1)
    ratios = para[picks].mean(axis=1)[negated > 0] / negated[negated > 0]
    has_ratio = neg.mean() > 0 and len(ratios) > 0
    return MetricVerdict(
        spearman={damage: _estimate(point[i], spread[:, i]) for i, damage in enumerate(DAMAGES)},
        mean_spearman=_estimate(point.mean(), spread.mean(axis=1)),
        paraphrase_cost=_estimate(para.mean(), para[picks].mean(axis=1)),
        negation_cost=_estimate(neg.mean(), neg[picks].mean(axis=1)),
        cost_ratio=_estimate(para.mean() / neg.mean(), ratios) if has_ratio else None,
    )


def _estimate(value: float, spread: Floats) -> Estimate:
    low, high = np.percentile(spread, [2.5, 97.5])
    return Estimate(float(value), float(low), float(high))


def spearman(first: Floats, second: Floats) -> float:
    """Rank correlation, ties sharing their mean rank; 0 if either is constant.

    >>> spearman(np.array([1.0, 2, 3]), np.array([10.0, 30, 20]))
    0.5
    """
    ranks = [_ranks(values) for values in (first, second)]
    if any(np.ptp(values) == 0 for values in ranks):
        return 0.0
    return float(np.round(np.corrcoef(ranks[0], ranks[1])[0, 1], 12))


def _ranks(values: Floats) -> Floats:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray(((last - counts + 1 + last) / 2)[inverse], dtype=np.float64)


def bleu(preds: Mapping[str, CueSet], target: Mapping[str, CueSet]) -> list[float]:
    """Sentence BLEU of the explanations as prose (sacrebleu), from 0 to 1.

    Raises:
        MissingDependencyError: if sacrebleu is not installed.
    """
    try:
        from sacrebleu.metrics import BLEU
    except ImportError as error:
        raise MissingDependencyError('pip install "xemogpt[bench]" for BLEU') from error
    scorer = BLEU(effective_order=True)
    return [
        scorer.sentence_score(to_text(preds[name]), [to_text(cues)]).score / 100
        for name, cues in target.items()
    ]


def rouge_l(preds: Mapping[str, CueSet], target: Mapping[str, CueSet]) -> list[float]:
    """ROUGE-L F1 of the explanations as prose (rouge-score).

    Raises:
        MissingDependencyError: if rouge-score is not installed.
    """
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as error:
        raise MissingDependencyError('pip install "xemogpt[bench]" for ROUGE-L') from error
    scorer = RougeScorer(["rougeL"], use_stemmer=True)
    return [
        float(scorer.score(to_text(cues), to_text(preds[name]))["rougeL"].fmeasure)
        for name, cues in target.items()
    ]


def text_cosine(encode: Callable[[list[str]], Floats]) -> SampleMetric:
    """Cosine of the embeddings of the whole texts.

    Args:
        encode: texts -> unit vectors (N, D).
    """

    def score(preds: Mapping[str, CueSet], target: Mapping[str, CueSet]) -> list[float]:
        texts = [to_text(preds[name]) for name in target] + [to_text(c) for c in target.values()]
        distinct = list(dict.fromkeys(texts))
        vectors = dict(zip(distinct, np.asarray(encode(distinct), np.float64), strict=True))
        count = len(target)
        return [float(vectors[texts[i]] @ vectors[texts[i + count]]) for i in range(count)]

    return score


def emocue_metric(protocol: Literal["strict", "reference"], encoder: Any) -> SampleMetric:
    """Overall F1 of EmoCue-360 by sample; a sample it cannot score counts 0."""
    from xemogpt.metrics.emocue360 import EmoCue360
    from xemogpt.metrics.results import COLUMNS, MEASURES

    def score(preds: Mapping[str, CueSet], target: Mapping[str, CueSet]) -> list[float]:
        scorer = EmoCue360(protocol=protocol, encoder=encoder, keep_details=False)
        report = scorer.score(preds, target, use_baselines=False)
        f1 = report.values[:, COLUMNS.index("overall"), MEASURES.index("f1")]
        found = dict(zip(report.ids, map(float, f1), strict=True))
        return [_or_zero(found.get(name)) for name in target]

    return score


def _or_zero(value: float | None) -> float:
    return 0.0 if value is None or math.isnan(value) else value
