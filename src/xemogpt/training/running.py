"""Starting, resuming and finishing a run: the same for bridges and for the whole model."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from transformers import PrinterCallback

from xemogpt.config import Config
from xemogpt.errors import ConfigError
from xemogpt.files import atomic_write
from xemogpt.training.records import CONFIG_FILE, rewind_log, write_config
from xemogpt.training.settings import TrainSettings, run_folder

RESULT_FILE = "result.json"
# What may change between a run and its resumption: it alters no step that was or will be taken.
FREE = {"output_dir", "log_every", "keep_checkpoints", "tensorboard", "num_workers", "patience"}


@dataclass(frozen=True)
class RunResult:
    """How a run ended.

    Attributes:
        output_dir: where everything is.
        model_dir: the chosen model.
        num_steps: optimiser steps taken in all.
        train_loss: mean training loss.
        best_step: step of the chosen checkpoint.
        best_metric: its validation metric.
        chosen_by: name of that metric, or why there was no choice.
    """

    output_dir: str
    model_dir: str
    num_steps: int
    train_loss: float
    best_step: int | None
    best_metric: float | None
    chosen_by: str


def prepare(run: Config, settings: TrainSettings, resume: bool) -> Path | None:
    """Check the output folder, and find the checkpoint to resume from.

    Returns:
        The newest whole checkpoint, or none to start from the beginning.

    Raises:
        ConfigError: if there is a run already that is not to be resumed, or the one to be
            resumed had other settings; each is named.
    """
    folder = run_folder(settings)
    checkpoints = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name[11:]))
    if not resume:
        if checkpoints or (folder / RESULT_FILE).exists():
            raise ConfigError(
                f"{folder} holds a run already; add --resume to continue it, or choose another"
                " place with --set train.output_dir=..."
            )
        return None
    if (folder / CONFIG_FILE).exists():
        _check_same(yaml.safe_load((folder / CONFIG_FILE).read_text(encoding="utf-8")), run, folder)
    whole = [path for path in checkpoints if (path / CONFIG_FILE).exists()]
    return whole[-1] if whole else None


def execute(trainer: Any, run: Config, settings: TrainSettings, resume_from: Path | None) -> Any:
    """Train, and keep the chosen model under ``output_dir/model``.

    Returns:
        The ``RunResult``.
    """
    folder = run_folder(settings)
    is_main = trainer.is_world_process_zero()
    if is_main:
        if resume_from is None:
            shutil.rmtree(folder / "runs", ignore_errors=True)
            (folder / "log.jsonl").unlink(missing_ok=True)
        else:
            rewind_log(folder, int(resume_from.name[11:]))
        write_config(folder, run)
    trainer.remove_callback(PrinterCallback)  # RunRecord prints
    trainer.accelerator.wait_for_everyone()
    out = trainer.train(resume_from_checkpoint=None if resume_from is None else str(resume_from))
    model_dir = folder / "model"
    trainer.save_model(str(model_dir))
    has_validation = trainer.eval_dataset is not None
    result = RunResult(
        output_dir=str(folder),
        model_dir=str(model_dir),
        num_steps=out.global_step,
        train_loss=out.training_loss,
        best_step=trainer.state.best_global_step,
        best_metric=trainer.state.best_metric,
        chosen_by=f"validation {settings.metric}"
        if has_validation
        else "last step: no validation split",
    )
    if is_main:
        write_config(model_dir, run)
        with atomic_write(folder / RESULT_FILE) as file:
            json.dump(asdict(result), file, indent=2)
    return result


def _check_same(before: Any, run: Config, folder: Path) -> None:
    now = run.model_dump(mode="json")
    changed = [
        f"  {key}: was {old!r}, is {new!r}"
        for key, old, new in _differences(before, now)
        if key.rpartition(".")[2] not in FREE
    ]
    if changed:
        raise ConfigError(
            "\n".join(
                [
                    f"the run in {folder} had other settings, so it cannot be resumed with these;"
                    " set them back, or start anew in another train.output_dir:",
                    *changed,
                ]
            )
        )


def _differences(old: Any, new: Any, prefix: str = "") -> list[tuple[str, Any, Any]]:
    """Leaves that differ, with their dotted names."""
    if isinstance(old, dict) and isinstance(new, dict):
        found = []
        for key in [*old, *(key for key in new if key not in old)]:
            found += _differences(old.get(key), new.get(key), f"{prefix}.{key}" if prefix else key)
        return found
    return [] if old == new else [(prefix, old, new)]
