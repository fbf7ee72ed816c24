"""Published numbers: the reference protocol against outputs of the published script."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xemogpt.encoders.text import Embeddings
from xemogpt.errors import DatasetError
from xemogpt.metrics import EmoCue360

GOLDEN = Path(__file__).parents[1] / "golden"
TOLERANCE = 1e-5


def load(name: str) -> Any:
    return json.loads((GOLDEN / name).read_text(encoding="utf-8"))


class LookupEncoder:
    """Embeddings recorded from the published script: no weights needed."""

    fingerprint = "recorded"

    def __init__(self) -> None:
        self.row = {text: i for i, text in enumerate(load("emocue_embedding_texts.json"))}
        self.vectors = np.load(GOLDEN / "emocue_embeddings.npz")["embeddings"]

    def encode(self, texts: list[str]) -> Embeddings:
        found: Embeddings = self.vectors[[self.row[text] for text in texts]]
        return found


PRED, GT, EXPECTED = load("emocue_pred.json"), load("emocue_gt.json"), load("emocue_expected.json")


def check_everything(metric: EmoCue360) -> None:
    shown = metric.score(PRED, GT, use_baselines=False).to_dict()
    for modality, expected in EXPECTED["corpus"].items():
        assert shown[modality] == pytest.approx(expected, abs=TOLERANCE)
    assert set(shown["per_sample"]) == set(EXPECTED["per_sample"])
    for key, by_modality in EXPECTED["per_sample"].items():
        for modality, expected in by_modality.items():
            found = shown["per_sample"][key][modality]
            measures = {name: found[name] for name in ("precision", "recall", "f1")}
            if expected == "skipped":
                assert measures == {"precision": None, "recall": None, "f1": None}, (key, modality)
            else:
                assert measures == pytest.approx(expected, abs=TOLERANCE), (key, modality)


def test_every_published_number_from_recorded_embeddings() -> None:
    check_everything(EmoCue360("reference", LookupEncoder()))


@pytest.mark.weights
def test_every_published_number_from_real_weights() -> None:
    check_everything(EmoCue360("reference"))


def test_a_subset_of_predictions_ignores_the_missing_ones() -> None:
    metric = EmoCue360("reference", LookupEncoder())
    report = metric.score({"s01_normal": PRED["s01_normal"]}, GT, use_baselines=False)
    expected = EXPECTED["errors"]["pred_subset_ignores_missing"]["result"]
    assert report.visual._asdict() == pytest.approx(expected, abs=TOLERANCE)


def test_no_emotional_field_on_either_side_counts_zero() -> None:
    sample = {"visual": [], "auditory": []}
    report = EmoCue360("reference", LookupEncoder()).score(
        {"a": sample}, {"a": sample}, use_baselines=False
    )
    assert report.emotional == (0, 0, 0)
    assert EXPECTED["errors"]["emotional_key_missing_in_gt_and_pred"]["result"]["f1"] == 0


@pytest.mark.parametrize(
    ("pred", "target", "message"),
    [
        ({}, {"a": {"visual": [], "auditory": []}}, "preds holds no samples"),
        ({"a": {"auditory": []}}, {"a": {"visual": [], "auditory": []}}, "'visual' is missing"),
        ({"a": {"visual": []}}, {"a": {"visual": [], "auditory": []}}, "'auditory' is missing"),
        ({"zzz": {"visual": [], "auditory": []}}, {"a": {"visual": []}}, "'zzz' is not in target"),
        ({"a": {"visual": "a string"}}, {"a": {"visual": []}}, "got a string"),
        ({"a": {"visual": None}}, {"a": {"visual": []}}, "got null"),
        ({"a": {"auditory": [3]}}, {"a": {"visual": []}}, "cue 0: expected a string, got a number"),
        ({"a": {"auditory": [{"x": 1}]}}, {"a": {"visual": []}}, "cue 0"),
    ],
)
def test_malformed_input_is_a_clear_error(pred: Any, target: Any, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        EmoCue360("reference", LookupEncoder()).score(pred, target)
