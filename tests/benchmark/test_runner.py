import json
import signal
import subprocess
import sys
import time

import pytest
from filelock import FileLock
from tests.benchmark.folders import make_records, write_predictions
from tests.benchmark.slow_run import Slow

from xemogpt.benchmark import runner
from xemogpt.benchmark.runlog import Answer, RunFailure, read_runlog
from xemogpt.benchmark.runner import run_task
from xemogpt.benchmark.systems import SystemOptions, load_system
from xemogpt.benchmark.tasks import load_task
from xemogpt.errors import ConfigError, DatasetError, OutputError, UnknownNameError
from xemogpt.media import probe

TIMES = {"started_at", "seconds"}


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return load_task(make_records(tmp_path_factory.mktemp("task") / "mine", 7))


class Interrupted(Slow):
    """Answers with what it was shown together; is interrupted, as by Ctrl-C, at one sample."""

    def __init__(self, at=None, depends_on_batch=False):
        super().__init__(0.0)
        self.at, self.depends_on_batch = at, depends_on_batch
        self.asked = []

    def answer(self, samples):
        names = [sample.id for sample in samples]
        self.asked += names
        if self.at in names:
            raise KeyboardInterrupt
        company = "+".join(names) if self.depends_on_batch else ""
        return [Answer(id=name, text=f"{name} {company}", seconds=time.time() % 1 + 0.1)
                for name in names]  # fmt: skip


def without_times(folder):
    data = json.loads((folder / "run.json").read_text())
    for answer in data["answers"]:
        answer.pop("seconds")
    return {key: value for key, value in data.items() if key not in TIMES}


def test_interrupted_and_resumed_is_the_same(task, tmp_path):
    whole = run_task(task, Interrupted(), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run_task(task, Interrupted(at="clip4"), tmp_path / "cut")
    with pytest.raises(DatasetError, match="not complete"):
        read_runlog(tmp_path / "cut")
    again = Interrupted()
    resumed = run_task(task, again, tmp_path / "cut")
    assert again.asked == ["clip4", "clip5", "clip6"]
    assert resumed.answers_sha256 == whole.answers_sha256
    assert without_times(tmp_path / "cut") == without_times(tmp_path / "whole")
    assert read_runlog(tmp_path / "cut") == resumed


@pytest.mark.parametrize("num_bytes", [1, 20, 60, 130])
def test_half_written_line_is_dropped(task, tmp_path, num_bytes):
    whole = run_task(task, Interrupted(), tmp_path)
    log = tmp_path / "answers.jsonl"
    log.write_bytes(log.read_bytes()[:-num_bytes])
    again = Interrupted()
    assert run_task(task, again, tmp_path).answers_sha256 == whole.answers_sha256
    assert again.asked
    assert set(again.asked) < {record.id for record in task.records}


def test_a_log_cut_in_its_first_line_starts_anew(task, tmp_path):
    whole = run_task(task, Interrupted(), tmp_path)
    log = tmp_path / "answers.jsonl"
    log.write_bytes(log.read_bytes()[:30])
    assert run_task(task, Interrupted(), tmp_path).answers_sha256 == whole.answers_sha256


def test_batches_keep_their_company_when_a_run_goes_on(task, tmp_path):
    whole = run_task(task, Interrupted(depends_on_batch=True), tmp_path / "whole")
    assert whole.answers[2].text == "clip2 clip2+clip3"
    run_task(task, Interrupted(depends_on_batch=True), tmp_path / "cut")
    log = tmp_path / "cut" / "answers.jsonl"
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join(lines[:4]))  # the header and clip0, clip1, clip2
    resumed = run_task(task, Interrupted(depends_on_batch=True), tmp_path / "cut")
    assert resumed.answers_sha256 == whole.answers_sha256


def test_killed_process_goes_on(task, tmp_path):
    command = [sys.executable, "-m", "tests.benchmark.slow_run", str(task.folder)]
    log = tmp_path / "cut" / "answers.jsonl"
    process = subprocess.Popen([*command, str(tmp_path / "cut"), "0.4"])
    until = time.monotonic() + 30
    while not (log.exists() and log.read_text().count("\n") > 2):
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "cut" / "run.json").exists()
    with log.open("a") as file:
        file.write('{"answer": {"id": "cl')
    resumed = run_task(task, Slow(0.0), tmp_path / "cut")
    assert [answer.id for answer in resumed.answers if answer.seconds == 0.4][:2] == [
        "clip0", "clip1"]  # fmt: skip
    run_task(task, Slow(0.0), tmp_path / "whole")
    assert without_times(tmp_path / "cut") == without_times(tmp_path / "whole")


