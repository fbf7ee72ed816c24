import json
from pathlib import Path

import pytest

from xemogpt.errors import UnknownNameError, WeightsError
from xemogpt.weights import Condition, cache_dir, check, hashes, locate
from xemogpt.weights.cache import write_manifest
from xemogpt.weights.catalogue import Catalogue


@pytest.fixture
def installed(cache: Path, catalogue: Catalogue) -> Path:
    folder = cache / "assets" / "joined"
    (folder / "sub").mkdir(parents=True)
    (folder / "model.bin").write_bytes(b"abcdefgh")
    (folder / "sub" / "config.json").write_bytes(b"{}")
    write_manifest(folder, "joined", catalogue.asset("joined").recipe)
    return folder


def test_locate_and_hashes_of_a_complete_asset(installed: Path, catalogue: Catalogue) -> None:
    assert locate("joined", catalogue) == installed
    # From `printf abcdefgh | sha256sum` and `printf {} | sha256sum`.
    assert hashes("joined", catalogue) == {
        "model.bin": "9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab",
        "sub/config.json": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    }


def test_absent_asset_names_place_and_command(cache: Path, catalogue: Catalogue) -> None:
    with pytest.raises(WeightsError, match=r"joined: not found in .*; run `xemogpt pull all`"):
        locate("joined", catalogue)
    assert not cache.exists()


def test_unknown_asset(cache: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"'smollm'; expected one of: smollm2-135m"):
        locate("smollm")


def test_truncated_file(installed: Path, catalogue: Catalogue) -> None:
    (installed / "model.bin").write_bytes(b"abc")
    with pytest.raises(WeightsError, match=r"model\.bin has 3 bytes, expected 8; run"):
        locate("joined", catalogue)


def test_missing_file(installed: Path, catalogue: Catalogue) -> None:
    (installed / "sub" / "config.json").unlink()
    status = check("joined", catalogue)
    assert status.condition is Condition.DAMAGED
    assert status.problem.endswith("config.json is missing")


def test_a_flipped_byte_shows_in_the_full_check_only(installed: Path, catalogue: Catalogue) -> None:
    (installed / "model.bin").write_bytes(b"abcdefgH")
    assert check("joined", catalogue).condition is Condition.OK
    status = check("joined", catalogue, full=True)
    assert status.condition is Condition.DAMAGED
    assert "model.bin is corrupt" in status.problem


def test_other_recipe_is_outdated(installed: Path, catalogue: Catalogue) -> None:
    write_manifest(installed, "joined", "0123456789abcdef")
    assert check("joined", catalogue).condition is Condition.OUTDATED
    with pytest.raises(WeightsError, match="another version of xemogpt"):
        locate("joined", catalogue)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"files": {}}', '{"recipe": "a", "files": {"x": {"sha256": "b"}}}'],
)
def test_damaged_manifest(installed: Path, catalogue: Catalogue, content: str) -> None:
    (installed / "manifest.json").write_text(content)
    assert check("joined", catalogue).condition is Condition.DAMAGED


def test_folder_without_manifest_is_not_complete(installed: Path, catalogue: Catalogue) -> None:
    (installed / "manifest.json").unlink()
    assert check("joined", catalogue).condition is Condition.DAMAGED


def test_manifest_lists_every_file_with_size(installed: Path) -> None:
    manifest = json.loads((installed / "manifest.json").read_text())
    assert {name: entry["num_bytes"] for name, entry in manifest["files"].items()} == {
        "model.bin": 8,
        "sub/config.json": 2,
    }


def test_cache_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XEMOGPT_CACHE", "~/weights")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_dir() == tmp_path / "weights"
    monkeypatch.delenv("XEMOGPT_CACHE")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_dir() == tmp_path / ".cache" / "xemogpt"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_dir() == tmp_path / "xdg" / "xemogpt"
    monkeypatch.setattr("sys.platform", "darwin")
    assert cache_dir() == tmp_path / "Library" / "Caches" / "xemogpt"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache_dir() == tmp_path / "local" / "xemogpt"
