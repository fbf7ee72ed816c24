"""transformers' Trainer with a guard: it stops in plain words where a run cannot go on."""

import math
import os
from typing import Any

import torch
from accelerate.utils import DistributedType, FullyShardedDataParallelPlugin
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
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
        self._sampler: EpochSampler | None = None

    def create_accelerator_and_postprocess(self) -> None:
        """Let ``accelerate launch`` with FSDP shard on CPUs too."""
        super().create_accelerator_and_postprocess()
        state = self.accelerator.state
        wanted = os.environ.get("ACCELERATE_USE_FSDP", "false").lower() == "true"
        if wanted and state.distributed_type == DistributedType.MULTI_CPU:
            # accelerate passes over FSDP without a word where there is no GPU, though FSDP's own
            # collectives work over gloo.
            state.fsdp_plugin = FullyShardedDataParallelPlugin()
            state.distributed_type = DistributedType.FSDP
            self.is_fsdp_enabled = True

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Write one whole model, wherever its weights are spread."""
        if not self.is_fsdp_enabled:
            super().save_model(output_dir, _internal_call)
            return
        weights: dict[str, Tensor] = {}
        for name, tensor in self.model.state_dict().items():
            # Every process takes part in gathering; the first keeps what comes.
            whole = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
            if self.args.should_save:
                weights[name] = whole.detach().cpu()
        if self.args.should_save:
            self._save(output_dir or self.args.output_dir, state_dict=weights)
        self.accelerator.wait_for_everyone()

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
            if not is_out_of_memory(error):
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

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Validate.

        Raises:
            TrainingError: if memory runs out.
        """
        try:
            metrics: dict[str, float] = super().evaluate(*args, **kwargs)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            size = self.settings.eval_batch_size or self.settings.batch_size
            raise TrainingError(
                f"out of memory validating after step {self.state.global_step} with batches of"
                f" {size}; try --set train.eval_batch_size={max(1, size // 2)}"
            ) from error
        return metrics

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
        self._sampler = EpochSampler(
            dataset, self.settings.seed, lengths, step * self.args.world_size
        )
        return self._sampler

    def _run_epoch(self, *args: Any, **kwargs: Any) -> Any:
        # accelerate tells the epoch to the dataset or to the sampler, and to neither under several
        # processes resumed in the middle of an epoch; both draw by it.
        drawing: tuple[Any, ...] = (self._sampler, self.train_dataset)
        for part in drawing:
            if hasattr(part, "set_epoch"):
                part.set_epoch(kwargs["epoch"])
        return super()._run_epoch(*args, **kwargs)


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether that is what an error of torch says."""
    words = ("out of memory", "not enough memory", "can't allocate memory")
    return isinstance(error, torch.OutOfMemoryError) or any(
        word in str(error).lower() for word in words
    )
