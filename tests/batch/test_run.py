"""A batch of small real files, explained by the real detectors."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.media.factory import Picture, Sound, tone, write_media

from xemogpt.batch.items import Item, items_of
from xemogpt.batch.results import failures_path
from xemogpt.batch.rows import schema
from xemogpt.batch.run import BatchSummary, explain_to_parquet, state_folder
from xemogpt.batch.work import ExplainWork
from xemogpt.errors import ConfigError, DatasetError, OutputError

WORK = ExplainWork(model="measured", recognise=False)
NUM = 12


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for number in range(NUM):
        sound = Sound(tone(120.0 + 40 * number, 0.5))
        write_media(folder / f"c{number:02}.mp4", Picture(num_frames=6), sound)
    (folder / "broken.mp4").write_bytes(b"no media")
    return folder


def items(folder: Path) -> list[Item]:
    return list(items_of(sorted(folder.glob("*.mp4"))))


def explain(folder: Path, out: Path, **settings: object) -> BatchSummary:
    return explain_to_parquet(items(folder), out, WORK, workers=1, **settings)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def whole(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "results.parquet"
    summary = explain(clips, out)
    assert (summary.num_explained, summary.num_failed, summary.num_earlier) == (NUM, 1, 0)
    return out


@pytest.mark.weights
def test_a_row_a_clip_and_failures_beside(clips: Path, whole: Path) -> None:
    table = pq.read_table(whole)
    assert table.schema.equals(schema())
    assert table["id"].to_pylist() == [str(clips / f"c{number:02}.mp4") for number in range(NUM)]
    row = table.to_pylist()[0]
    assert row["duration_s"] == pytest.approx(0.5, abs=0.1)
    assert row["windows"][0]["end_s"] == row["duration_s"]
    assert {cue["modality"] for cue in row["cues"]} <= {"visual", "auditory", "emotional"}
    (failure,) = map(json.loads, failures_path(whole).read_text().splitlines())
    assert failure["id"] == str(clips / "broken.mp4")
    assert failure["error"] == "MediaError"


@pytest.mark.weights
def test_duckdb_and_pandas_read_it(whole: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    pandas = pytest.importorskip("pandas")
    query = f"SELECT count(*), sum(len(cues)) FROM (SELECT * FROM '{whole}')"
    ((num, num_cues),) = duckdb.connect().execute(query).fetchall()
    frame = pandas.read_parquet(whole)
    assert (num, num_cues) == (len(frame), sum(map(len, frame["cues"])))


_RUN = """
import sys
from pathlib import Path
from tests.batch.test_run import explain
if __name__ == "__main__":
    tell = lambda status: print(status.num_done, flush=True)
    explain(Path(sys.argv[1]), Path(sys.argv[2]), progress=tell)
