import json
import math

import pytest
import torch
from tests.training.conftest import audio_features, bridge_settings, write_corpus

from xemogpt.config import build_config
from xemogpt.errors import ConfigError, DatasetError, TrainingError
from xemogpt.training.bridge_model import BridgePretraining
from xemogpt.training.bridges import BridgeRun, load_aligner, train_bridge
from xemogpt.training.records import read_log


def make_run(corpus, cache, out, **train):
    return build_config(BridgeRun, bridge_settings(corpus, cache, out, **train))


def test_an_audio_bridge_learns_and_is_chosen_on_validation(corpus, audio_cache, tmp_path):
    result = train_bridge("audio", make_run(corpus, audio_cache, tmp_path / "o", epochs=10))
    log = read_log(tmp_path / "o")
    losses = [entry["eval_loss"] for entry in log if "eval_loss" in entry]
    assert min(losses) < losses[0] and result.best_metric == pytest.approx(min(losses))
    assert result.chosen_by == "validation loss"
    aligner, facts = load_aligner(result.model_dir)
    assert facts["features"]["encoder"] == "tiny-audio" and not aligner.training
    for folder in (tmp_path / "o" / f"checkpoint-{result.best_step}", tmp_path / "o" / "model"):
        assert (folder / "config.yaml").exists()


def test_a_resumed_run_takes_the_same_steps(corpus, audio_cache, tmp_path):
    def curve(folder):
        return {e["step"]: e["loss"] for e in read_log(folder) if "loss" in e}

    whole, cut = tmp_path / "whole", tmp_path / "cut"
    train_bridge("audio", make_run(corpus, audio_cache, whole))
    train_bridge("audio", make_run(corpus, audio_cache, cut))
    # As after a kill: one finished checkpoint, one torn one, a log that ran ahead.
    for checkpoint in cut.glob("checkpoint-*"):
        if checkpoint.name == "checkpoint-12":
            (checkpoint / "config.yaml").unlink()
    (cut / "result.json").unlink()
    assert (cut / "checkpoint-9" / "config.yaml").exists()
    train_bridge("audio", make_run(corpus, audio_cache, cut), resume=True)
    assert curve(cut) == pytest.approx(curve(whole), abs=1e-6) and len(curve(cut)) == 12


def test_a_run_is_not_overwritten_nor_resumed_with_other_settings(corpus, audio_cache, tmp_path):
    train_bridge("audio", make_run(corpus, audio_cache, tmp_path, epochs=1))
    with pytest.raises(ConfigError, match="--resume"):
        train_bridge("audio", make_run(corpus, audio_cache, tmp_path, epochs=1))
    with pytest.raises(ConfigError, match=r"train\.lr: was 0\.003, is 0\.1"):
        train_bridge("audio", make_run(corpus, audio_cache, tmp_path, epochs=1, lr=0.1), True)


def test_all_misspelt_keys_are_named_at_once(corpus, tmp_path):
    settings = bridge_settings(corpus, "f", tmp_path, learning_rate=1)
    with pytest.raises(ConfigError) as caught:
        build_config(BridgeRun, {**settings, "objectves": {}})
    assert "train.learning_rate" in str(caught.value) and "objectves" in str(caught.value)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_bad_loss_stops_before_the_weights_change(
    corpus, audio_cache, tmp_path, monkeypatch, bad
):
    monkeypatch.setattr(
        BridgePretraining, "_contrast", lambda self, queries, *rest: queries.sum() * bad
    )
    with pytest.raises(TrainingError, match=r"step 1; .*train\.lr=1\.0e-03"):
        train_bridge("audio", make_run(corpus, audio_cache, tmp_path / "o"))


def test_out_of_memory_names_the_batch_to_try(corpus, audio_cache, tmp_path, monkeypatch):
    def fail(*args):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(BridgePretraining, "_contrast", fail)
    with pytest.raises(TrainingError, match=r"batch_size=4 --set train\.grad_accumulation=2"):
        train_bridge("audio", make_run(corpus, audio_cache, tmp_path / "o"))


def test_nothing_to_contrast(tmp_path):
    corpus = write_corpus(tmp_path / "c", 2, 0)
    cache = audio_features(corpus, tmp_path / "f")
    rows = [json.loads(line) for line in corpus.read_text().splitlines()]

    def train(rows):
        corpus.write_text("".join(json.dumps(row) + "\n" for row in rows))
        settings = bridge_settings(corpus, cache, tmp_path / "o")
        settings["data"]["validation_split"] = None
        return train_bridge("audio", build_config(BridgeRun, settings))

    with pytest.raises(DatasetError, match="1 sample"):
        train(rows[:1])
    with pytest.raises(DatasetError, match="same auditory cues"):
        train([rows[0], {**rows[1], "cues": rows[0]["cues"]}])
    with pytest.raises(DatasetError, match="not video"):
        train_bridge("video", build_config(BridgeRun, bridge_settings(corpus, cache, tmp_path)))
