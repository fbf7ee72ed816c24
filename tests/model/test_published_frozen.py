"""Parity from raw frames, and for a backbone without adapters and HuBERT with a group norm.

Its batches are compared with the published singles: there, padding leaks into the group norm.
"""

import json

import numpy as np
import pytest
import torch

from xemogpt.model.conversion import convert_published, load_published, write_published

from .conftest import Golden

pytestmark = pytest.mark.shared
TOWERS = {
    "lora": ("clip_p14_56", "hubert_layer"),
    "frozen": ("clip_p32_224", "hubert_group"),
}
BATCH = [(0, 0, 0), (1, 1, 1)]
MIXED = [(None, 0, 0), (1, None, 1)]


@pytest.fixture(scope="module", params=["lora", "frozen"])
def published(request, shared_dir):
    folder, name = shared_dir / "golden", request.param
    clip, hubert = TOWERS[name]
    towers = {
        "vision": folder / "ckpt" / clip,
        "audio": folder / "ckpt" / hubert,
        "llm": folder / "ckpt" / "qwen3",
        "lora_alpha": 16,
    }
    checkpoint = folder / f"xemogpt_tiny_{name}.ckpt"
    model, processor, report = load_published(checkpoint, **towers)
    expected = {
        f"{kind}.{key}": value
        for kind in ("forward", "generate", "grads")
        for key, value in np.load(folder / f"xemogpt_tiny_{name}.{kind}.npz").items()
    }
    texts = json.loads((folder / "xemogpt.json").read_text())
    media = np.load(folder / "inputs_synthetic.npz")
    golden = Golden(
        model,
        processor,
        report,
        expected,
        {**texts, **texts[f"xemogpt_tiny_{name}"]},
        [media["frames_a"], media["frames_b"]],
        [media["audio_1"], media["audio_2"]],
        video_argument="frames",
    )
    return golden, checkpoint, towers


def test_nothing_of_a_full_checkpoint_is_left_over(published):
    report = published[0].report
    assert not report.absent
    total = len(report.loaded) + len(report.verified) + len(report.kept)
    assert total in (283, 236)


def test_singles_and_missing_modalities(published):
    golden, _, _ = published
    for rows, prompts, name in (
        (BATCH[:1], (0,), "loss_single1"),
        (BATCH[1:], (1,), "loss_single2"),
        (MIXED, (0, 1), "loss_mixed"),
    ):
        loss = golden.model(**golden.inputs(rows, answer=golden.targets(*prompts))).loss.item()
        assert loss == pytest.approx(float(golden.expected[f"forward.{name}"]), abs=1e-5)


def test_a_batch_is_its_published_singles(published):
    golden, _, _ = published
    batch = golden.inputs(BATCH, answer=golden.targets(0, 1))
    logits = golden.model(**batch, logits_to_keep=0).logits[:, :-1].detach()
    for row in range(2):
        at_labels = logits[row][batch["labels"][row, 1:] != -100].numpy()
        single = golden.expected[f"forward.single{row + 1}_logits_at_labels"]
        np.testing.assert_allclose(at_labels, single, rtol=1e-4, atol=1e-4)
    counts = (batch["labels"] != -100).sum(dim=1).double()
    singles = [float(golden.expected[f"forward.loss_single{i}"]) for i in (1, 2)]
    mean = (counts * torch.tensor(singles)).sum() / counts.sum()
    assert golden.model(**batch).loss.item() == pytest.approx(mean.item(), abs=1e-5)


def test_greedy_and_beam_ids_from_raw_frames(published):
    golden, _, _ = published
    runs = {"single1": BATCH[0], "single2": BATCH[1], "audio_none": (0, None, 0)}
    runs["video_none"] = (None, 1, 1)
    batch = golden.inputs(list(runs.values()))
    together = golden.model.generate(**batch, max_new_tokens=24, do_sample=False)
    for index, (run, row) in enumerate(runs.items()):
        expected = golden.expected[f"generate.{run}.greedy_ids"][0].tolist()
        new = together[index, batch["input_ids"].shape[1] :].tolist()
        assert new[: len(expected)] == expected and set(new[len(expected) :]) <= {656}
        if "beam5_ids" in golden.texts[run]:
            single = golden.inputs([row])
            ids = golden.model.generate(**single, max_new_tokens=24, do_sample=False, num_beams=5)
            beams = golden.texts[run]["beam5_ids"]
            assert ids[:, single["input_ids"].shape[1] :].tolist() == beams


def test_the_very_file_comes_back(published, tmp_path):
    _, checkpoint, towers = published
    convert_published(checkpoint, tmp_path / "model", **towers)
    write_published(tmp_path / "model", tmp_path / "out.ckpt")
    one, two = (torch.load(path, weights_only=True) for path in (checkpoint, tmp_path / "out.ckpt"))
    assert list(one) == list(two)
    assert all(torch.equal(one[name], two[name]) for name in one)
