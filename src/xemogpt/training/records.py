"""The record that a run leaves: console and JSONL log, and its configuration by each checkpoint."""

import json
import logging
import time
from pathlib import Path
from typing import Any

import yaml
from transformers import TrainerCallback
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from xemogpt.config import Config
from xemogpt.files import atomic_write

CONFIG_FILE = "config.yaml"
LOG_FILE = "log.jsonl"
logger = logging.getLogger("xemogpt.training")


def write_config(folder: Path, run: Config) -> None:
    """Write the resolved configuration."""
    with atomic_write(folder / CONFIG_FILE) as file:
        yaml.safe_dump(run.model_dump(mode="json"), file, sort_keys=False)


def read_log(folder: Path) -> list[dict[str, Any]]:
    """All entries of a run's log; a last line cut off by a crash is left out."""
    entries = []
    path = folder / LOG_FILE
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            entries.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return entries


def rewind_log(folder: Path, step: int) -> None:
    """Forget entries after ``step``: a resumed run writes them again."""
    entries = [entry for entry in read_log(folder) if entry["step"] <= step]
    with atomic_write(folder / LOG_FILE) as file:
        file.writelines(json.dumps(entry) + "\n" for entry in entries)


class RunRecord(TrainerCallback):
    """Writes ``log.jsonl``, console lines, and ``config.yaml`` into each finished checkpoint.

    A checkpoint without ``config.yaml`` was cut off while being written.
    """

    def __init__(self, run: Config) -> None:
        self.run = run
        self._start = time.monotonic()

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """One line a log entry."""
        if not state.is_world_process_zero or not logs:
            return
        entry = {"step": state.global_step, "seconds": round(time.monotonic() - self._start, 2)}
        entry |= {name: value for name, value in logs.items() if isinstance(value, int | float)}
        with (Path(args.output_dir) / LOG_FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        shown = "  ".join(
            f"{name} {value:.4g}"
            for name, value in entry.items()
            if name in ("loss", "learning_rate", "epoch") or name.startswith(("eval_", "loss_"))
        )
        logger.info("step %d/%d  %s", state.global_step, state.max_steps, shown)

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Mark the checkpoint as whole."""
        if state.is_world_process_zero:
            name = f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}"
            write_config(Path(args.output_dir) / name, self.run)
