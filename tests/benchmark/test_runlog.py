import json

import pytest

from xemogpt.benchmark.runlog import (
    Answer,
    RunFailure,
    RunLog,
    answers_hash,
    read_runlog,
    write_runlog,
)
from xemogpt.errors import DatasetError
from xemogpt.schema import CueSet


def make_run(**changes):
    answers = (Answer(id="a", text="She smiles.", cues=CueSet(["she smiles"]), seconds=1.5),
               Answer(id="b", text=" "))  # fmt: skip
    failures = (RunFailure(id="c", error="no prediction"),)
    fields = {
        "task": "mine",
        "task_sha256": "00",
        "model": "nano",
        "answers": answers,
        "failures": failures,
        "answers_sha256": answers_hash(answers, failures),
        "started_at": "2026-01-01T00:00:00+00:00",
        "seconds": 1.5,
    }
    return RunLog(**(fields | changes))


def test_what_is_written_is_read(tmp_path):
    run = make_run()
    path = write_runlog(run, tmp_path)
    assert read_runlog(tmp_path) == read_runlog(path) == run
    assert run.num_empty == 1


def test_hash_is_of_results_and_not_of_times():
    run = make_run()
    slower = tuple(answer.model_copy(update={"seconds": 9.0}) for answer in run.answers)
    assert answers_hash(slower, run.failures) == run.answers_sha256
    other = (run.answers[0].model_copy(update={"text": "He frowns."}), run.answers[1])
    assert answers_hash(other, run.failures) != run.answers_sha256
    assert answers_hash(run.answers, ()) != run.answers_sha256


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "is of version 2; this xemogpt reads run logs of version 1"),
        ({"version": None}, "states no version"),
        ({"colour": "red"}, "field 'colour'"),
        ({"failures": []}, "was changed after the run"),
    ],
)
def test_other_and_damaged_logs(tmp_path, change, message):
    path = write_runlog(make_run(), tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DatasetError, match=message):
        read_runlog(tmp_path)


def test_no_log(tmp_path):
    with pytest.raises(DatasetError, match="expected a folder made by bench run"):
        read_runlog(tmp_path)
    (tmp_path / "answers.jsonl").write_text("")
    with pytest.raises(DatasetError, match="not complete"):
        read_runlog(tmp_path)
    (tmp_path / "run.json").write_text('{"version": 1, ')
    with pytest.raises(DatasetError, match="is damaged"):
        read_runlog(tmp_path)
