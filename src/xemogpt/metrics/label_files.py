"""Label files scored: which columns there are decides which scores are given."""

from pathlib import Path
from typing import Any

from xemogpt.errors import DatasetError
from xemogpt.metrics.extraction.reading import ID_FIELDS, pick, read_table
from xemogpt.metrics.groups import load_groups, read_groups
from xemogpt.metrics.labels import (
    label_scores,
    open_set_scores,
    parse_openset,
    sentiment_sign_accuracy,
)

_LABEL = ("label", "emotion")
_SENTIMENT = ("sentiment", "valence", "val")
_OPENSET = ("openset", "emotions", "labels")


def score_label_files(
    pred: str | Path, target: str | Path, groups: str | Path | None = None
) -> dict[str, dict[str, Any]]:
    """Every label score that the columns of both files allow.

    Args:
        pred: csv, json, jsonl or parquet with an id and ``label``, ``openset`` or ``sentiment``.
        target: the same.
        groups: grouping of emotion words; ours if none.

    Raises:
        DatasetError: if the files have no such column in common, or a value is malformed.
    """
    predicted, true = _columns(pred), _columns(target)
    scores: dict[str, dict[str, Any]] = {}
    if "label" in predicted and "label" in true:
        scores["label"] = label_scores(predicted["label"], true["label"]).to_dict()
    if "openset" in predicted and "openset" in true:
        grouping = read_groups(groups) if groups else load_groups()
        scores["openset"] = open_set_scores(
            predicted["openset"], true["openset"], grouping
        ).to_dict()
    if "sentiment" in predicted and "sentiment" in true:
        sign = sentiment_sign_accuracy(predicted["sentiment"], true["sentiment"])
        scores["sentiment"] = {"sign_accuracy": sign, "num_samples": len(true["sentiment"])}
    if not scores:
        raise DatasetError(
            f"{pred} and {target} share none of the columns label, openset, sentiment"
        )
    return scores


def _columns(path: str | Path) -> dict[str, dict[str, Any]]:
    """Kind of label -> sample -> value, for each kind that the file has."""
    found: dict[str, dict[str, Any]] = {}
    seen: set[str] = set()
    rows = read_table(path)
    if not rows:
        raise DatasetError(f"{path} holds no rows")
    for where, row in rows:
        name = pick(row, ID_FIELDS, where, "an id")
        if name in seen:
            raise DatasetError(f"{where}: id {name!r} comes twice")
        seen.add(name)
        for kind, fields in (("label", _LABEL), ("sentiment", _SENTIMENT), ("openset", _OPENSET)):
            field = next((field for field in fields if row.get(field) is not None), None)
            if field is not None:
                value = _value(kind, row[field], f"{where}, field {field!r}")
                found.setdefault(kind, {})[name] = value
    return found


def _value(kind: str, value: Any, where: str) -> Any:
    if kind == "openset":
        if isinstance(value, str):
            return parse_openset(value, where)
        if isinstance(value, list) and all(isinstance(word, str) for word in value):
            return value
        raise DatasetError(f"{where}: expected a list of words, got {value!r:.60}")
    if kind == "label":
        if not isinstance(value, str):
            raise DatasetError(f"{where}: expected a label, got {value!r:.60}")
        return value
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise DatasetError(f"{where}: {value!r:.40} is not a number") from error
