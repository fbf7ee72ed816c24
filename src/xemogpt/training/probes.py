"""Linear probes: what a linear reader can tell from frozen or bridged vectors."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

Array = npt.NDArray[np.float32]
Task = Literal["labels", "cues"]
DECAYS = (1e-2, 1e-1, 3e-1)


def fit_probe(
    vectors: Array,
    targets: npt.NDArray[np.generic],
    others: Array,
    task: Task,
    decay: float,
    num_steps: int = 60,
) -> Array:
    """Fit logistic regression on standardised vectors and score other ones.

    Args:
        vectors: (N, D) of the training clips.
        targets: int (N,), one label a clip (``labels``), or int (N, C), which of C cues a clip
            has (``cues``: 1 there, 0 not there, -1 not known, which counts nothing); one probe
            then reads all of them, each for itself.
        others: (M, D) of the clips to score.
        task: which of the two.
        decay: L2 penalty: loss + decay / 2 * |W|^2.
        num_steps: of L-BFGS.

    Returns:
        (M, C) logits.
    """
    x, y = torch.from_numpy(vectors).float(), torch.from_numpy(np.asarray(targets).astype(np.int64))
    mean, std = x.mean(dim=0), x.std(dim=0).clamp(min=1e-6)
    x = (x - mean) / std
    num_classes = int(y.max()) + 1 if task == "labels" else y.shape[1]
    weight = torch.zeros(x.shape[1], num_classes, requires_grad=True)
    bias = torch.zeros(num_classes, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [weight, bias], max_iter=num_steps, line_search_fn="strong_wolfe", tolerance_change=1e-7
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        logits = x @ weight + bias
        if task == "labels":
            loss = functional.cross_entropy(logits, y.long())
        else:
            known = (y >= 0).float()
            each = functional.binary_cross_entropy_with_logits(
                logits, y.clamp(min=0).float(), reduction="none"
            )
            # A mean for each cue: one known of few clips is not held down by the penalty alone.
            loss = ((each * known).sum(dim=0) / known.sum(dim=0).clamp(min=1)).sum()
        loss = loss + decay / 2 * weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        scores: Array = (((torch.from_numpy(others).float() - mean) / std) @ weight + bias).numpy()
    return scores


def probe(
    vectors: Array,
    targets: npt.NDArray[np.generic],
    groups: Sequence[str],
    others: Array,
    task: Task,
    decays: Sequence[float] = DECAYS,
) -> Array:
    """``fit_probe`` with the penalty that does best on a third of the training groups.

    Args:
        vectors: (N, D) of the training clips.
        targets: as for ``fit_probe``.
        groups: who is in each training clip; a group is never on both sides of the choice.
        others: (M, D).
        task: as for ``fit_probe``.
        decays: penalties to choose from.

    Returns:
        (M, C) logits of the probe fitted on all training clips.
    """
    targets = np.asarray(targets)
    held = np.isin(groups, sorted(set(groups))[::3])
    if len(decays) == 1 or held.all():
        return fit_probe(vectors, targets, others, task, decays[0])
    scores = []
    for decay in decays:
        found = fit_probe(vectors[~held], targets[~held], vectors[held], task, decay)
        scores.append(goodness(found, targets[held], task))
    best = decays[int(np.argmax(scores))]
    return fit_probe(vectors, targets, others, task, best)


def goodness(scores: Array, targets: npt.NDArray[np.generic], task: Task) -> float:
    """Unweighted recall (``labels``), or mean average precision over cues (``cues``)."""
    if task == "labels":
        return unweighted_recall(scores.argmax(axis=1), targets)
    return float(np.nanmean(cue_precisions(scores, targets.astype(np.int64))))


def unweighted_recall(guesses: npt.NDArray[np.generic], labels: npt.NDArray[np.generic]) -> float:
    """Mean over labels of the share of its clips that were guessed right.

    >>> unweighted_recall(np.array([0, 0, 1]), np.array([0, 1, 1]))
    0.75
    """
    right = guesses == labels
    return float(np.mean([right[labels == one].mean() for one in np.unique(labels)]))


def cue_precisions(
    scores: npt.NDArray[np.floating], targets: npt.NDArray[np.integer]
) -> npt.NDArray[np.float64]:
    """Average precision of each column of (N, C) scores; NaN for a cue that no clip has.

    ``targets`` are as for ``fit_probe``: clips of which a cue is not known are left out of its
    ranking.

    >>> cue_precisions(np.array([[3.0], [2.0], [1.0]]), np.array([[1], [0], [1]]))
    array([0.83333333])
    """
    order = np.argsort(-scores, axis=0, kind="stable")
    ranked = np.take_along_axis(targets, order, axis=0)  # (N, C)
    hits = ranked > 0
    precision = np.cumsum(hits, axis=0) / np.maximum(np.cumsum(ranked >= 0, axis=0), 1)
    counts = hits.sum(axis=0)
    sums = (precision * hits).sum(axis=0)
    found: npt.NDArray[np.float64] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return found
