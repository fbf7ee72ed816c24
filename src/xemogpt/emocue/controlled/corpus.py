"""A whole controlled corpus: scripts of one seed, made with the real head and voices."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from xemogpt.emocue.controlled.build import BuildSummary, build_corpus
from xemogpt.emocue.controlled.make import Studio
from xemogpt.emocue.controlled.plan import plan
from xemogpt.emocue.controlled.script import Script
from xemogpt.emocue.controlled.speaker import Repertoire, Speaker
from xemogpt.emocue.records import Split
from xemogpt.errors import ConfigError
from xemogpt.weights import hashes

ASSETS = ("head", "voices", "voice-joe", "face-landmarker")
"""What the bytes of a corpus depend on besides code and settings."""
HELD_OUT = 10
"""One clip in so many is for validation, and another for testing, where all splits are made."""


def open_studio() -> Studio:
    """Head, voices and detectors as pulled; a function that can be sent to another process."""
    return Studio.open(Speaker.load().speak)


def scripts_of(num: int, seed: int, split: Split | None = None) -> list[Script]:
    """Scripts of a corpus, the four scenarios in turn.

    Args:
        num: how many.
        seed: of everything that is drawn.
        split: the only one; without, a tenth each is for validation and testing.

    Raises:
        ConfigError: if ``num`` is not positive or the seed is negative.
    """
    if num < 1 or seed < 0:
        raise ConfigError(f"num should be 1 or more and seed 0 or more, got {num} and {seed}")
    if split is not None:
        return list(plan(Repertoire(), num, seed, split))
    held_out = num // HELD_OUT
    shares: dict[Split, int] = {
        "train": num - 2 * held_out,
        "validation": held_out,
        "test": held_out,
    }
    return [
        script for name, share in shares.items() for script in plan(Repertoire(), share, seed, name)
    ]


def make_corpus(
    scripts: list[Script],
    out: str | Path,
    *,
    settings: dict[str, Any],
    workers: int = 2,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> BuildSummary:
    """Make the clips of scripts with the real head and voices; see ``build_corpus``.

    Raises:
        WeightsError: if an asset is not there.
    """
    assets = {
        f"{asset}/{name}": sha256
        for asset in ASSETS
        for name, sha256 in sorted(hashes(asset).items())
        if name not in ("LICENSE", "NOTICE", "origin.json")
    }
    return build_corpus(
        scripts, out, open_studio, workers, progress, settings={**settings, "assets": assets}
    )
