import math

import numpy as np
import pytest
import torch
from tests.training.conftest import bridge_settings
from torch import nn

from xemogpt.config import build_config
from xemogpt.encoders.text import TinyTextEncoder
from xemogpt.schema import CueSet
from xemogpt.training.bridge_data import CueTexts, cue_bank
from xemogpt.training.bridges import BridgeRun, load_aligner, train_bridge
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
