"""Pairing reference cues with predicted cues: which goes with which, at what similarity."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Assignment = Literal["one-to-one", "many-to-one"]
Contradicts = Callable[[int, int], bool]


def assign(similarity: Matrix) -> list[tuple[int, int]]:
    """Rows and columns of the one-to-one pairing with the largest sum, zeros left out.

    >>> assign(np.array([[0.9, 0.8], [0.8, 0.1]]))
    [(0, 1), (1, 0)]
    """
    from scipy.optimize import linear_sum_assignment

    if not similarity.size:
        return []
    rows, columns = linear_sum_assignment(similarity, maximize=True)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if similarity[r, c] > 0]


def best_of_each(similarity: Matrix) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The best column of each row, and the best row of each column, zeros left out."""
    if not similarity.size:
        return [], []
    by_row = [(r, int(c)) for r, c in enumerate(similarity.argmax(axis=1)) if similarity[r, c] > 0]
    by_column = [
        (int(r), c) for c, r in enumerate(similarity.argmax(axis=0)) if similarity[r, c] > 0
    ]
    return by_row, by_column


def assign_consistent(
    similarity: Matrix, contradicts: Contradicts
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The best one-to-one pairing in which no pair contradicts itself.

    Only pairs that an assignment picks are checked; those found contradictory are set to zero in
    ``similarity``, and it is solved again. The result is the optimum all the same: it is optimal
    for a matrix that is nowhere below the fully checked one, and equal to it where it counts.

    Returns:
        The pairs, and the contradictory pairs that would have been picked.
    """
    refused: list[tuple[int, int]] = []
    while True:
        pairs = assign(similarity)
        bad = [pair for pair in pairs if contradicts(*pair)]
        if not bad:
            return pairs, refused
        _refuse(similarity, bad, refused)


def best_consistent(
    similarity: Matrix, contradicts: Contradicts
) -> tuple[list[tuple[int, int]], list[tuple[int, int]], list[tuple[int, int]]]:
    """As ``best_of_each``, checked for contradictions like ``assign_consistent``."""
    refused: list[tuple[int, int]] = []
    while True:
        by_row, by_column = best_of_each(similarity)
        bad = [pair for pair in dict.fromkeys(by_row + by_column) if contradicts(*pair)]
        if not bad:
            return by_row, by_column, refused
        _refuse(similarity, bad, refused)


def _refuse(similarity: Matrix, bad: list[tuple[int, int]], refused: list[tuple[int, int]]) -> None:
    for row, column in bad:
        similarity[row, column] = 0.0
        refused.append((row, column))


def collapse(
    cosine: Matrix, threshold: float, texts: Sequence[str], contradicts: Contradicts
) -> list[int]:
    """Indices of the cues that stay when each group of near-duplicates becomes one.

    Groups are the connected components of "cosine at or above the threshold, and not
    contradictory"; the member most similar to its group stays (ties: the first in alphabetical
    order), so the order in which cues are listed does not matter.

    Args:
        cosine: similarity of the cues with each other (N, N).
        threshold: cosine at which two cues say the same.
        texts: the cues.
        contradicts: whether two cues, by index, say the opposite.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if len(texts) < 2:
        return list(range(len(texts)))
    rows, columns = np.nonzero(np.triu(cosine >= threshold, k=1))
    if not len(rows):
        return list(range(len(texts)))
    edges = [(r, c) for r, c in zip(rows.tolist(), columns.tolist(), strict=True)
             if not contradicts(r, c)]  # fmt: skip
    if not edges:
        return list(range(len(texts)))
    ends = np.array(edges)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=cosine.shape)
    _, labels = connected_components(graph, directed=False)
    groups: dict[int, list[int]] = {}
    for index, label in enumerate(labels.tolist()):
        groups.setdefault(label, []).append(index)
    kept = [
        min(group, key=lambda i: (-round(float(cosine[i, group].sum()), 6), texts[i]))
        for group in groups.values()
    ]
    return sorted(kept)
