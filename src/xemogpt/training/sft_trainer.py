"""Trainer of fine-tuning: two learning rates, and answers generated at each validation."""

from collections.abc import Callable
from typing import Any

import torch
from torch.optim import AdamW, Optimizer
from transformers.trainer_utils import EvalLoopOutput

from xemogpt.metrics.emocue360 import EmoCue360
from xemogpt.metrics.extraction import RuleExtractor
from xemogpt.model.processing import XEmoGPTProcessor
from xemogpt.schema import CueSet
from xemogpt.training.sft_data import SftDataset
from xemogpt.training.sft_settings import Generation
from xemogpt.training.trainer import GuardedTrainer

Answers = Callable[[], list[str]]
_PATHWAYS = ("video.", "audio.")


class SftTrainer(GuardedTrainer):
    """``GuardedTrainer`` whose bridges may learn faster, and which scores what the model says.

    Args:
        generation: how many validation samples are answered.
        bridge_lr: of bridges and projectors; the common one if not given.
        processor: of the model.
        **kwargs: passed on.
    """

    def __init__(
        self,
        *args: Any,
        generation: Generation,
        bridge_lr: float | None,
        processor: XEmoGPTProcessor,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.optimizer: Optimizer | None
        self.generation = generation
        self.bridge_lr = bridge_lr
        self.processor = processor

    def create_optimizer(self, *args: Any, **kwargs: Any) -> Optimizer:
        """AdamW; matrices decay, the rest does not."""
        if self.optimizer is None:
            groups: dict[tuple[bool, bool], list[torch.nn.Parameter]] = {}
            for name, parameter in self.model.named_parameters():
                if parameter.requires_grad:
                    key = name.startswith(_PATHWAYS), parameter.ndim >= 2
                    groups.setdefault(key, []).append(parameter)
            self.optimizer = AdamW(
                [
                    {
                        "params": parameters,
                        "lr": self.bridge_lr or self.args.learning_rate
                        if is_pathway
                        else self.args.learning_rate,
                        "weight_decay": self.args.weight_decay if decays else 0.0,
                    }
                    for (is_pathway, decays), parameters in sorted(groups.items())
                ],
                lr=self.args.learning_rate,
            )
        return self.optimizer

    def evaluation_loop(self, *args: Any, **kwargs: Any) -> EvalLoopOutput:
        """The loss and, where asked for, ``eval_emocue360`` of generated answers.

        Added here rather than after validating, so that early stopping sees it.
        """
        out: EvalLoopOutput = super().evaluation_loop(*args, **kwargs)
        if self.generation.num_samples and isinstance(self.eval_dataset, SftDataset):
            out.metrics.update(score_answers(self.answer(self.eval_dataset), self.eval_dataset))
        return out

    def answer(self, dataset: SftDataset) -> list[str]:
        """Answers to the first samples of a dataset, decoded greedily."""
        model = self.accelerator.unwrap_model(self.model)
        was_training = model.training
        model.eval()
        answers: list[str] = []
        total = min(self.generation.num_samples, len(dataset))
        for start in range(0, total, self.generation.batch_size):
            chosen = range(start, min(start + self.generation.batch_size, total))
            answers += generate_answers(
                model, self.processor, [dataset[index] for index in chosen],
                self.generation.max_new_tokens,
            )  # fmt: skip
        model.train(was_training)
        return answers


def generate_answers(
    model: Any, processor: XEmoGPTProcessor, examples: list[dict[str, Any]], max_new_tokens: int
) -> list[str]:
    """What a model says of examples, without their answers."""
    names = sorted({name for example in examples for name in example if name != "answer"})
    columns: dict[str, Any] = {name: [example.get(name) for example in examples] for name in names}
    columns = {
        name: values
        for name, values in columns.items()
        if name in ("subtitle", "instruction") or any(value is not None for value in values)
    }
    batch: Any = processor(**columns, overflow="trim", answer_room=max_new_tokens)
    batch = {name: tensor.to(model.device) for name, tensor in batch.items()}
    with torch.inference_mode():
        out = model.generate(**batch, max_new_tokens=max_new_tokens, do_sample=False)
    return processor.decode(out, batch)


def score_answers(answers: list[str], dataset: SftDataset) -> dict[str, float]:
    """Strict EmoCue-360 F1 of answers against the cues of the samples that have some."""
    pairs = [
        (sample, text)
        for sample, text in zip(dataset.samples, answers, strict=False)
        if len(sample.cues)
    ]
    if not pairs:
        return {}
    extractor = RuleExtractor()
    preds: dict[str, CueSet] = {
        sample.id: extractor.extract(text).cues for sample, text in pairs if text.strip()
    }
    target = {sample.id: sample.cues for sample, _ in pairs}
    report = EmoCue360("strict").score(preds, target, use_baselines=False)
    return {"eval_emocue360": report.overall.f1} | {
        f"eval_emocue360_{name}": report.scores(name).f1 for name in ("visual", "auditory")
    }
