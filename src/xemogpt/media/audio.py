"""Sound as the models hear it: 16 kHz, mono, float32, with time 0 at the container's start."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from xemogpt.errors import MediaError
from xemogpt.media.container import Source, open_source
from xemogpt.media.demux import Clock, Note, decoded, require

SAMPLE_RATE = 16_000
"""Samples a second of every waveform here."""

Waveform = np.ndarray[Any, np.dtype[np.float32]]
"""Mono, float32, (S,), full scale at 1."""

MAX_DRIFT_S = 0.05
"""Time stamps that stray further from the samples than this are obeyed; less is jitter."""

# A Kaiser-windowed filter, flat to 7.3 kHz and 90 dB down at 8 kHz: libswresample's own default
# lets 8.1 kHz through at -13 dB. Downmixing is scaled so that full channels cannot exceed 1, and
# the centre channel, where speech is, keeps the largest share.
_RESAMPLING = {
    "filter_size": "128",
    "cutoff": "0.95",
    "filter_type": "kaiser",
    "kaiser_beta": "9",
    "rematrix_maxval": "1.0",
}


@dataclass(frozen=True)
class Audio:
    """A stretch of sound."""

    waveform: Waveform
    """Mono, float32, (S,)."""
    sample_rate: int
    start_s: float
    """Time of the first sample, in seconds from the start of the media."""
    warnings: tuple[str, ...] = ()


def read_audio(path: str | Path, start_s: float = 0.0, end_s: float | None = None) -> Audio:
    """Read a stretch of sound at 16 kHz mono.

    Decoding begins at the start of the file, because seeking is not exact to the sample in every
    format; sound decodes a few hundred times faster than it plays.

    Args:
        path: a file with sound.
        start_s: from this time on ...
        end_s: ... and before this one; to the end by default.

    Returns:
        The waveform, shorter than asked (down to no sample) where the sound ends early.

    Raises:
        MediaError: if there is no sound, or none of it can be decoded.
    """
    first = round(start_s * SAMPLE_RATE)
    last = None if end_s is None else round(end_s * SAMPLE_RATE)
    warnings: dict[str, None] = {}
    kept, position = [], 0
    for block in iter_audio(path, note=warnings.setdefault):
        if last is not None and position >= last:
            break
        stop = None if last is None else last - position
        kept.append(block[max(0, first - position) : stop])
        position += len(block)
    if position == 0:
        raise MediaError(f"{path}: none of its sound could be decoded; try another copy")
    waveform = np.concatenate(kept, dtype=np.float32)
    return Audio(waveform, SAMPLE_RATE, first / SAMPLE_RATE, tuple(warnings))


def iter_audio(
    path: str | Path, block_s: float = 1.0, *, note: Note | None = None
) -> Iterator[Waveform]:
    """Stream the sound of a file from time 0, in blocks without gaps.

    Silence stands where the sound begins after the container does, or pauses in the container.

    Args:
        path: a file with sound.
        block_s: length of each block but the last.
        note: takes warnings, such as of damaged places.

    Yields:
        Waveforms, mono float32 (S,) at 16 kHz.

    Raises:
        MediaError: if there is no sound.
    """
    size = max(1, round(block_s * SAMPLE_RATE))
    waiting: list[Waveform] = []
    num_waiting = 0
    with open_source(path) as source:
        stream = require(source.audio, "sound", source)
        for piece in _Resampler(source, stream, note or _ignore).pieces():
            waiting.append(piece)
            num_waiting += len(piece)
            if num_waiting < size:
                continue
            joined = np.concatenate(waiting)
            whole = num_waiting - num_waiting % size
            yield from np.split(joined[:whole], whole // size)
            waiting, num_waiting = [joined[whole:]], num_waiting - whole
    if num_waiting:
        yield np.concatenate(waiting)


class _Resampler:
    """Puts decoded sound on one gapless 16 kHz line that starts at the container's start."""

    def __init__(self, source: Source, stream: Any, note: Note) -> None:
        self._source, self._stream, self._note = source, stream, note
        self._filter: av.AudioResampler | None = None
        self._shape: tuple[str, str, int] | None = None
        self._num_out = 0
        """Samples given out or owed by the filter."""
        self._to_skip = 0
        """Samples to drop because they come before the line's position."""

    def pieces(self) -> Iterator[Waveform]:
        """The line, piece by piece."""
        clock = Clock(self._source.origin_s, 0.0)
        segment_start_s, num_in = 0.0, 0
        for frame in decoded(self._source, self._stream, self._note):
            time_s = clock(frame.pts, frame.time_base)
            shape = (frame.format.name, frame.layout.name, frame.sample_rate)
            due_s = segment_start_s + num_in / max(1, frame.sample_rate)
            if frame.pts is None or abs(time_s - due_s) <= MAX_DRIFT_S:
                time_s = due_s
            if shape != self._shape or time_s != due_s or self._filter is None:
                yield from self._drained()
                yield from self._moved_to(time_s)
                self._shape, segment_start_s, num_in = shape, time_s, 0
                self._filter = av.AudioResampler("fltp", "mono", SAMPLE_RATE, options=_RESAMPLING)
            num_in += frame.samples
            yield from self._resampled(frame)
        yield from self._drained()

    def _resampled(self, frame: Any) -> Iterator[Waveform]:
        assert self._filter is not None
        # The line counts samples itself; the filter would fill gaps of its own by time stamps.
        frame.pts = None
        try:
            parts = self._filter.resample(frame)
        except (av.error.FFmpegError, ValueError):
            self._note("damaged: parts of the audio could not be resampled and were skipped")
            self._filter = None
            return
        for part in parts:
            yield self._cleaned(part.to_ndarray()[0])

    def _drained(self) -> Iterator[Waveform]:
        if self._filter is not None:
            for part in self._filter.resample(None):
                # None comes back where the sound is 16 kHz mono already and nothing was filtered.
                if part is not None:
                    yield self._cleaned(part.to_ndarray()[0])
        self._filter = None

    def _moved_to(self, time_s: float) -> Iterator[Waveform]:
        """Silence up to a time ahead, or the skipping of samples up to the position."""
        target = round(time_s * SAMPLE_RATE)
        self._to_skip = max(0, self._num_out - target)
        while self._num_out < target:
            silence = np.zeros(min(target - self._num_out, 10 * SAMPLE_RATE), np.float32)
            self._num_out += len(silence)
            yield silence

    def _cleaned(self, samples: Waveform) -> Waveform:
        skipped = min(self._to_skip, len(samples))
        self._to_skip -= skipped
        samples = samples[skipped:]
        self._num_out += len(samples)
        if not np.isfinite(samples).all():
            self._note("damaged: some samples of the sound were not numbers; silence replaced them")
            samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
        return samples


def _ignore(warning: str) -> None:
    """Take a warning that nobody asked for."""
