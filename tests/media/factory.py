"""Real media files with known contents, made by PyAV or by surgery on their bytes."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

NUM_BITS = 10
"""Frames carry their number as black and white bars, which survive lossy coding."""


@dataclass(frozen=True)
class Picture:
    """How to encode the pictures of a file."""

    num_frames: int = 25
    width: int = 160
    height: int = 96
    rate: int = 25
    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    times_s: Sequence[float] | None = None
    """When each frame is shown; evenly at ``rate`` by default."""
    options: tuple[tuple[str, str], ...] = ()
    clockwise_deg: int | None = None
    aspect: Fraction | None = None
    colours: tuple[tuple[int, int, int], ...] = ()
    """Draw these in four quarters (reading order) rather than the frame's number."""
    attributes: tuple[tuple[str, Any], ...] = ()
    """Set on the codec context, such as ``color_range``."""
    ticks: int = 12_800
    """Ticks of the encoder's clock a second; MPEG-2 wants it to be the rate."""


@dataclass(frozen=True)
class Sound:
    """How to encode the sound of a file."""

    samples: np.ndarray[Any, Any]
    """Float32 (C, S), full scale at 1."""
    rate: int = 48_000
    layout: str = "mono"
    codec: str = "aac"
    start_s: float = 0.0
    format: str = "fltp"


def bars(number: int, width: int, height: int) -> np.ndarray[Any, Any]:
    """A frame's number as vertical bars, least significant bit on the left; (H, W, 3)."""
    image = np.zeros((height, width, 3), np.uint8)
    for bit, part in enumerate(np.array_split(np.arange(width), NUM_BITS)):
        image[:, part] = 235 if number >> bit & 1 else 20
    return image


def number_of(image: np.ndarray[Any, Any]) -> int:
    """The number that ``bars`` drew."""
    parts = np.array_split(np.arange(image.shape[1]), NUM_BITS)
    middles = [image[:, part[len(part) // 3 : -len(part) // 3 or None]].mean() for part in parts]
    return sum(1 << bit for bit, level in enumerate(middles) if level > 128)


def quarters(
    colours: Sequence[tuple[int, int, int]], width: int, height: int
) -> np.ndarray[Any, Any]:
    """Four colours: top left, top right, bottom left, bottom right; (H, W, 3)."""
    image = np.zeros((height, width, 3), np.uint8)
    top, left = slice(0, height // 2), slice(0, width // 2)
    bottom, right = slice(height // 2, None), slice(width // 2, None)
    places = [(top, left), (top, right), (bottom, left), (bottom, right)]
    for place, colour in zip(places, colours, strict=True):
        image[place] = colour
    return image


def tone(
    frequency: float, seconds: float, rate: int = 48_000, level: float = 0.5
) -> np.ndarray[Any, Any]:
    """A sine, float32 (1, S)."""
    times = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * frequency * times)).astype(np.float32)[None]


def write_media(
    path: Path,
    picture: Picture | None = None,
    sound: Sound | None = None,
    *,
    options: dict[str, str] | None = None,
    format: str | None = None,
) -> Path:
    """Encode a file; the container comes from the path's ending unless named."""
    with av.open(str(path), "w", format=format, options=options or {}) as container:
        picture_stream = _add_pictures(container, picture) if picture else None
        sound_stream = _add_sound(container, sound) if sound else None
        if picture and picture_stream:
            _encode_pictures(container, picture_stream, picture)
        if sound and sound_stream:
            _encode_sound(container, sound_stream, sound)
    return path


def _add_pictures(container: Any, picture: Picture) -> Any:
    stream = container.add_stream(picture.codec, rate=picture.rate, options=dict(picture.options))
    stream.width, stream.height = picture.width, picture.height
    stream.pix_fmt = picture.pix_fmt
    stream.time_base = stream.codec_context.time_base = Fraction(1, picture.ticks)
    if picture.aspect is not None:
        stream.codec_context.sample_aspect_ratio = picture.aspect
    if picture.clockwise_deg is not None:
        stream.set_display_rotation(-picture.clockwise_deg)
    for name, value in picture.attributes:
        setattr(stream.codec_context, name, value)
    return stream


def _encode_pictures(container: Any, stream: Any, picture: Picture) -> None:
    times_s = picture.times_s or [n / picture.rate for n in range(picture.num_frames)]
    for number, time_s in enumerate(times_s):
        size = (picture.width, picture.height)
        image = quarters(picture.colours, *size) if picture.colours else bars(number, *size)
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame = frame.reformat(
            format=picture.pix_fmt,
            dst_color_range=dict(picture.attributes).get("color_range"),
            dst_colorspace=dict(picture.attributes).get("colorspace"),
        )
        frame.pts = round(time_s * picture.ticks)
        frame.time_base = Fraction(1, picture.ticks)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _add_sound(container: Any, sound: Sound) -> Any:
    return container.add_stream(sound.codec, rate=sound.rate, layout=sound.layout)


def _encode_sound(container: Any, stream: Any, sound: Sound) -> None:
    step = 4800
    for start in range(0, sound.samples.shape[1], step):
        block = np.ascontiguousarray(sound.samples[:, start : start + step])
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=sound.layout)
        frame.sample_rate = sound.rate
        frame.time_base = Fraction(1, sound.rate)
        frame.pts = start + round(sound.start_s * sound.rate)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def repeat_packets(source: Path, target: Path, num_times: int) -> Path:
    """Copy the packets of a file again and again, without encoding: a long file in no time."""
    with av.open(str(source)) as given, av.open(str(target), "w") as made:
        # A little longer than the file: reordered frames and priming reach beyond its ends.
        duration_s = given.duration / av.time_base + 0.2
        pairs = {s.index: made.add_stream_from_template(s) for s in given.streams}
        for turn in range(num_times):
            given.seek(0)
            for packet in given.demux():
                if packet.dts is None:
                    continue
                shift = round(turn * duration_s / packet.time_base)
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                packet.stream = pairs[packet.stream.index]
                made.mux(packet)
    return target


def box_at(data: bytes, *names: bytes) -> int:
    """Where the innermost of nested mp4 boxes begins; the search is by name, in order."""
    place = 0
    for name in names:
        place = data.index(name, place) + 4
    return place - 8


def set_matrix(path: Path, matrix: Sequence[float]) -> Path:
    """Overwrite the display matrix (a, b, c, d) in the first track header of an mp4."""
    data = bytearray(path.read_bytes())
    start = box_at(data, b"moov", b"trak", b"tkhd") + 8
    start += 4 + (36 if data[start] == 0 else 48)
    a, b, c, d = (round(value * 65_536) for value in matrix)
    struct.pack_into(">9i", data, start, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path
