import numpy as np
import pytest
import torch

from xemogpt.model.tiny import build_tiny

pytestmark = pytest.mark.gpu
NOISE = np.random.default_rng(0)


def test_a_device_gives_what_the_cpu_gives():
    model, processor = build_tiny(max_context_tokens=250)
    batch = processor(
        frames=[NOISE.integers(0, 255, (5, 20, 24, 3), dtype=np.uint8), None],
        waveform=[NOISE.normal(0, 0.1, 64_000).astype(np.float32), None],
        instruction="Tell.",
        answer=["glad", "sad"],
        overflow="trim",
    )
    loss = model(**batch).loss
    prompts = {name: value for name, value in batch.items() if name != "labels"}
    ids = model.generate(**prompts, max_new_tokens=8, num_beams=3)
    model.cuda()
    on_device = model(**batch.to("cuda")).loss
    torch.testing.assert_close(on_device.cpu(), loss, rtol=1e-3, atol=1e-3)
    on_device.backward()
    moved = {name: value.cuda() for name, value in prompts.items()}
    assert torch.equal(model.generate(**moved, max_new_tokens=8, num_beams=3).cpu(), ids)
    model.to(torch.bfloat16)
    assert torch.isfinite(model(**batch).loss)
