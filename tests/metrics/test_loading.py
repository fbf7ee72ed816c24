"""Reading cues from files: every layout, and every way to get one wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from xemogpt.errors import ConfigError, DatasetError
from xemogpt.metrics.loading import load_cues

CUES = {"visual": ["she smiles"], "auditory": ['loud, "high" voice'], "emotional": []}
EXPECTED = ("she smiles",)


def write(path: Path, content: Any) -> Path:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "content",
    [
        {"a": CUES},
        [{"name": "a", **CUES}],
        [{"id": "a", "cues": CUES, "score": 3}],
        [{"media": "folder/a.mp4", "cues": {"visual": [{"text": "she smiles", "start_s": 1.0}]}}],
        {"media": "a.mp4", "cues": CUES, "provenance": {}, "text": "..."},
        [{"name": "a", "english": "She smiles."}],
        {"a": "She smiles."},
    ],
)
def test_json_layouts(tmp_path: Path, content: Any) -> None:
    found = load_cues(write(tmp_path / "x.json", content))
    assert [text.lower() for text in found["a"].of("visual")] == ["she smiles"]


def test_jsonl_csv_and_parquet_hold_the_same(tmp_path: Path) -> None:
    from pyarrow import Table, parquet

    lines = write(tmp_path / "x.jsonl", json.dumps({"name": "a", **CUES}) + "\n\n")
    cells = ['"' + json.dumps(CUES[key]).replace('"', '""') + '"' for key in CUES]
    table = write(tmp_path / "x.csv", "\ufeffname,visual,auditory,emotional\na," + ",".join(cells))
    python = write(tmp_path / "y.csv", "name,visual\na,\"['she smiles']\"\n")
    packed = tmp_path / "x.parquet"
    parquet.write_table(Table.from_pylist([{"name": "a", **CUES}]), packed)
    for path in (lines, table, packed):
        found = load_cues(path)["a"]
        assert found.of("visual") == EXPECTED, path
        assert found.of("auditory") == tuple(CUES["auditory"]), path
    assert load_cues(python)["a"].of("visual") == EXPECTED


def test_emer_csv_of_free_text_is_extracted(tmp_path: Path) -> None:
    path = write(
        tmp_path / "e.csv", 'name,chinese,english\na,,"In the video, she smiles, happily."\n'
    )
    assert load_cues(path)["a"].of("visual")
    with pytest.raises(DatasetError, match="free text"):
        load_cues(path, extractor="none")
    with pytest.raises(ConfigError, match="unknown extractor"):
        load_cues(path, extractor="magic")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.json", "not json", "line 1: not JSON"),
        ("x.json", '{"a": {"visual": ["x"]', "not JSON"),
        ("x.json", "3", "expected an object of samples"),
        ("x.json", "{}", "holds no samples"),
        ("x.json", "[]", "holds no samples"),
        ("x.json", '{"a": {"visual": []}, "a": {"visual": []}}', "'a' is given twice"),
        ("x.json", '{"a": {"visual": "she smiles"}}', r"sample 'a', field 'visual': expected a list"),
        ("x.json", '{"a": {"visual": null}}', "got null"),
        ("x.json", '{"a": null}', "got null"),
        ("x.json", '{"a": {"visual": [7]}}', "cue 0: expected a string, got a number"),
        ("x.json", '{"a": {"vision": []}}', "unknown field 'vision'"),
        ("x.json", '{"": {"visual": []}}', "non-empty"),
        ("x.json", b"\xff\xfe\x00", "not UTF-8"),
        ("x.json", "[" * 100_000, "nested too deeply|not JSON"),
        ("x.jsonl", '{"name": "a", "visual": []}\n{"name": "b"', "line 2, column"),
        ("x.jsonl", '{"name": "a", "visual": []}\n{"name": "a", "visual": []}', "line 2: sample 'a' was"),
        ("x.jsonl", '{"visual": []}', "line 1: no sample id"),
        ("x.jsonl", '{"name": "a"}', "neither cues"),
        ("x.jsonl", '{"name": null, "visual": []}', "field 'name'"),
        ("x.jsonl", '{"name": "a", "visual": [], "smell": []}', "unknown field 'smell'"),
        ("x.jsonl", "[1]", "expected an object"),
        ("x.csv", "clip,visual\na,[]", "no column for the sample id"),
        ("x.csv", "name,visual\na,[],x", "line 2: expected 2 fields, got more"),
        ("x.csv", "name,visual,auditory\na,[]", "got fewer"),
        ("x.csv", "name,visual\na,she smiles", "line 2, field 'visual': expected a list"),
        ("x.csv", "name,visual\na,3", "expected a list of cues, got a number"),
        ("x.csv", "", "no column"),
        ("x.csv", 'name,visual\na,"[', "broken CSV"),
        ("x.parquet", "no parquet", "cannot read .* as Parquet"),
        ("x.txt", "a", "unknown format"),
    ],
)  # fmt: skip
def test_bad_files_are_named_with_line_and_field(
    tmp_path: Path, name: str, content: Any, message: str
) -> None:
    path = write(tmp_path / name, content)
    with pytest.raises(DatasetError, match=message) as caught:
        load_cues(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot read"):
        load_cues(tmp_path / "none.json")
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(DatasetError, match="cannot read"):
        load_cues(tmp_path / "folder.json")


def test_a_cue_of_a_hundred_thousand_letters(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", "name,visual\na," + '"[""' + "x" * 200_000 + '""]"\n')
    assert len(load_cues(path)["a"].of("visual")[0]) == 200_000
