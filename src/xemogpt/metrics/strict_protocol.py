"""Our scoring of one sample; ``docs/emocue360.md`` has the definitions and reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from xemogpt.metrics.calibration import Calibration, centred
from xemogpt.metrics.embedding import EmbeddingCache
from xemogpt.metrics.groups import load_groups
from xemogpt.metrics.matching import (
    Assignment,
    assign_consistent,
    best_consistent,
    collapse,
)
from xemogpt.metrics.polarity import contradicts, read
from xemogpt.metrics.results import ModalityResult, Pair, Scores
from xemogpt.metrics.samples import SampleCues
from xemogpt.metrics.subtitle import is_subtitle_cue
from xemogpt.metrics.wording import framed, plain
from xemogpt.schema import MODALITIES, Modality

DUPLICATE_COSINE = 0.85
"""Centred cosine from which two cues of one list count as one."""
MATCH_SIMILARITY = 0.2
"""Calibrated similarity from which a pair is a match; below it, both cues stand alone."""


@dataclass(frozen=True, slots=True)
class _Cues:
    """One side of one modality, ready to be matched."""

    texts: tuple[str, ...]
    vectors: npt.NDArray[np.float64]
    left_out: tuple[str, ...]
    repeated: tuple[str, ...]


class StrictProtocol:
    """Scores one sample at a time; remembers prepared cue lists that come again."""

    def __init__(
        self, cache: EmbeddingCache, calibration: Calibration, assignment: Assignment = "one-to-one"
    ) -> None:
        self.cache = cache
        self.calibration = calibration
        self.assignment = assignment
        self._prepared: dict[tuple[Modality, tuple[str, ...]], _Cues] = {}

    def wordings(self, sample: SampleCues) -> list[str]:
        """The texts that scoring this sample will embed."""
        return [
            framed(text, modality)
            for modality in MODALITIES
            for text in sample.of(modality)
            if _is_cue(text)
        ]

    def score(self, pred: SampleCues, target: SampleCues) -> dict[Modality, ModalityResult]:
        """Scores and matches of one sample, by modality."""
        return {m: self._score(m, pred.of(m), target.of(m)) for m in MODALITIES}

    def _score(
        self, modality: Modality, predictions: tuple[str, ...], references: tuple[str, ...]
    ) -> ModalityResult:
        pred, target = self._prepare(modality, predictions), self._prepare(modality, references)
        left_out = target.left_out + pred.left_out
        sizes: Any = {"num_references": len(target.texts), "num_predictions": len(pred.texts)}
        if not pred.texts and not target.texts:
            return ModalityResult(
                Scores(1.0, 1.0, 1.0), left_out=left_out, repeated=pred.repeated, **sizes
            )
        if not pred.texts or not target.texts:
            return ModalityResult(
                Scores(0.0, 0.0, 0.0), missed=target.texts, invented=pred.texts,
                left_out=left_out, repeated=pred.repeated, **sizes,
            )  # fmt: skip
        cosine = target.vectors @ pred.vectors.T
        similarity = self.calibration.scales[modality].similarity(cosine)
        if modality == "emotional":
            similarity = np.where(_same_emotion(target.texts, pred.texts), 1.0, similarity)
        similarity[similarity < MATCH_SIMILARITY] = 0.0
        would_be = similarity.copy()

        def opposite(row: int, column: int) -> bool:
            return contradicts(target.texts[row], pred.texts[column])

        if self.assignment == "one-to-one":
            by_row, refused = assign_consistent(similarity, opposite)
            by_column = by_row
        else:
            by_row, by_column, refused = best_consistent(similarity, opposite)
        recall = sum(similarity[pair] for pair in by_row) / len(target.texts)
        precision = sum(similarity[pair] for pair in by_column) / len(pred.texts)
        shown = list(dict.fromkeys(by_row + by_column))
        rows, columns = {r for r, _ in shown}, {c for _, c in shown}

        def pair(at: tuple[int, int], counts: float) -> Pair:
            return Pair(target.texts[at[0]], pred.texts[at[1]], counts, float(cosine[at]))

        return ModalityResult(
            Scores(float(precision), float(recall), f1(float(precision), float(recall))),
            pairs=tuple(pair(at, float(similarity[at])) for at in shown),
            missed=tuple(t for i, t in enumerate(target.texts) if i not in rows),
            invented=tuple(t for i, t in enumerate(pred.texts) if i not in columns),
            contradicted=tuple(pair(at, float(would_be[at])) for at in refused),
            left_out=left_out,
            repeated=pred.repeated,
            **sizes,
        )

    def _prepare(self, modality: Modality, texts: tuple[str, ...]) -> _Cues:
        """Leave out blanks and subtitle, embed, and make one cue of near-duplicates."""
        key = (modality, texts)
        if key not in self._prepared:
            # Long lists that come for every sample (the cheating baselines) are worth keeping.
            if len(self._prepared) >= 64:
                self._prepared.pop(next(iter(self._prepared)))
            self._prepared[key] = self._build(modality, texts)
        return self._prepared[key]

    def _build(self, modality: Modality, texts: Sequence[str]) -> _Cues:
        kept = {plain(text): text for text in reversed(texts) if _is_cue(text)}
        # Sorted: scores must not depend on the order in which cues are listed.
        distinct = [kept[key] for key in sorted(kept)]
        left_out = tuple(text for text in texts if not _is_cue(text))
        raw = self.cache.matrix([framed(text, modality) for text in distinct])
        if not len(raw):
            return _Cues((), np.zeros((0, 0)), left_out, ())
        vectors = centred(raw, self.calibration.scales[modality].center)
        stay = collapse(
            vectors @ vectors.T,
            DUPLICATE_COSINE,
            distinct,
            lambda i, j: contradicts(distinct[i], distinct[j]),
        )
        # Shown in the order in which they were given.
        stay.sort(key=lambda i: texts.index(distinct[i]))
        chosen = tuple(distinct[i] for i in stay)
        repeated = list(text for text in texts if _is_cue(text))
        for text in chosen:
            repeated.remove(text)
        return _Cues(chosen, vectors[stay], left_out, tuple(repeated))


def overall(results: dict[Modality, ModalityResult]) -> Scores:
    """Scores over all modalities of a sample, each cue counting the same.

    Cues match within their modality only. A sample with no cue at all, on either side, counts 1.
    """
    num_references = sum(result.num_references for result in results.values())
    num_predictions = sum(result.num_predictions for result in results.values())
    if not num_references and not num_predictions:
        return Scores(1.0, 1.0, 1.0)
    recall = sum(r.scores.recall * r.num_references for r in results.values())
    precision = sum(r.scores.precision * r.num_predictions for r in results.values())
    recall = recall / num_references if num_references else 0.0
    precision = precision / num_predictions if num_predictions else 0.0
    return Scores(precision, recall, f1(precision, recall))


def f1(precision: float, recall: float) -> float:
    """Harmonic mean; 0 where both are 0.

    >>> f1(0.5, 1.0), f1(0.0, 0.0)
    (0.6666666666666666, 0.0)
    """
    total = precision + recall
    return 2 * precision * recall / total if total > 0 else 0.0


def _same_emotion(references: Sequence[str], predictions: Sequence[str]) -> npt.NDArray[np.bool_]:
    """(R, P): whether two cues name the same emotions, in whichever words of their groups.

    Embeddings do not know that "shy" and "bashful" are the same; a taxonomy does.
    """
    rows = [_emotions_in(text) for text in references]
    columns = [_emotions_in(text) for text in predictions]
    return np.array([[bool(row[0]) and row == column for column in columns] for row in rows])


@lru_cache(maxsize=65_536)
def _emotions_in(text: str) -> tuple[frozenset[str], bool]:
    """The groups of the emotions named, and whether anything is denied ("not angry")."""
    return load_groups().named_in(text), bool(read(text).denied)


def _is_cue(text: str) -> bool:
    return bool(plain(text)) and not is_subtitle_cue(text)
