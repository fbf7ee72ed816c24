"""``xemogpt data`` as users run it."""

import json

import pytest
from typer.testing import CliRunner

from xemogpt.cli.app import app
from xemogpt.emocue.controlled import audit as audits
from xemogpt.emocue.controlled.audit import Audit, Probe
from xemogpt.errors import DatasetError


def run(*args):
    result = CliRunner().invoke(app, ["data", "audit", *map(str, args)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def probe(name, low, **more):
    values = {
        "target": "emotion",
        "is_control": False,
        "num_train": 100,
        "num_test": 50,
        "accuracy": low + 0.1,
        "low": low,
        "high": low + 0.2,
        "chance": 0.25,
    }
    return Probe(name=name, **(values | more))


@pytest.fixture
def fair(monkeypatch):
    found = Audit(
        probes=(probe("words", 0.2), probe("gold-kinds", 0.7, is_control=True)),
        skipped=("halves: too few",),
    )
    monkeypatch.setattr(audits, "audit", lambda *args: found)
    return found


def test_a_fair_corpus(fair, tmp_path):
    result = run(tmp_path, tmp_path)
    assert result.exit_code == 0
    assert "0.30 [0.20, 0.40]" in result.stdout and "may know" in result.stdout
    assert "not judged: halves: too few" in result.stderr
    assert Audit.model_validate_json(run(tmp_path, tmp_path, "--json").stdout) == fair


def test_a_shortcut_ends_with_a_code(monkeypatch, tmp_path):
    monkeypatch.setattr(audits, "audit", lambda *args: Audit(probes=(probe("words", 0.5),)))
    result = run(tmp_path, tmp_path, "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["probes"][0]["name"] == "words"
    assert "shortcuts: words" in result.stderr


def test_no_corpus(tmp_path):
    with pytest.raises(DatasetError, match="cannot read"):
        run(tmp_path / "nowhere", tmp_path)
