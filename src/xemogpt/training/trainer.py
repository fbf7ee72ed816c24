"""transformers' Trainer with a guard: it stops in plain words where a run cannot go on."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import Sampler
from transformers import Trainer

from xemogpt.errors import TrainingError
from xemogpt.training.sampler import EpochSampler
from xemogpt.training.settings import TrainSettings, device_memory_advice


class GuardedTrainer(Trainer):
    """Trainer that checks each loss, explains running out of memory, and orders samples by seed.

    Args:
        settings: of the run.
        group_by_length: batch samples of like length; the dataset then has ``lengths``.
        **kwargs: passed on to ``Trainer``.
    """

    def __init__(
        self, settings: TrainSettings, group_by_length: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.settings = settings
        self.group_by_length = group_by_length
        self._parts: dict[str, list[Tensor]] = {}

    def training_step(
        self, model: nn.Module, inputs: dict[str, Any], num_items_in_batch: Any = None
    ) -> Tensor:
        """Do forward and backward; a bad loss stops before the weights are touched.

        Raises:
            TrainingError: if the loss is not finite or memory runs out.
        """
        try:
            loss: Tensor = super().training_step(model, inputs, num_items_in_batch)
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
            raise TrainingError(
                f"out of memory at step {self.state.global_step + 1} with batch_size"
                f" {self.settings.batch_size}; try {device_memory_advice(self.settings)}"
            ) from error
        if not math.isfinite(loss.item()):
            raise TrainingError(
                f"the loss is {loss.item()} at step {self.state.global_step + 1}; the weights"
                " before it are in the last checkpoint. Try a lower learning rate (--set"
                f" train.lr={self.settings.lr / 3:.1e}), more warmup (--set"
                " train.warmup_steps=100), or --set train.precision=fp32; if it comes at the same"
                " step again, look for a broken sample in that batch"
            )
        return loss

    def compute_loss(self, model: nn.Module, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Loss of a batch; named parts of it, where the model gives some, are logged."""
        return_outputs = kwargs.pop("return_outputs", False)
        loss, outputs = super().compute_loss(model, inputs, *args, return_outputs=True, **kwargs)
        parts = outputs.get("parts") if isinstance(outputs, dict) else None
        if parts and model.training:
            for name, value in parts.items():
                self._parts.setdefault(name, []).append(value.detach())
        return (loss, outputs) if return_outputs else loss

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """Add the parts of the loss, on the main process's own batches, to what is logged."""
        if "loss" in logs and self._parts:
            means = {name: torch.stack(parts).mean().item() for name, parts in self._parts.items()}
            logs = {**logs, **means}
            self._parts = {}
        super().log(logs, *args, **kwargs)

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        dataset = self.train_dataset if train_dataset is None else train_dataset
        step = self.args.train_batch_size * self.args.gradient_accumulation_steps
        lengths = dataset.lengths if self.group_by_length else None
        return EpochSampler(dataset, self.settings.seed, lengths, step * self.args.world_size)


def _is_out_of_memory(error: RuntimeError) -> bool:
    words = ("out of memory", "not enough memory", "can't allocate memory")
    return isinstance(error, torch.OutOfMemoryError) or any(
        word in str(error).lower() for word in words
    )
