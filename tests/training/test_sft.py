import json

import numpy as np
import pytest
import torch
from tests.training.conftest import audio_features, bridge_settings, write_corpus
from typer.testing import CliRunner

from xemogpt.cli.app import app
from xemogpt.config import build_config
from xemogpt.errors import CheckpointError, ConfigError, DatasetError
from xemogpt.model.modeling import XEmoGPTForConditionalGeneration
from xemogpt.model.tiny import build_tiny
from xemogpt.schema import CueSet
from xemogpt.training.answers import answer_of
from xemogpt.training.bridges import BridgeRun, train_bridge
from xemogpt.training.cache import FeatureCache
from xemogpt.training.hashes import MediaHashes
from xemogpt.training.records import read_log
from xemogpt.training.samples import read_samples
from xemogpt.training.sft import choose_trained, load_base, train_sft, trainable
from xemogpt.training.sft_data import SftDataset
from xemogpt.training.sft_settings import Dropped, ModelSettings, SftRun, TrainedParts


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A tiny model that only hears, saved."""
    folder = tmp_path_factory.mktemp("base")
    model, processor = build_tiny(use_video=False, bridge_form="residual")
    model.save_pretrained(folder, full=True)
    processor.save_pretrained(folder)
    return folder


def settings(corpus, cache, base, out, **train):
    return {
        "data": {"corpus": str(corpus)},
        "model": {"base": str(base)},
        "features": {"audio": cache},
        "bridge_lr": 1e-2,
        "train": {
            "output_dir": str(out), "epochs": 2, "batch_size": 8, "lr": 5e-3, "log_every": 1,
            "device": "cpu", "tensorboard": False, **train,
        },
    }  # fmt: skip


def run_of(*args, **changes):
    return build_config(SftRun, settings(*args, **changes))


def losses(folder):
    return [entry["loss"] for entry in read_log(folder) if "loss" in entry]


def test_a_model_learns_and_is_saved(corpus, audio_cache, base, tmp_path):
    result = train_sft(run_of(corpus, audio_cache, base, tmp_path, epochs=8))
    found = losses(tmp_path)
    assert np.mean(found[-3:]) < 0.75 * found[0]
    assert result.chosen_by == "validation loss"
    before = XEmoGPTForConditionalGeneration.from_pretrained(base)
    after = XEmoGPTForConditionalGeneration.from_pretrained(result.model_dir)
    moved = {
        name
        for (name, old), (_, new) in zip(
            before.named_parameters(), after.named_parameters(), strict=True
        )
        if not torch.equal(old, new)
    }
    assert any(name.startswith("audio.bridge.") for name in moved)
    assert any(name.startswith("audio.projector.") for name in moved)
    assert any(".lora_B." in name for name in moved)
    assert not any(name.startswith("audio.encoder.") for name in moved)
    assert all(".lora_" in name for name in moved if name.startswith("language_model."))


def test_a_resumed_run_takes_the_same_steps(corpus, audio_cache, base, tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    train_sft(run_of(corpus, audio_cache, base, whole))
    train_sft(run_of(corpus, audio_cache, base, cut))
    (cut / "checkpoint-6" / "config.yaml").unlink()  # as a kill may leave it
    (cut / "result.json").unlink()
    train_sft(run_of(corpus, audio_cache, base, cut), resume=True)
    assert losses(cut) == pytest.approx(losses(whole), abs=1e-5)
    with pytest.raises(ConfigError, match=r"train\.lr: was 0\.005, is 0\.1"):
        train_sft(run_of(corpus, audio_cache, base, cut, lr=0.1), resume=True)


def test_answers_are_generated_and_choose_the_checkpoint(corpus, audio_cache, base, tmp_path):
    data = settings(corpus, audio_cache, base, tmp_path, metric="emocue360")
    with pytest.raises(ConfigError, match=r"generation\.num_samples"):
        build_config(SftRun, data)
    run = build_config(SftRun, data | {"generation": {"num_samples": 4, "max_new_tokens": 8}})
    result = train_sft(run)
    assert result.chosen_by == "validation emocue360"
    scores = [e["eval_emocue360"] for e in read_log(tmp_path) if "eval_emocue360" in e]
    assert len(scores) == 2 and all(0 <= score <= 1 for score in scores)


def test_a_pretrained_bridge_is_put_in(corpus, audio_cache, base, tmp_path):
    model, _ = build_tiny(use_video=False, bridge_form="residual")
    shape = model.config.bridge_config("audio").model_dump()
    wanted = {k: shape[k] for k in ("num_heads", "ffn_dim", "form", "num_layers")}
    run = bridge_settings(corpus, audio_cache, tmp_path / "bridge", epochs=1) | {"bridge": wanted}
    trained = train_bridge("audio", build_config(BridgeRun, run))
    got, _ = load_base(ModelSettings(base=str(base), audio_bridge=trained.model_dir))
    plain, _ = load_base(ModelSettings(base=str(base)))
    name = "audio.bridge.transformer"
    old = {k: v for k, v in plain.state_dict().items() if k.startswith(name)}
    assert any(not torch.equal(v, got.state_dict()[k]) for k, v in old.items())
    other = run | {"bridge": wanted | {"ffn_dim": 32}}
    other["train"] = {**run["train"], "output_dir": str(tmp_path / "other")}
    small = train_bridge("audio", build_config(BridgeRun, other))
    with pytest.raises(CheckpointError, match="another shape"):
        load_base(ModelSettings(base=str(base), audio_bridge=small.model_dir))


def test_what_is_trained(base):
    model, _ = load_base(ModelSettings(base=str(base)))
    counts = {}
    for backbone in ("frozen", "lora", "full"):
        choose_trained(model, TrainedParts(backbone=backbone))
        counts[backbone] = trainable(model)
    assert counts["frozen"] < counts["lora"] < counts["full"]
    choose_trained(model, TrainedParts(bridges=False, backbone="frozen"))
    assert {n.split(".")[1] for n, p in model.named_parameters() if p.requires_grad} == {
        "projector"
    }
    with pytest.raises(ConfigError, match="nothing is trained"):
        build_config(TrainedParts, {"bridges": False, "projectors": False, "backbone": "frozen"})


def test_what_is_not_shown_is_not_answered(tmp_path):
    path = tmp_path / "c.jsonl"
    emotional = [{"text": "expresses joy", "kind": "happy"}]
    row = {
        "id": "a",
        "transcript": "We meet at ten.",
        "explanation": "The person smiles and speaks fast. They express joy.",
        "cues": {
            "visual": [{"text": "smiles", "kind": "smile"}],
            "auditory": [{"text": "speaks fast", "kind": "fast-speech"}],
            "emotional": emotional,
        },
    }
    path.write_text(json.dumps(row))
    (sample,), _ = read_samples(path)
    rng = np.random.default_rng(0)
    assert answer_of(sample, ("video", "audio"), True, rng) == sample.explanation
    for _ in range(20):
        heard = answer_of(sample, ("audio",), True, rng)
        assert (
            heard
            and "smil" not in heard
            and any(word in heard for word in ("fast", "quick", "rapid"))
        )
    plain = [answer_of(sample, shown, True, rng, "plain") for shown in (["video"], ["audio"], [])]
    assert plain == [
        "The person smiles. The expressed emotion is happiness.",
        "The speaker speaks fast. The expressed emotion is happiness.",
        "The expressed emotion is happiness.",
    ]
    unknown = sample.model_copy(update={"cues": sample.cues.model_copy(update={"emotional": ()})})
    assert answer_of(unknown, ("audio",), True, rng) is None


def test_words_alone_are_shown_and_answered_without_cues(corpus, audio_cache, tmp_path):
    sample = read_samples(corpus)[0][0]
    emotional = [{"text": "expresses joy", "kind": "happy"}]
    sample = sample.model_copy(
        update={"cues": CueSet(auditory=sample.cues.auditory, emotional=emotional)}
    )
    dataset = SftDataset(
        [sample], {"audio": FeatureCache.open(audio_cache)}, ("audio",),
        Dropped(audio=0.5, words=0.5), 16, 10.0, MediaHashes(tmp_path / "h.json"), 0, True, "plain",
    )  # fmt: skip
    seen = set()
    for epoch in range(40):
        dataset.set_epoch(epoch)
        example = dataset[0]
        heard = "audio_features" in example
        seen.add((heard, example["subtitle"] is not None))
        assert ("pitch" in example["answer"]) == heard
        assert example["answer"].endswith("The expressed emotion is happiness.")
    # Never nothing at all: where both were dropped, the sound is shown.
    assert seen == {(True, True), (True, False), (False, True)}


def test_bad_corpora_and_caches_are_named(corpus, audio_cache, base, tmp_path):
    rows = [json.loads(line) for line in corpus.read_text().splitlines()]
    for row in rows:
        row["media"] = str(corpus.parent / row["media"])
    del rows[3]["explanation"]
    rows[4]["explanation"] = "long " * 3000
    bad = tmp_path / "bad.jsonl"
    bad.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(DatasetError, match=r"2 of 24 samples cannot be trained on") as caught:
        train_sft(run_of(bad, audio_cache, base, tmp_path / "o"))
    assert "'s3'" in str(caught.value) and "more than the context" in str(caught.value)
    skipping = settings(bad, audio_cache, base, tmp_path / "s", epochs=1)
    skipping["data"]["on_bad"] = "skip"
    assert train_sft(build_config(SftRun, skipping)).num_steps == 3
    small = write_corpus(tmp_path / "small", 4, 2)
    other = audio_features(small, tmp_path / "f", max_audio_s=1.0)
    folder = tmp_path / "f" / other.rsplit("/", 1)[-1]
    identity = json.loads((folder / "features.json").read_text())
    (folder / "features.json").write_text(json.dumps(identity | {"fingerprint": "0" * 64}))
    with pytest.raises(DatasetError, match="features of another encoder"):
        train_sft(run_of(small, str(folder), base, tmp_path / "x"))


def test_the_commands(corpus, base, tmp_path):
    cli = CliRunner()
    features = tmp_path / "features.yaml"
    features.write_text(
        f"corpus: {corpus}\ncache_dir: {tmp_path / 'f'}\naudio: {{name: tiny-audio}}\n"
    )
    made = cli.invoke(app, ["train", "features", str(features), "--json"])
    assert made.exit_code == 0, made.output
    folder = json.loads(made.stdout)["folders"]["audio"]
    config = tmp_path / "sft.yaml"
    config.write_text(json.dumps(settings(corpus, folder, base, tmp_path / "o", epochs=1)))
    trained = cli.invoke(app, ["train", "sft", str(config), "--set", "train.max_steps=2", "--json"])
    assert trained.exit_code == 0, trained.output
    assert json.loads(trained.stdout)["num_steps"] == 2
    bad = cli.invoke(app, ["train", "sft", str(config), "--set", "train.lrr=1", "--set", "modle=1"])
    assert isinstance(bad.exception, ConfigError)
    assert "train.lrr" in str(bad.exception) and "modle" in str(bad.exception)
