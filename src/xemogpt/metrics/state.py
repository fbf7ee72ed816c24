"""What a metric has accumulated: numbers of every sample, and their pairs if wanted."""

from array import array
from dataclasses import dataclass, field

import numpy as np

from xemogpt.errors import DatasetError
from xemogpt.metrics.bootstrap import Values
from xemogpt.metrics.results import COLUMNS, MEASURES, SampleResult
from xemogpt.schema import MODALITIES

_NUM_VALUES = len(COLUMNS) * len(MEASURES)


@dataclass
class State:
    """Scores of samples in the order in which they came; 12 numbers a sample without details."""

    ids: dict[str, int] = field(default_factory=dict)
    """Sample id -> its row."""
    numbers: "array[float]" = field(default_factory=lambda: array("d"))
    details: dict[str, SampleResult] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    """Samples without a prediction, counted as 0."""
    only_in_preds: list[str] = field(default_factory=list)
    """Predictions without a reference, not counted."""
    num_left_out: int = 0
    num_repeated: int = 0
    num_contradicted: int = 0

    def add(self, result: SampleResult, keep_details: bool) -> None:
        """Append one sample.

        Raises:
            DatasetError: if it was added before.
        """
        if result.sample_id in self.ids:
            raise DatasetError(f"sample {result.sample_id!r} is scored twice; ids must be unique")
        self.ids[result.sample_id] = len(self.ids)
        for modality in MODALITIES:
            found = result.by_modality[modality]
            self.numbers.extend(found.scores)
            self.num_left_out += len(found.left_out)
            self.num_repeated += len(found.repeated)
            self.num_contradicted += len(found.contradicted)
        self.numbers.extend(result.overall)
        if keep_details:
            self.details[result.sample_id] = result

    def merge(self, other: "State") -> None:
        """Append all samples of another state.

        Raises:
            DatasetError: if a sample is in both; nothing is added then.
        """
        shared = next((key for key in other.ids if key in self.ids), None)
        if shared is not None:
            raise DatasetError(f"sample {shared!r} is scored twice; ids must be unique")
        for key in other.ids:
            self.ids[key] = len(self.ids)
        self.numbers.extend(other.numbers)
        self.details.update(other.details)
        self.missing.extend(other.missing)
        self.only_in_preds.extend(other.only_in_preds)
        self.num_left_out += other.num_left_out
        self.num_repeated += other.num_repeated
        self.num_contradicted += other.num_contradicted

    def values(self) -> Values:
        """All scores: float64 (N, 4 columns, 3 measures), NaN where not defined."""
        flat = np.frombuffer(self.numbers, dtype=np.float64) if self.numbers else np.zeros(0)
        return flat.reshape(-1, len(COLUMNS), len(MEASURES)).copy()
