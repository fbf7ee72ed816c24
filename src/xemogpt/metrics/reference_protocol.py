"""The published scoring, quirks included, so that numbers compare with published ones.

For one sample and modality, with S the cosine matrix (references x predictions): recall is the
mean of the row maxima, precision the mean of the column maxima. A cue of the auditory list is
left out where it holds the letters "text"; a sample without references is skipped; one
prediction may serve many references; samples without a prediction are not counted.
"""

import math

import numpy as np

from xemogpt.errors import DatasetError
from xemogpt.metrics.embedding import EmbeddingCache
from xemogpt.metrics.results import ModalityResult, Pair, Scores
from xemogpt.metrics.samples import SampleCues
from xemogpt.schema import MODALITIES, Modality

SKIPPED = Scores(math.nan, math.nan, math.nan)
ZERO = Scores(0.0, 0.0, 0.0)


def reference_texts(sample: SampleCues, modality: Modality) -> tuple[str, ...]:
    """The cues that the published script compares.

    It drops what contains "text", so "texture" and "context" too, and keeps "Subtitle: ...".
    """
    cues = sample.of(modality)
    return tuple(cue for cue in cues if "text" not in cue) if modality == "auditory" else cues


def check_reference(sample_id: str, pred: SampleCues, target: SampleCues) -> None:
    """Refuse what makes the published script crash.

    Raises:
        DatasetError: if a visual or auditory list is absent.
    """
    for name, sample in (("preds", pred), ("target", target)):
        for modality in ("visual", "auditory"):
            if not sample.has(modality):
                raise DatasetError(
                    f"{name}, sample {sample_id!r}: field {modality!r} is missing; the reference"
                    " protocol needs it (an empty list means none)"
                )


def score_reference(
    pred: SampleCues, target: SampleCues, cache: EmbeddingCache
) -> dict[Modality, ModalityResult]:
    """Scores and best matches of one sample, by modality."""
    return {modality: _score(modality, pred, target, cache) for modality in MODALITIES}


def _score(
    modality: Modality, pred: SampleCues, target: SampleCues, cache: EmbeddingCache
) -> ModalityResult:
    if modality == "emotional" and not (pred.has(modality) and target.has(modality)):
        return ModalityResult(ZERO, missed=target.of(modality), invented=pred.of(modality))
    references, predictions = reference_texts(target, modality), reference_texts(pred, modality)
    if not references:
        return ModalityResult(SKIPPED, invented=predictions)
    if not predictions:
        return ModalityResult(ZERO, missed=references)
    cosine = cache.cosine(references, predictions).astype(np.float64)
    recall, precision = float(cosine.max(axis=1).mean()), float(cosine.max(axis=0).mean())
    total = precision + recall
    # Negative totals give 0, a negative product with a positive total a negative F1: as published.
    f1 = 2 * precision * recall / total if total > 0 else 0.0
    best = cosine.argmax(axis=1)
    pairs = tuple(
        Pair(
            references[row],
            predictions[column],
            float(cosine[row, column]),
            float(cosine[row, column]),
        )
        for row, column in enumerate(best)
    )
    unused = set(range(len(predictions))) - set(best.tolist())
    return ModalityResult(
        Scores(precision, recall, f1), pairs, invented=tuple(predictions[i] for i in sorted(unused))
    )
