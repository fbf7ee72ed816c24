import json

import pytest
from tests.benchmark.folders import make_clip, make_expert, make_records

from xemogpt.benchmark import controlled_task
from xemogpt.benchmark.tasks import load_task
from xemogpt.emocue.controlled.plan import script_named
from xemogpt.emocue.controlled.speaker import Repertoire
from xemogpt.emocue.records import read_records, write_records
from xemogpt.errors import DatasetError, UnknownNameError
from xemogpt.schema import Cue, CueSet


def test_folder_of_records(tmp_path):
    task = load_task(make_records(tmp_path / "mine"))
    assert (task.name, len(task.records)) == ("mine", 6)
    sample = task.sample(task.records[2])
    assert sample.subtitle == "Sentence number 2."
    assert sample.media.is_file()
    assert task.sha256 == load_task(tmp_path / "mine").sha256


def test_records_with_missing_and_changed_media(tmp_path):
    folder = make_records(tmp_path / "mine", 3)
    records = read_records(folder)
    records[0] = records[0].model_copy(update={"media": "media/gone.mp4"})
    write_records(folder, records)
    (folder / "media" / "clip.mp4").write_bytes(b"other")
    with pytest.raises(DatasetError) as caught:
        load_task(folder)
    assert "3 to mend" in str(caught.value)
    assert "clip0: " in str(caught.value)
    assert "gone.mp4 is missing" in str(caught.value)
    assert "its hash changed" in str(caught.value)


def test_expert_folder(tmp_path):
    folder = make_expert(tmp_path / "set")
    (folder / "subtitles.csv").write_text('name,subtitle\nclip0,"Well, no."\n')
    (folder / "scenarios.csv").write_text("name,scenario\nclip1,hard\n")
    task = load_task(f"expert:{folder}")
    assert task.name == "expert:set"
    assert [record.id for record in task.records] == ["clip0", "clip1"]
    assert task.sample(task.records[0]).subtitle == "Well, no."
    assert task.sample(task.records[1]).subtitle is None
    assert task.records[1].scenario == "hard"
    assert [cue.text for cue in task.records[0].cues.visual] == ["she smiles", "raised eyebrows"]
    assert load_task(folder).records == task.records


def test_expert_media_beside_the_cues(tmp_path):
    folder = make_expert(tmp_path / "set", 1)
    (folder / "media" / "clip0.mp4").rename(folder / "clip0.mp4")
    (folder / "media").rmdir()
    assert load_task(folder).records[0].media == "clip0.mp4"


def test_expert_takes_times_from_records_that_say_the_same(tmp_path):
    folder = make_expert(tmp_path / "set")
    plain = load_task(folder).records
    smile = Cue(text="she smiles", start_s=0.2, end_s=0.7)
    timed = plain[0].cues.model_copy(update={"visual": (smile, plain[0].cues.visual[1])})
    other = CueSet(["he frowns"])
    write_records(folder, [plain[0].model_copy(update={"cues": timed}),
                           plain[1].model_copy(update={"cues": other})])  # fmt: skip
    found = load_task(f"expert:{folder}").records
    assert found[0].cues.visual[0].end_s == 0.7
    assert found[1].cues == plain[1].cues


def test_expert_problems_are_listed_at_once(tmp_path):
    folder = tmp_path / "set"
    for name in ("good", "twice", "number", "empty", "unknown", "stranger"):
        make_clip(folder / "media" / f"{name}.mp4")
    make_clip(folder / "media" / "good.mkv")
    good = '{"visual": ["she smiles"], "auditory": [], "emotional": []}'
    (folder / "cues.json").write_text(
        f'{{"good": {good}, "twice": {good}, "twice": {good}, "missing": {good},'
        ' "number": {"visual": ["she smiles", 3], "auditory": [], "emotional": []},'
        ' "empty": {"visual": [], "auditory": [], "emotional": []},'
        ' "unknown": {"visual": ["x"], "smell": ["y"]}}'
    )
    (folder / "scenarios.csv").write_text("name,scenario\nnobody,hard\n")
    with pytest.raises(DatasetError) as caught:
        load_task(f"expert:{folder}")
    message = str(caught.value)
    assert "8 to mend" in message
    assert "twice: given twice in cues.json" in message
    assert "missing: no media file missing.*" in message
    assert "number, visual, cue 1: expected words in a string, got 3" in message
    assert "empty: no reference" in message
    assert "unknown: unknown field 'smell'" in message
    assert "stranger.mp4: no reference in cues.json" in message
    assert "good: two media files" in message
    assert "scenarios.csv: nobody is not in cues.json" in message


def test_expert_file_that_is_no_layout(tmp_path):
    (tmp_path / "cues.json").write_text("[1, 2]")
    with pytest.raises(DatasetError, match="should map names to cues"):
        load_task(f"expert:{tmp_path}")
    (tmp_path / "cues.json").write_text("{")
    with pytest.raises(DatasetError, match="is not JSON"):
        load_task(f"expert:{tmp_path}")
    with pytest.raises(DatasetError, match="is no folder"):
        load_task("expert:nowhere")


@pytest.mark.parametrize(
    "name", ["controlled:6", "controlled:0", "controlled-40", "controlled:404", "nothing"]
)
def test_unknown_tasks(name, tmp_path):
    with pytest.raises(UnknownNameError, match="expected"):
        load_task(name, tmp_path)


def test_folder_without_a_task(tmp_path):
    with pytest.raises(DatasetError, match=r"expected records.jsonl or cues.json"):
        load_task(tmp_path)


def test_published_hashes(tmp_path):
    records = load_task(make_records(tmp_path / "mine")).records
    path = tmp_path / "manifest.json"
    controlled_task.write_manifest(records, path)
    published = json.loads(path.read_text())
    assert controlled_task.check_published(records, tmp_path, published) == ()
    published["clips"]["clip3"][1] = "0" * 64
    other = published | {"encoder": "av 0.1"}
    (warning,) = controlled_task.check_published(records, tmp_path, other)
    assert "1 of 6 clips differ" in warning
    assert "published with av 0.1" in warning
    changed = (records[0].model_copy(update={"emotions": ("angry",)}), *records[1:])
    with pytest.raises(DatasetError, match=r"1 of 6 records .* are not those published"):
        controlled_task.check_published(changed, tmp_path, published)


def test_the_published_clips():
    published = controlled_task.read_manifest()
    scenarios = [name.split("-")[2] for name in published["clips"]]
    assert [scenarios.count(name) for name in dict.fromkeys(scenarios)] == [100] * 4
    # Scripts are drawn again from their names: what was published is still what is drawn.
    for name in list(published["clips"])[::40]:
        script = script_named(Repertoire(), name)
        assert (script.id, script.split, script.seed >= 0) == (name, "test", True)


@pytest.mark.controlled
def test_a_task_is_generated_and_is_the_published_one(tmp_path):
    task = load_task("controlled:4", tmp_path)
    assert [record.scenario for record in task.records] == [
        "clear", "hard", "temporal", "incongruent",
    ]  # fmt: skip
    assert all(task.media(record).is_file() for record in task.records)
    # Another time from the cache, without the voices.
    assert load_task("controlled:4", tmp_path).sha256 == task.sha256
