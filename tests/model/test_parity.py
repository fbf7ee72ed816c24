"""The same inputs, weights and prompts give what the published code gave."""

import numpy as np
import pytest
import torch

from xemogpt.model.generation import stimulus_of
from xemogpt.model.reference import published_name

BATCH = [(0, 0, 0), (1, 1, 1)]
MIXED = [(None, 0, 0), (1, None, 1)]
RUNS = {
    "single1": (0, 0, 0),
    "single2": (1, 1, 1),
    "audio_none": (0, None, 0),
    "video_none": (None, 1, 1),
}


def embed(golden, batch):
    z = [golden.model.perceive(m, stimulus_of(batch, m)) for m in ("video", "audio")]
    return golden.model.splice(batch["input_ids"], *z).detach()


def generate(golden, batch, **kwargs):
    ids = golden.model.generate(**batch, max_new_tokens=24, do_sample=False, **kwargs)
    return ids[:, batch["input_ids"].shape[1] :]


def assert_starts_with(generated, expected):
    """Generated ids equal the expected ones; what follows the end of an answer is padding."""
    assert generated[: len(expected)].tolist() == expected.tolist()
    assert set(generated[len(expected) :].tolist()) <= {656}


def test_every_key_is_accounted_for(golden):
    assert len(golden.report.loaded) == 81
    assert len(golden.report.kept) == 13
    assert not golden.report.verified
    assert all(
        name.startswith(("llm_model", "visual_encoder.clip", "audio_encoder.audio_encoder"))
        for name in golden.report.absent
    )


def test_prompts_and_answers_become_the_published_token_ids(golden):
    for row in BATCH:
        prompt = row[2]
        segments = golden.texts["prompt_token_ids_segments"]
        before, between, after = segments[prompt]
        batch = golden.inputs([row], answer=golden.targets(prompt))
        ids, config = batch["input_ids"][0], golden.model.config
        media = (ids == config.video_token_id) | (ids == config.audio_token_id)
        answer = golden.texts["target_token_ids"][prompt]
        # The pad token stands before everything, as the published code's beginning of sequence.
        assert ids[~media].tolist() == [656, *before, *between, *after, *answer]
        labels = batch["labels"][0]
        assert labels[labels != -100].tolist() == answer


@pytest.mark.parametrize(("kind", "rows"), [("", BATCH), ("mixed_", MIXED)])
def test_what_the_backbone_is_given_and_what_it_predicts(golden, kind, rows):
    batch = golden.inputs(rows, answer=golden.targets(0, 1), padding_side="right")
    expected = {
        name.removeprefix(f"forward.{kind}"): value
        for name, value in golden.expected.items()
        if name.startswith(f"forward.{kind}")
    }
    length = batch["input_ids"].shape[1]
    mask = expected["attention_mask"][:, :length]
    assert np.array_equal(batch["attention_mask"], mask)
    assert not expected["attention_mask"][:, length:].any()
    assert np.array_equal(batch["labels"], expected["labels"][:, :length])
    embeds = embed(golden, batch).numpy()
    np.testing.assert_allclose(
        embeds[mask == 1], expected["inputs_embeds"][:, :length][mask == 1], rtol=1e-4, atol=1e-4
    )
    logits = golden.model(**batch, logits_to_keep=0).logits[:, :-1].detach()
    at_labels = logits[batch["labels"][:, 1:] != -100].numpy()
    np.testing.assert_allclose(at_labels, expected["logits_at_labels"], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("padding_side", ["left", "right"])
def test_losses(golden, padding_side):
    for name, rows, prompts in (
        ("loss", BATCH, (0, 1)),
        ("loss_mixed", MIXED, (0, 1)),
        ("loss_single1", BATCH[:1], (0,)),
        ("loss_single2", BATCH[1:], (1,)),
    ):
        answers = golden.targets(*prompts)
        batch = golden.inputs(rows, answer=answers, padding_side=padding_side)
        loss = golden.model(**batch).loss.item()
        assert loss == pytest.approx(float(golden.expected[f"forward.{name}"]), abs=1e-5)


@pytest.mark.parametrize("run", RUNS)
def test_greedy_ids(golden, run):
    generated = generate(golden, golden.inputs([RUNS[run]]))
    assert generated.tolist() == golden.expected[f"generate.{run}.greedy_ids"].tolist()


@pytest.mark.parametrize("run", ["single1", "single2"])
def test_beam_search_ids(golden, run):
    generated = generate(golden, golden.inputs([RUNS[run]]), num_beams=5)
    assert generated[0].tolist() == golden.texts["beam5_ids"][run]


def test_left_padded_batch_equals_its_singles(golden):
    """The published code decoded from padding here; a batch of ours is what each would be alone."""
    rows = list(RUNS.values())
    batch = golden.inputs(rows)
    assert (batch["attention_mask"][:, -1] == 1).all()
    generated = generate(golden, batch)
    for row, run in zip(generated, RUNS, strict=True):
        assert_starts_with(row, golden.expected[f"generate.{run}.greedy_ids"][0])
    embeds, together = embed(golden, batch), golden.model(**batch).logits
    for index, row in enumerate(rows):
        single = golden.inputs([row])
        own = batch["attention_mask"][index] == 1
        torch.testing.assert_close(embeds[index, own], embed(golden, single)[0], rtol=0, atol=1e-4)
        alone = golden.model(**single).logits[0]
        torch.testing.assert_close(together[index, own], alone, rtol=1e-4, atol=1e-4)


def test_beam_search_of_a_batch_equals_its_singles(golden):
    generated = generate(golden, golden.inputs(BATCH), num_beams=5)
    for row, run in zip(generated, ("single1", "single2"), strict=True):
        assert_starts_with(row, np.array(golden.texts["beam5_ids"][run]))


def test_gradients(golden):
    golden.model.zero_grad()
    batch = golden.inputs(BATCH, answer=golden.targets(0, 1), padding_side="right")
    golden.model(**batch).loss.backward()
    ours = {
        published_name(golden.model, name): parameter.grad
        for name, parameter in golden.model.named_parameters()
        if parameter.requires_grad
    }
    golden.model.zero_grad()
    for name, value in golden.expected.items():
        if name.startswith("grads."):
            gradient = ours[name.removeprefix("grads.")].numpy()
            np.testing.assert_allclose(gradient, value, rtol=1e-4, atol=1e-4)
    norms = {n: norm for n, norm in golden.texts["grad_norms"].items() if norm is not None}
    assert set(norms) == set(ours)
    for name, norm in norms.items():
        assert ours[name].norm().item() == pytest.approx(norm, rel=1e-4, abs=1e-5), name


def test_without_the_published_marks_nothing_is_left_of_a_missing_modality(golden):
    batch = golden.processor(subtitle="I am fine.", instruction="Describe.")
    text = golden.processor.tokenizer.decode(batch["input_ids"][0])
    assert "Here" not in text and "xemo" not in text
    assert "<Audio></Audio>. video: <Video></Video>" in text
