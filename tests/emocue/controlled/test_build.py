"""Builds: the same bytes however they come about, and nothing lost on the way."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from filelock import FileLock
from tests.emocue.controlled.studio import BEAT, measure, open_studio, script, speak

from xemogpt.emocue.controlled import build
from xemogpt.emocue.controlled.build import LOCK, build_corpus
from xemogpt.emocue.controlled.buildlog import ERRORS, MANIFEST, PARTIAL
from xemogpt.emocue.controlled.make import Studio, make_clip
from xemogpt.emocue.controlled.script import Script
from xemogpt.emocue.controlled.speech import Speech
from xemogpt.emocue.records import RECORDS, read_records
from xemogpt.errors import ConfigError, MediaError, OutputError, WeightsError
from xemogpt.media import probe

SCRIPTS = [script(number) for number in range(4)]


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != LOCK
    }


def streams(path: Path) -> dict[str, str]:
    """What is in a clip, part by part."""
    with av.open(str(path)) as container:
        packets = [(packet.stream.type, bytes(packet)) for packet in container.demux()]
    with av.open(str(path)) as container:
        pixels = b"".join(frame.to_ndarray().tobytes() for frame in container.decode(video=0))
    found = {
        kind: hashlib.sha256(b"".join(data for of, data in packets if of == kind)).hexdigest()[:8]
        for kind in ("video", "audio")
    }
    return found | {"pixels": hashlib.sha256(pixels).hexdigest()[:8]}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("whole")
    build_corpus(SCRIPTS, folder, open_studio, workers=1)
    return contents(folder)


def speaking(change: Callable[[Script], None]) -> Callable[[], Studio]:
    def speak_or(script: Script) -> Speech:
        change(script)
        return speak(script)

    return lambda: replace(open_studio(), speak=speak_or)


def test_a_record_says_what_was_asked_measured_and_found(tmp_path: Path) -> None:
    record = make_clip(script(3, tags=("dark",)), tmp_path, open_studio())
    assert record.media == "media/train/clip-3.mp4"
    assert record.media_sha256 == hashlib.sha256((tmp_path / record.media).read_bytes()).hexdigest()
    assert [cue.kind for cue in record.cues.auditory] == ["fast-speech"]
    assert [cue.kind for cue in record.asked.auditory] == ["fast-speech", "pause"]
    assert record.measured == measure(tmp_path / record.media, record.transcript).cues
    assert record.flags[0].startswith("missed: pause ")
    assert record.quality == {"asked": 3, "found": 2, "missed": 1, "side_effects": 0}
    assert (record.label("emotion"), record.subject, record.split) == ("happy", "id-001", "train")
    assert [word.text for word in record.transcript.words] == ["we", "meet", "today"]
    assert "smile" in record.explanation
    assert record.is_exact and record.is_generated
    assert all(step.finished_at is None for step in record.steps)


def test_cues_that_leave_the_emotion_open_are_flagged(tmp_path: Path) -> None:
    sad = script(1, emotion="sad", face_emotion="sad", voice_emotion="sad")
    flags = make_clip(sad, tmp_path, open_studio()).flags
    assert any(flag.startswith("undecided: ") for flag in flags)
    happy = make_clip(script(2), tmp_path, open_studio()).flags
    assert not any(flag.startswith("undecided: ") for flag in happy)


def test_a_clip_lasts_until_its_last_beat_is_over(tmp_path: Path) -> None:
    late = BEAT.model_copy(update={"release_s": 2.0, "offset_s": 2.3})
    record = make_clip(script(1, beats=(BEAT, late)), tmp_path, open_studio())
    assert record.duration_s == 2.5
    assert probe(tmp_path / record.media).video.num_frames == round(2.5 * 15)


def test_noise_is_added_where_asked(tmp_path: Path) -> None:
    written: list[np.ndarray] = []

    def write(path: Path, frames: object, fps: float, wave: np.ndarray, rate: int) -> str:
        written.append(wave)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return "none"

    studio = replace(open_studio(), write=write)
    for ratio_db in (None, 12.0):
        make_clip(script(1, sound_noise_db=ratio_db), tmp_path, studio)
    clean, noisy = (wave.astype(float) for wave in written)
    ratio = np.mean(clean**2) / np.mean((noisy - clean) ** 2)
    assert 10 * np.log10(ratio) == pytest.approx(12, abs=0.3)


def test_the_folder_says_what_it_holds(whole: dict[str, str], tmp_path: Path) -> None:
    summary = build_corpus(SCRIPTS, tmp_path, open_studio, 1, settings={"seed": 5})
    assert [record.id for record in read_records(tmp_path)] == [each.id for each in SCRIPTS]
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    assert (manifest["seed"], manifest["num"], manifest["num_failed"]) == (5, 4, 0)
    assert manifest["records_sha256"] == contents(tmp_path)[RECORDS] == whole[RECORDS]
    media = {name: sha256 for name, sha256 in whole.items() if name.startswith("media/")}
    assert manifest["media_sha256"] == media
    assert not (tmp_path / PARTIAL).exists() and not (tmp_path / ERRORS).exists()
    assert summary.clips_per_hour is not None and summary.clips_per_hour > 0


def test_processes_make_no_difference(whole: dict[str, str], tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    build_corpus(SCRIPTS, tmp_path, open_studio, 2, lambda *counts: seen.append(counts))
    if contents(tmp_path) != whole:  # seen once in many runs and never understood: say where
        here = tmp_path / "here"
        build_corpus(SCRIPTS, here, open_studio, 1)
        for name in ("media/train/clip-0.mp4", "media/train/clip-3.mp4"):
            print(name, [streams(folder / name) for folder in (tmp_path, here)])
    assert contents(tmp_path) == whole
    assert seen == [(done, 4) for done in range(5)]


def test_a_killed_build_goes_on(whole: dict[str, str], tmp_path: Path) -> None:
    def stop_at_third(script: Script) -> None:
        if script.id == "clip-2":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_corpus(SCRIPTS, tmp_path, speaking(stop_at_third), 1)
    log = tmp_path / PARTIAL
    log.write_text(log.read_text() + '{"id": "clip-2", "med')  # as a kill may leave it
    (tmp_path / "media/train/.clip-2.mp4.x1y2").write_bytes(b"half")
    made: list[str] = []
    summary = build_corpus(SCRIPTS, tmp_path, speaking(lambda each: made.append(each.id)), 1)
    assert (summary.num_clips, summary.num_kept, made) == (4, 2, ["clip-2", "clip-3"])
    assert contents(tmp_path) == whole


def test_workers_end_with_a_build_that_is_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    pids.mkdir()
    build = subprocess.Popen(
        [sys.executable, "-m", "tests.emocue.controlled.slow_build", str(tmp_path / "out")],
        env=os.environ | {"PIDS": str(pids)},
    )
    _wait_until(lambda: len(list(pids.iterdir())) == 2, 60)
    build.kill()
    build.wait()
    workers = [int(path.name) for path in pids.iterdir()]
    _wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), 10)


def _wait_until(is_so: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.1)


def test_a_log_cut_off_in_its_first_line_starts_anew(tmp_path: Path) -> None:
    (tmp_path / PARTIAL).write_text("")
    assert build_corpus(SCRIPTS[:1], tmp_path, open_studio, 1).num_kept == 0


def test_a_finished_corpus_is_checked_and_mended(whole: dict[str, str], tmp_path: Path) -> None:
    build_corpus(SCRIPTS, tmp_path, open_studio, 1)
    (tmp_path / "media/train/clip-1.mp4").write_bytes(b"damaged")
    (tmp_path / "media/train/clip-2.mp4").unlink()
    assert build_corpus(SCRIPTS, tmp_path, open_studio, 1).num_kept == 2
    assert contents(tmp_path) == whole
    assert build_corpus(SCRIPTS, tmp_path, open_studio, 1).clips_per_hour is None


def test_failures_are_listed_and_tried_again(whole: dict[str, str], tmp_path: Path) -> None:
    def fail(script: Script) -> None:
        if script.id in ("clip-1", "clip-3"):
            raise MediaError("too loud")

    summary = build_corpus(SCRIPTS, tmp_path, speaking(fail), 1)
    assert [str(each) for each in summary.failures] == [
        "clip-1: MediaError: too loud",
        "clip-3: MediaError: too loud",
    ]
    rows = [json.loads(line) for line in (tmp_path / ERRORS).read_text().splitlines()]
    assert [row["id"] for row in rows] == ["clip-1", "clip-3"]
    assert [record.id for record in read_records(tmp_path)] == ["clip-0", "clip-2"]
    assert build_corpus(SCRIPTS, tmp_path, open_studio, 1).num_kept == 2
    assert contents(tmp_path) == whole


def test_one_crash_costs_one_clip(tmp_path: Path) -> None:
    scripts = [script(0), script(1, sentence="crash"), script(2)]
    summary = build_corpus(scripts, tmp_path, open_studio, 2)
    assert [each.error for each in summary.failures] == ["ValueError"]
    assert summary.num_clips == 2


def test_a_worker_that_dies_is_said(tmp_path: Path) -> None:
    scripts = [script(0), script(1, sentence="die")]
    summary = build_corpus(scripts, tmp_path, open_studio, 2)
    assert "clip-1" in [each.id for each in summary.failures]
    assert summary.num_clips + len(summary.failures) == 2


def no_studio() -> Studio:
    raise WeightsError("no head; run xemogpt pull controlled")


@pytest.mark.parametrize("workers", [1, 2])
def test_what_spoils_every_clip_is_raised(workers: int, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="xemogpt pull"):
        build_corpus(SCRIPTS, tmp_path, no_studio, workers)


def test_no_encoder_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xemogpt.emocue.controlled.clipfile.has_encoder", lambda name: False)
    with pytest.raises(MediaError, match="install PyAV"):
        build_corpus(SCRIPTS, tmp_path, open_studio, 1)
    assert not (tmp_path / PARTIAL).exists()


def test_other_settings_are_refused(tmp_path: Path) -> None:
    build_corpus(SCRIPTS[:1], tmp_path, open_studio, 1, settings={"seed": 1})
    before = contents(tmp_path)
    with pytest.raises(OutputError, match="seed 1 instead of 2"):
        build_corpus(SCRIPTS[:1], tmp_path, open_studio, 1, settings={"seed": 2})
    with pytest.raises(OutputError, match="num 1 instead of 4"):
        build_corpus(SCRIPTS, tmp_path, open_studio, 1, settings={"seed": 1})
    assert contents(tmp_path) == before


def test_other_versions_are_refused_while_going_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(script: Script) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_corpus(SCRIPTS, tmp_path, speaking(stop), 1)
    monkeypatch.setattr(build, "versions", lambda: {"av": "1.0"})
    with pytest.raises(OutputError, match="other settings"):
        build_corpus(SCRIPTS, tmp_path, open_studio, 1)


def test_somebodys_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / RECORDS).write_text("mine")
    with pytest.raises(OutputError, match="did not make"):
        build_corpus(SCRIPTS, tmp_path, open_studio, 1)
    assert (tmp_path / RECORDS).read_text() == "mine"


def test_two_builds_do_not_write_one_folder(tmp_path: Path) -> None:
    with FileLock(str(tmp_path / LOCK)), pytest.raises(OutputError, match="another build"):
        build_corpus(SCRIPTS, tmp_path, open_studio, 1)


@pytest.mark.parametrize(
    ("scripts", "workers", "message"),
    [
        ([], 1, "at least one"),
        (SCRIPTS, 0, "1 or more"),
        ([SCRIPTS[0]] * 2, 1, "clip-0 came twice"),
    ],
)
def test_senseless_orders(
    scripts: list[Script], workers: int, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=message):
        build_corpus(scripts, tmp_path, open_studio, workers)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write"):
        build_corpus(SCRIPTS, tmp_path / "file" / "corpus", open_studio, 1)
