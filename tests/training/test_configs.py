from pathlib import Path

import pytest

from xemogpt.config import load_config
from xemogpt.training.bridges import BridgeRun
from xemogpt.training.features import FeaturesRun
from xemogpt.training.sft_settings import SftRun

CONFIGS = Path(__file__).parents[2] / "configs"
KINDS = {
    "features.yaml": FeaturesRun,
    "video_bridge.yaml": BridgeRun,
    "audio_bridge.yaml": BridgeRun,
    "sft.yaml": SftRun,
    "sft_second.yaml": SftRun,
}


@pytest.mark.parametrize(
    "path", sorted(CONFIGS.glob("[nr]*/*.yaml")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_every_config_is_one(path: Path):
    assert load_config(KINDS[path.name], path)
