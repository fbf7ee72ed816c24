"""Ray: a real cluster on this machine does what the pool does."""

from pathlib import Path

import pytest
from tests.emocue.pipeline.cheap import PARTS, contents, write_clips

from xemogpt.emocue.pipeline.build import build_emocue

pytest.importorskip("ray", reason='Ray is not installed; pip install "xemogpt[ray]"')

CLIPS = {f"clip-{number:03}": f"text {number}" for number in range(40)} | {
    "bad": "unreadable: no such stream",
    "killer": "die:",
    "again": "text 7",
}


def test_ray_makes_what_the_pool_makes(tmp_path: Path) -> None:
    clips = write_clips(tmp_path / "clips", CLIPS)
    pool = build_emocue(clips, tmp_path / "pool", workers=2, parts=PARTS)
    ray = build_emocue(clips, tmp_path / "ray", engine="ray", workers=2, parts=PARTS)
    assert contents(tmp_path / "ray") == contents(tmp_path / "pool")
    assert (ray.num_records, ray.num_failed) == (pool.num_records, pool.num_failed) == (40, 2)
