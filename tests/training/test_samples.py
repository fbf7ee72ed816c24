import json

import pytest

from xemogpt.errors import DatasetError
from xemogpt.training.samples import check_subjects, read_samples


def test_bad_records_are_all_named_or_left_out(tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_text('{"id": "a"}\nnot json\n{"id": "a"}\n{"id": "b", "cues": {"visual": 3}}\n')
    with pytest.raises(DatasetError, match=r"3 bad record.*\n.*:2.*\n.*:3.*'a'.*\n.*:4.*visual"):
        read_samples(path)
    samples, problems = read_samples(path, on_bad="skip")
    assert [sample.id for sample in samples] == ["a"] and len(problems) == 3


def test_sharegpt(tmp_path):
    path = tmp_path / "c.json"
    turns = [
        {"from": "human", "value": "<video>\n<audio>\nWhat?"},
        {"from": "gpt", "value": "Joy."},
    ]
    path.write_text(json.dumps([{"video": "x.mp4", "conversations": turns}]))
    (sample,), _ = read_samples(path)
    assert (sample.instruction, sample.explanation) == ("What?", "Joy.")
    assert sample.media == str((tmp_path / "x.mp4").resolve())


def test_splits_share_no_subject(tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_text('{"id": "a", "subject": "anna"}\n')
    samples, _ = read_samples(path)
    with pytest.raises(DatasetError, match="anna"):
        check_subjects(samples, samples)


def test_one_broken_record_in_ten_thousand_is_named_or_left_out(tmp_path):
    path = tmp_path / "corpus.jsonl"
    lines = [json.dumps({"id": f"s{i}", "media": "a.wav"}) for i in range(10_000)]
    lines[7_777] = '{"id": "s7777", "cues": {"auditory": [{"text": 5}]}}'
    path.write_text("\n".join(lines))
    with pytest.raises(DatasetError, match=r"1 bad record.*\n.*:7778: cues"):
        read_samples(path)
    samples, problems = read_samples(path, "skip")
    assert len(samples) == 9_999 and len(problems) == 1
