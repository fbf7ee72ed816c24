"""The strict protocol: each rule of docs/emocue360.md, hand-worked."""

import random
from typing import Any

import numpy as np
import pytest

from xemogpt.encoders.text import TinyTextEncoder
from xemogpt.errors import ConfigError, DatasetError
from xemogpt.metrics import CueSet, EmoCue360
from xemogpt.metrics.baselines import BASELINES
from xemogpt.metrics.calibration import calibrate
from xemogpt.metrics.results import COLUMNS
from xemogpt.schema import MODALITIES

TARGET = {
    "a": CueSet(["she smiles", "he looks down"], ["the pitch rises"], ["she is happy"]),
    "b": CueSet(["arms folded over chest"], ["a door slams"], ["he is lonely"]),
}


@pytest.fixture(scope="module")
def metric() -> EmoCue360:
    return EmoCue360(encoder=TinyTextEncoder())


def f1_of(metric: EmoCue360, pred: Any, target: Any) -> float:
    return metric.score({"x": pred}, {"x": target}, use_baselines=False).overall.f1


def test_perfect_predictions_score_one(metric: EmoCue360) -> None:
    report = metric.score(TARGET, TARGET)
    assert all(report.scores(column) == (1, 1, 1) for column in COLUMNS)
    assert report.intervals["overall"]["f1"] == [1.0, 1.0]


def test_missing_samples_count_zero_even_where_nothing_was_to_be_said(metric: EmoCue360) -> None:
    report = metric.score({"a": TARGET["a"]}, {**TARGET, "c": CueSet()}, use_baselines=False)
    assert report.overall.f1 == pytest.approx(1 / 3)
    assert report.visual.f1 == pytest.approx(1 / 3)
    assert report.counts["missing_ids"] == ["b", "c"]


def test_predictions_without_reference_are_listed_not_counted(metric: EmoCue360) -> None:
    report = metric.score({**TARGET, "z": CueSet(["he nods"])}, TARGET, use_baselines=False)
    assert report.overall.f1 == 1
    assert report.counts["only_in_preds_ids"] == ["z"]


@pytest.mark.parametrize(
    ("pred", "target", "expected"),
    [
        (CueSet(), CueSet(), (1, 1, 1)),
        (CueSet(), CueSet(["she smiles"]), (0, 0, 0)),
        (CueSet(["she smiles"]), CueSet(), (0, 0, 0)),
        ({"visual": ["", " "]}, CueSet(), (1, 1, 1)),
    ],
)
def test_empty_lists_are_defined(metric: EmoCue360, pred: Any, target: Any, expected: Any) -> None:
    report = metric.score({"x": pred}, {"x": target}, use_baselines=False)
    assert report.visual == expected
    assert report.overall == expected


def test_repeating_a_good_cue_wins_and_costs_nothing(metric: EmoCue360) -> None:
    once = CueSet(["she smiles", "a red coat"])
    many = CueSet(["She smiles.", "she  smiles", "SHE SMILES!"] * 5 + ["a red coat"])
    assert f1_of(metric, many, TARGET["a"]) == pytest.approx(f1_of(metric, once, TARGET["a"]))


def test_one_prediction_serves_one_reference() -> None:
    target = CueSet(["she smiles broadly", "she smiles slightly"])
    pred = CueSet(["she smiles"])
    one = EmoCue360(encoder=TinyTextEncoder())
    many = EmoCue360(encoder=TinyTextEncoder(), assignment="many-to-one")
    args: Any = ({"x": pred}, {"x": target})
    strict, loose = (m.score(*args, use_baselines=False).visual for m in (one, many))
    assert strict.recall <= 0.5
    assert loose.recall > strict.recall
    assert loose.precision == pytest.approx(strict.precision)


def test_the_order_of_cues_does_not_matter(metric: EmoCue360) -> None:
    cues = ["she smiles", "she smiled", "he looks down", "he looks up", "a red coat", "red coats"]
    target = CueSet(["he looked down", "a coat that is red", "smiling"])
    expected = f1_of(metric, CueSet(cues), target)
    generator = random.Random(0)
    for _ in range(5):
        generator.shuffle(cues)
        assert f1_of(metric, CueSet(cues), target) == pytest.approx(expected, abs=1e-12)


def test_a_contradiction_is_no_match_and_is_listed(metric: EmoCue360) -> None:
    report = metric.score(
        {"x": CueSet(["she does not smile"])}, {"x": CueSet(["she smiles"])}, use_baselines=False
    )
    result = report.samples["x"].by_modality["visual"]
    assert report.visual.f1 == 0
    assert [pair.prediction for pair in result.contradicted] == ["she does not smile"]
    assert result.missed == ("she smiles",)
    assert result.invented == ("she does not smile",)
    assert report.counts["contradicted_pairs"] == 1


def test_subtitle_cues_are_left_out_of_both_sides(metric: EmoCue360) -> None:
    target = CueSet(auditory=["the pitch rises", "Subtitle text: 'I told you so.'"])
    pred = CueSet(auditory=["the pitch rises", 'She says "I told you so."'])
    report = metric.score({"x": pred}, {"x": target}, use_baselines=False)
    assert report.auditory == (1, 1, 1)
    assert report.counts["left_out_cues"] == 2


def test_cues_match_within_their_modality_only(metric: EmoCue360) -> None:
    assert f1_of(metric, CueSet(auditory=["she smiles"]), CueSet(visual=["she smiles"])) == 0


def test_overall_weighs_every_cue_the_same(metric: EmoCue360) -> None:
    target = CueSet(["she smiles", "a red coat", "he nods"], ["a door slams"])
    report = metric.score({"x": CueSet(["she smiles"])}, {"x": target}, use_baselines=False)
    assert report.overall.recall == pytest.approx(0.25)
    assert report.overall.precision == 1


