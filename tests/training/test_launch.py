"""``accelerate launch`` with two CPU processes against one process, at the same global batch."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tests.training.conftest import write_corpus

from xemogpt.config import build_config
from xemogpt.model.configuration import LoraSection
from xemogpt.model.modeling import XEmoGPTForConditionalGeneration
from xemogpt.model.tiny import build_tiny
from xemogpt.training.records import read_log
from xemogpt.training.sft import train_sft
from xemogpt.training.sft_settings import SftRun

CONFIGS = Path(__file__).parents[2] / "configs" / "accelerate"


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """A corpus and a tiny model in which nothing is left to chance."""
    folder = tmp_path_factory.mktemp("launch")
    corpus = write_corpus(folder / "c", 8, 4)
    model, processor = build_tiny(use_video=False, lora=LoraSection(r=4, alpha=8, dropout=0.0))
    model.save_pretrained(folder / "base", full=True)
    processor.save_pretrained(folder / "base")
    return corpus, folder / "base"


def settings(parts, out, batch_size):
    corpus, base = parts
    return {
        "data": {"corpus": str(corpus)},
        "model": {"base": str(base)},
        "dropped": {"audio": 0, "words": 0.5},
        "train": {
            "output_dir": str(out), "max_steps": 4, "batch_size": batch_size, "lr": 5e-3,
            "log_every": 1, "device": "cpu", "tensorboard": False,
        },
    }  # fmt: skip


def launch(name, parts, out):
    config = out.with_suffix(".yaml")
    config.write_text(json.dumps(settings(parts, out, 2)))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "accelerate.commands.launch"),
            *("--config_file", str(CONFIGS / f"{name}.yaml"), "--main_process_port", str(port)),
            *("-m", "xemogpt", "train", "sft", str(config)),
        ],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def losses(folder):
    return [
        entry[name] for entry in read_log(folder) for name in ("loss", "eval_loss") if name in entry
    ]


@pytest.mark.slow
def test_two_processes_take_the_steps_of_one(parts, tmp_path):
    runs = {name: launch(name, parts, tmp_path / name) for name in ("ddp", "fsdp")}
    try:
        alone = train_sft(build_config(SftRun, settings(parts, tmp_path / "one", 4)))
        expected = losses(tmp_path / "one")
        assert len(expected) == 6  # four steps, two validations
        whole = XEmoGPTForConditionalGeneration.from_pretrained(alone.model_dir)
        for name, process in runs.items():
            printed, _ = process.communicate(timeout=120)
            assert process.returncode == 0, printed[-3000:]
            result = json.loads((tmp_path / name / "result.json").read_text())
            assert result["num_steps"] == 4
            assert losses(tmp_path / name) == pytest.approx(expected, abs=1e-4)
            model_dir = Path(result["model_dir"])
            assert [file.name for file in model_dir.glob("*.safetensors")] == ["model.safetensors"]
            # Adam divides small gradients by their own size, so rounding shows in weights first.
            for (key, one), (_, two) in zip(
                whole.named_parameters(),
                XEmoGPTForConditionalGeneration.from_pretrained(model_dir).named_parameters(),
                strict=True,
            ):
                torch.testing.assert_close(two, one, atol=2e-3, rtol=0, msg=key)
    finally:
        for process in runs.values():
            process.kill()
    sharded = tmp_path / "fsdp" / "checkpoint-4" / "pytorch_model_fsdp_0"
    assert len(list(sharded.glob("*.distcp"))) == 2  # it was spread, not copied
