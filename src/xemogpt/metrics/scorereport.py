"""The result of scoring a corpus, as object, JSON and CSV."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from xemogpt.errors import DatasetError
from xemogpt.metrics.bootstrap import Comparison, Values, compare_paired, interval, mean_of
from xemogpt.metrics.results import COLUMNS, MEASURES, SampleResult, Scores, none_if_nan
from xemogpt.metrics.state import State

if TYPE_CHECKING:
    from xemogpt.metrics.emocue360 import EmoCue360

LEVEL = 0.95
NUM_RESAMPLES = 1000


@dataclass(frozen=True)
class ScoreReport:
    """Scores of a corpus with their uncertainty, and of every sample with its pairs."""

    protocol: str
    values: Values
    """Scores of every sample, float64 (N, 4, 3): ``COLUMNS`` by ``MEASURES``; NaN: not defined."""
    ids: tuple[str, ...]
    """Sample ids, in the order of ``values``."""
    samples: dict[str, SampleResult]
    """Pairs of every sample; empty when details were not kept."""
    baselines: dict[str, Any]
    """Scores of the cheating baselines; None for one that these references do not allow."""
    counts: dict[str, Any]
    """Samples scored, missing, without reference; cues left out, repeated, contradicted."""
    versions: dict[str, Any]
    """What made the numbers: package, encoder, calibration, settings."""
    seed: int = 0

    @classmethod
    def from_state(
        cls, state: State, metric: "EmoCue360", baselines: dict[str, Any], seed: int
    ) -> "ScoreReport":
        """The report of what a metric has accumulated.

        Raises:
            DatasetError: if that is nothing.
        """
        if not state.ids:
            raise DatasetError("no sample was scored; call update or give predictions first")
        return cls(
            metric.protocol,
            state.values(),
            tuple(state.ids),
            dict(state.details),
            baselines,
            _counts(state),
            _versions(metric),
            seed,
        )

    @property
    def visual(self) -> Scores:
        """Corpus scores of visual cues."""
        return self.scores("visual")

    @property
    def auditory(self) -> Scores:
        """Corpus scores of auditory cues."""
        return self.scores("auditory")

    @property
    def emotional(self) -> Scores:
        """Corpus scores of emotional cues."""
        return self.scores("emotional")

    @property
    def overall(self) -> Scores:
        """Corpus scores of all cues."""
        return self.scores("overall")

    def scores(self, column: str) -> Scores:
        """Corpus scores of a modality or ``"overall"``: means over samples."""
        return Scores(*(float(value) for value in self._means[COLUMNS.index(column)]))

    @cached_property
    def _means(self) -> Values:
        return mean_of(self.values)

    @cached_property
    def intervals(self) -> dict[str, dict[str, list[float | None]]]:
        """95 % bootstrap interval of every corpus score, samples being resampled."""
        low, high = interval(self.values, LEVEL, NUM_RESAMPLES, self.seed)
        return {
            column: {
                measure: [none_if_nan(low[i, j]), none_if_nan(high[i, j])]
                for j, measure in enumerate(MEASURES)
            }
            for i, column in enumerate(COLUMNS)
        }

    def sample_scores(self, sample_id: str) -> dict[str, Scores]:
        """Scores of one sample by column."""
        row = self.values[self.ids.index(sample_id)]
        return {name: Scores(*map(float, row[i])) for i, name in enumerate(COLUMNS)}

    def compare(self, other: "ScoreReport", measure: str = "f1") -> dict[str, Comparison]:
        """This system against another on the samples both were scored on, by column.

        Raises:
            DatasetError: if they share no sample, or differ in protocol or encoder.
        """
        if self.protocol != other.protocol or self.versions != other.versions:
            raise DatasetError(
                "the two reports differ in protocol, encoder or version; score again"
            )
        place = {key: row for row, key in enumerate(other.ids)}
        shared = [key for key in self.ids if key in place]
        if not shared:
            raise DatasetError("the two systems have no sample in common")
        mine = {key: row for row, key in enumerate(self.ids)}
        first = self.values[[mine[key] for key in shared]]
        second = other.values[[place[key] for key in shared]]
        j = MEASURES.index(measure)
        return {
            column: compare_paired(first[:, i, j], second[:, i, j], LEVEL, seed=self.seed)
            for i, column in enumerate(COLUMNS)
        }

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of ``xemogpt score --json``."""
        return {
            **{column: self.scores(column).to_dict() for column in COLUMNS},
            "protocol": self.protocol,
            "intervals": self.intervals,
            "baselines": self.baselines,
            "counts": self.counts,
            "per_sample": dict(self._per_sample()),
            "versions": self.versions,
        }

    def to_json(self, indent: int | None = None) -> str:
        """``to_dict`` as text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent, allow_nan=False)

    def to_csv(self) -> str:
        """One line a sample and modality, the corpus (id empty) first."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["name", "modality", *MEASURES])
        for i, column in enumerate(COLUMNS):
            writer.writerow(["", column, *_cells(self._means[i])])
        for key, row in zip(self.ids, self.values, strict=True):
            for i, column in enumerate(COLUMNS):
                writer.writerow([key, column, *_cells(row[i])])
        return out.getvalue()

    def _per_sample(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for key, row in zip(self.ids, self.values, strict=True):
            if key in self.samples:
                yield key, self.samples[key].to_dict()
            else:
                scores = {c: Scores(*map(float, row[i])).to_dict() for i, c in enumerate(COLUMNS)}
                yield key, scores


def _cells(row: Values) -> list[str]:
    return ["" if np.isnan(value) else f"{value:.6f}" for value in row]


def _counts(state: State) -> dict[str, Any]:
    return {
        "samples": len(state.ids),
        "missing": len(state.missing),
        "missing_ids": state.missing[:100],
        "only_in_preds": len(state.only_in_preds),
        "only_in_preds_ids": state.only_in_preds[:100],
        "left_out_cues": state.num_left_out,
        "repeated_cues": state.num_repeated,
        "contradicted_pairs": state.num_contradicted,
    }


def _versions(metric: "EmoCue360") -> dict[str, Any]:
    from importlib.metadata import version

    calibration = metric.calibration
    return {
        "xemogpt": version("xemogpt"),
        "metric": "1",
        "encoder": metric.cache.encoder.fingerprint,
        "assignment": metric.assignment if metric.protocol == "strict" else "many-to-one",
        "calibration": calibration.summary() if calibration else None,
    }
