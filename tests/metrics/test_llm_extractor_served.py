"""The protocol against a real server and a real model: ``transformers serve`` with SmolLM2.

A model of 135M parameters rarely writes the JSON that is asked for. What is tested is that the
server's answers are understood and that every bad one is recorded, not that the cues are good.
"""

import importlib.util
import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from xemogpt.metrics.extraction import EndpointConfig, LLMExtractor

START_S = 90
pytestmark = [pytest.mark.weights, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Address and model name of a running ``transformers serve``."""
    for package in ("fastapi", "uvicorn", "openai"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"transformers serve needs {package}: pip install xemogpt[llm,server]")
    from xemogpt.weights import locate

    model = str(locate("smollm2-135m"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("serve") / "log.txt"
    command = [str(Path(sys.executable).with_name("transformers")), "serve", model]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    with log.open("w") as output:
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        _wait(server, f"http://127.0.0.1:{port}/health", log)
        yield f"http://127.0.0.1:{port}/v1", model
    finally:
        server.terminate()
        server.wait(20)


def _wait(server: subprocess.Popen[bytes], health: str, log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if server.poll() is not None:
            pytest.fail(f"transformers serve ended: {log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(health, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"transformers serve was not ready in {START_S} s: {log.read_text()[-2000:]}")


def test_a_real_server_is_understood(served: tuple[str, str], tmp_path: Path) -> None:
    url, model = served
    cache = tmp_path / "cache.sqlite"
    config = EndpointConfig(
        url=url, model=model, timeout_s=120, max_retries=0, concurrency=1, max_tokens=48
    )
    texts = {"a": "She smiles and nods. Her voice is soft.", "b": "He frowns. He is angry."}
    run = LLMExtractor(config, cache_path=cache).run(texts)
    assert set(run.extractions) | set(run.failures) == set(texts)
    assert run.usage.requests == 2
    for problem in run.failures.values():
        assert "unusable answer" in problem, "the protocol failed, not the model's JSON"
    with sqlite3.connect(cache) as db:
        rows = db.execute("SELECT answer IS NULL, problem IS NULL FROM answers").fetchall()
    assert len(rows) == 2 and all(bool(a) != bool(p) for a, p in rows)

    again = LLMExtractor(config, cache_path=cache).run(texts)
    assert again.usage.cached == len(run.extractions)
    assert again.usage.requests == len(run.failures), "only failed samples are asked again"
