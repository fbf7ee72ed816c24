"""Every fault that can be planted in a corpus is found, and a clean one has none."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.media.factory import Picture, Sound, write_media
from typer.testing import CliRunner

from xemogpt.cli.app import app
from xemogpt.emocue.check import ADVICE, check_corpus
from xemogpt.emocue.formats.parquet import write_parquet
from xemogpt.emocue.records import EmoCueRecord, Label, read_records, write_records
from xemogpt.errors import DatasetError
from xemogpt.files import sha256_of
from xemogpt.schema import Cue, CueSet


def record(number: int, folder: Path, **changes: object) -> EmoCueRecord:
    media = f"media/{number}.bin"
    (folder / "media").mkdir(parents=True, exist_ok=True)
    (folder / media).write_bytes(bytes([number]) * 100)
    values: dict[str, object] = {
        "id": f"clip-{number}",
        "media": media,
        "media_sha256": sha256_of(folder / media),
        "duration_s": 3.0,
        "subject": f"s{number}",
        "labels": (Label(name="emotion", value="happy", source="annotated"),),
        "cues": CueSet(visual=[Cue(text="smiles", kind="smile", start_s=0.5, end_s=3.1)]),
        "explanation": "She smiles.",
        "licence": "CC0-1.0",
        "split": ("train", "test")[number % 2],
    }
    return EmoCueRecord.model_validate(values | changes)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    write_records(folder, [record(number, folder) for number in range(4)])
    write_parquet(folder, read_records(folder))
    names = ("records.jsonl", "records.parquet")
    build = {"sha256": {n: sha256_of(folder / n) for n in names}, "counts": {"records": 4}}
    (folder / "build.json").write_text(json.dumps(build))
    return folder


def codes(folder: Path) -> set[str]:
    return {finding.code for finding in check_corpus(folder, use_near=False)}


def rewrite(folder: Path, *records: EmoCueRecord) -> None:
    """Other records, without the files that would differ from them."""
    write_records(folder, records)
    for name in ("records.parquet", "build.json"):
        (folder / name).unlink(missing_ok=True)


def test_a_clean_corpus_has_no_findings(corpus: Path) -> None:
    assert list(check_corpus(corpus, use_near=False)) == []
    assert list(check_corpus(corpus / "records.jsonl", use_near=False)) == []


HAPPY = Label(name="emotion", value="happy", source="annotated")
SAD = Label(name="emotion", value="grief", source="model")
NEGATIVE = Label(name="sentiment", value="-0.8", source="annotated")


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("cue-time", {"cues": CueSet(auditory=[Cue(text="sighs", start_s=3.5)])}),
        ("missing-media", {"media": "media/none.bin"}),
        ("changed-media", {"media_sha256": "0" * 64}),
        ("no-media", {"media": None}),
        ("no-explanation", {"explanation": None}),
        ("no-cues", {"cues": CueSet()}),
        ("no-licence", {"licence": None}),
        ("no-subject", {"subject": None}),
        ("no-split", {"split": None}),
        ("unknown-kind", {"cues": CueSet(visual=[Cue(text="juggles", kind="juggle")])}),
        ("label-contradiction", {"labels": (HAPPY, SAD)}),
        ("label-contradiction", {"labels": (HAPPY, NEGATIVE)}),
        ("label-disagrees", {"flags": ("label-disagrees: it says sad",)}),
        ("low-support", {"flags": ("low-support: verification kept 40% of the statements",)}),
        ("split-subject", {"subject": "s1"}),
    ],
)
def test_a_fault_in_one_record_is_found(code: str, changes: dict, corpus: Path) -> None:
    records = read_records(corpus)
    records[2] = records[2].model_copy(update=changes)
    rewrite(corpus, *records)
    assert codes(corpus) == {code}


def test_copies_are_found_within_and_across_splits(corpus: Path) -> None:
    first, second, third, _ = read_records(corpus)
    same = {"media": first.media, "media_sha256": first.media_sha256}
    labels = (Label(name="emotion", value="sad", source="annotated"),)
    rewrite(
        corpus, first, second.model_copy(update=same),
        third.model_copy(update={**same, "labels": labels}),
    )  # fmt: skip
    found = {(f.code, f.where) for f in check_corpus(corpus, use_near=False)}
    assert found == {
        ("split-media", "clip-1"), ("copy", "clip-2"), ("label-differs", "clip-2"),
    }  # fmt: skip


def test_broken_lines_are_named_and_the_rest_is_read(corpus: Path) -> None:
    lines = (corpus / "records.jsonl").read_text().splitlines()
    broken = json.loads(lines[1]) | {"duration_s": -1}
    lines[1:2] = [json.dumps(broken), "no JSON", lines[0]]
    rewrite(corpus)
    (corpus / "records.jsonl").write_text("\n".join(lines))
    found = [(f.code, f.where) for f in check_corpus(corpus, use_near=False)]
    assert found == [
        ("schema", "records.jsonl, line 2"), ("schema", "records.jsonl, line 3"),
        ("duplicate-id", "clip-0"),
    ]  # fmt: skip
    wrong = next(iter(check_corpus(corpus, use_near=False)))
    assert "duration_s" in wrong.what and wrong.level == "error"


def test_tables_and_manifest_are_held_against_the_records(corpus: Path) -> None:
    build = (corpus / "build.json").read_text()
    records = read_records(corpus)
    records[0] = records[0].model_copy(update={"explanation": "She frowns."})
    write_records(corpus, records[:3])
    found = [(f.code, f.what) for f in check_corpus(corpus, use_near=False)]
    assert [code for code, _ in found] == ["parquet", "manifest", "manifest"]
    assert "row 1" in found[0][1] and "3 records, 4 were built" in found[2][1]
    (corpus / "records.parquet").write_bytes(b"no table")
    (corpus / "build.json").write_text("{")
    assert codes(corpus) == {"parquet", "manifest"}
    (corpus / "build.json").write_text(build)
    (corpus / "records.parquet").unlink()
    assert "records.parquet is not there" in " ".join(f.what for f in check_corpus(corpus))


def test_clips_that_lead_out_of_the_corpus_are_not_followed(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    (corpus / "media" / "0.bin").unlink()
    (corpus / "media" / "0.bin").symlink_to(tmp_path / "secret")
    (finding,) = check_corpus(corpus, use_near=False)
    assert finding.code == "missing-media" and "leads out" in finding.what


def test_nearly_equal_clips_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    (folder / "media").mkdir(parents=True)
    noise = np.random.default_rng(0).normal(0, 0.1, (1, 96_000)).astype(np.float32)
    write_media(folder / "media" / "a.mp4", Picture(num_frames=50), Sound(noise))
    shutil.copy(folder / "media" / "a.mp4", folder / "media" / "b.mp4")
    made = [
        EmoCueRecord(id=name, media=f"media/{name}.mp4", split=split, explanation="x")
        for name, split in (("a", "train"), ("b", "test"))
    ]
    write_records(folder, made)
    assert "split-near" in {f.code for f in check_corpus(folder)}
    assert "split-near" not in {f.code for f in check_corpus(folder, use_near=False)}
    write_records(folder, [r.model_copy(update={"split": "train"}) for r in made])
    assert "near-copy" in {f.code for f in check_corpus(folder)}


def test_a_folder_that_is_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot read"):
        list(check_corpus(tmp_path))
    (tmp_path / "records.jsonl").write_text("")
    with pytest.raises(DatasetError, match="holds no record"):
        list(check_corpus(tmp_path))


def test_the_command_shows_findings_and_says_so_by_its_exit_code(
    corpus: Path, tmp_path: Path
) -> None:
    clean = CliRunner().invoke(app, ["data", "check", str(corpus), "--no-near"])
    assert clean.exit_code == 0 and "nothing is wrong" in clean.output
    records = [
        r.model_copy(update={"licence": None, "subject": "one"}) for r in read_records(corpus)
    ]
    rewrite(corpus, *records)
    out = tmp_path / "findings.jsonl"
    bad = CliRunner().invoke(app, ["data", "check", str(corpus), "--no-near", "--out", str(out)])
    assert bad.exit_code == 3 and "split-subject" in bad.output and "no-licence" in bad.output
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert {row["code"]: row["level"] for row in rows} == {
        "split-subject": "error", "no-licence": "warning",
    }  # fmt: skip
    as_json = CliRunner().invoke(app, ["data", "check", str(corpus), "--no-near", "--json"])
    assert json.loads(as_json.stdout)["errors"] == 1


def test_every_code_is_planted_somewhere_here() -> None:
    text = Path(__file__).read_text()
    assert [code for code in ADVICE if f'"{code}"' not in text] == []
