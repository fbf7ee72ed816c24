"""Ray: a real cluster on this machine does what the pool does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.emocue.pipeline.cheap import CLIPS, PARTS, contents, write_clips

from xemogpt.emocue.pipeline.build import build_emocue
from xemogpt.emocue.pipeline.ray_engine import check_ray
from xemogpt.emocue.pipeline.summary import BuildSummary
from xemogpt.errors import ConfigError, MissingDependencyError
from xemogpt.metrics.extraction.endpoint import EndpointDown

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(480),  # clusters start slowly on a busy machine
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    ray = pytest.importorskip("ray", reason='Ray is not installed; pip install "xemogpt[ray]"')
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield ray
    ray.shutdown()


def build(folder: Path, out: str, engine: Any) -> BuildSummary:
    return build_emocue(folder / "clips", folder / out, engine=engine, workers=2, parts=PARTS)


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "127.0.0.1:http"])
def test_no_cluster_at_the_address(tmp_path: Path, address: str) -> None:
    pytest.importorskip("ray", reason='Ray is not installed; pip install "xemogpt[ray]"')
    clips = write_clips(tmp_path / "clips", CLIPS)
    with pytest.raises(ConfigError, match=f"no Ray cluster at {address} .*ray start --head"):
        build_emocue(clips, tmp_path / "out", engine="ray", ray_address=address, parts=PARTS)


def test_ray_makes_what_the_pool_makes(cluster: Any, tmp_path: Path) -> None:
    texts = {f"clip-{number:03}": f"text {number}" for number in range(30)}
    write_clips(tmp_path / "clips", texts | CLIPS | {"killer": "die:"})
    pool, ray = build(tmp_path, "pool", "pool"), build(tmp_path, "ray", "ray")
    assert contents(tmp_path / "ray") == contents(tmp_path / "pool")
    assert (ray.num_records, ray.num_failed) == (pool.num_records, pool.num_failed) == (33, 2)
    # A build that one engine began, the other ends.
    write_clips(tmp_path / "clips", {"late": "came later"})
    assert build(tmp_path, "pool", "ray").num_earlier == ray.num_clips - 2
    assert build(tmp_path, "ray", "pool").num_records == 34
    assert contents(tmp_path / "ray") == contents(tmp_path / "pool")


def test_an_endpoint_that_is_down_stops_ray_too(cluster: Any, tmp_path: Path) -> None:
    write_clips(tmp_path / "clips", CLIPS | {"m": "down:start it, then run again"})
    with pytest.raises(EndpointDown, match="start it"):
        build(tmp_path, "out", "ray")
    write_clips(tmp_path / "clips", {"m": "up again"})
    assert build(tmp_path, "out", "pool").num_records == 4


def test_without_ray_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray.data", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "xemogpt\[ray\]"'):
        check_ray()
