"""What scoring one sample gives: numbers, matched pairs, and what was missed or invented."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from xemogpt.schema import MODALITIES, Modality

COLUMNS = (*MODALITIES, "overall")
MEASURES = ("precision", "recall", "f1")


class Scores(NamedTuple):
    """Precision, recall and F1; NaN where they are not defined."""

    precision: float
    recall: float
    f1: float

    def to_dict(self) -> dict[str, float | None]:
        """By name; None where not defined."""
        return {name: none_if_nan(getattr(self, name)) for name in MEASURES}


@dataclass(frozen=True, slots=True)
class Pair:
    """A reference cue and the predicted cue held against it."""

    reference: str
    prediction: str
    similarity: float
    """What the pair counts: calibrated in the strict protocol, cosine in the reference one."""
    cosine: float
    """Raw cosine of the two embeddings."""

    def to_dict(self) -> dict[str, Any]:
        """As the JSON report shows it."""
        return {
            "reference": self.reference,
            "prediction": self.prediction,
            "similarity": round(self.similarity, 6),
            "cosine": round(self.cosine, 6),
        }


@dataclass(frozen=True, slots=True)
class ModalityResult:
    """One modality of one sample."""

    scores: Scores
    pairs: tuple[Pair, ...] = ()
    missed: tuple[str, ...] = ()
    """Reference cues that nothing predicted matches."""
    invented: tuple[str, ...] = ()
    """Predicted cues that match no reference."""
    contradicted: tuple[Pair, ...] = ()
    """Pairs that would have matched, but say the opposite."""
    left_out: tuple[str, ...] = ()
    """Subtitle cues and blanks, of either side."""
    repeated: tuple[str, ...] = ()
    """Predicted cues that repeat another predicted cue."""
    num_references: int = 0
    num_predictions: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As the JSON report shows it."""
        return {
            **self.scores.to_dict(),
            "pairs": [pair.to_dict() for pair in self.pairs],
            "missed": list(self.missed),
            "invented": list(self.invented),
            "contradicted": [pair.to_dict() for pair in self.contradicted],
            "left_out": list(self.left_out),
            "repeated": list(self.repeated),
        }


@dataclass(frozen=True, slots=True)
class SampleResult:
    """One sample: by modality, and over all of them."""

    sample_id: str
    by_modality: dict[Modality, ModalityResult]
    overall: Scores
    is_missing: bool = False
    """Whether there was no prediction."""

    def to_dict(self) -> dict[str, Any]:
        """As the JSON report shows it."""
        shown: dict[str, Any] = {"missing": self.is_missing}
        shown.update((name, result.to_dict()) for name, result in self.by_modality.items())
        shown["overall"] = self.overall.to_dict()
        return shown


def none_if_nan(value: float) -> float | None:
    """JSON has no NaN.

    >>> none_if_nan(float("nan")), none_if_nan(0.5)
    (None, 0.5)
    """
    return None if value != value else float(value)
