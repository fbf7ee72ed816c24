"""Scores of several systems on the same clips, with intervals over people, as table and plot.

Shared by `e1_vecb.py` and `e2_aecb.py`. A system has one score matrix a seed; what is resampled
are people (actors, identities), all clips of one together, the same draws for every system.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Measure = Callable[[np.ndarray, np.ndarray], float]
"""From scores of some clips and their truth to one number."""


def resamples(people: Sequence[str], num_draws: int, seed: int) -> list[np.ndarray]:
    """Row indices of bootstrap draws of people."""
    rng = np.random.default_rng(seed)
    names = sorted(set(people))
    rows = {name: np.flatnonzero(np.asarray(people) == name) for name in names}
    return [
        np.concatenate([rows[names[pick]] for pick in rng.integers(len(names), size=len(names))])
        for _ in range(num_draws)
    ]


def measure_all(
    systems: Mapping[str, Sequence[np.ndarray]],
    truth: np.ndarray,
    people: Sequence[str],
    measure: Measure,
    against: Mapping[str, str],
    num_draws: int = 300,
    seed: int = 0,
) -> dict[str, Any]:
    """Each system's measure, mean over seeds, and its difference from another system.

    Args:
        systems: name -> one score matrix a seed.
        truth: of the same clips.
        people: who is in each.
        measure: of one matrix.
        against: name -> the system it is compared with.
        num_draws: bootstrap draws.
        seed: of the draws.

    Returns:
        name -> `value`, `low`, `high`, `seeds` and, where compared, `difference` with `against`.
    """
    draws = resamples(people, num_draws, seed)
    values = {name: [measure(one, truth) for one in runs] for name, runs in systems.items()}
    spread = {
        name: np.array(
            [np.mean([measure(one[rows], truth[rows]) for one in runs]) for rows in draws]
        )
        for name, runs in systems.items()
    }
    out: dict[str, Any] = {}
    for name, found in values.items():
        out[name] = {"value": float(np.mean(found)), "seeds": found, **_interval(spread[name])}
        other = against.get(name)
        if other in values:
            difference = spread[name] - spread[other]
            out[name]["difference"] = {
                "against": other,
                "value": float(np.mean(found) - np.mean(values[other])),
                **_interval(difference),
            }
    return out


def _interval(values: np.ndarray) -> dict[str, float]:
    low, high = np.nanquantile(values, [0.025, 0.975])
    return {"low": float(low), "high": float(high)}


def table(results: Mapping[str, Mapping[str, Any]], titles: Mapping[str, str]) -> str:
    """Markdown: one row a system, one column a measure; differences in brackets after it."""
    names = list(dict.fromkeys(name for one in results.values() for name in one))
    lines = [
        "| System | " + " | ".join(titles[key] for key in results) + " |",
        "|---" * (len(results) + 1) + "|",
    ]
    for name in names:
        cells = [_cell(results[key].get(name)) for key in results]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(score: Mapping[str, Any] | None) -> str:
    if score is None:
        return ""
    text = f"{score['value']:.3f} ({score['low']:.3f}-{score['high']:.3f})"
    difference = score.get("difference")
    if difference is None:
        return text
    return (
        f"{text}; {difference['value']:+.3f} ({difference['low']:+.3f} to"
        f" {difference['high']:+.3f})"
    )


def plot(results: Mapping[str, Mapping[str, Any]], titles: Mapping[str, str], path: Path) -> None:
    """One panel a measure, one dot with its interval a system, as a page."""
    from plotly import graph_objects as go
    from plotly.subplots import make_subplots

    figure = make_subplots(
        rows=1, cols=len(results), shared_yaxes=True, subplot_titles=[titles[k] for k in results]
    )
    for column, scores in enumerate(results.values(), start=1):
        names = list(reversed(scores))
        values = np.array([scores[name]["value"] for name in names])
        figure.add_trace(
            go.Scatter(
                x=values,
                y=names,
                mode="markers",
                showlegend=False,
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": np.array([scores[name]["high"] for name in names]) - values,
                    "arrayminus": values - np.array([scores[name]["low"] for name in names]),
                },
            ),
            row=1,
            col=column,
        )
    figure.update_layout(height=160 + 28 * max(len(s) for s in results.values()), width=1100)
    figure.write_html(path, include_plotlyjs="cdn")
