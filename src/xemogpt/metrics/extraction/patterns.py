"""The regular expressions of the rule extractor, kept as data in ``cue_patterns.toml``."""

import re
import tomllib
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from xemogpt.schema import MODALITIES, Modality


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    path = resources.files("xemogpt.metrics") / "data" / "cue_patterns.toml"
    return tomllib.loads(path.read_text("utf-8"))


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("\n", ""), re.IGNORECASE)


@cache
def load_pattern(name: str) -> re.Pattern[str]:
    """The pattern of that name, compiled once."""
    return _compile(_data()["patterns"][name])


@lru_cache(maxsize=1)
def load_openers() -> tuple[tuple[re.Pattern[str], Modality | None], ...]:
    """Framing words with the modality that they announce, if any, in order."""
    parts = _data()["parts"]
    found = []
    for entry in _data()["openers"]:
        pattern = entry["pattern"].replace("<visual>", parts["visual"])
        pattern = pattern.replace("<audio>", parts["audio"])
        modality = next((m for m in MODALITIES if m == entry.get("modality")), None)
        found.append((_compile(pattern), modality))
    return tuple(found)
