"""Scores of emotion labels, beside the scores of cues: one label, a sentiment, or a set of words.

A prediction that is missing counts as wrong, never as absent from the average.
"""

import ast
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from xemogpt.errors import DatasetError
from xemogpt.metrics.groups import EmotionGroups, load_groups

MAX_OPENSET_CHARS = 10_000
MISSING = "(missing)"


@dataclass(frozen=True)
class LabelReport:
    """Closed-set scores, each from 0 to 1."""

    num_samples: int
    num_missing: int
    accuracy: float
    weighted_recall: float
    """WAR: recall of each class weighted by its size, which equals accuracy."""
    unweighted_recall: float
    """UAR: plain mean of the recall of each class in the target."""
    weighted_f1: float
    recalls: dict[str, float]
    """Class -> recall."""

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-able values."""
        return asdict(self)


@dataclass(frozen=True)
class OpenSetReport:
    """Open-vocabulary scores under a grouping of emotion words.

    Precision stands beside hit-rate on purpose: naming every emotion hits always.
    """

    num_samples: int
    num_missing: int
    precision: float
    recall: float
    f1: float
    hit_rate: float
    """Share of samples with at least one right group."""
    mean_predicted: float
    """Groups predicted per sample; far above ``mean_target`` is a shotgun."""
    mean_target: float
    vocabulary: str
    """Version of the grouping."""

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-able values."""
        return asdict(self)


def label_scores(preds: Mapping[str, str], target: Mapping[str, str]) -> LabelReport:
    """Accuracy, WAR, UAR and weighted F1 of single labels; case and outer spaces do not count.

    Raises:
        DatasetError: if the target is empty or ``preds`` has ids that the target lacks.

    >>> label_scores({"a": "happy", "b": "sad"}, {"a": "happy", "b": "angry"}).accuracy
    0.5
    """
    _check_ids(preds, target)
    truth = {name: _label(label) for name, label in target.items()}
    said = {name: _label(preds[name]) if name in preds else MISSING for name in target}
    classes = sorted(set(truth.values()))
    counts = {label: sum(value == label for value in truth.values()) for label in classes}
    hits = {label: 0 for label in classes}
    for name, label in truth.items():
        hits[label] += said[name] == label
    recalls = {label: hits[label] / counts[label] for label in classes}
    total = len(truth)
    f1 = 0.0
    for label in classes:
        predicted = sum(value == label for value in said.values())
        f1 += counts[label] / total * 2 * hits[label] / (predicted + counts[label])
    accuracy = sum(hits.values()) / total
    return LabelReport(
        num_samples=total,
        num_missing=sum(name not in preds for name in target),
        accuracy=accuracy,
        weighted_recall=sum(counts[label] / total * recalls[label] for label in classes),
        unweighted_recall=sum(recalls.values()) / len(recalls),
        weighted_f1=f1,
        recalls=recalls,
    )


def sentiment_sign_accuracy(
    preds: Mapping[str, float], target: Mapping[str, float], use_zero: bool = False
) -> float:
    """Share of samples whose sentiment has the right sign.

    Args:
        preds: sample -> sentiment, any scale around 0.
        target: sample -> sentiment.
        use_zero: count exact zeros of the target as a third sign; left out otherwise.

    Raises:
        DatasetError: if nothing is left to compare or a value is not a finite number.

    >>> sentiment_sign_accuracy({"a": 0.2, "b": 1.0}, {"a": 2.0, "b": -1.0})
    0.5
    """
    _check_ids(preds, target)
    kept = {name: _number(value, name) for name, value in target.items()}
    if not use_zero:
        kept = {name: value for name, value in kept.items() if value != 0}
    if not kept:
        raise DatasetError("every target sentiment is 0; pass use_zero to count them")
    right = 0
    for name, value in kept.items():
        if name in preds:
            right += _sign(_number(preds[name], name)) == _sign(value)
    return right / len(kept)


