"""What is left of a clip's sound and pictures when codec, size and bit rate are taken away.

Sound: for every 16 ms, 32 bits that say whether energy moves from one band to the next and from
one moment to the next (Haitsma and Kalker, 2002, ISMIR). Pictures: small grey images, eight a
second, whose movement tells two takes in the same place apart.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from xemogpt.errors import MediaError
from xemogpt.media import iter_audio, iter_frames, probe
from xemogpt.media.audio import SAMPLE_RATE

HOP = 256
WINDOW = 4096
"""0.26 s: long windows make the bits change slowly, so that a shift by part of a hop keeps most."""
BANDS = 33
BAND_HZ = (300.0, 3000.0)
FLOOR_DB = 35.0
"""So far below the loudest moment bits are noise."""
GRID = 12
"""Side of the small images."""
PICTURES_A_SECOND = 8.0
STILL = 0.004
"""Standard deviation of grey levels over time, from 0 to 1, below which nothing moves."""
MAX_S = 60.0
"""What comes later in a clip is not compared."""
MIN_CODES = 32
"""With fewer telling moments (half a second) the sound is not compared."""
Codes = NDArray[np.uint32]


@dataclass(frozen=True)
class Fingerprint:
    """What clips are compared by."""

    duration_s: float
    codes: Codes
    """(N,) of the sound, every 16 ms; empty if there is too little sound."""
    telling: NDArray[np.bool_]
    """(N,) where the sound is loud enough for its code to mean something."""
    pictures: NDArray[np.uint8]
    """(T, 144) grey levels, eight a second; (0, 144) without pictures."""

    @property
    def has_sound(self) -> bool:
        """Whether the sound can be compared."""
        return int(self.telling.sum()) >= MIN_CODES

    @property
    def has_pictures(self) -> bool:
        """Whether there are pictures."""
        return len(self.pictures) > 0


def fingerprint(path: Path) -> Fingerprint:
    """Decode a clip and keep what identifies it.

    Raises:
        MediaError: if it cannot be read.
    """
    info = probe(path)
    codes, telling = np.zeros(0, np.uint32), np.zeros(0, bool)
    pictures = np.zeros((0, GRID * GRID), np.uint8)
    if info.audio is not None:
        blocks, num = [], 0
        for block in iter_audio(path):
            blocks.append(block)
            num += len(block)
            if num >= MAX_S * SAMPLE_RATE:
                break
        if num:
            codes, telling = sound_codes(np.concatenate(blocks))
    if info.video is not None:
        frames = iter_frames(path, PICTURES_A_SECOND, 320, 0.0, MAX_S, can_seek=info.can_seek)
        small = [_small(frame.image) for frame in frames]
        if small:
            pictures = np.stack(small)
    if not len(codes) and not len(pictures):
        raise MediaError(f"{path}: nothing could be decoded")
    return Fingerprint(info.duration_s, codes, telling, pictures)


def sound_codes(waveform: NDArray[np.float32]) -> tuple[Codes, NDArray[np.bool_]]:
    """Codes (N,) of a waveform at 16 kHz, and where they mean something (N,)."""
    num = (len(waveform) - WINDOW) // HOP + 1
    if num < 2:
        return np.zeros(0, np.uint32), np.zeros(0, bool)
    frames = np.lib.stride_tricks.sliding_window_view(waveform, WINDOW)[::HOP][:num]
    hertz = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)
    edges = np.searchsorted(hertz, np.geomspace(*BAND_HZ, BANDS + 1))
    energy = np.empty((num, BANDS))
    window = np.hanning(WINDOW).astype(np.float32)
    for first in range(0, num, 256):  # a minute at once would take 60 MB
        part = slice(first, first + 256)
        power = np.abs(np.fft.rfft(frames[part] * window, axis=1)) ** 2
        energy[part] = np.add.reduceat(power, edges[:-1], axis=1)[:, :BANDS]
    across = energy[:, :-1] - energy[:, 1:]
    bits = (across[1:] - across[:-1]) > 0
    codes = (bits * (np.uint32(1) << np.arange(BANDS - 1, dtype=np.uint32))).sum(axis=1)
    level = 10 * np.log10(energy[1:].sum(axis=1) + 1e-12)
    telling = (level > level.max() - FLOOR_DB) & (level > -30)
    return codes.astype(np.uint32), telling


def bit_errors(one: Fingerprint, other: Fingerprint, shift: int) -> tuple[float, float]:
    """Share of differing bits where ``other`` begins ``shift`` hops into ``one``, and the overlap.

    The overlap is the share of the longer sound's telling moments that were compared.
    """
    start, stop = max(0, shift), min(len(one.codes), len(other.codes) + shift)
    if stop <= start:
        return 1.0, 0.0
    here, there = slice(start, stop), slice(start - shift, stop - shift)
    both = one.telling[here] & other.telling[there]
    if int(both.sum()) < MIN_CODES:
        return 1.0, 0.0
    differ = np.bitwise_count(one.codes[here][both] ^ other.codes[there][both])
    longer = max(int(one.telling.sum()), int(other.telling.sum()))
    return float(differ.mean() / (BANDS - 1)), float(both.sum() / longer)


def picture_likeness(
    one: Fingerprint, other: Fingerprint, shift_s: float
) -> tuple[float, float, bool]:
    """How alike the pictures are where ``other`` begins ``shift_s`` into ``one``.

    Returns:
        Correlation of the mean pictures; correlation of the movement around them; and whether
        both move enough for the latter to mean something.
    """
    best = (-1.0, -1.0, True)
    middle = round(shift_s * PICTURES_A_SECOND)
    for shift in (middle, middle - 1, middle + 1):
        start, stop = max(0, shift), min(len(one.pictures), len(other.pictures) + shift)
        if stop - start < min(3, len(one.pictures), len(other.pictures)):
            continue
        first = one.pictures[start:stop].astype(np.float32) / 255
        second = other.pictures[start - shift : stop - shift].astype(np.float32) / 255
        still = _correlation(first.mean(axis=0), second.mean(axis=0))
        moves, others = first - first.mean(axis=0), second - second.mean(axis=0)
        is_moving = min(float(moves.std()), float(others.std())) > STILL
        found = still, _correlation(moves.ravel(), others.ravel()), is_moving
        best = max(best, found, key=lambda each: each[:2][int(is_moving)])
    return best


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    one, other = one - one.mean(), other - other.mean()
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / size if size > 1e-9 else 0.0


def _small(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (GRID, GRID), interpolation=cv2.INTER_AREA)
    levels: NDArray[np.uint8] = small.astype(np.uint8).ravel()
    return levels
