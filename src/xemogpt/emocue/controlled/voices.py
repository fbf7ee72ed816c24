"""The voices of the controlled corpus: who they are, and which split each belongs to.

Six synthetic speakers are the base. Each is heard at several pitches and lengths of the vocal
tract, as different people; all that come from one speaker stay in one split.
"""

from dataclasses import dataclass

from xemogpt.emocue.records import Split
from xemogpt.errors import UnknownNameError


@dataclass(frozen=True)
class Voice:
    """One speaker made from a base."""

    name: str
    base: str
    """``joe``, or a style of Kokoro."""
    pitch_hz: float
    """Median pitch without an edit: high and low enough for both ``low-pitch`` and ``high-pitch``
    to be changes."""
    formant: float
    """Factor on the frequencies of the formants: above 1 is a shorter vocal tract."""


_BASES: dict[Split, dict[str, tuple[tuple[float, float], ...]]] = {
    "train": {
        "joe": ((122.0, 1.0), (135.0, 1.06), (150.0, 1.12)),
        "jf_alpha": ((205.0, 0.97), (190.0, 0.92), (148.0, 0.85)),
        "jf_tebukuro": ((212.0, 0.95), (196.0, 0.9), (178.0, 0.86)),
    },
    "validation": {"jf_gongitsune": ((200.0, 1.0), (186.0, 0.95), (142.0, 0.86))},
    "test": {
        "jm_kumo": ((125.0, 1.0), (138.0, 1.05), (152.0, 1.1)),
        "jf_nezumi": ((208.0, 1.0), (193.0, 0.95), (172.0, 0.89)),
    },
}
VOICES: dict[str, Voice] = {
    f"{base}/{number}": Voice(f"{base}/{number}", base, pitch_hz, formant)
    for bases in _BASES.values()
    for base, variants in bases.items()
    for number, (pitch_hz, formant) in enumerate(variants, start=1)
}
"""Every voice by name."""
VOICES_BY_SPLIT: dict[Split, tuple[str, ...]] = {
    split: tuple(voice.name for voice in VOICES.values() if voice.base in bases)
    for split, bases in _BASES.items()
}
"""Names of the voices of each split; no base is in two."""


def voice_named(name: str) -> Voice:
    """The voice of that name.

    Raises:
        UnknownNameError: if there is none.

    >>> voice_named("joe/1").base
    'joe'
    """
    if name not in VOICES:
        raise UnknownNameError(f"unknown voice {name!r}; expected one of: {', '.join(VOICES)}")
    return VOICES[name]