@pytest.mark.parametrize(
    "bad",
    [
        {"visual": "she smiles"}, {"visual": None}, {"visual": 3}, {"visual": {"a": 1}},
        {"visual": [None]}, {"visual": [["nested"]]}, {"visual": [{"text": 3}]}, {"smell": []},
        "a text", None, 3, [],
    ],
)  # fmt: skip
def test_malformed_cues_name_sample_and_field(metric: EmoCue360, bad: Any) -> None:
    with pytest.raises(DatasetError, match="preds, sample 'clip 1'"):
        metric.score({"clip 1": bad}, {"clip 1": CueSet()})


def test_an_empty_corpus_and_a_list_are_errors(metric: EmoCue360) -> None:
    with pytest.raises(DatasetError, match="target holds no samples"):
        metric.score({}, {})
    with pytest.raises(DatasetError, match="should map sample ids"):
        metric.score([], {})  # type: ignore[arg-type]
    with pytest.raises(DatasetError, match="sample id"):
        metric.score({1: CueSet()}, TARGET)  # type: ignore[dict-item]


def test_unknown_settings_are_errors() -> None:
    with pytest.raises(ConfigError, match="unknown protocol"):
        EmoCue360("lenient")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="unknown assignment"):
        EmoCue360(assignment="any")  # type: ignore[arg-type]


def test_very_long_cues_mixed_scripts_and_emoji(metric: EmoCue360) -> None:
    cues = CueSet(["她笑了 😊 smiles مبتسمة", "x" * 100_000, "\u202e\u0000 odd", "👩‍👩‍👧"])
    assert f1_of(metric, cues, cues) == 1


def test_every_baseline_is_reported_beside_the_score(metric: EmoCue360) -> None:
    report = metric.score(TARGET, TARGET)
    assert set(report.baselines) == set(BASELINES)
    assert report.baselines["copied subtitle"] is None, "these references hold no subtitle"
    swapped = report.baselines["another sample's references"]
    assert swapped["overall"]["f1"] < 0.2
    alone = metric.score({"a": TARGET["a"]}, {"a": TARGET["a"]})
    assert alone.baselines["another sample's references"] is None


def test_batches_processes_and_whole_corpora_give_the_same() -> None:
    whole = EmoCue360(encoder=TinyTextEncoder())
    expected = whole.score(TARGET, TARGET, use_baselines=False).to_dict()
    first, second = (EmoCue360(encoder=TinyTextEncoder()) for _ in range(2))
    first.update({"a": TARGET["a"]}, {"a": TARGET["a"]})
    second.update({"b": TARGET["b"]}, {"b": TARGET["b"]})
    first.merge_state([second])
    assert first.compute().to_dict() == expected
    with pytest.raises(DatasetError, match="scored twice"):
        first.update({"a": TARGET["a"]}, {"a": TARGET["a"]})
    first.reset()
    with pytest.raises(DatasetError, match="no sample was scored"):
        first.compute()
    with pytest.raises(ConfigError, match="another protocol"):
        first.merge_state([EmoCue360("reference", TinyTextEncoder())])


def test_lists_in_one_order_as_evaluate_users_know_it(metric: EmoCue360) -> None:
    text = "She smiles and nods. Her voice is soft. She is happy."
    report = metric.compute(predictions=[text], references=[text])
    assert report.overall.f1 == 1
    with pytest.raises(DatasetError, match="2 entries"):
        metric.compute(predictions=[text, text], references=[text])
    with pytest.raises(DatasetError, match="should be a list"):
        metric.compute(predictions=text, references=[text])


def test_references_are_embedded_once() -> None:
    metric = EmoCue360(encoder=TinyTextEncoder())
    metric.encode_references(TARGET)
    before = metric.cache.num_encoded
    metric.score(TARGET, TARGET, use_baselines=False)
    assert metric.cache.num_encoded == before


def test_a_small_cache_changes_no_score() -> None:
    generator = np.random.default_rng(0)
    words = [
        "smile",
        "frown",
        "nod",
        "red",
        "coat",
        "door",
        "loud",
        "soft",
        "pitch",
        "high",
        "low",
        "eyes",
    ]
    cues = {
        f"s{i}": CueSet(
            *([" ".join(generator.choice(words, 3)) for _ in range(4)] for _ in range(3))
        )
        for i in range(12)
    }  # fmt: skip
    preds = dict(zip(cues, reversed(cues.values()), strict=True))
    wide, narrow = (EmoCue360(encoder=TinyTextEncoder(), max_cached_texts=n) for n in (9999, 5))
    first, second = (m.score(preds, cues).to_dict() for m in (wide, narrow))
    assert len(narrow.cache) <= 5
    assert first == second


def test_calibration_sends_unrelated_cues_to_zero() -> None:
    encoder = TinyTextEncoder()
    calibration = calibrate(encoder)
    for modality in MODALITIES:
        scale = calibration.scales[modality]
        assert scale.similarity(np.array([scale.floor]))[0] == 0
        assert scale.similarity(np.array([scale.ceiling]))[0] == 1
        assert -1 < scale.floor < scale.ceiling <= 1
    with pytest.raises(ValueError, match="paraphrases"):
        calibrate(encoder, {m: [["a"], ["b"]] for m in MODALITIES})


def test_emotions_of_one_group_are_the_same_in_any_word() -> None:
    from xemogpt.metrics.strict_protocol import _same_emotion

    references = ["She is shy", "he is furious"]
    predictions = ["She is bashful", "he is not angry", "an angry man", "She smiles"]
    assert _same_emotion(references, predictions).tolist() == [
        [True, False, False, False],
        [False, False, True, False],
    ]
