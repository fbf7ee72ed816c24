"""An encoder of your own: log-mel energies as what the audio bridge reads.

    python examples/new_encoder.py

The class says how sound becomes inputs and inputs become features; registering it gives it a name
that configurations and saved models use. A package of yours registers on import if it names the
module in its entry-point group ``xemogpt``.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor
from transformers.audio_utils import mel_filter_bank

from xemogpt.encoders.base import FrozenEncoder
from xemogpt.encoders.raw import check_waveform
from xemogpt.model.assembly import EncoderSource, Parts, assemble
from xemogpt.registry import audio_encoders

HOP, WINDOW, MELS = 320, 512, 40


class MelEncoder(FrozenEncoder):
    """Log-mel energies, 50 vectors of 40 numbers a second; there is nothing to load."""

    name: ClassVar[str] = "mel"
    modality: ClassVar[str] = "audio"
    feature_dim = MELS

    def __init__(self) -> None:
        super().__init__()
        bank = mel_filter_bank(WINDOW // 2 + 1, MELS, 50.0, 8000.0, 16_000)
        self.register_buffer("bank", torch.tensor(bank, dtype=torch.float32), persistent=False)
        self.freeze()

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """It has no settings."""
        return cls()

    @classmethod
    def from_pretrained(cls, source: str | Path = "none") -> Self:
        """It has no weights."""
        return cls()

    def to_config(self) -> dict[str, Any]:
        """It has no settings."""
        return {}

    def preprocess(self, raw: np.ndarray) -> dict[str, Tensor]:
        """Sound float32 (S,) -> windows (T, 512), one every 20 ms."""
        sound = torch.from_numpy(np.ascontiguousarray(check_waveform(raw)))
        steps = -(-len(sound) // HOP)
        padded = torch.nn.functional.pad(sound, (0, (steps - 1) * HOP + WINDOW - len(sound)))
        return {"inputs": padded.unfold(0, WINDOW, HOP)}

    def encode(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Windows (B, T, 512) -> log-mel energies (B, T, 40)."""
        window = torch.hann_window(WINDOW, device=inputs.device)
        power = torch.fft.rfft(inputs * window).abs().square()  # (B, T, 257)
        return (power @ self.bank + 1e-6).log()


def main() -> None:
    """Compose a model that hears through it, and let it speak, untrained as it is."""
    audio_encoders.register(MelEncoder.name, MelEncoder)
    parts = Parts(
        backbone="smollm2-135m",
        audio=EncoderSource(name="mel"),
        audio_bridge={"dim": 64, "num_heads": 4},
        audio_pool=10,
    )
    model, processor = assemble(parts)
    tone = 0.1 * np.sin(np.arange(16_000) / 8).astype(np.float32)
    batch = processor(waveform=tone, subtitle="I am fine.")
    ids = model.generate(**batch, max_new_tokens=12, do_sample=False)
    heard = int((batch["input_ids"] == model.config.audio_token_id).sum())
    said = processor.decode(ids, batch)[0]
    print(f"1 s of sound is {heard} vectors; the untrained model says: {said!r}")


if __name__ == "__main__":
    main()
