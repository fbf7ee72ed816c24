"""Kills, early stops, and what must stop a fine-tuning run in plain words."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from tests.training.conftest import audio_features, write_corpus
from tests.training.test_sft import losses, settings

from xemogpt.config import build_config
from xemogpt.errors import ConfigError, DatasetError, TrainingError
from xemogpt.model.modeling import XEmoGPTForConditionalGeneration
from xemogpt.model.tiny import build_tiny
from xemogpt.training.records import read_log
from xemogpt.training.sft import train_sft
from xemogpt.training.sft_settings import SftRun


def save(folder, model, processor):
    model.save_pretrained(folder, full=True)
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    parts = build_tiny(use_video=False, bridge_form="residual")
    return save(tmp_path_factory.mktemp("limits"), *parts)


def run_of(*args, **train):
    return build_config(SftRun, settings(*args, **train))


def wait_for(path, process, seconds=60.0):
    end = time.monotonic() + seconds
    while not path.exists():
        assert process.poll() is None and time.monotonic() < end, process.communicate()
        time.sleep(0.005)


@pytest.mark.slow
def test_a_killed_run_goes_on_as_if_nothing_had_happened(corpus, audio_cache, base, tmp_path):
    steps = {"max_steps": 24, "eval_every": 4}
    config = tmp_path / "sft.yaml"
    config.write_text(json.dumps(settings(corpus, audio_cache, base, tmp_path / "cut", **steps)))
    process = subprocess.Popen(
        [sys.executable, "-m", "xemogpt", "train", "sft", str(config)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    wait_for(tmp_path / "cut" / "checkpoint-4" / "config.yaml", process)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "cut" / "result.json").exists()
    resumed = train_sft(run_of(corpus, audio_cache, base, tmp_path / "cut", **steps), resume=True)
    whole = train_sft(run_of(corpus, audio_cache, base, tmp_path / "whole", **steps))
    assert resumed.num_steps == whole.num_steps == 24
    assert losses(tmp_path / "cut") == pytest.approx(losses(tmp_path / "whole"), abs=1e-5)
    assert resumed.best_metric == pytest.approx(whole.best_metric, abs=1e-5)


def test_it_stops_when_answers_get_no_better(corpus, audio_cache, base, tmp_path):
    data = settings(
        corpus, audio_cache, base, tmp_path, metric="emocue360", patience=1, epochs=6, lr=1e-9
    )
    data |= {"generation": {"num_samples": 2, "max_new_tokens": 4}, "bridge_lr": None}
    result = train_sft(build_config(SftRun, data))
    assert result.num_steps == 6  # two validations of three steps each, of 18 steps
    assert result.best_step == 3 and result.chosen_by == "validation emocue360"


def test_test_data_is_never_read(corpus, audio_cache, base, tmp_path):
    rows = [json.loads(line) for line in corpus.read_text().splitlines()]
    for row in rows:
        row["media"] = str(corpus.parent / row["media"])
    # Opening this one would wait for ever, and nothing could be learned from it.
    os.mkfifo(tmp_path / "held_out.wav")
    held_out = {**rows[0], "id": "t", "media": "held_out.wav", "split": "test", "subject": "z"}
    del held_out["explanation"]
    path = tmp_path / "with_test.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, held_out]))
    train_sft(run_of(corpus, audio_cache, base, tmp_path / "without", epochs=1))
    train_sft(run_of(path, audio_cache, base, tmp_path / "with", epochs=1))
    assert losses(tmp_path / "with") == losses(tmp_path / "without")
    data = settings(path, audio_cache, base, tmp_path / "no")
    data["data"]["validation_split"] = "test"
    with pytest.raises(ConfigError, match="never chosen on test data"):
        build_config(SftRun, data)


def test_a_loss_that_is_no_number_stops_before_the_weights_change(corpus, audio_cache, tmp_path):
    model, processor = build_tiny(use_video=False, bridge_form="residual")
    with torch.no_grad():
        next(model.audio.projector.parameters())[0] = float("nan")
    broken = save(tmp_path / "broken", model, processor)
    with pytest.raises(TrainingError, match=r"the loss is nan at step 1.*train\.lr=1\.7e-03"):
        train_sft(run_of(corpus, audio_cache, broken, tmp_path / "o"))
    assert not losses(tmp_path / "o")


def test_running_out_of_memory_says_what_to_try(corpus, audio_cache, base, tmp_path, monkeypatch):
    room = torch.empty

    def greedy(self, *args, **kwargs):
        if self.training:
            room(2**48)  # a petabyte: the allocator refuses
        return perceive(self, *args, **kwargs)

    perceive = XEmoGPTForConditionalGeneration.perceive
    monkeypatch.setattr(XEmoGPTForConditionalGeneration, "perceive", greedy)
    with pytest.raises(TrainingError, match="out of memory at step 1") as caught:
        train_sft(run_of(corpus, audio_cache, base, tmp_path / "o"))
    assert "--set train.batch_size=4 --set train.grad_accumulation=2" in str(caught.value)
    monkeypatch.setattr(
        XEmoGPTForConditionalGeneration, "perceive",
        lambda self, *a, **k: perceive(self, *a, **k) if self.training else room(2**48),
    )  # fmt: skip
    with pytest.raises(TrainingError, match="validating after step 3") as caught:
        train_sft(run_of(corpus, audio_cache, base, tmp_path / "v"))
    assert "--set train.eval_batch_size=4" in str(caught.value)


def test_a_corpus_of_one_sample(base, tmp_path):
    corpus = write_corpus(tmp_path / "c", 1, 0)
    features = audio_features(corpus, tmp_path / "f")
    result = train_sft(run_of(corpus, features, base, tmp_path / "o", epochs=3))
    assert result.num_steps == 3 and result.chosen_by == "last step: no validation split"
    found = [entry["loss"] for entry in read_log(tmp_path / "o") if "loss" in entry]
    assert found[-1] < found[0]
    with pytest.raises(ConfigError, match="needs a validation split"):
        train_sft(run_of(corpus, features, base, tmp_path / "p", patience=1))
    row = json.loads(corpus.read_text()) | {"split": "test"}
    corpus.write_text(json.dumps(row))
    with pytest.raises(DatasetError, match="no sample of the split 'train'"):
        train_sft(run_of(corpus, features, base, tmp_path / "q"))
