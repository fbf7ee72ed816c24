"""Packets and decoded frames of one stream, with times in seconds, past damaged places."""

from collections.abc import Callable, Iterator
from typing import Any

import av

from xemogpt.errors import MediaError
from xemogpt.media.container import Source, reason_of

MAX_JUMP_S = 3600.0
"""A step of the time stamps larger than this is taken for damage, not for a pause."""
MAX_STEP_BACK_S = 1.0
"""A step back larger than this is a new recording appended; smaller ones are reordering."""
MAX_FRUITLESS_PACKETS = 3000
"""So many packets in a row without a frame end the decoding of hostile or damaged files."""

Note = Callable[[str], None]
"""Takes a warning, ``"code: sentence"``; repeats are harmless."""


class Clock:
    """Turns time stamps into seconds from the container's start, mending missing ones and jumps.

    Args:
        origin_s: the container's start on its own clock.
        period_s: what to add where a time stamp is missing.
    """

    def __init__(self, origin_s: float, period_s: float) -> None:
        self._offset_s = -origin_s
        self._period_s = period_s
        self._last_s: float | None = None
        self.has_jumped = False

    def __call__(self, stamp: Any | None, time_base: Any | None) -> float:
        """Seconds of a time stamp in units of ``time_base``, or of a missing one."""
        expected = 0.0 if self._last_s is None else self._last_s + self._period_s
        if stamp is None or time_base is None:
            time_s = expected
        else:
            time_s = float(stamp * time_base) + self._offset_s
        if self._last_s is not None:
            step = time_s - self._last_s
            if step < -MAX_STEP_BACK_S or step > MAX_JUMP_S:
                self.has_jumped = True
                self._offset_s += expected - time_s
                time_s = expected
        self._last_s = time_s
        return time_s


def frame_period_s(stream: Any) -> float:
    """The usual time between frames of a video stream."""
    rate = stream.average_rate or stream.guessed_rate or 25
    return 1.0 / float(rate) if rate > 0 else 0.04


def packets(source: Source, streams: Any, note: Note) -> Iterator[Any]:
    """Packets of a stream, or of several, in file order, ending with empty ones that flush."""
    unflushed = {s.index: s for s in (streams if isinstance(streams, list) else [streams])}
    try:
        for packet in source.container.demux(streams):
            if packet.size == 0 and packet.dts is None:
                unflushed.pop(packet.stream.index, None)
            yield packet
    except (av.error.FFmpegError, OSError) as error:
        reason = reason_of(error)
        note(f"truncated: the file cannot be read to its end ({reason}); what is there was used")
    except IndexError:
        # PyAV, when it comes to flush a stream that turned up after the file was opened.
        pass
    for stream in unflushed.values():
        flush = av.Packet()
        flush.stream = stream
        yield flush


def decoded(source: Source, stream: Any, note: Note) -> Iterator[Any]:
    """Frames of a stream in the order they are shown; packets that do not decode are skipped."""
    fruitless = 0
    for packet in packets(source, stream, note):
        try:
            frames = packet.decode()
        except (av.error.FFmpegError, OSError, ValueError):
            note(f"damaged: parts of the {stream.type} could not be decoded and were skipped")
            frames = []
        fruitless = 0 if frames else fruitless + 1
        yield from frames
        if fruitless > MAX_FRUITLESS_PACKETS:
            note(f"damaged: nothing more of the {stream.type} could be decoded")
            return


def require(stream: Any | None, kind: str, source: Source) -> Any:
    """The stream, if there is one.

    Raises:
        MediaError: if the file has no stream of that kind.
    """
    if stream is None:
        raise MediaError(f"{source.path} has no {kind}")
    return stream
