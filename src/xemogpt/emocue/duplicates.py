"""Clips that are the same, byte for byte or encoded anew, cut a little or scaled.

Clips are found by bands (equal codes of sound, equal parts of a picture's hash), so that not all
are compared with all; then compared along time. Two takes of the same words by the same speaker
are not the same: their sound differs from moment to moment.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from xemogpt.emocue.fingerprints import (
    GRID,
    HOP,
    PICTURES_A_SECOND,
    Fingerprint,
    bit_errors,
    fingerprint,
    picture_likeness,
)
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.errors import MediaError
from xemogpt.media.audio import SAMPLE_RATE

MAX_BIT_ERRORS = 0.23
"""Share of differing bits: 0.20 at most in clips coded anew, 0.26 or more in another take."""
MIN_OVERLAP = 0.7
"""Of the moments of the longer sound that were compared."""
MIN_STILL, MIN_FROZEN = 0.85, 0.995
"""Correlation of mean pictures, and of pictures in which nothing moves."""
MIN_MOVEMENT, MIN_SILENT_MOVEMENT = 0.75, 0.86
"""Correlation of the movement, beside equal sound and without: heads nod in time with others."""
MAX_CANDIDATES = 30
"""Compared with a clip, the likeliest first."""
MAX_BUCKET = 64
"""A code that more clips share (hum, a studio's background) tells nothing."""
TRIM_S = 1.0
"""Clips that differ more in length, and by more than a quarter, are not the same."""
SILENT_TRIM_S = 0.5
"""Without sound, longer cuts are not sought: too much of heads at rest would fit."""
HASH_BANDS = 8
_ONE_BIT = tuple(1 << bit for bit in range(32))
_log = logging.getLogger(__name__)


def find_duplicates(records: Iterable[EmoCueRecord], folder: str | Path) -> dict[str, str]:
    """Id of each duplicate -> id of the record that is kept: the first in order of id.

    Time grows with the number of clips, not with its square. Memory is about 10 kB a clip of 4 s.

    Args:
        records: of a corpus; those without media are passed over, and so are those whose media
            cannot be read, which is logged.
        folder: of the corpus.
    """
    known = [(r.id, r.media, r.media_sha256) for r in records if r.media is not None]
    found: dict[str, str] = {}
    by_hash: dict[str, str] = {}
    index = _Index()
    for id_, media, sha256 in sorted(known):
        if sha256 is not None and sha256 in by_hash:
            found[id_] = by_hash[sha256]
            continue
        if sha256 is not None:
            by_hash[sha256] = id_
        try:
            print_ = fingerprint(Path(folder) / media)
        except MediaError as error:
            _log.warning("%s is not compared with other clips: %s", id_, error)
            continue
        match = index.match(print_)
        if match is None:
            index.add(id_, print_)
        else:
            found[id_] = match
            if sha256 is not None:
                by_hash[sha256] = match
    return found


def are_same(one: Fingerprint, other: Fingerprint, shift: int | None = None) -> bool:
    """Whether two clips show the same.

    Args:
        one: the one clip.
        other: the other.
        shift: how many hops of 16 ms the sound of ``other`` begins into that of ``one``, where
            that is known.
    """
    longer_s = max(one.duration_s, other.duration_s)
    if abs(one.duration_s - other.duration_s) > max(TRIM_S, longer_s / 4):
        return False
    # A picture without its sound is another sample than both together.
    if (one.has_sound, one.has_pictures) != (other.has_sound, other.has_pictures):
        return False
    if not one.has_sound:
        return one.has_pictures and _same_silent_pictures(one, other)
    shifts = range(-1, 2) if shift is None else range(shift - 2, shift + 3)
    errors, overlap, best = min((*_flipped(bit_errors(one, other, s)), s) for s in shifts)
    if errors > MAX_BIT_ERRORS or -overlap < MIN_OVERLAP:
        return False
    return not one.has_pictures or _same_pictures(one, other, best * HOP / SAMPLE_RATE)


def _flipped(result: tuple[float, float]) -> tuple[float, float]:
    return result[0], -result[1]


def _same_pictures(
    one: Fingerprint, other: Fingerprint, shift_s: float, min_movement: float = MIN_MOVEMENT
) -> bool:
    still, movement, is_moving = picture_likeness(one, other, shift_s)
    if is_moving:
        return still >= MIN_STILL and movement >= min_movement
    return still >= MIN_FROZEN


def _same_silent_pictures(one: Fingerprint, other: Fingerprint) -> bool:
    """Without sound, where one begins in the other has to be tried."""
    most = round(SILENT_TRIM_S * PICTURES_A_SECOND)
    return any(
        _same_pictures(one, other, shift / PICTURES_A_SECOND, MIN_SILENT_MOVEMENT)
        for shift in range(-most, most + 1, 3)
    )


@dataclass
class _Index:
    """Clips kept so far, found again by parts of their fingerprints."""

    ids: list[str] = field(default_factory=list)
    prints: list[Fingerprint] = field(default_factory=list)
    codes: dict[int, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    """Code of sound -> clips and places."""
    bands: dict[tuple[int, int], list[int]] = field(default_factory=lambda: defaultdict(list))
    """Part of a picture's hash -> clips."""

    def add(self, id_: str, print_: Fingerprint) -> None:
        number = len(self.ids)
        self.ids.append(id_)
        self.prints.append(print_)
        if print_.has_sound:
            for place, code in _telling_codes(print_):
                bucket = self.codes[code]
                if len(bucket) <= MAX_BUCKET:
                    bucket.append((number, place))
        elif print_.has_pictures:
            for key in _hash_bands(print_):
                self.bands[key].append(number)

    def match(self, print_: Fingerprint) -> str | None:
        """The id of a clip that is the same; the first, should there be several."""
        # Codes with one wrong bit find what was coded hard; most is found without.
        for flips in ((0,), _ONE_BIT) if print_.has_sound else ((0,),):
            matches = [
                number
                for number, shift in self._candidates(print_, flips)
                if are_same(self.prints[number], print_, shift)
            ]
            if matches:
                return self.ids[min(matches)]
        return None

    def _candidates(
        self, print_: Fingerprint, flips: tuple[int, ...]
    ) -> list[tuple[int, int | None]]:
        votes: Counter[tuple[int, int | None]] = Counter()
        if print_.has_sound:
            for place, code in _telling_codes(print_):
                for flip in flips:
                    bucket = self.codes.get(code ^ flip, ())
                    if len(bucket) <= MAX_BUCKET:
                        votes.update((number, there - place) for number, there in bucket)
        else:
            for key in _hash_bands(print_):
                votes.update((number, None) for number in self.bands.get(key, ())[-MAX_BUCKET:])
        return [key for key, _ in votes.most_common(MAX_CANDIDATES)]


def _telling_codes(print_: Fingerprint) -> Iterator[tuple[int, int]]:
    """Places and codes where the sound is loud enough; runs of one code once."""
    places = np.flatnonzero(print_.telling)
    previous = -1
    for place, code in zip(places.tolist(), print_.codes[places].tolist(), strict=True):
        if code != previous and 0 < code.bit_count() < 32:
            yield place, code
        previous = code


def _hash_bands(print_: Fingerprint) -> Iterator[tuple[int, int]]:
    """Parts of a perceptual hash of the mean picture: signs of its low cosine coefficients."""
    mean: NDArray[np.float32] = print_.pictures.mean(axis=0).reshape(GRID, GRID)
    low = cv2.dct(mean)[:8, :8].ravel()[1:]
    bits = np.append(low > np.median(low), False)
    for band, part in enumerate(np.split(bits, HASH_BANDS)):
        yield band, int((part * (1 << np.arange(len(part)))).sum())