"""


def killed_run(folder: Path, out: Path, after: int, script: Path) -> int:
    """Start a run in a process of its own, and kill it when so many clips are done."""
    script.write_text(_RUN)
    command = [sys.executable, str(script), str(folder), str(out)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as run:
        assert run.stdout is not None
        done = 0
        for line in run.stdout:
            done = int(line)
            if done >= after:
                break
        run.send_signal(signal.SIGKILL)
    return done


@pytest.mark.weights
def test_kills_leave_no_trace(clips: Path, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "results.parquet"
    for after in (3, NUM):
        assert killed_run(clips, out, after, tmp_path / "run.py") >= after
        assert not out.exists()
    started = time.perf_counter()
    summary = explain(clips, out)
    assert summary.num_earlier >= NUM - 1
    assert out.read_bytes() == whole.read_bytes()
    assert failures_path(out).read_bytes() == failures_path(whole).read_bytes()
    assert time.perf_counter() - started < 60


@pytest.mark.weights
def test_new_changed_and_gone_clips(clips: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "clips", tmp_path / "results.parquet"
    folder.mkdir()
    for name in ("c00.mp4", "c01.mp4", "broken.mp4"):
        (folder / name).write_bytes((clips / name).read_bytes())
    explain(folder, out)
    (folder / "c00.mp4").unlink()
    (folder / "c01.mp4").write_bytes((clips / "c07.mp4").read_bytes())
    (folder / "broken.mp4").write_bytes((clips / "c02.mp4").read_bytes())
    summary = explain(folder, out)
    assert (summary.num_explained, summary.num_failed, summary.num_earlier) == (2, 0, 0)
    assert [Path(name).name for name in pq.read_table(out)["id"].to_pylist()] == [
        "broken.mp4", "c01.mp4",
    ]  # fmt: skip
    assert not failures_path(out).exists()


@pytest.mark.weights
def test_other_settings_want_another_file(clips: Path, whole: Path) -> None:
    with pytest.raises(OutputError, match="use_recognition: false there, true now"):
        explain_to_parquet(items(clips), whole, ExplainWork(model="measured", recognise=True))


@pytest.mark.weights
def test_two_runs_cannot_write_one_file(clips: Path, tmp_path: Path) -> None:
    from filelock import FileLock

    out = tmp_path / "results.parquet"
    state_folder(out).mkdir()
    with (
        FileLock(str(state_folder(out) / ".lock")),
        pytest.raises(OutputError, match="another run is writing"),
    ):
        explain(clips, out)


@pytest.mark.weights
@pytest.mark.parametrize(
    ("given", "settings", "error", "message"),
    [
        ([], {}, DatasetError, "no clips"),
        (["a.mp4", "a.mp4"], {}, DatasetError, "named twice"),
        (["a.mp4"], {"workers": 0}, ConfigError, "workers should be 1"),
        (["a.mp4"], {"clip_timeout_s": 0.0}, ConfigError, "above 0"),
    ],
)
def test_wrong_use_is_refused(
    given: list[str], settings: dict[str, float], error: type, message: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message):
        explain_to_parquet(
            [Item(id=name, file=name) for name in given],
            tmp_path / "out.parquet",
            **settings,  # type: ignore[arg-type]
        )


def test_only_parquet_is_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ends in"):
        explain_to_parquet([Item(id="a", file="a")], tmp_path / "out.csv")


@pytest.mark.weights
def test_a_name_that_is_no_unicode_fails_alone(clips: Path, tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"caf\xe9.mp4")
    odd.write_bytes((clips / "c00.mp4").read_bytes())
    good = tmp_path / "good.mp4"
    good.write_bytes((clips / "c00.mp4").read_bytes())
    summary = explain_to_parquet(items_of([odd, good]), tmp_path / "r.parquet", WORK, workers=1)
    assert (summary.num_explained, summary.num_failed) == (1, 1)


@pytest.mark.weights
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_ray_writes_the_same_bytes(clips: Path, whole: Path, tmp_path: Path) -> None:
    ray = pytest.importorskip("ray", reason='Ray is not installed; pip install "xemogpt[ray]"')
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        explain(clips, tmp_path / "r.parquet", engine="ray")
    finally:
        ray.shutdown()
    assert (tmp_path / "r.parquet").read_bytes() == whole.read_bytes()


@pytest.mark.weights
def test_a_full_disk_is_told_and_the_run_goes_on_when_there_is_room(
    clips: Path, tmp_path: Path
) -> None:
    """A file system of 60 kB, in a mount namespace of its own; then one of 8 MB, with its files."""
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-rm", "true"], check=False).returncode:
        pytest.skip("unshare -rm is not permitted here, so no small file system can be made")
    small, kept = tmp_path / "small", tmp_path / "kept"
    small.mkdir()
    explain_there = (
        f"{sys.executable} -m xemogpt explain {clips} --model measured --no-recognise --workers 1"
        f" --out {small}/r.parquet"
    )
    script = (
        f"mount -t tmpfs -o size=60k tmpfs {small}\n"
        f"{explain_there} && exit 9\n"
        f"test ! -e {small}/r.parquet && cp -a {small} {kept} || exit 8\n"
        f"mount -o remount,size=8m {small}\n"
        f"{explain_there}\n"
        f"cp {small}/r.parquet {tmp_path}/r.parquet"
    )
    run = subprocess.run(
        [unshare, "-rm", "sh", "-c", script], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "make room" in run.stderr and "Traceback" not in run.stderr
    table = pq.read_table(tmp_path / "r.parquet")
    assert sorted(Path(one).name for one in table["file"].to_pylist()) == [
        f"c{number:02}.mp4" for number in range(NUM)
    ]