def test_failures_are_kept_and_asked_again(task, tmp_path):
    class Flaky(Interrupted):
        is_well = False

        def answer(self, samples):
            answers = super().answer(samples)
            return [item if self.is_well or item.id != "clip1" else
                    RunFailure(id=item.id, error="down") for item in answers]  # fmt: skip

    system = Flaky()
    run = run_task(task, system, tmp_path)
    assert run.failures == (RunFailure(id="clip1", error="down"),)
    assert len(run.answers) == 6
    system.asked, system.is_well = [], True
    run = run_task(task, system, tmp_path)
    assert system.asked == ["clip1"]
    assert [answer.id for answer in run.answers] == [record.id for record in task.records]
    assert run.failures == ()


def test_limit_can_be_raised(task, tmp_path):
    assert len(run_task(task, Interrupted(), tmp_path, limit=3).answers) == 3
    system = Interrupted()
    run = run_task(task, system, tmp_path)
    assert system.asked == ["clip3", "clip4", "clip5", "clip6"]
    assert run.settings["limit"] is None


def test_folder_of_another_run(task, tmp_path):
    run_task(task, Interrupted(), tmp_path)
    other = Interrupted()
    other.name = "other"
    with pytest.raises(OutputError, match='model: "slow" there, "other" here'):
        run_task(task, other, tmp_path)


def test_folder_in_use(task, tmp_path):
    with FileLock(str(tmp_path / runner.LOCK)), pytest.raises(OutputError, match="another run"):
        run_task(task, Interrupted(), tmp_path)


def test_half_of_the_predictions_missing(task, tmp_path):
    file = write_predictions(tmp_path / "p.jsonl", ["clip0", "clip2", "clip4", "stranger"])
    run = run_task(task, load_system(str(file)), tmp_path / "run")
    assert [answer.id for answer in run.answers] == ["clip0", "clip2", "clip4"]
    assert {failure.error for failure in run.failures} == {"no prediction"}
    assert len(run.failures) == 4
    with pytest.raises(ConfigError, match="cannot be tested under no-audio"):
        run_task(task, load_system(str(file)), tmp_path / "other", condition="no-audio")


def test_text_only_shows_no_media(task, tmp_path):
    seen = []

    class Curious(Interrupted):
        def answer(self, samples):
            seen.extend(sample.media for sample in samples)
            return super().answer(samples)

    run = run_task(task, Curious(), tmp_path, condition="text-only")
    assert seen == [None] * 7
    assert run.condition == "text-only"


@pytest.mark.parametrize("condition", ["no-audio", "swapped-video", "frozen-frames"])
def test_conditions_change_what_is_shown(task, tmp_path, condition):
    seen = []

    class Curious(Interrupted):
        def answer(self, samples):
            seen.extend(probe(sample.media) for sample in samples)
            return super().answer(samples)

    run = run_task(task, Curious(), tmp_path, condition=condition, limit=3)
    assert len(run.answers) == 3
    assert all(info.video for info in seen)
    assert {bool(info.audio) for info in seen} == {condition != "no-audio"}
    assert len(run.swapped) == (3 if condition == "swapped-video" else 0)
    assert not (tmp_path / "media").exists()


def test_swapped_video_is_of_another_emotion(task):
    others = runner._others(task.records, 0)
    emotions = {record.id: record.emotions for record in task.records}
    assert set(others) == set(emotions)
    assert all(emotions[one] != emotions[other] for one, other in others.items())
    assert others == runner._others(task.records, 0)
    assert others != runner._others(task.records, 1)


def test_wrong_arguments(task, tmp_path):
    with pytest.raises(UnknownNameError, match="expected one of full, no-audio"):
        run_task(task, Interrupted(), tmp_path, condition="upside-down")
    with pytest.raises(ConfigError, match="limit is 0"):
        run_task(task, Interrupted(), tmp_path, limit=0)


@pytest.mark.weights
def test_nano_on_real_clips(task, tmp_path):
    system = load_system("nano", SystemOptions(use_recognition=False))
    run = run_task(task, system, tmp_path, limit=2)
    assert len(run.answers) == 2
    assert not run.num_empty
    assert run.weights
    assert run.versions["xemogpt"]
