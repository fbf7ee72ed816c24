"""Layouts for hubs and clusters, read by the libraries they are for; the data card."""

import json
import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from xemogpt.cli.app import app
from xemogpt.emocue.formats.card import write_card
from xemogpt.emocue.formats.huggingface import HuggingFaceFormat
from xemogpt.emocue.formats.registry import open_format
from xemogpt.emocue.formats.webdataset import WebDatasetFormat
from xemogpt.emocue.records import EmoCueRecord, Label, Step, read_records, write_records
from xemogpt.errors import OutputError
from xemogpt.schema import Cue, CueSet, Transcript

SMILE = Cue(text="smiles", kind="smile", start_s=0.1, source="measured")


def record(number: int, **changes: object) -> EmoCueRecord:
    values: dict[str, object] = {
        "id": f"talk.{number}/a b",
        "media": f"media/{number}.MP4",
        "duration_s": 2.0 + number,
        "subject": f"s{number}",
        "transcript": Transcript(text="So it is.", language="en", source="recognised"),
        "labels": (Label(name="emotion", value=("happy", "sad")[number % 2], source="annotated"),),
        "cues": CueSet(
            visual=[Cue(text="smiles", kind="smile", start_s=0.1, source="measured")]
            * (number + 1),
            auditory=[Cue(text="sighs | loudly", source="model")],
        ),
        "explanation": "She smiles. She is happy.",
        "emotions": ("happy",),
        "quality": {"snr_db": 10.0 + number},
        "flags": ("low-snr: speech is 10 dB above",) if number == 0 else (),
        "steps": (Step(tool="measure", version="1", model="face"),),
        "licence": "CC BY 4.0",
        "split": ("train", "train", "validation", "test")[number % 4],
    }
    return EmoCueRecord.model_validate(values | changes)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "talks"
    records = [record(number) for number in range(6)]
    for number in range(5):  # the clip of the sixth is missing
        (folder / "media").mkdir(parents=True, exist_ok=True)
        (folder / "media" / f"{number}.MP4").write_bytes(bytes([number]) * (100 + number))
    write_records(folder, records)
    return folder


def test_shards_are_read_by_webdataset(corpus: Path, tmp_path: Path) -> None:
    import webdataset

    out = tmp_path / "shards"
    records = read_records(corpus)
    written = WebDatasetFormat(max_records=4).write(iter(records), out, corpus)
    assert [path.name for path in written.paths] == ["shard-000000.tar", "shard-000001.tar"]
    assert written.lost == {"media": 1}
    samples = list(webdataset.WebDataset([str(p) for p in written.paths], shardshuffle=False))
    assert [EmoCueRecord.model_validate_json(s["json"]) for s in samples] == records
    assert [s.get("mp4") for s in samples] == [bytes([n]) * (100 + n) for n in range(5)] + [None]
    assert len({s["__key__"] for s in samples}) == 6
    again = WebDatasetFormat(max_records=4).write(iter(records), tmp_path / "again", corpus)
    assert [p.read_bytes() for p in again.paths] == [p.read_bytes() for p in written.paths]


def test_shards_end_where_they_are_full(corpus: Path, tmp_path: Path) -> None:
    small = WebDatasetFormat(max_bytes=150)
    written = small.write(read_records(corpus), tmp_path / "shards", corpus)
    assert len(written.paths) == 3  # two clips of 100 bytes pass 150; the last has none
    assert WebDatasetFormat().write([], tmp_path / "none").paths == ()


def test_ids_that_would_share_a_key_stay_apart(tmp_path: Path) -> None:
    import webdataset

    twins = [record(0, id=name, media=None) for name in ("a.b", "a b", "../a", "/")]
    written = WebDatasetFormat().write(twins, tmp_path / "shards")
    samples = list(webdataset.WebDataset([str(written.paths[0])], shardshuffle=False))
    keys = [str(s["__key__"]) for s in samples]
    assert len(set(keys)) == 4 and not any(".." in k or k.startswith("/") for k in keys)


