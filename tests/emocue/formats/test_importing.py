"""Files of others as corpora and back: joins, clips, conversations, refusals."""

import json
from time import process_time

import numpy as np
import pytest
from tests.media.factory import Picture, Sound, tone, write_media

from xemogpt.emocue.formats.importing import ImportOptions, export_corpus, import_corpus
from xemogpt.emocue.formats.media import MediaFolder
from xemogpt.emocue.formats.registry import open_format
from xemogpt.emocue.records import EmoCueRecord, read_records, write_records
from xemogpt.errors import DatasetError, MediaError, OutputError
from xemogpt.schema import Transcript


def make(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in files.items():
        paths.append(folder / name.replace("_csv", ".csv").replace("_json", ".json"))
        paths[-1].write_text(text, encoding="utf-8")
    return paths


@pytest.fixture
def clips(tmp_path):
    folder = tmp_path / "clips"
    (folder / "deep").mkdir(parents=True)
    write_media(folder / "deep" / "a.mp4", Picture(num_frames=20, rate=10))
    write_media(folder / "a.wav", None, Sound(tone(200, 0.5)))
    write_media(folder / "b.wav", None, Sound(tone(200, 0.5)))
    return folder


CAPTION = {
    "track3_x_csv": "name,reason\na,She smiles.\nb,He frowns.\n",
    "track2_x_csv": "name,openset\na,\"['happy', 'proud']\"\nc,['sad']\n",
    "subtitle_chieng_csv": "name,chinese,english\na,我赢了,I won\nb,,Go away\nd,你好,\n",
}


def test_mer_caption_is_joined_by_name(tmp_path):
    paths = make(tmp_path, **CAPTION)
    summary = import_corpus(paths, tmp_path / "out", None, ImportOptions())
    assert (summary.format, summary.num_records) == ("mer-caption", 4)
    assert "1 clips have a subtitle alone" in summary.notes
    a, c, b, d = read_records(tmp_path / "out")
    assert [record.id for record in (a, c, b, d)] == ["a", "c", "b", "d"]
    assert (a.emotions, a.explanation) == (("happy", "proud"), "She smiles.")
    assert a.transcript == Transcript(text="我赢了", language="zh", source="given")
    assert a.descriptions == {"transcript.en": "I won"}
    assert b.transcript == Transcript(text="Go away", source="given")

    format_ = open_format("mer-caption")
    records = format_.read(paths).records
    exported = format_.write(records, tmp_path / "again")
    assert exported.lost == {}
    assert {r.id: r for r in format_.read(exported.paths).records} == {r.id: r for r in records}
    assert format_.read([tmp_path / "again"]).records == format_.read(exported.paths).records


def test_mer_caption_twice_in_one_track(tmp_path):
    paths = make(tmp_path, track3_csv="name,reason\na,x\na,y\n")
    (problem,) = open_format("mer-caption").read(paths).problems
    assert (problem.line, problem.field) == (3, "id")


def test_names_match_clips_with_and_without_suffix_or_folder(clips):
    folder = MediaFolder(clips)
    for name in ("a", "a.mp4", "x/y/a.mp4", "deep/a", "deep\\a.mp4"):
        assert folder.find(name) == clips / "deep" / "a.mp4", name
    assert folder.find("a.wav") == clips / "a.wav"
    assert folder.find("b.mp4") == clips / "b.wav"
    with pytest.raises(MediaError, match="no clip for 'c'"):
        folder.find("c")
    with pytest.raises(MediaError):
        folder.find("../clips/c.wav")
    (clips / "other").mkdir()
    (clips / "other" / "a.mp4").write_bytes(b"")
    with pytest.raises(MediaError, match=r"may be deep/a\.mp4 or other/a\.mp4"):
        MediaFolder(clips).find("a.mp4")


def test_clips_are_taken_into_the_corpus(clips, tmp_path):
    paths = make(tmp_path, e_csv="name,chinese,english\na,,She smiles.\nb.wav,,He sighs.\n")
    out = tmp_path / "out"
    options = ImportOptions(clips, "train", "CC0", extract_cues=True)
    import_corpus(paths, out, None, options)
    a, b = read_records(out)
    assert a.media == "media/deep/a.mp4"
    assert (out / a.media).read_bytes() == (clips / "deep" / "a.mp4").read_bytes()
    assert a.duration_s == pytest.approx(2.0, abs=0.11)
    assert (a.licence, a.split, b.media) == ("CC0", "train", "media/b.wav")
    assert [cue.text for cue in a.cues.visual] == ["She smiles"]
    assert a.cues.visual[0].source == "annotated"
    assert [step.tool for step in a.steps] == ["import emer-v2", "RuleExtractor"]


def test_a_missing_clip_is_named_and_skipped_on_request(clips, tmp_path):
    paths = make(tmp_path, e_csv="name,chinese,english\na,,x\nlost,,y\n")
    with pytest.raises(DatasetError, match=r"line 3, field 'media': no clip for 'lost'"):
        import_corpus(paths, tmp_path / "out", None, ImportOptions(clips))
    assert not (tmp_path / "out").exists()
    options = ImportOptions(clips, skip_bad=True)
    summary = import_corpus(paths, tmp_path / "out", None, options)
    assert (summary.num_records, summary.num_problems) == (1, 1)
    (line,) = (tmp_path / "out" / "errors.jsonl").read_text().splitlines()
    assert (json.loads(line)["line"], json.loads(line)["field"]) == (3, "media")


def test_a_clip_that_cannot_be_read(clips, tmp_path):
    (clips / "c.mp4").write_bytes(b"nothing")
    paths = make(tmp_path, e_csv="name,chinese,english\na,,x\nc,,y\n")
    with pytest.raises(MediaError):
        import_corpus(paths, tmp_path / "out", None, ImportOptions(clips))
    options = ImportOptions(clips, skip_bad=True)
    assert import_corpus(paths, tmp_path / "out", None, options).num_problems == 1


def test_words_alone_need_no_clip(clips, tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("hello\t27\tx1\n")
    import_corpus([path], tmp_path / "out", None, ImportOptions(clips))
    (record,) = read_records(tmp_path / "out")
    assert (record.media, record.labels[0].value) == (None, "neutral")


def test_the_peak_has_a_time_only_with_a_frame_rate(clips, tmp_path):
    entry = {"AU_list": ["AU04_r"], "peak_AU_list": ["AU12_r"], "peak_index": "12", "text": ""}
    (path,) = make(tmp_path, m_json=json.dumps({"a": entry}))
    (bare,) = open_format("merr-json").read([path]).records
    assert [(cue.kind, cue.start_s) for cue in bare.cues.visual] == [
        ("brow-lower", None),
        ("smile", None),
    ]
    (timed,) = open_format("merr-json").read([path], MediaFolder(clips)).records
    assert [cue.start_s for cue in timed.cues.visual] == [None, pytest.approx(1.2, abs=0.01)]


def test_refusal_names_rows_up_to_a_limit_then_counts(tmp_path):
    rows = "".join(f"n{n},,\n" for n in range(50))
    paths = make(tmp_path, e_csv=f"name,chinese,english\nok,,x\n{rows}")
    with pytest.raises(DatasetError) as caught:
        import_corpus(paths, tmp_path / "out", None, ImportOptions())
    message = str(caught.value)
    assert message.startswith("50 rows cannot be imported (1 can)")
    assert message.count("field 'english'") == 20
    assert message.endswith("and 30 more")


def test_no_corpus_is_written_over(tmp_path):
    paths = make(tmp_path, e_csv="name,chinese,english\nok,,x\n")
    import_corpus(paths, tmp_path / "out", None, ImportOptions())
    with pytest.raises(OutputError, match="already holds a corpus"):
        import_corpus(paths, tmp_path / "out", None, ImportOptions())


def corpus(folder):
    records = [
        EmoCueRecord(
            id="a",
            media="media/a.mp4",
            explanation="She smiles.",
            transcript=Transcript(text="I won", source="given"),
            split="train",
        ),
        EmoCueRecord(id="b", media="media/b.wav", explanation="He sighs.", split="test"),
    ]
    write_records(folder, records)
    return folder


def test_llama_factory_gets_as_many_media_as_placeholders(tmp_path):
    exported = export_corpus(corpus(tmp_path / "c"), "llama-factory", tmp_path / "sft.json", None)
    first, second = json.loads((tmp_path / "sft.json").read_text())
    for row in (first, second):
        said = " ".join(turn["value"] for turn in row["conversations"])
        for kind in ("video", "audio", "image"):
            assert said.count(f"<{kind}>") == len(row.get(f"{kind}s", []))
        assert [turn["from"] for turn in row["conversations"]] == ["human", "gpt"]
        assert row["system"].startswith("You explain")
    assert first["videos"] == ["media/a.mp4"]
    assert "Words: I won" in first["conversations"][0]["value"]
    assert second["audios"] == ["media/b.wav"]
    assert "face" not in second["conversations"][0]["value"]
    assert second["conversations"][1]["value"] == "He sighs."
    info = json.loads((tmp_path / "dataset_info.json").read_text())["sft"]
    assert info["file_name"] == "sft.json"
    assert info["columns"] == {
        "messages": "conversations",
        "system": "system",
        "videos": "videos",
        "audios": "audios",
    }
    assert exported.lost["split"] == 2


def test_dataset_info_keeps_other_entries(tmp_path):
    (tmp_path / "dataset_info.json").write_text('{"mine": {"file_name": "x"}}')
    export_corpus(corpus(tmp_path / "c"), "llama-factory", tmp_path / "sft.json", None)
    assert set(json.loads((tmp_path / "dataset_info.json").read_text())) == {"mine", "sft"}


def test_ms_swift_is_a_conversation_a_line(tmp_path):
    export_corpus(corpus(tmp_path / "c"), "ms-swift", tmp_path / "sft.jsonl", "train")
    (line,) = (tmp_path / "sft.jsonl").read_text().splitlines()
    row = json.loads(line)
    assert [message["role"] for message in row["messages"]] == ["system", "user", "assistant"]
    assert row["messages"][1]["content"].startswith("<video>\n")
    assert row["videos"] == ["media/a.mp4"]


def test_a_split_that_is_not_there(tmp_path):
    with pytest.raises(DatasetError, match="it has test: 1, train: 1"):
        export_corpus(corpus(tmp_path / "c"), "ms-swift", tmp_path / "x.jsonl", "validation")


def test_ids_with_folders_stay_apart(tmp_path):
    records = [EmoCueRecord(id=f"{who}/1", explanation="x") for who in ("anna", "ben")]
    for name, out in (("emer-v2", "x.csv"), ("openset", "y.csv")):
        records = [record.model_copy(update={"emotions": ("joy",)}) for record in records]
        paths = open_format(name).write(records, tmp_path / out).paths
        assert [r.id for r in open_format(name).read(paths).records] == ["anna/1", "ben/1"]
    exported = open_format("mer-factory").write(records, tmp_path / "f")
    assert len(set(exported.paths)) == 2
    assert exported.lost["id"] == 2


@pytest.mark.shared
@pytest.mark.parametrize("model", ["gemini_merr", "llava-llama3_llama3.2_merr_data"])
def test_real_mer_factory_files(model, shared_dir, tmp_path):
    path = shared_dir / "data" / "text" / "merr" / f"mer-factory_{model}.json"
    import_corpus([path], tmp_path / "out", None, ImportOptions())
    (record,) = read_records(tmp_path / "out")
    assert (record.id, record.emotions) == ("xxx", ("angry", "contempt"))
    assert record.label("peak-frame") == "88"
    assert {cue.start_s for cue in record.cues.visual} == {3.48}
    assert [cue.start_s for cue in record.cues.emotional] == [2.88]
    exported = export_corpus(tmp_path / "out", "mer-factory", tmp_path / "again", None)
    assert exported.lost == {"steps": 1}
    assert json.loads(exported.paths[0].read_text()) == json.loads(path.read_text())


@pytest.mark.shared
def test_real_goemotions(shared_dir, tmp_path):
    path = shared_dir / "data" / "text" / "goemotions" / "dev.tsv"
    names = (path.parent / "labels.txt").read_text().split()
    found = open_format("goemotions").read([path])
    assert (len(found.records), found.problems) == (5426, [])
    for record, line in zip(found.records, path.read_text().split("\n"), strict=False):
        numbers = line.split("\t")[1].split(",")
        assert list(record.emotions) == [names[int(number)] for number in numbers]


@pytest.mark.slow
def test_mer_caption_in_full_size_takes_seconds(tmp_path):
    rng = np.random.default_rng(0)
    vocabulary = [f"word{number}" for number in range(5000)]
    words = [" ".join(rng.choice(vocabulary, 150)) for _ in range(100)]
    heads = {"track2_csv": "name,openset\n", "track3_csv": "name,reason\n"}
    heads["subtitle_csv"] = "name,chinese,english\n"
    cells = {"track2_csv": "\"['happy', 'proud', 'calm']\"", "subtitle_csv": "我赢了,I won"}
    tables = {
        name: head
        + "".join(f"samplenew_{n:08d},{cells.get(name, words[n % 100])}\n" for n in range(31_327))
        for name, head in heads.items()
    }
    paths = make(tmp_path, **tables)
    start = process_time()
    summary = import_corpus(paths, tmp_path / "out", None, ImportOptions())
    seconds = process_time() - start
    print(f"{summary.num_records} records in {seconds:.1f} s of CPU")
    assert summary.num_records == 31_327
    assert seconds < 20
