"""A build of real clips with the real detectors, as ``xemogpt data build`` makes it."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from xemogpt.cli.app import app
from xemogpt.emocue.formats.parquet import read_parquet
from xemogpt.emocue.records import read_records


@pytest.mark.weights
@pytest.mark.shared
def test_a_folder_of_real_clips_becomes_a_corpus(shared_dir: Path, tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    speech = next(p for p in sorted((shared_dir / "data" / "speech").rglob("*")) if p.is_file())
    video = min((shared_dir / "data" / "clips").glob("*.mp4"), key=lambda p: p.stat().st_size)
    for path in (speech, video):
        shutil.copy(path, clips)
    (clips / "broken.mp4").write_bytes(b"no media at all")
    labels = tmp_path / "labels.csv"
    labels.write_text(f"file,emotion,subject\n{speech.name},happy,s1\n")
    out = tmp_path / "corpus"
    arguments = ["data", "build", str(clips), "--out", str(out), "--labels", str(labels)]
    made = CliRunner().invoke(app, [*arguments, "--no-recognise", "--workers", "1", "--json"])
    assert made.exit_code == 3, made.output  # one clip failed
    (failure,) = [json.loads(line) for line in (out / "errors.jsonl").read_text().splitlines()]
    assert failure["id"] == "broken"
    records = {record.id: record for record in read_records(out)}
    assert list(read_parquet(out)) == list(records.values())
    dropped = (out / "dropped.jsonl").read_text()
    for clip in (speech, video):
        assert clip.stem in records or clip.stem in dropped
    assert records, dropped
    for record in records.values():
        assert record.media_path(out).is_file() and record.measured and record.explanation
        stated = {cue.kind for _, cue in record.cues.items() if cue.kind} - set(record.emotions)
        measured = {cue.kind for _, cue in record.measured.items()}
        emotional = {cue.kind for cue in record.cues.emotional}
        assert stated - emotional <= measured, "the template annotator states measured cues only"
    before = (out / "records.jsonl").read_bytes()
    again = CliRunner().invoke(app, [*arguments, "--no-recognise", "--workers", "1", "--json"])
    assert again.exit_code == 3 and (out / "records.jsonl").read_bytes() == before
