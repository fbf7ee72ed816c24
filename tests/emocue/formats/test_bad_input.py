"""What is wrong with a file is said with file, line and field."""

import json

import pytest

from xemogpt.emocue.formats.registry import detect_format, formats, open_format
from xemogpt.errors import DatasetError, UnknownNameError


def read(name, tmp_path, text, file="a.csv"):
    path = tmp_path / file
    path.write_text(text, encoding="utf-8")
    return open_format(name).read([path])


def only_problem(found):
    (problem,) = found.problems
    return problem


def test_lines_stay_right_after_quoted_line_ends_and_a_mark(tmp_path):
    text = '\ufeffname,chinese,english\na,"一\n二\n三","one\ntwo"\nb,,\nc,x,y,z\nd,,fine\n'
    found = read("emer-v2", tmp_path, text)
    assert [(p.line, p.field) for p in found.problems] == [(6, "english"), (7, "row")]
    assert [record.id for record in found.records] == ["a", "d"]
    assert str(found.problems[0]).startswith(f"{tmp_path / 'a.csv'}, line 6, field 'english'")


def test_same_name_twice_is_named_with_the_first_place(tmp_path):
    found = read("openset", tmp_path, "name,openset\na,['x']\na.mp4,['y']\n")
    problem = only_problem(found)
    assert (problem.line, problem.field) == (3, "id")
    assert "line 2" in problem.message
    assert found.records[0].emotions == ("x",)


@pytest.mark.parametrize("cell", ["\"['happy'\"", "[__import__('os')]", "\"{'a': 1}\"", "[1]"])
def test_label_lists_are_data_and_never_code(cell, tmp_path):
    found = read("openset", tmp_path, f"name,openset\na,{cell}\n")
    assert only_problem(found).field == "openset"


def test_missing_column_is_told_with_those_there(tmp_path):
    with pytest.raises(DatasetError, match=r"a\.csv, line 1: no column 'openset'; it has name, x"):
        read("openset", tmp_path, "name,x\n")


def test_broken_quotes_are_told_with_their_line(tmp_path):
    with pytest.raises(DatasetError, match="line 3: broken CSV"):
        read("openset", tmp_path, 'name,openset\na,["x"]\nb,"x"y\n')


def test_other_encodings_are_refused(tmp_path):
    (tmp_path / "a.csv").write_bytes("name,chinese,english\na,你好,\n".encode("gb18030"))
    with pytest.raises(DatasetError, match="not UTF-8"):
        open_format("emer-v2").read([tmp_path / "a.csv"])


def test_face_images_are_no_peak_frame(tmp_path):
    (record,) = read("merr-text", tmp_path, "s1 22 surprise -0.6\n", "a.txt").records
    assert record.label("face-images") == "22"
    assert record.label("emotion") == "surprise"
    assert record.label("peak_index") is None
    assert not record.cues


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("s1 x joy 1", "face-images"),
        ("s1 3 joy nan", "emotion-score"),
        ("s1 3 joy", "row"),
    ],
)
def test_merr_lines(line, field, tmp_path):
    problem = only_problem(read("merr-text", tmp_path, f"s0 1 joy 1\n\n{line}\n", "a.txt"))
    assert (problem.line, problem.field) == (3, field)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"peak_index": "twelve"}, "peak_index"),
        ({"peak_index": True}, "peak_index"),
        ({"AU_list": ["AU99_r"]}, "AU_list"),
        ({"AU_list": 3}, "AU_list"),
        ({"audio_prior_list": [3]}, "audio_prior_list"),
        ({"text": ["x"]}, "text"),
        (3, "row"),
    ],
)
def test_merr_json_names_line_and_field(entry, field, tmp_path):
    good = {"AU_list": [], "text": "x"}
    text = json.dumps({"a": good, "b": entry}).replace(', "b"', ',\n\n"b"')
    found = read("merr-json", tmp_path, text, "a.json")
    problem = only_problem(found)
    assert (problem.line, problem.field) == (3, field)
    assert len(found.records) == 1