def test_the_hub_layout_is_read_by_datasets_and_pandas(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pandas

    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import load_dataset

    out = tmp_path / "hub"
    records = read_records(corpus)
    written = HuggingFaceFormat(max_rows=2).write(iter(records), out, corpus)
    assert written.lost == {"media": 1}
    names = [path.relative_to(out).as_posix() for path in written.paths]
    assert names == [
        "README.md", "data/test-00000.parquet", "data/train-00000.parquet",
        "data/train-00001.parquet", "data/validation-00000.parquet",
    ]  # fmt: skip
    read = load_dataset(str(out), cache_dir=str(tmp_path / "cache"))
    assert {name: len(split) for name, split in read.items()} == {
        "train": 4, "validation": 1, "test": 1,
    }  # fmt: skip
    assert read["train"][0]["cues_visual"][0]["text"] == "smiles"
    assert (out / read["test"][0]["media"]).is_file()
    frame = pandas.read_parquet(out / "data" / "train-00000.parquet")
    assert list(frame["id"]) == ["talk.0/a b", "talk.1/a b"]
    card = (out / "README.md").read_text()
    assert yaml.safe_load(card.split("---")[1])["license"] == "cc-by-4.0"


@pytest.mark.parametrize("name", ["webdataset", "huggingface"])
def test_a_folder_in_use_is_refused(name: str, corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    open_format(name).write(read_records(corpus), out, corpus)  # an empty one is taken
    before = sorted(out.rglob("*"))
    with pytest.raises(OutputError, match="not empty"):
        open_format(name).write(read_records(corpus), out, corpus)
    assert sorted(out.rglob("*")) == before


@pytest.mark.parametrize("name", ["webdataset", "huggingface"])
def test_nothing_half_written_is_left(name: str, corpus: Path, tmp_path: Path) -> None:
    def breaks() -> object:
        yield record(0)
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        open_format(name).write(breaks(), tmp_path / "x" / "out", corpus)  # type: ignore[arg-type]
    assert list((tmp_path / "x").iterdir()) == []


def test_exports_are_commands(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "hub"
    arguments = ["data", "export", str(corpus), "--format", "huggingface", "--out", str(out)]
    done = CliRunner().invoke(app, [*arguments, "--split", "train", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["lost"] == {"media": 1}
    assert sorted(p.name for p in (out / "data").iterdir()) == ["train-00000.parquet"]


def test_the_card_counts_what_is_there(corpus: Path) -> None:
    reasons = {"id": "x", "step": "gate", "reasons": ["low-snr: 2 dB", "too-short: 0.1 s"]}
    (corpus / "dropped.jsonl").write_text(json.dumps(reasons) + "\n")
    paths = write_card(corpus, read_records(corpus))
    card, plot = (path.read_text() for path in paths)
    for expected in (
        "# talks", "6 clips (27 s)", "| train | 4 | 18 s | 4 |", "No subject is in more than one",
        "| visual | 6 (100.0%) | 21 | 1 |", "| happy | 3 | 50.0% |", "| `low-snr` | 1 |",
        "| low-snr | 1 |", "| too-short | 1 |", "name the source", "21 cues (77.8%): found by det",
        "| `snr_db` | 10.25 |", "| measure | 1 | face |  | 6 |", "All clips are recordings",
    ):  # fmt: skip
        assert expected in card, expected
    assert re.findall(r">(\w+)</text><rect[^>]*/><text[^>]*>(\d+)<", plot) == [
        ("smile", "21"), ("other", "6"),
    ]  # fmt: skip
    assert [path.read_text() for path in write_card(corpus, read_records(corpus))] == [card, plot]


def test_the_card_says_what_is_wrong(tmp_path: Path) -> None:
    made = [
        record(0, subject="s", is_generated=True, licence=None, split="train"),
        record(1, subject="s", split="test", licence="CC BY-NC-SA 4.0 | <b>x</b>"),
    ]
    card = write_card(tmp_path, made, title="a\n# b | `c` <script>")[0].read_text()
    assert "**1 subjects are in more than one split.**" in card
    assert "**1 of the clips are generated**" in card
    assert "not known: ask the owner" in card and "no commercial use" in card
    body = card.split("---", 2)[2]
    assert "<script>" not in body and "<b>" not in body
    assert yaml.safe_load(card.split("---")[1])["license"] == ["cc-by-nc-sa-4.0", "other"]


def test_a_card_of_nothing_much(tmp_path: Path) -> None:
    card = write_card(tmp_path, [EmoCueRecord(id="a")])[0].read_text()
    assert "No clip has words." in card and "No clip is flagged." in card
    assert "| unsplit | 1 | 0 s | not given |" in card
