"""Two gloo processes against one, at the same global batch."""

from pathlib import Path

import pytest
import torch
from torch import distributed, multiprocessing
from torch.nn.parallel import DistributedDataParallel

from xemogpt.bridges.aligners import VideoAlignerConfig, VideoTextAligner
from xemogpt.bridges.video import VideoBridge, VideoBridgeConfig
from xemogpt.training.bridge_model import BridgePretraining, ObjectiveWeights


def build():
    torch.manual_seed(0)
    bridge = VideoBridge(VideoBridgeConfig(input_dim=16, num_heads=2, ffn_dim=32))
    heads = VideoAlignerConfig(text_dim=12, output_dim=8)
    return BridgePretraining(VideoTextAligner(bridge, heads), ObjectiveWeights())


def batch():
    make = torch.Generator().manual_seed(1)
    hidden = torch.rand(8, 6, generator=make) < 0.4
    hidden[:4, 1:] = False  # ranks hide different numbers of frames
    hidden[:, 0] = True
    cues = torch.randint(0, 4, (8, 1), generator=make)
    return {
        "values": torch.randn(8, 6, 16, generator=make),
        "mask": torch.ones(8, 6, dtype=torch.bool),
        "text": torch.randn(8, 12, generator=make),
        "own_cues": cues,
        "key_cues": cues,
        "order": torch.arange(6).flip(0).expand(8, 6).contiguous(),
        "hidden": hidden,
    }


def work(rank, folder):
    torch.set_num_threads(1)
    store = f"file://{folder}/store"
    distributed.init_process_group("gloo", init_method=store, rank=rank, world_size=2)
    try:
        model = build()
        wrapped = DistributedDataParallel(model)
        loss = wrapped(**{k: v[4 * rank : 4 * rank + 4] for k, v in batch().items()})["loss"]
        loss.backward()
        distributed.all_reduce(loss.detach())
        grads = {name: p.grad for name, p in model.named_parameters()}
        if rank == 0:
            torch.save({"loss": loss.detach() / 2, "grads": grads}, Path(folder) / "out.pt")
    finally:
        distributed.destroy_process_group()


@pytest.mark.slow
def test_two_processes_give_the_single_process_loss_and_gradients(tmp_path):
    multiprocessing.spawn(work, args=(str(tmp_path),), nprocs=2)
    found = torch.load(tmp_path / "out.pt", weights_only=True)
    model = build()
    loss = model(**batch())["loss"]
    loss.backward()
    assert found["loss"].item() == pytest.approx(loss.item(), abs=1e-4)
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(found["grads"][name], parameter.grad, atol=1e-4, rtol=0)
    assert sum(p.grad.abs().sum() for p in model.parameters()) > 1