def test_a_key_twice_is_refused_not_replaced(tmp_path):
    found = read("merr-json", tmp_path, '{"a": {"text": "x"},\n"a": {"text": "y"}}', "a.json")
    assert only_problem(found).line == 2
    with pytest.raises(DatasetError, match="given twice"):
        read("merr-json", tmp_path, '{"a": {"text": "x", "text": "y"}}', "a.json")


def test_json_that_ends_early(tmp_path):
    with pytest.raises(DatasetError, match=r"line 2: not JSON"):
        read("merr-json", tmp_path, '{"a": {"text": "x"},\n"b": {"te', "a.json")


@pytest.mark.parametrize("bad", ["2026", "\t28\tx", "hm\t28\tx", "hm\t\tx", "hm\t1\t"])
def test_goemotions_rows(bad, tmp_path):
    found = read("goemotions", tmp_path, f"fine\t17\ta\n{bad}\n", "a.tsv")
    assert only_problem(found).line == 2


@pytest.mark.parametrize(
    ("turns", "field"),
    [
        ([], "conversations"),
        ([{"from": "gpt", "value": "x"}], "conversations"),
        ([{"from": "human", "value": "x"}], "conversations"),
        ([{"from": "tool", "value": "x"}], "conversations[0].from"),
        ([{"from": "human", "value": 3}], "conversations[0].value"),
        (
            [{"from": "human", "value": "<video><video>x"}, {"from": "gpt", "value": "y"}],
            "video",
        ),
    ],
)
def test_conversations(turns, field, tmp_path):
    text = json.dumps([{"video": "x.mp4", "conversations": turns}])
    assert only_problem(read("sharegpt", tmp_path, text, "a.json")).field == field


def test_another_question_about_a_clip_is_a_record_the_same_one_is_refused(tmp_path):
    def entry(question):
        turns = [{"from": "human", "value": question}, {"from": "gpt", "value": "Joy."}]
        return {"video": "x.mp4", "conversations": turns}

    text = json.dumps([entry("a?"), entry("b?"), entry("a?")])
    found = read("sharegpt", tmp_path, text, "a.json")
    assert [record.id for record in found.records] == ["x", "x~2"]
    assert only_problem(found).field == "id"
    assert found.notes == ["1 ids are there more than once"]


def test_jsonl_lines_are_bad_one_by_one(tmp_path):
    good = '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]'
    text = f'{good}, "id": 1}}\n{{\n{good}, "id": "2"}}\n'
    found = read("ms-swift", tmp_path, text, "a.jsonl")
    assert [record.id for record in found.records] == ["1", "2"]
    assert only_problem(found).line == 2


def test_cues_are_checked_one_by_one(tmp_path):
    text = '{"a": {"visual": ["x", ""]},\n"b": {"visual": "x"},\n"c": {"visua": []}}'
    found = read("emocue-cues", tmp_path, text, "a.json")
    # A misspelt field is refused, not ignored.
    assert [(p.line, p.field) for p in found.problems] == [
        (1, "visual[1]"),
        (2, "visual"),
        (3, "visua"),
    ]


def test_preference_answers(tmp_path):
    text = "name,a1,a2,preference\na,x,y,a3\nb,x,,a1\n"
    found = read("mer-preference", tmp_path, text)
    assert [(p.line, p.field) for p in found.problems] == [(2, "preference"), (3, "a2")]


def test_ambiguous_files_need_a_format(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("name,openset,chinese,english\n")
    with pytest.raises(DatasetError, match="may be emer-v2, openset; say which with --format"):
        detect_format([path])


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "name\n"])
def test_unknown_files_are_not_guessed(text, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(DatasetError, match=r"not recognised.*emer-v1"):
        detect_format([path])


def test_files_of_several_formats(tmp_path):
    (tmp_path / "a.csv").write_text("name,openset\n")
    (tmp_path / "b.csv").write_text("name,a1,a2\n")
    with pytest.raises(DatasetError, match="mer-preference, openset fit some"):
        detect_format([tmp_path / "a.csv", tmp_path / "b.csv"])


def test_unknown_names_list_the_known():
    with pytest.raises(UnknownNameError, match="Did you mean 'sharegpt'"):
        open_format("share-gpt")
    assert "openface" in formats.names()
