"""What a voice gives: sound, and when each word and sound of speech is said."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xemogpt.schema import Word

Waveform = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Phone:
    """One sound of speech."""

    symbol: str
    """IPA."""
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Speech:
    """The sound of a whole clip: lead, speech and tail."""

    waveform: Waveform
    """Mono, (S,), full scale at 1."""
    sample_rate: int
    words: tuple[Word, ...]
    phones: tuple[Phone, ...]

    @property
    def duration_s(self) -> float:
        """Length of the sound."""
        return len(self.waveform) / self.sample_rate
