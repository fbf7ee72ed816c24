"""A self-contained HTML page of a score: which cue matched which, in every sample.

The page needs no network. All text of users reaches the document as data, and is shown by
setting text, never markup.
"""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from xemogpt.metrics.bootstrap import Comparison
from xemogpt.metrics.results import COLUMNS, none_if_nan
from xemogpt.metrics.scorereport import ScoreReport
from xemogpt.metrics.table import verdict

MAX_SAMPLES = 3000
"""Samples shown with their pairs: the worst ones, where there are more."""


def score_page(
    reports: Mapping[str, ScoreReport], compared: Mapping[str, Comparison] | None = None
) -> str:
    """The page of one system, or of two with their comparison.

    Args:
        reports: name of a system -> its report.
        compared: ``first.compare(second)``, when there are two.
    """
    names = list(reports)
    data: dict[str, Any] = {
        "columns": COLUMNS,
        "systems": [{"name": name, **_system(report)} for name, report in reports.items()],
    }
    if compared is not None:
        data["comparison"] = {
            "rows": {name: found._asdict() for name, found in compared.items()},
            "verdict": verdict(compared["overall"], names[0], names[1]),
        }
    template = (files("xemogpt.metrics") / "data" / "score_page.html").read_text(encoding="utf-8")
    return template.replace("__DATA__", _embed(data))


def _system(report: ScoreReport) -> dict[str, Any]:
    shown = report.to_dict()
    per_sample = shown.pop("per_sample")
    shown["scores"] = {column: shown.pop(column) for column in COLUMNS}
    order = sorted(per_sample, key=lambda key: per_sample[key]["overall"]["f1"] or 0.0)
    shown["num_hidden"] = max(0, len(order) - MAX_SAMPLES)
    shown["samples"] = [{"id": key, **per_sample[key]} for key in order[:MAX_SAMPLES]]
    return shown


def _embed(data: Mapping[str, Any]) -> str:
    """JSON that may stand inside a script element, whatever text it holds."""
    text = json.dumps(_finite(data), ensure_ascii=False, allow_nan=False)
    escapes = {
        "<": "\\u003c",
        ">": "\\u003e",
        "&": "\\u0026",
        "\u2028": "\\u2028",
        "\u2029": "\\u2029",
    }
    for character, escape in escapes.items():
        text = text.replace(character, escape)
    # A lone surrogate cannot be written as UTF-8.
    return text.encode("utf-8", "replace").decode("utf-8")


def _finite(value: Any) -> Any:
    """The same with NaN as None."""
    if isinstance(value, float):
        return none_if_nan(value)
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
