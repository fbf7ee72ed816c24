"""``xemogpt cues extract`` and ``xemogpt score-labels`` as users type them."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from xemogpt.cli.app import app
from xemogpt.errors import AnnotatorError, ConfigError, DatasetError

TEXT = 'She smiles and nods. In the audio, her voice is soft. She says "hello". She is happy.'


def run(*words: str, stdin: str | None = None) -> Any:
    return CliRunner().invoke(app, list(words), input=stdin)


def test_standard_input_to_json() -> None:
    result = run("cues", "extract", "-", "--json", stdin=TEXT)
    assert result.exit_code == 0, result.output
    sample = json.loads(result.stdout)["samples"]["stdin"]
    assert sample["visual"] == ["She smiles", "She nods"]
    assert sample["auditory"] == ["her voice is soft"]
    assert sample["emotional"] == ["She is happy"]
    assert sample["subtitle"] == ["hello"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", f"name,reason\nx,{json.dumps(TEXT).replace(chr(92) + chr(34), chr(34) * 2)}\n"),
        ("a.json", json.dumps({"x": TEXT})),
        ("a.json", json.dumps([{"id": "x", "text": TEXT}])),
        ("a.jsonl", json.dumps({"name": "x", "english": TEXT}) + "\n\n"),
        ("x.txt", TEXT),
        (
            "a.json",
            json.dumps(
                [
                    {
                        "video": "x",
                        "conversations": [
                            {"from": "human", "value": "<video>"},
                            {"from": "gpt", "value": TEXT},
                        ],
                    }
                ]
            ),
        ),
    ],
)
def test_files_to_emocue_json(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    out = tmp_path / "out" / "cues.json"
    result = run("cues", "extract", str(tmp_path / name), "--out", str(out))
    assert result.exit_code == 0, result.output
    cues = json.loads(out.read_text())
    assert set(cues["x"]) == {"visual", "auditory", "emotional"}
    assert cues["x"]["visual"] == ["She smiles", "She nods"]


def test_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    parquet.write_table(pyarrow.table({"id": ["x"], "text": [TEXT]}), tmp_path / "a.parquet")
    result = run("cues", "extract", str(tmp_path / "a.parquet"), "--json")
    assert json.loads(result.stdout)["samples"]["x"]["auditory"] == ["her voice is soft"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", "{", "not JSON"),
        ("a.json", "3", "expected an object or a list"),
        ("a.json", '{"x": {"text": ["a", "b"]}}', "expected text, got"),
        ("a.json", '{"x": null}', "a text is missing"),
        ("a.json", '{"x": "a", "x": "b"}', "comes twice"),
        ("a.json", "[" * 100_000, "not JSON"),
        ("a.json", "[1]", "entry 0: expected an object"),
        ("a.jsonl", '{"id": "x", "text": "a"}\n{"id": ', "line 2: not JSON"),
        ("a.jsonl", '{"id": "x", "text": "a"}\n{"id": "x", "text": "b"}', "line 2: id 'x' comes"),
        ("a.jsonl", '{"id": "x", "mood": "a"}', "a text is missing"),
        ("a.csv", "", "empty"),
        ("a.csv", "name,reason\nx,a,b\n", "line 2: 3 fields, expected 2"),
        ("a.csv", "name,reason\n", "no explanations"),
        ("a.csv", "reason\na\n", "an id is missing"),
        ("a.doc", "x", "expected .csv"),
        ("a.parquet", "x", "no parquet file"),
    ],
)
def test_bad_files(tmp_path: Path, name: str, content: str, said: str) -> None:
    (tmp_path / name).write_text(content)
    result = run("cues", "extract", str(tmp_path / name))
    assert isinstance(result.exception, DatasetError)
    assert said in str(result.exception)


def test_bad_options(tmp_path: Path) -> None:
    assert isinstance(run("cues", "extract", str(tmp_path / "none.csv")).exception, DatasetError)
    for words in (["--extractor", "psychic"], ["--extractor", "llm"]):
        result = run("cues", "extract", "-", *words, stdin="x")
        assert isinstance(result.exception, ConfigError), words


def test_failed_samples_are_named_and_the_exit_is_not_zero(tmp_path: Path) -> None:
    result = run(
        *("cues", "extract", "-", "--extractor", "llm", "--model", "m", "--retries", "0"),
        *("--url", "http://127.0.0.1:9/v1", "--cache", str(tmp_path / "c.sqlite"), "--json"),
        stdin=TEXT,
    )
    assert isinstance(result.exception, AnnotatorError)
    assert "run the same command again" in str(result.exception)
    assert "stdin" in json.loads(result.stdout)["failures"]


def test_help_shows_an_example() -> None:
    for words in (["cues", "extract"], ["score-labels"]):
        result = run(*words, "--help")
        assert result.exit_code == 0 and "Example: xemogpt" in result.output


def test_score_labels(tmp_path: Path) -> None:
    pred, target = tmp_path / "p.csv", tmp_path / "t.csv"
    target.write_text("name,label,openset\na,happy,\"['happy', 'calm']\"\nb,sad,\"['sad']\"\n")
    pred.write_text("name,label,openset\na,happy,\"['glad']\"\nb,angry,\"['sorrowful']\"\n")
    result = run("score-labels", str(pred), str(target), "--json")
    scores = json.loads(result.stdout)
    assert scores["label"]["accuracy"] == 0.5
    assert scores["openset"]["precision"] == 1.0 and scores["openset"]["recall"] == 0.75
    assert scores["openset"]["vocabulary"].startswith("goemotions-28")
    assert "vocabulary" in run("score-labels", str(pred), str(target)).stdout


def test_score_labels_names_bad_rows(tmp_path: Path) -> None:
    pred, target = tmp_path / "p.csv", tmp_path / "t.csv"
    target.write_text("name,sentiment\na,1.0\n")
    pred.write_text("name,sentiment\na,high\n")
    result = run("score-labels", str(pred), str(target))
    assert isinstance(result.exception, DatasetError)
    assert "line 2" in str(result.exception) and "'high'" in str(result.exception)
    pred.write_text("name,label\na,happy\n")
    assert "share none" in str(run("score-labels", str(pred), str(target)).exception)
