import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from xemogpt.cli.app import app
from xemogpt.errors import CheckpointError

GOLDEN = Path(__file__).parents[1] / "golden"
TOWERS = [
    "--vision",
    str(GOLDEN / "ckpt" / "clip_p14_56"),
    "--audio",
    str(GOLDEN / "ckpt" / "hubert_layer"),
    "--llm",
    str(GOLDEN / "ckpt" / "qwen3"),
]
TRAINED = GOLDEN / "xemogpt_tiny_lora.safetensors"


def run(*arguments):
    return CliRunner().invoke(app, ["convert", *map(str, arguments)])


def test_there_and_back(tmp_path):
    done = run("reference", "--checkpoint", TRAINED, *TOWERS, "--out", tmp_path / "model")
    assert done.exit_code == 0, done.output
    assert "81 keys loaded" in done.output and "13 pretraining heads kept" in done.output
    done = run("to-reference", tmp_path / "model", "--out", tmp_path / "x.ckpt", "--json")
    assert json.loads(done.stdout)["num_keys"] == 94
    given, written = load_file(TRAINED), torch.load(tmp_path / "x.ckpt", weights_only=True)
    assert set(given) == set(written)
    assert all(torch.equal(given[name], written[name]) for name in given)


def test_json_lists_every_key_by_what_became_of_it(tmp_path):
    out = tmp_path / "model"
    done = run("reference", "--checkpoint", TRAINED, *TOWERS, "--out", out, "--json")
    report = json.loads(done.stdout)
    assert len(report["loaded"]) == 81 and report["verified"] == []


def test_a_bad_checkpoint_is_a_users_error(tmp_path):
    (tmp_path / "x.ckpt").write_text("nothing")
    done = run("reference", "--checkpoint", tmp_path / "x.ckpt", *TOWERS, "--out", tmp_path / "m")
    assert isinstance(done.exception, CheckpointError)


@pytest.mark.parametrize("command", ["reference", "to-reference"])
def test_help_has_an_example(command):
    done = run(command, "--help")
    assert done.exit_code == 0 and "Example: xemogpt convert" in done.output


def test_missing_options_are_a_usage_error():
    assert run("reference").exit_code == 2
