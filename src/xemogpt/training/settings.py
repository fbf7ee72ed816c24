"""What every training run sets: optimiser, batches, precision, logs and checkpoints."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from xemogpt.config import Config


class TrainSettings(Config):
    """Settings of a run that are the same for bridges and for the whole model."""

    output_dir: str
    """Folder of checkpoints, logs and the chosen model."""
    seed: int = 0
    """Of weights, order of samples, dropout and every draw."""
    epochs: float = Field(default=10, gt=0)
    """Passes over the training split."""
    max_steps: int | None = Field(default=None, ge=1)
    """Optimiser steps, instead of ``epochs``."""
    batch_size: int = Field(default=32, ge=1)
    """Samples in a batch of one process."""
    grad_accumulation: int = Field(default=1, ge=1)
    """Batches whose gradients are added before a step."""
    eval_batch_size: int | None = Field(default=None, ge=1)
    """Samples in a validation batch; ``batch_size`` if not given."""
    lr: float = Field(default=3e-4, gt=0)
    """Highest learning rate."""
    weight_decay: float = Field(default=0.01, ge=0)
    """AdamW's decay."""
    warmup_steps: int = Field(default=0, ge=0)
    """Steps in which the learning rate climbs."""
    schedule: Literal["cosine", "linear", "constant_with_warmup"] = "cosine"
    """How it falls after that."""
    max_grad_norm: float = Field(default=1.0, gt=0)
    """Longer gradients are shortened to this."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """``auto``: bf16 on a GPU that has it, fp32 elsewhere. On CPUs with bf16 instructions (AVX512,
    AMX) bf16 halves the time of a step, on others it is slower."""
    device: Literal["auto", "cpu"] = "auto"
    """``cpu`` leaves a GPU alone."""
    gradient_checkpointing: bool = False
    """Compute activations twice instead of keeping them."""
    num_workers: int = Field(default=0, ge=0)
    """Processes that load samples."""
    log_every: int = Field(default=10, ge=1)
    """Steps between log lines."""
    eval_every: int | None = Field(default=None, ge=1)
    """Steps between validations and checkpoints; each epoch if not given."""
    keep_checkpoints: int = Field(default=2, ge=1)
    """Checkpoints kept, the best one besides."""
    metric: str = "loss"
    """Validation metric that chooses the checkpoint."""
    patience: int | None = Field(default=None, ge=1)
    """Stop after so many validations without a better metric; none never stops early."""
    tensorboard: bool = True
    """Write TensorBoard events beside the JSONL log."""


def build_arguments(settings: TrainSettings, has_validation: bool, **extra: Any) -> Any:
    """The ``TrainingArguments`` that settings mean.

    Args:
        settings: of the run.
        has_validation: whether there is a validation split to choose a checkpoint on.
        **extra: further ones.
    """
    import torch
    from transformers import TrainingArguments

    on_gpu = settings.device == "auto" and torch.cuda.is_available()
    bf16 = settings.precision == "bf16" or (
        settings.precision == "auto" and on_gpu and torch.cuda.is_bf16_supported()
    )
    every = "epoch" if settings.eval_every is None else "steps"
    return TrainingArguments(
        output_dir=settings.output_dir,
        seed=settings.seed,
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps or -1,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.eval_batch_size or settings.batch_size,
        gradient_accumulation_steps=settings.grad_accumulation,
        learning_rate=settings.lr,
        weight_decay=settings.weight_decay,
        warmup_steps=settings.warmup_steps,
        lr_scheduler_type=settings.schedule,
        max_grad_norm=settings.max_grad_norm,
        bf16=bf16,
        use_cpu=not on_gpu,
        gradient_checkpointing=settings.gradient_checkpointing,
        dataloader_num_workers=settings.num_workers,
        dataloader_pin_memory=on_gpu,
        logging_steps=settings.log_every,
        logging_first_step=True,
        logging_nan_inf_filter=False,
        eval_strategy=every if has_validation else "no",
        eval_steps=settings.eval_every,
        save_strategy=every,
        save_steps=settings.eval_every or 500,
        save_total_limit=settings.keep_checkpoints,
        load_best_model_at_end=has_validation,
        metric_for_best_model=f"eval_{settings.metric}" if has_validation else None,
        greater_is_better=settings.metric != "loss",
        remove_unused_columns=False,
        report_to=["tensorboard"] if settings.tensorboard else [],
        disable_tqdm=True,
        **extra,
    )


def device_memory_advice(settings: TrainSettings) -> str:
    """What to type after running out of memory: half the batch, the same global batch."""
    if settings.batch_size > 1:
        half = settings.batch_size // 2
        steps = settings.grad_accumulation * -(-settings.batch_size // half)
        return (
            f"--set train.batch_size={half} --set train.grad_accumulation={steps}"
            " (the same number of samples a step)"
        )
    if not settings.gradient_checkpointing:
        return "--set train.gradient_checkpointing=true (the batch is one sample already)"
    return "a smaller model, shorter clips or a device with more memory"


def run_folder(settings: TrainSettings) -> Path:
    """Where the run writes."""
    return Path(settings.output_dir)
