"""transformers' Trainer and PEFT, as users have them."""

import numpy as np
import pytest
import torch
from transformers import Trainer, TrainingArguments

from xemogpt.model.modeling import XEmoGPTForConditionalGeneration
from xemogpt.model.tiny import build_tiny

NOISE = np.random.default_rng(0)
SAMPLES = [
    {
        "frames": NOISE.integers(0, 255, (3, 20, 24, 3), dtype=np.uint8) if i % 3 else None,
        "waveform": NOISE.normal(0, 0.1, 4_000 + 500 * i).astype(np.float32) if i % 2 else None,
        "subtitle": f"words {i}",
        "answer": "glad" if i % 2 else "sad",
    }
    for i in range(8)
]


@pytest.fixture
def collate():
    processor = build_tiny()[1]

    def make(samples):
        columns = {name: [sample[name] for sample in samples] for name in samples[0]}
        return dict(processor(instruction="Tell.", **columns))

    return make


def arguments(folder, **kwargs):
    return TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=2,
        max_steps=3,
        learning_rate=1e-2,
        remove_unused_columns=False,
        report_to=[],
        use_cpu=True,
        save_steps=2,
        logging_steps=1,
        disable_tqdm=True,
        **kwargs,
    )


def test_three_steps_of_trainer_change_what_is_trained(collate, tmp_path):
    model, processor = build_tiny()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    trainer = Trainer(
        model,
        arguments(tmp_path, gradient_accumulation_steps=2, gradient_checkpointing=True),
        data_collator=collate,
        train_dataset=SAMPLES,
        eval_dataset=SAMPLES[:4],
        processing_class=processor,
    )
    assert trainer.model_accepts_loss_kwargs
    result = trainer.train()
    assert result.global_step == 3 and np.isfinite(result.training_loss)
    for name, parameter in model.named_parameters():
        changed = not torch.equal(parameter, before[name])
        assert changed == parameter.requires_grad or name.endswith("attention.key.bias"), name
    assert np.isfinite(trainer.evaluate()["eval_loss"])
    trainer.save_model(str(tmp_path / "final"))
    again = XEmoGPTForConditionalGeneration.from_pretrained(tmp_path / "final")
    assert (tmp_path / "final" / "processor_config.json").is_file()
    state = model.state_dict()
    assert all(torch.equal(state[name], tensor) for name, tensor in again.state_dict().items())


def test_training_resumes_from_a_checkpoint(collate, tmp_path):
    def train(folder, resume=None):
        model, _ = build_tiny()
        trainer = Trainer(
            model, arguments(folder, seed=1), data_collator=collate, train_dataset=SAMPLES
        )
        trainer.train(resume_from_checkpoint=resume)
        return model

    whole = train(tmp_path)
    resumed = train(tmp_path, str(tmp_path / "checkpoint-2"))
    for one, two in zip(whole.parameters(), resumed.parameters(), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-5)


def test_peft_wraps_a_model_without_adapters(collate, tmp_path):
    from peft import LoraConfig, PeftModel, get_peft_model

    model, processor = build_tiny(lora=None)
    batch = collate(SAMPLES)
    settings = LoraConfig(
        r=4,
        target_modules=r".*language_model.*\.(q_proj|v_proj)",
        modules_to_save=["projector"],
        task_type="CAUSAL_LM",
    )
    wrapped = get_peft_model(model, settings)
    optimiser = torch.optim.AdamW([p for p in wrapped.parameters() if p.requires_grad], lr=1e-2)
    losses = []
    for _ in range(4):
        optimiser.zero_grad()
        loss = wrapped(**batch).loss
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    wrapped.eval()
    prompts = processor(subtitle="x", waveform=SAMPLES[1]["waveform"], instruction="Tell.")
    ids = wrapped.generate(**prompts, max_new_tokens=4, do_sample=False)
    wrapped.save_pretrained(str(tmp_path))
    fresh = PeftModel.from_pretrained(build_tiny(lora=None)[0], str(tmp_path))
    assert torch.equal(ids, fresh.generate(**prompts, max_new_tokens=4, do_sample=False))


def test_adapters_can_be_read_by_their_peft_names():
    model, _ = build_tiny()
    names = [name for name, p in model.language_model.named_parameters() if p.requires_grad]
    assert names and all(".lora_A.default." in n or ".lora_B.default." in n for n in names)
