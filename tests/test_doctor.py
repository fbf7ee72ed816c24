import importlib
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import pytest

from xemogpt import doctor
from xemogpt.doctor import Check, State, works


def by_name(checks: Iterable[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def probe(code: str) -> "subprocess.Popen[str]":
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", code], stdout=pipe, stderr=pipe, text=True)


def test_only_what_failed_stands_in_the_way() -> None:
    fine, odd = Check("g", "a", State.OK, ""), Check("g", "b", State.WARNING, "")
    assert works([fine, odd])
    assert not works([fine, Check("g", "c", State.FAILED, "")])


def test_packages_measuring_needs_are_fine_here() -> None:
    checks = by_name(doctor.check_packages())
    assert set(doctor.MEASURED_MODULES) <= set(checks)
    assert all(checks[name].state is State.OK for name in doctor.MEASURED_MODULES)
    assert checks["numpy"].detail == importlib.import_module("numpy").__version__
    assert "pytest" not in checks, "packages of extras are not asked for"


def test_packages_that_are_missing_or_of_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = ["numpy>=99", "torch<1", "no-such-package>=1", "pyyaml", "nor-this; extra == 'dev'"]
    monkeypatch.setattr(doctor, "requires", lambda _: declared)
    checks = by_name(doctor.check_packages())
    assert checks["numpy"].state is State.FAILED
    assert checks["numpy"].advice == 'run `pip install "numpy>=99"`'
    assert checks["torch"].state is State.WARNING and "needs <1" in checks["torch"].detail
    assert checks["no-such-package"].detail == "not installed"
    assert checks["pyyaml"].state is State.OK
    assert "nor-this" not in checks


def test_a_package_that_does_not_import(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise OSError("libavcodec.so.61: cannot open shared object file")

    monkeypatch.setattr(importlib, "import_module", broken)
    monkeypatch.setattr(doctor, "requires", lambda _: ["av"])
    check = by_name(doctor.check_packages())["av"]
    assert check.state is State.FAILED
    assert "does not import: libavcodec" in check.detail
    assert check.advice.startswith("run `pip install --force-reinstall --no-deps av==")


def test_a_checkout_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_: str) -> None:
        raise doctor.PackageNotFoundError("xemogpt")

    monkeypatch.setattr(doctor, "requires", absent)
    checks = by_name(doctor.check_packages())
    assert checks["xemogpt"].state is State.WARNING
    assert checks["av"].state is State.OK


def test_absent_weights_come_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XEMOGPT_CACHE", str(tmp_path))
    checks = by_name(doctor.check_assets(full=False))
    failed = {name for name, check in checks.items() if check.state is State.FAILED}
    assert failed == doctor.MEASURED_WEIGHTS
    assert checks["face-landmarker"].advice == "run `xemogpt pull nano`"
    assert checks["samples"].state is State.WARNING
    assert checks["samples"].advice == "run `xemogpt pull samples`"
    assert checks["samples"].detail.startswith("absent: not found in ")


def test_codecs_are_really_used() -> None:
    checks = by_name(doctor.check_codecs())
    assert checks["decode"].state is State.OK
    assert checks["encode"].detail == "H.264: 2 frames written and read back"


@pytest.mark.parametrize(("lost", "state"), [("h264", State.FAILED), ("vp9", State.WARNING)])
def test_codecs_that_are_missing(monkeypatch: pytest.MonkeyPatch, lost: str, state: State) -> None:
    monkeypatch.setattr(doctor, "_has_codec", lambda av, name, mode: name != lost)
    check = by_name(doctor.check_codecs())["decode"]
    assert check.state is state and check.detail == f"cannot read {lost}"
    assert "--only-binary" in check.advice


def test_unknown_codecs_are_told_apart() -> None:
    import av

    assert doctor._has_codec(av, "h264", "r")
    assert not doctor._has_codec(av, "no-such-codec", "r")


def test_no_encoder_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(av: object) -> int:
        raise ValueError("libx264")

    monkeypatch.setattr(doctor, "_h264_round_trip", refuse)
    check = by_name(doctor.check_codecs())["encode"]
    assert check.state is State.WARNING and "only building corpora needs it" in check.detail


@pytest.mark.parametrize(
    ("num_bytes", "state", "words"),
    [
        (8_000_000_000, State.OK, "8.0 GB free"),
        (2_000_000_000, State.WARNING, "the nano model takes up to 3.0 GB"),
        (1_000_000_000, State.WARNING, "measuring a clip takes up to 1.5 GB"),
    ],
)
def test_memory(monkeypatch: pytest.MonkeyPatch, num_bytes: int, state: State, words: str) -> None:
    free = SimpleNamespace(available=num_bytes)
    monkeypatch.setattr("psutil.virtual_memory", lambda: free)
    monkeypatch.setattr(doctor, "_container_limit", lambda: None)
    check = doctor.check_memory()
    assert check.state is state and words in check.detail
    monkeypatch.setattr(doctor, "_container_limit", lambda: 500_000_000)
    assert doctor.check_memory().detail.startswith("0.5 GB free")


def test_container_limit(tmp_path: Path) -> None:
    assert doctor._container_limit(tmp_path) is None
    (tmp_path / "memory.current").write_text("1000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert doctor._container_limit(tmp_path) is None
    (tmp_path / "memory.max").write_text("5000\n")
    assert doctor._container_limit(tmp_path) == 4000


def test_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XEMOGPT_CACHE", str(tmp_path / "not" / "there" / "yet"))
    free = SimpleNamespace(free=5_000_000_000)
    monkeypatch.setattr("shutil.disk_usage", lambda place: free)
    assert doctor.check_disk().state is State.OK
    assert not (tmp_path / "not").exists()
    free.free = 300_000_000
    check = doctor.check_disk()
    assert check.state is State.WARNING and "0.3 GB free" in check.detail
    monkeypatch.setattr("os.access", lambda *_: False)
    assert "is read-only" in doctor.check_disk().detail


def test_devices() -> None:
    seen = probe("""print('{"cuda": ["NVIDIA H100"], "mps": false}')""")
    checks = by_name(doctor.check_devices(seen))
    assert checks["accelerator"].detail == "NVIDIA H100"
    assert checks["cpu"].detail.endswith("cores usable")
    checks = by_name(doctor.check_devices(probe("""print('{"cuda": [], "mps": false}')""")))
    assert "runs on the CPU" in checks["accelerator"].detail


def test_a_torch_that_does_not_load() -> None:
    checks = by_name(doctor.check_devices(probe("raise ImportError('libtorch.so is missing')")))
    assert checks["torch"].state is State.WARNING
    assert "libtorch.so is missing" in checks["torch"].detail
    assert "accelerator" not in checks


def test_the_diagnosis_itself_does_not_load_torch() -> None:
    code = (
        "import sys; from xemogpt.doctor import *; "
        "list(check_packages()); list(check_assets(False)); list(check_codecs()); "
        "check_memory(); check_disk(); "
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
