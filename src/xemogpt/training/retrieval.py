"""How well clips find their texts: recall among all, and average precision over cues."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]


def recall_at(similarity: Array, relevant: npt.NDArray[np.bool_], k: int) -> float:
    """Share of queries with a relevant key among their k nearest.

    Args:
        similarity: (N, K).
        relevant: bool (N, K).
        k: how many of the nearest keys count.

    >>> recall_at(np.array([[0.9, 0.1], [0.8, 0.2]]), np.eye(2, dtype=bool), 1)
    0.5
    """
    nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
    return float(np.take_along_axis(relevant, nearest, axis=1).any(axis=1).mean())


def average_precision(scores: Array, relevant: npt.NDArray[np.bool_]) -> float:
    """Area under the precision-recall steps of one ranking; NaN if nothing is relevant.

    >>> round(average_precision(np.array([3.0, 2.0, 1.0]), np.array([True, False, True])), 4)
    0.8333
    """
    if not relevant.any():
        return float("nan")
    hits = relevant[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].mean())


def retrieval_scores(
    queries: Array, keys: Array, own_cues: npt.NDArray[np.int64], key_cues: npt.NDArray[np.int64]
) -> dict[str, float]:
    """Recall of texts, where every text whose cues a clip has all is a right answer, and cue AP.

    Args:
        queries: (N, P) clips.
        keys: (N, P) texts; row i is of clip i.
        own_cues: (N, M) cue ids of clips, filled up with -1.
        key_cues: (N, M) cue ids of texts.

    Returns:
        ``recall_at_1``, ``recall_at_5``; ``cue_ap``: the mean over cues of the average precision
        with which the mean of a cue's texts ranks the clips that have it.
    """
    queries = queries / np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), 1e-12)
    keys = keys / np.maximum(np.linalg.norm(keys, axis=1, keepdims=True), 1e-12)
    has = _multi_hot(own_cues, key_cues)
    speaks = _multi_hot(key_cues, own_cues)
    missing = speaks.sum(axis=1)[None, :] - has.astype(np.float64) @ speaks.T.astype(np.float64)
    relevant = (missing == 0) | np.eye(len(queries), dtype=bool)
    similarity = queries @ keys.T
    precisions = []
    for cue in range(has.shape[1]):
        rows = speaks[:, cue]
        if rows.any() and has[:, cue].any() and not has[:, cue].all():
            prototype = keys[rows].mean(axis=0)
            precisions.append(average_precision(queries @ prototype, has[:, cue]))
    return {
        "recall_at_1": recall_at(similarity, relevant, 1),
        "recall_at_5": recall_at(similarity, relevant, 5),
        "cue_ap": float(np.mean(precisions)) if precisions else 0.0,
    }


def _multi_hot(ids: npt.NDArray[np.int64], others: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Id lists (N, M) as bool (N, C), over all ids that occur in either."""
    count = int(max(ids.max(initial=-1), others.max(initial=-1))) + 1
    hot = np.zeros((len(ids), count + 1), dtype=bool)
    np.put_along_axis(hot, np.where(ids < 0, count, ids), True, axis=1)
    return hot[:, :count]
