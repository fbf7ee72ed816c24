import math

import numpy as np
import pytest
import torch
from tests.training.conftest import bridge_settings
from torch import nn

from xemogpt.config import build_config
from xemogpt.encoders.text import TinyTextEncoder
from xemogpt.schema import CueSet
from xemogpt.training.bridge_data import (
    BridgeDataset,
    CueTexts,
    DrawSettings,
    collate_bridge,
    cue_bank,
)
from xemogpt.training.bridges import BridgeRun, load_aligner, train_bridge
from xemogpt.training.cache import FeatureCache, FeatureIdentity
from xemogpt.training.records import read_log
from xemogpt.training.samples import TrainingSample
from xemogpt.training.targets import CueBank


def test_the_loss_is_cross_entropy_over_known_cues_by_hand():
    bank = CueBank(torch.tensor([[1.0, 0], [0, 1], [0, 0]]), torch.tensor([0.5, 0.5, 0.1]))
    queries = torch.tensor([[2.0, 0.0]])  # as the first cue: cosines 1 and 0, scale 10, bias 0
    loss = bank(queries, nn.Identity(), torch.tensor([[0, -1]]))
    assert loss.item() == pytest.approx(math.log1p(math.exp(-10)) + math.log(2), abs=1e-5)
    wrong = bank(queries, nn.Identity(), torch.tensor([[1, -1]]))
    assert wrong.item() == pytest.approx(10 + math.log(2), abs=1e-3)


def test_a_bank_holds_the_mean_wording_and_the_share_of_each_cue():
    def sample(name, *cues):
        return TrainingSample(id=name, cues=CueSet(auditory=[{"text": t, "kind": k}
                                                             for t, k in cues]))  # fmt: skip

    samples = [sample("a", ("loud", "l"), ("very loud", "l")), sample("b", ("high", "h"))]
    texts = CueTexts(TinyTextEncoder())
    bank, shares = cue_bank(samples, ("auditory",), {"l": 0, "h": 1, "unseen": 2}, texts)
    loud = np.mean([texts["loud"], texts["very loud"]], axis=0)
    np.testing.assert_allclose(bank[0].numpy(), loud, atol=1e-6)
    assert shares.tolist() == [0.5, 0.5, 0.0] and not bank[2].any()


def test_a_bridge_trained_with_the_bank_loads_without_it(corpus, audio_cache, tmp_path):
    settings = bridge_settings(corpus, audio_cache, tmp_path, epochs=12)
    settings["objectives"] = {"text": 0.0, "bank": 1.0}
    settings["data"]["cues"] = ["auditory", "emotional"]
    result = train_bridge("audio", build_config(BridgeRun, settings))
    losses = [entry["loss_bank"] for entry in read_log(tmp_path) if "loss_bank" in entry]
    assert losses[-1] < losses[0] - 0.1
    load_aligner(result.model_dir)


def test_moments_ask_at_each_step_and_leave_padding_out():
    bank = CueBank(torch.tensor([[1.0, 0], [0, 1]]), torch.tensor([0.5, 0.5]))
    steps = torch.tensor([[[2.0, 0.0], [0.0, 1.0], [9.0, 9.0]]])  # as cue 0, as cue 1, padding
    mask, own = torch.tensor([[True, True, False]]), torch.tensor([[0, 1]])
    when = torch.tensor([[[True, False], [False, True], [True, True]]])
    each = math.log1p(math.exp(-10)) + math.log(2)  # the cue that is there, and the other one
    loss = bank.moments(steps, mask, nn.Identity(), own, when)
    assert loss.item() == pytest.approx(each, abs=1e-5)
    wrong = bank.moments(steps, mask, nn.Identity(), own, ~when)
    assert wrong.item() == pytest.approx(10 + math.log(2), abs=1e-3)


def test_a_step_has_the_cues_whose_times_it_lies_in(tmp_path):
    cache = FeatureCache.create(
        tmp_path, FeatureIdentity(modality="audio", encoder="e", fingerprint="f", feature_dim=1,
                                  max_s=10.0)
    )  # fmt: skip
    cache.add_shard({"key": torch.zeros(10, 1), "short": torch.zeros(4, 1)})
    cues = [
        {"text": "soft", "kind": "soft", "start_s": 2.0, "end_s": 3.9},
        {"text": "late", "kind": "late", "start_s": 9.0, "end_s": 12.0},
        {"text": "soft again", "kind": "soft", "start_s": 8.1, "end_s": 9.0},
        {"text": "low all along", "kind": "low"},
    ]
    sample = TrainingSample(id="a", duration_s=20, cues=CueSet(auditory=cues))
    untimed = TrainingSample(id="b", cues=CueSet(auditory=cues[:1]))
    vocabulary = {"low": 0, "soft": 1, "late": 2}
    dataset = BridgeDataset(
        [sample, untimed], ["key", "short"], cache, CueTexts(TinyTextEncoder()), ("auditory",),
        DrawSettings(), vocabulary, seed=0, training=False,
    )  # fmt: skip
    item = dataset[0]
    assert item["own_cues"].tolist()[:3] == [0, 1, 2]
    # Ten steps of the ten encoded seconds; the rest of the clip was not encoded.
    assert item["when"][:, 0].all()
    assert item["when"][:, 1].nonzero().flatten().tolist() == [2, 3, 8]
    assert item["when"][:, 2].nonzero().flatten().tolist() == [9]
    batch = collate_bridge([item, dataset[1]])
    assert batch["when"].shape == (2, 10, dataset.max_cues)
    assert batch["when"][1, :4, 0].all() and not batch["when"][1, 4:].any()


def test_a_standardising_bridge_learns_moments_and_keeps_its_statistics(
    corpus, audio_cache, tmp_path
):
    settings = bridge_settings(corpus, audio_cache, tmp_path, epochs=12)
    settings["objectives"] = {"text": 0.0, "moments": 1.0}
    settings["bridge"] |= {"standardise": True, "deviations": True, "dim": 32}
    result = train_bridge("audio", build_config(BridgeRun, settings))
    losses = [entry["loss_moments"] for entry in read_log(tmp_path) if "loss_moments" in entry]
    assert losses[-1] < losses[0] - 0.1
    way_in = load_aligner(result.model_dir)[0].bridge.input
    assert way_in.standardise.std.ne(1).any() and way_in.moves.std.ne(1).any()
