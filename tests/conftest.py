"""Fixtures for everyone, and a stated reason for each test that cannot run here."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, and say why, what needs files or devices that are not here."""
    missing = {}
    if not SHARED.is_dir():
        missing["shared"] = "the team's ../shared folder is not beside this checkout"
    if not _present("face-landmarker"):
        missing["weights"] = "nano weights are not here; run `xemogpt pull nano`"
    if not all(map(_present, ("face-landmarker", "head", "voices", "voice-joe"))):
        missing["controlled"] = "head or voices are not here; run `xemogpt pull nano controlled`"
    for item in items:
        for marker, reason in missing.items():
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))
        if item.get_closest_marker("gpu") and not _cuda_present():
            item.add_marker(pytest.mark.skip(reason="no CUDA device here"))


def _present(asset: str) -> bool:
    from xemogpt.errors import UnknownNameError, WeightsError

    try:
        from xemogpt.weights import locate

        locate(asset)
    except (ImportError, UnknownNameError, WeightsError):
        return False
    return True


def _cuda_present() -> bool:
    import torch

    return torch.cuda.is_available()


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The team's shared folder; use with the ``shared`` marker."""
    return SHARED


@pytest.fixture(scope="session")
def clip_path() -> Callable[[str], Path]:
    """Path of a real clip by file name; use with the ``shared`` marker."""
    return lambda name: SHARED / "data" / "clips" / name


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Address and model of a running ``transformers serve``; use with ``weights`` and ``slow``."""
    from tests.served import serve_smollm2

    with serve_smollm2(tmp_path_factory.mktemp("serve")) as address:
        yield address
