import numpy as np
import pytest

from xemogpt.training.probes import cue_precisions, fit_probe, probe, unweighted_recall


@pytest.fixture
def planted():
    """Vectors whose first three numbers tell the label, and each cue, beside noise."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 240)
    vectors = rng.normal(size=(240, 20)).astype(np.float32)
    vectors[np.arange(240), labels] += 4
    return vectors, labels, np.array([f"p{i % 6}" for i in range(240)])


def test_a_probe_reads_what_is_planted_and_nothing_else(planted):
    vectors, labels, people = planted
    train = people < "p4"

    def recall(given):
        scores = probe(given[train], labels[train], people[train], given[~train], "labels")
        return unweighted_recall(scores.argmax(axis=1), labels[~train])

    assert recall(vectors) > 0.9
    assert recall(vectors[:, 3:]) < 0.5  # noise: chance is a third


def test_each_cue_has_a_probe_of_its_own_and_unknown_clips_count_nothing(planted):
    vectors, labels, _ = planted
    targets = np.stack([labels == cue for cue in range(3)], axis=1).astype(int)
    clean = fit_probe(vectors[:160], targets[:160], vectors[160:], "cues", 0.01)
    assert cue_precisions(clean, targets[160:]).min() > 0.9
    # A hundred clips whose second cue is not known: any value there gives the same probe.
    targets[:100, 1] = -1
    first = fit_probe(vectors[:160], targets[:160], vectors[160:], "cues", 0.01)
    vectors = vectors.copy()
    assert np.allclose(first[:, [0, 2]], clean[:, [0, 2]], atol=0.15)
    assert cue_precisions(first, targets[160:])[1] > 0.85


def test_precision_leaves_unknown_clips_out_of_the_ranking():
    scores = np.array([[4.0], [3.0], [2.0], [1.0]])
    assert cue_precisions(scores, np.array([[-1], [1], [-1], [0]])) == [1.0]
    assert cue_precisions(scores, np.array([[0], [1], [0], [0]])) == [0.5]
    assert np.isnan(cue_precisions(scores, np.zeros((4, 1), dtype=int))).all()
