from pathlib import Path

import pandas as pd
import pytest

from xemogpt.emocue.formats.parquet import FILE, ROWS, read_parquet, table_schema, write_parquet
from xemogpt.emocue.records import EmoCueRecord, Label, Step
from xemogpt.errors import DatasetError, OutputError
from xemogpt.schema import Cue, CueSet, Transcript, Word

FULL = EmoCueRecord(
    id="a",
    media="media/a.mp4",
    media_sha256="0" * 64,
    duration_s=2.5,
    subject="s1",
    transcript=Transcript(
        text="你好", language="zh", source="given", words=(Word(text="你", start_s=0, end_s=1),)
    ),
    labels=(Label(name="emotion", value="happy", source="annotated"),),
    cues=CueSet([Cue(text="smiles", kind="smile", start_s=0.5, agreement=0.5, confidence=1)]),
    asked=CueSet(),
    measured=CueSet(auditory=["pauses"]),
    descriptions={"visual": "The person smiles."},
    explanation="They smile.",
    emotions=("happy", "amused"),
    is_exact=True,
    scenario="clear",
    tags=("dark",),
    quality={"snr_db": 12.5},
    flags=("code: why",),
    steps=(Step(tool="t", version="1", model="m"),),
    licence="CC0-1.0",
    split="test",
    is_generated=True,
)


def test_every_field_comes_back(tmp_path: Path):
    records = [FULL, EmoCueRecord(id="words alone")]
    write_parquet(tmp_path, records)
    assert list(read_parquet(tmp_path)) == records
    # No field of a record is without a column.
    assert {field for field in EmoCueRecord.model_fields} <= {
        name.rsplit("_", 1)[0] if name.split("_")[0] in ("cues", "asked", "measured") else name
        for name in table_schema().names
    }


def test_many_records_and_the_same_bytes(tmp_path: Path):
    many = [EmoCueRecord(id=str(number)) for number in range(2 * ROWS + 1)]
    write_parquet(tmp_path / "a", iter(many))
    write_parquet(tmp_path / "b", iter(many))
    assert list(read_parquet(tmp_path / "a" / FILE)) == many
    assert (tmp_path / "a" / FILE).read_bytes() == (tmp_path / "b" / FILE).read_bytes()


def test_pandas_reads_it(tmp_path: Path):
    table = pd.read_parquet(write_parquet(tmp_path, [FULL]))
    assert table.loc[0, "cues_visual"][0]["kind"] == "smile"
    assert table.loc[0, "quality"][0] == {"name": "snr_db", "value": 12.5}


def test_bad_files(tmp_path: Path):
    (tmp_path / FILE).write_bytes(b"no parquet")
    with pytest.raises(DatasetError, match="cannot read"):
        list(read_parquet(tmp_path))
    pd.DataFrame({"id": ["a"]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(DatasetError, match="row 1 is no EmoCue record"):
        list(read_parquet(tmp_path / "other.parquet"))
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        write_parquet(tmp_path / "file", [FULL])
