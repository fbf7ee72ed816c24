"""Statistics of results written by hand, whose numbers are known."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import binomtest

from xemogpt.batch.counts import wilson
from xemogpt.batch.items import Extras
from xemogpt.batch.results import write_results
from xemogpt.batch.rows import row_of
from xemogpt.batch.stats import compute_stats
from xemogpt.batch.stats_page import stats_page
from xemogpt.errors import ConfigError, DatasetError
from xemogpt.schema import Cue, CueSet, Emotion, Explanation, Provenance

pytest.importorskip("duckdb", reason='DuckDB is not installed; pip install "xemogpt[stats]"')
LATE = "2026-01-06T23:30:00-02:00"
EVIL = "</script><script>alert(1)</script><b>'; DROP"


def row(name: str, emotion: str, smiles: list[tuple[float, float]], **known: Any) -> str:
    """JSON of the row of a clip of 10 s."""
    cues = CueSet([Cue(text="smiles", kind="smile", start_s=a, end_s=b) for a, b in smiles])
    explanation = Explanation(
        media=name, text="", source="measured", cues=cues,
        emotions=(Emotion(label=emotion, score=0.8),) if emotion else (),
        provenance=Provenance(model="measured"),
    )  # fmt: skip
    return json.dumps(row_of(name, name, Extras(**known), explanation, 10.0))


@pytest.fixture
def results(tmp_path: Path) -> Path:
    rows = [
        row("a/1.mp4", "happy", [(0.0, 1.0), (5.0, 7.0)], speaker="ann", recorded_at="2026-01-05"),
        row("a/2.mp4", "happy", [(0.5, 1.0)], speaker="ann", recorded_at=LATE),
        row("b/3.mp4", "sad", [], speaker=EVIL, recorded_at="2026-01-06"),
        row("b/4.mp4", "", []),
    ]  # fmt: skip
    path = tmp_path / "it's.parquet"
    write_results(path, iter(rows), {})
    return path


def test_counts_shares_and_durations(results: Path) -> None:
    stats = compute_stats(results)
    assert (stats.num_clips, stats.num_speakers, stats.seconds) == (4, 2, 40.0)
    found = {each.emotion: each for each in stats.emotions}
    assert {name: each.num_clips for name, each in found.items()} == {
        "happy": 2, "sad": 1, "(not known)": 1,
    }  # fmt: skip
    assert (found["happy"].share, found["happy"].seconds) == (0.5, 20.0)
    (smile,) = stats.cues
    assert (smile.num_clips, smile.num_cues, smile.seconds) == (2, 3, 3.5)
    assert (smile.per_minute, smile.median_s) == (4.5, 1.0)
    parts = {each.part: each.num_clips for each in stats.cues_over_clip}
    assert parts == {0: 2, 5: 1, 6: 1} | dict.fromkeys((1, 2, 3, 4, 7, 8, 9), 0)


def test_by_speaker_folder_file_and_day(results: Path) -> None:
    by_speaker = compute_stats(results, "speaker")
    assert by_speaker.groups == ("ann", "(not known)", EVIL)  # the largest first, then by name
    ann = [each for each in by_speaker.emotions if each.group == "ann"]
    assert [(each.emotion, each.num_clips, each.of_clips) for each in ann] == [("happy", 2, 2)]
    assert set(compute_stats(results, "folder").groups) == {"a", "b"}
    assert len(compute_stats(results, "file").groups) == 4
    days = compute_stats(results, "day")
    # Half past eleven at UTC-2 is the next day in UTC.
    assert set(days.groups) == {"2026-01-05", "2026-01-06", "2026-01-07", "(not known)"}
    assert days.period == "day"
    happy = [each for each in days.emotions_over_time if each.emotion == "happy"]
    assert [(each.begins, each.num_clips, each.of_clips) for each in happy] == [
        ("2026-01-05", 1, 1), ("2026-01-06", 0, 1), ("2026-01-07", 1, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(("num", "total"), [(0, 7), (7, 7), (3, 1000), (512, 1024)])
def test_intervals_are_those_of_scipy(num: int, total: int) -> None:
    found = binomtest(num, total).proportion_ci(method="wilson")
    assert wilson(num, total) == pytest.approx((found.low, found.high), abs=1e-6)


def test_text_of_others_cannot_become_markup(results: Path) -> None:
    for by in (None, "speaker"):
        page = stats_page(compute_stats(results, by))
        assert "<script>alert" not in page
        assert "<b>'; DROP" not in page


def xemogpt(*args: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", "from xemogpt.cli.app import main; main()", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_command(results: Path, tmp_path: Path) -> None:
    page = tmp_path / "stats.html"
    run = xemogpt("stats", results, "--by", "speaker", "--out", page, "--json")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["num_clips"] == 4
    assert 'id="chart-groups"' in page.read_text()
    assert 'src="http' not in page.read_text()


def test_no_such_grouping(results: Path) -> None:
    with pytest.raises(ConfigError, match="choose one of file"):
        compute_stats(results, "mood")


def test_files_that_are_not_ours(results: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.parquet"
    pq.write_table(pa.table({"a": [1]}), other)
    with pytest.raises(DatasetError, match="its columns are a"):
        compute_stats(other)
    other.write_bytes(b"")
    with pytest.raises(DatasetError, match="no Parquet file, or a damaged one"):
        compute_stats(other)
    with pytest.raises(DatasetError, match="no file"):
        compute_stats(tmp_path / "missing.parquet")
    write_results(other, iter([]), {})
    with pytest.raises(DatasetError, match="holds no clips"):
        compute_stats(other)


def test_a_damaged_file_is_told(results: Path) -> None:
    whole = results.read_bytes()
    for start in range(4, len(whole) - 2000, 997):
        results.write_bytes(whole[:start] + b"\x55" * 300 + whole[start + 300 :])
        try:
            compute_stats(results)  # damage may fall where nothing is read
        except DatasetError as error:
            assert results.name in str(error)
    results.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DatasetError, match="damaged"):
        compute_stats(results)
    assert xemogpt("stats", results).returncode == 1
