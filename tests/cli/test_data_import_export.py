"""``xemogpt data import`` and ``export`` as users run them."""

import json

import pytest
import typer
from typer.testing import CliRunner

from xemogpt.cli import data_export, data_import
from xemogpt.emocue.records import read_records
from xemogpt.errors import DatasetError

app = typer.Typer()
data_import.register(app)
data_export.register(app)


def run(*args):
    result = CliRunner().invoke(app, list(map(str, args)))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("name,openset\na,\"['happy', 'proud']\"\nb,[3]\n")
    return path


def test_a_bad_row_refuses_and_skip_bad_imports_the_rest(table, tmp_path):
    out = tmp_path / "corpus"
    with pytest.raises(DatasetError, match=r"labels\.csv, line 3, field 'openset'"):
        run("import", table, "--out", out)
    assert not out.exists()
    result = run("import", table, "--out", out, "--skip-bad", "--json", "--split", "test")
    found = json.loads(result.stdout)
    assert (found["format"], found["num_records"], found["num_problems"]) == ("openset", 1, 1)
    (record,) = read_records(out)
    assert (record.emotions, record.split) == (("happy", "proud"), "test")


def test_export_says_what_is_lost(table, tmp_path):
    run("import", table, "--out", tmp_path / "corpus", "--skip-bad", "--licence", "CC0")
    result = run("export", tmp_path / "corpus", "--format", "openset", "--out", tmp_path / "o.csv")
    assert (tmp_path / "o.csv").read_text() == "name,openset\na,\"['happy', 'proud']\"\n"
    assert "licence (1)" in result.output
    result = run(
        "export", tmp_path / "corpus", "--format", "openset", "--out", tmp_path / "o.csv", "--json"
    )
    assert json.loads(result.stdout)["lost"] == {"licence": 1, "steps": 1}


def test_format_can_be_named(tmp_path):
    path = tmp_path / "words.csv"
    path.write_text("name,reason\na,She smiles.\n")
    result = run("import", path, "--out", tmp_path / "c", "--format", "mer-caption")
    assert "1 records (mer-caption)" in result.stdout
