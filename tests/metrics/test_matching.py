"""Assignment and collapsing against brute force and hand-worked cases."""

import itertools

import numpy as np
import pytest

from xemogpt.metrics.matching import (
    assign,
    assign_consistent,
    best_consistent,
    best_of_each,
    collapse,
)


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2), (1, 1)])
def test_assignment_is_optimal(shape: tuple[int, int]) -> None:
    generator = np.random.default_rng(sum(shape))
    for _ in range(20):
        similarity = generator.random(shape)
        wide = similarity if shape[0] <= shape[1] else similarity.T
        best = max(
            sum(wide[i, j] for i, j in enumerate(columns))
            for columns in itertools.permutations(range(wide.shape[1]), wide.shape[0])
        )
        assert sum(similarity[pair] for pair in assign(similarity)) == pytest.approx(best)


def test_refusing_contradictions_lazily_equals_refusing_all_first() -> None:
    generator = np.random.default_rng(3)
    for _ in range(50):
        similarity = generator.random((4, 5))
        refused = generator.random((4, 5)) < 0.4
        pairs, _ = assign_consistent(similarity.copy(), lambda i, j, r=refused: bool(r[i, j]))
        eager = np.where(refused, 0.0, similarity)
        best = sum(eager[pair] for pair in assign(eager))
        assert sum(similarity[pair] for pair in pairs) == pytest.approx(best)
        assert not any(refused[pair] for pair in pairs)
        by_row, by_column, _ = best_consistent(
            similarity.copy(), lambda i, j, r=refused: bool(r[i, j])
        )
        assert (by_row, by_column) == best_of_each(eager)


def test_zeros_and_empty_matrices_are_no_pairs() -> None:
    assert assign(np.zeros((2, 3))) == []
    assert assign(np.zeros((0, 3))) == []
    assert best_of_each(np.zeros((0, 3))) == ([], [])
    assert best_of_each(np.zeros((2, 2))) == ([], [])


def test_near_duplicates_become_one_chain_included() -> None:
    cosine = np.eye(4)
    for i, j in ((0, 1), (1, 2)):
        cosine[i, j] = cosine[j, i] = 0.9
    texts = ["a", "b", "c", "d"]
    assert collapse(cosine, 0.85, texts, lambda i, j: False) == [1, 3]
    assert collapse(cosine, 0.85, texts, lambda i, j: True) == [0, 1, 2, 3]
    assert collapse(cosine, 0.95, texts, lambda i, j: False) == [0, 1, 2, 3]
    assert collapse(np.zeros((0, 0)), 0.9, [], lambda i, j: False) == []
