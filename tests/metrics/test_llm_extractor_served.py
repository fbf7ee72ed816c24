"""The protocol against a real server and a real model: ``transformers serve`` with SmolLM2.

A model of 135M parameters rarely writes the JSON that is asked for. What is tested is that the
server's answers are understood and that every bad one is recorded, not that the cues are good.
"""

import sqlite3
from pathlib import Path

import pytest

from xemogpt.metrics.extraction import EndpointConfig, LLMExtractor

pytestmark = [pytest.mark.weights, pytest.mark.slow, pytest.mark.timeout(300)]


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
