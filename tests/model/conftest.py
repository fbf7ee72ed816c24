"""The published model's outputs, and ours loaded from its checkpoint."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from xemogpt.model.conversion import load_published

GOLDEN = Path(__file__).parents[1] / "golden"


@dataclass(frozen=True)
class Golden:
    """A loaded model, what it was given and what the published code gave for it."""

    model: Any
    processor: Any
    report: Any
    expected: Any
    texts: dict[str, Any]
    videos: list[Any]
    sounds: list[np.ndarray]
    video_argument: str = "video_features"

    def inputs(self, rows: list[tuple[int | None, int | None, int]], **kwargs: Any) -> Any:
        """A batch of (video index, sound index, prompt index) rows, none for what is missing."""
        words = [split_prompt(self.texts["prompts"][prompt]) for _, _, prompt in rows]
        videos = [None if video is None else self.videos[video] for video, _, _ in rows]
        return self.processor(
            subtitle=[subtitle for subtitle, _ in words],
            instruction=[instruction for _, instruction in words],
            waveform=[None if sound is None else self.sounds[sound] for _, sound, _ in rows],
            published_marks=True,
            **{self.video_argument: videos},
            **kwargs,
        )

    def targets(self, *prompts: int) -> list[str]:
        return [self.texts["targets"][prompt] for prompt in prompts]


def split_prompt(prompt: str) -> tuple[str, str]:
    """Subtitle and instruction of a published prompt."""
    subtitle, rest = prompt.split("<Subtitle>")[1].split("</Subtitle>. ")
    return subtitle, rest.removesuffix(" ###Assistant: ")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Threads cost more than they give at these sizes, and much more on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def golden() -> Golden:
    model, processor, report = load_published(
        GOLDEN / "xemogpt_tiny_lora.safetensors",
        vision=GOLDEN / "ckpt" / "clip_p14_56",
        audio=GOLDEN / "ckpt" / "hubert_layer",
        llm=GOLDEN / "ckpt" / "qwen3",
        lora_alpha=16,
    )
    expected = np.load(GOLDEN / "xemogpt_tiny_lora.npz")
    encoders = np.load(GOLDEN / "encoders.npz")
    texts = json.loads((GOLDEN / "xemogpt.json").read_text(encoding="utf-8"))
    return Golden(
        model,
        processor,
        report,
        {name: expected[name] for name in expected},
        {**texts, **texts["lora"]},
        list(expected["video_features"]),
        [encoders["audio_1"], encoders["audio_2"]],
    )