def open_set_scores(
    preds: Mapping[str, Iterable[str]],
    target: Mapping[str, Iterable[str]],
    groups: EmotionGroups | None = None,
) -> OpenSetReport:
    """Set precision, recall and F1 of emotion words under a grouping, means over samples.

    A sample with nothing predicted has precision 0; with nothing in the target either it is
    perfect. F1 is that of the two means.

    Raises:
        DatasetError: if the target is empty, ids do not match, or words are no list.

    >>> open_set_scores({"a": ["glad"]}, {"a": ["happy", "surprised"]}).recall
    0.5
    """
    groups = groups or load_groups()
    _check_ids(preds, target)
    precisions, recalls, hits, sizes = [], [], 0, [0, 0]
    for name, words in target.items():
        truth = groups.of(_word_list(words, name))
        said = groups.of(_word_list(preds.get(name, ()), name))
        common = len(truth & said)
        both_empty = not truth and not said
        precisions.append(1.0 if both_empty else common / len(said) if said else 0.0)
        recalls.append(1.0 if both_empty else common / len(truth) if truth else 0.0)
        hits += common > 0 or both_empty
        sizes = [sizes[0] + len(said), sizes[1] + len(truth)]
    total = len(target)
    precision, recall = sum(precisions) / total, sum(recalls) / total
    return OpenSetReport(
        num_samples=total,
        num_missing=sum(name not in preds for name in target),
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        hit_rate=hits / total,
        mean_predicted=sizes[0] / total,
        mean_target=sizes[1] / total,
        vocabulary=groups.version,
    )


def parse_openset(text: str, where: str = "openset") -> list[str]:
    """Words of a label list as files hold it: ``"['excited', 'joyful']"`` or ``excited, joyful``.

    Read as data, never executed.

    Raises:
        DatasetError: if it is a list of something else, malformed, or absurdly long.

    >>> parse_openset("['excited', 'joyful']"), parse_openset("happy, calm")
    (['excited', 'joyful'], ['happy', 'calm'])
    """
    text = text.strip()
    if len(text) > MAX_OPENSET_CHARS:
        raise DatasetError(
            f"{where}: {len(text)} characters; a list of labels has at most {MAX_OPENSET_CHARS}"
        )
    if not text.startswith(("[", "(", "{")):
        return [word for word in (part.strip() for part in text.split(",")) if word]
    if sum(text.count(bracket) for bracket in "[({") > 1:
        raise DatasetError(f"{where}: expected one flat list of words, got {text[:60]!r}")
    try:
        words = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        bare = text[1:-1].split(",")  # "[happy, calm]", as some exporters write it.
        if text.endswith("]") and all(part.strip().replace(" ", "").isalpha() for part in bare):
            return [part.strip() for part in bare]
        raise DatasetError(f"{where}: not a list of words: {text[:60]!r}") from error
    if not isinstance(words, list | tuple | set) or not all(isinstance(w, str) for w in words):
        raise DatasetError(f"{where}: expected a list of words, got {text[:60]!r}")
    return [word for word in words if word.strip()]


def _word_list(words: Iterable[str], name: str) -> Sequence[str]:
    if isinstance(words, str):
        return parse_openset(words, f"sample {name!r}")
    listed = list(words) if isinstance(words, Iterable) else [words]
    if not all(isinstance(word, str) for word in listed):
        raise DatasetError(f"sample {name!r}: expected a list of words, got {words!r:.80}")
    return listed


def _check_ids(preds: Mapping[str, Any], target: Mapping[str, Any]) -> None:
    if not target:
        raise DatasetError("the target is empty: there is nothing to score against")
    unknown = [name for name in preds if name not in target]
    if unknown:
        shown = ", ".join(map(repr, unknown[:5])) + (" ..." if len(unknown) > 5 else "")
        raise DatasetError(f"{len(unknown)} predicted ids are not in the target: {shown}")


def _label(label: object) -> str:
    if not isinstance(label, str):
        raise DatasetError(f"a label is a string, got {label!r:.60}")
    return " ".join(label.lower().split())


def _number(value: object, name: str) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise DatasetError(f"sample {name!r}: {value!r:.40} is not a number") from error
    if not math.isfinite(number):
        raise DatasetError(f"sample {name!r}: {value!r:.40} is not a finite number")
    return number


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
