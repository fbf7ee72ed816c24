"""Label scores against scikit-learn and by hand."""

import json
import random
from pathlib import Path

import pytest

from xemogpt.errors import DatasetError
from xemogpt.metrics.groups import load_groups, read_groups
from xemogpt.metrics.labels import (
    label_scores,
    open_set_scores,
    parse_openset,
    sentiment_sign_accuracy,
)


@pytest.mark.parametrize("seed", range(5))
def test_closed_set_scores_equal_sklearn(seed: int) -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    draw = random.Random(seed)
    classes = ["happy", "sad", "angry", "calm"]
    target = {str(i): draw.choices(classes, [8, 3, 2, 1])[0] for i in range(200)}
    preds = {i: draw.choice([*classes, label]) for i, label in target.items()}
    report = label_scores(preds, target)
    true, said = list(target.values()), list(preds.values())
    assert report.accuracy == pytest.approx(sklearn.accuracy_score(true, said))
    assert report.weighted_recall == pytest.approx(
        sklearn.recall_score(true, said, average="weighted", zero_division=0)
    )
    assert report.unweighted_recall == pytest.approx(sklearn.balanced_accuracy_score(true, said))
    assert report.weighted_f1 == pytest.approx(
        sklearn.f1_score(true, said, average="weighted", zero_division=0)
    )


def test_missing_predictions_count_as_wrong() -> None:
    report = label_scores({"a": " Happy "}, {"a": "happy", "b": "happy", "c": "sad"})
    assert (report.num_missing, report.accuracy) == (2, pytest.approx(1 / 3))
    assert report.recalls == {"happy": 0.5, "sad": 0.0}


def test_sentiment_sign() -> None:
    target = {"a": 1.5, "b": -0.2, "c": 0.0, "d": 2.0}
    preds = {"a": 0.1, "b": 0.3, "c": 0.0}
    assert sentiment_sign_accuracy(preds, target) == pytest.approx(1 / 3)
    assert sentiment_sign_accuracy(preds, target, use_zero=True) == pytest.approx(2 / 4)
    with pytest.raises(DatasetError, match="finite"):
        sentiment_sign_accuracy({"a": float("nan")}, {"a": 1.0})
    with pytest.raises(DatasetError, match="every target"):
        sentiment_sign_accuracy({}, {"a": 0.0})


def test_open_set_by_hand() -> None:
    target = {"a": ["happy", "surprised"], "b": ["angry"], "c": []}
    preds = {"a": "['joyful', 'glad', 'furious']", "b": ["sad"], "c": []}
    report = open_set_scores(preds, target)
    # a: {joy, anger} against {joy, surprise}; b: nothing; c: nothing expected, nothing said.
    assert report.precision == pytest.approx((0.5 + 0 + 1) / 3)
    assert report.recall == pytest.approx((0.5 + 0 + 1) / 3)
    assert report.hit_rate == pytest.approx(2 / 3)
    assert report.vocabulary == load_groups().version


def test_shotgun_shows_in_precision() -> None:
    everything = sorted(set(load_groups().group_of.values()))
    report = open_set_scores({"a": everything}, {"a": ["happy"]})
    assert report.hit_rate == 1.0 and report.recall == 1.0
    assert report.precision == pytest.approx(1 / 28)
    assert report.mean_predicted == 28


def test_default_grouping_is_the_goemotions_taxonomy() -> None:
    groups = load_groups()
    assert len(groups) == 28 and len(groups.group_of) > 500
    assert groups.find("Furious.") == groups.find("rage") == "anger"
    assert groups.find("joyfulness") == "joy"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("['excited', 'joyful']", ["excited", "joyful"]),
        ('["a"]', ["a"]),
        ("[]", []),
        ("", []),
        ("happy, calm", ["happy", "calm"]),
        ("[happy, very calm]", ["happy", "very calm"]),
    ],
)
def test_openset_strings(text: str, words: list[str]) -> None:
    assert parse_openset(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "[__import__('os').system('true')]",
        "[1, 2]",
        "['a'",
        "{'a': 1}",
        "[" * 5000,
        "['a', ['b']]",
        "x" * 10_001,
    ],
)
def test_openset_strings_that_are_refused(text: str) -> None:
    with pytest.raises(DatasetError):
        parse_openset(text)


def test_wheels_of_the_user(tmp_path: Path) -> None:
    wheel = tmp_path / "wheel.json"
    wheel.write_text(
        json.dumps({"happy": {"playful": ["cheeky"], "content": []}, "bad": ["bored"]})
    )
    groups = read_groups(wheel)
    assert groups.find("cheeky") == groups.find("playful") == "happy"
    assert groups.version == "wheel"
    table = tmp_path / "groups.csv"
    table.write_text("group,word\nhappy,glad\nhappy,merry\nsad,blue\n")
    assert read_groups(table).find("merry") == "happy"
    columns = tmp_path / "columns.csv"
    columns.write_text("happy,sad\nglad,blue\nmerry,\n")
    assert read_groups(columns).find("blue") == "sad"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", "{", "not JSON"),
        ("a.json", "[]", "should map"),
        ("a.json", '{"a": ["x"], "b": ["x"]}', "'x' is in 'a' and 'b'"),
        ("a.json", '{"a": [1]}', "expected words"),
        ("a.csv", "group,word\nhappy\n", "line 2"),
        ("a.csv", "", "empty"),
        ("a.xlsx", "", "json, .csv"),
    ],
)
def test_bad_group_files(tmp_path: Path, name: str, content: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(DatasetError, match=said.replace(".", r"\.")):
        read_groups(path)


def test_bad_ids_and_values() -> None:
    with pytest.raises(DatasetError, match="empty"):
        label_scores({}, {})
    with pytest.raises(DatasetError, match="not in the target"):
        label_scores({"z": "happy"}, {"a": "happy"})
    with pytest.raises(DatasetError, match="a label is a string"):
        label_scores({"a": None}, {"a": "happy"})  # type: ignore[dict-item]
    with pytest.raises(DatasetError, match="list of words"):
        open_set_scores({"a": [None]}, {"a": ["happy"]})  # type: ignore[list-item]
