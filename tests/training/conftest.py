"""A corpus whose cues can be learned: tones of a low, middle or high pitch, soft or loud."""

import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xemogpt.model.assembly import EncoderSource
from xemogpt.training.features import FeaturesRun, make_features

PITCHES = {"low": 150.0, "middle": 500.0, "high": 1500.0}
LOUDNESS = {"soft": 0.05, "loud": 0.6}


def write_tone(path: Path, frequency: float, gain: float, seconds: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = np.arange(int(seconds * 16_000)) / 16_000
    tone = gain * np.sin(2 * np.pi * frequency * times) + rng.normal(0, 0.005, len(times))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((tone * 32_000).astype("<i2").tobytes())


def write_corpus(folder: Path, num_samples: int = 24, num_validation: int = 8) -> Path:
    """``corpus.jsonl`` with tones beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    for i in range(num_samples + num_validation):
        pitch = list(PITCHES)[i % 3]
        loud = list(LOUDNESS)[i // 3 % 2]
        write_tone(folder / f"{i}.wav", PITCHES[pitch], LOUDNESS[loud], 0.4 + 0.04 * (i % 4), i)
        auditory = [
            {"text": f"the pitch is {pitch}", "kind": f"pitch-{pitch}"},
            {"text": f"the voice is {loud}", "kind": f"voice-{loud}"},
        ]
        rows.append(
            {
                "id": f"s{i}",
                "media": f"{i}.wav",
                "transcript": f"word {i}",
                "cues": {"visual": [], "auditory": auditory, "emotional": []},
                "explanation": f"{pitch} and {loud}",
                "split": "train" if i < num_samples else "validation",
                "subject": f"{'a' if i < num_samples else 'b'}{i % 3}",
            }
        )
    path = folder / "corpus.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def audio_features(corpus: Path, folder: Path, **changes: Any) -> str:
    """Cache the tones' features; the folder of the cache."""
    settings = {"corpus": str(corpus), "cache_dir": str(folder), "shard_clips": 7, **changes}
    run = FeaturesRun(audio=EncoderSource(name="tiny-audio"), **settings)
    return make_features(run).folders["audio"]


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="session")
def audio_cache(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return audio_features(corpus, tmp_path_factory.mktemp("features"))


def bridge_settings(corpus: Path, features: str, out: Path, **train: Any) -> dict[str, Any]:
    return {
        "data": {"corpus": str(corpus)},
        "features": features,
        "bridge": {"num_heads": 4, "ffn_dim": 64, "form": "residual"},
        "heads": {"output_dim": 32},
        "text_encoder": "tiny-text",
        "train": {
            "output_dir": str(out),
            "epochs": 4,
            "batch_size": 8,
            "lr": 3e-3,
            "log_every": 1,
            "device": "cpu",
            "tensorboard": False,
            **train,
        },
    }
