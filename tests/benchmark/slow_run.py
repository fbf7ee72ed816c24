"""A run in a process of its own, slow enough to be killed: argv is task, out, seconds a batch."""

import sys
import time
from pathlib import Path

from xemogpt.benchmark.runlog import Answer
from xemogpt.benchmark.runner import run_task
from xemogpt.benchmark.tasks import load_task


class Slow:
    name, batch_size, depends_on_batch = "slow", 2, False
    settings, weights, packages = {}, {}, ()

    def __init__(self, wait_s):
        self.wait_s = wait_s

    def answer(self, samples):
        time.sleep(self.wait_s)
        return [Answer(id=sample.id, text=f"Heard: {sample.subtitle}", seconds=self.wait_s)
                for sample in samples]  # fmt: skip

    def close(self):
        pass


if __name__ == "__main__":
    run_task(load_task(sys.argv[1]), Slow(float(sys.argv[3])), Path(sys.argv[2]))
