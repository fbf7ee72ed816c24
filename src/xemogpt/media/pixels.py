"""From decoded frames to upright RGB images."""

import struct
from math import sqrt
from typing import Any

import numpy as np
from av.sidedata.sidedata import Type as SideDataType
from av.video.reformatter import ColorPrimaries, ColorRange, ColorTrc, VideoReformatter

Image = np.ndarray[Any, np.dtype[np.uint8]]
"""RGB, uint8, (H, W, 3)."""

_SANE_ASPECTS = (0.25, 4.0)


class Developer:
    """Turns decoded frames into upright RGB images with square pixels.

    One instance serves one stream: all images get the size of the first, even where the stream
    changes its size on the way.

    Args:
        max_side: scale down, inside the converter, until no side is longer.
        aspect: width of a pixel over its height, where the stream says so.
        max_pixels: scale down until an image has no more pixels.
    """

    def __init__(
        self,
        max_side: int | None = None,
        aspect: float | None = None,
        max_pixels: int | None = None,
    ) -> None:
        self._max_side, self._max_pixels = max_side, max_pixels
        self._aspect = aspect if aspect and _SANE_ASPECTS[0] < aspect < _SANE_ASPECTS[1] else 1.0
        self._converter = VideoReformatter()
        self._shown: tuple[int, int] | None = None
        self._turns: dict[int, tuple[int, bool]] = {}

    def __call__(self, frame: Any) -> Image:
        """The image of a decoded frame, uint8 (H, W, 3), upright."""
        turned = self._turned(frame)
        if self._shown is None:
            self._shown = self.shown_size(frame)
        width, height = self._shown[::-1] if turned[0] % 2 else self._shown
        # HDR10 states absolute brightness and would look grey; HLG is made to be shown as it is.
        is_hdr = frame.color_trc == ColorTrc.SMPTE2084.value
        full_range = "yuvj" in frame.format.name or frame.color_range == ColorRange.JPEG.value
        converted = self._converter.reformat(
            frame,
            width=width,
            height=height,
            format="rgb24",
            # Averaging avoids aliasing where much is thrown away.
            interpolation="AREA" if width < frame.width else None,
            src_color_range=ColorRange.JPEG if full_range else None,
            dst_color_trc=ColorTrc.BT709 if is_hdr else None,
            dst_color_primaries=ColorPrimaries.BT709 if is_hdr else None,
            threads=1,
        )
        return _upright(np.asarray(converted.to_ndarray(), np.uint8), turned)

    def shown_size(self, frame: Any) -> tuple[int, int]:
        """Width and height of the image of a frame."""
        width, height = frame.width * max(1.0, self._aspect), frame.height / min(1.0, self._aspect)
        scale = 1.0
        if self._max_side is not None:
            scale = min(scale, self._max_side / max(width, height))
        if self._max_pixels is not None:
            scale = min(scale, sqrt(self._max_pixels / (width * height)))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        return size[::-1] if self._turned(frame)[0] % 2 else size

    def _turned(self, frame: Any) -> tuple[int, bool]:
        """The frame's orientation, looked up again only where its rotation changes."""
        rotation = frame.rotation
        if rotation not in self._turns:
            self._turns[rotation] = orientation(frame)
        return self._turns[rotation]


def orientation(frame: Any) -> tuple[int, bool]:
    """How the container asks to show a frame: quarter turns counter-clockwise, then mirrored.

    Angles between quarter turns go to the nearest one.
    """
    # Reading side data ties PyAV's frame to itself until garbage is collected: let that be a thumb.
    thumb = frame.reformat(width=16, height=16, format="rgb24", interpolation="POINT", threads=1)
    try:
        matrix = thumb.side_data.get(SideDataType.DISPLAYMATRIX)
    except ValueError:
        # PyAV 18 fails on side data newer than itself, such as EXIF; mirroring is lost then.
        return round(frame.rotation / 90) % 4, False
    if matrix is None or matrix.buffer_size < 36:
        return 0, False
    # Rows of (a, b, u), (c, d, v), (x, y, w); a to d are 16.16 fixed point.
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(matrix)[:36])
    is_mirrored = a * d - b * c < 0
    if is_mirrored:
        a, c = -a, -c
    if not any((a, b, c, d)):
        return 0, False
    # A point (1, 0) goes to (a, b), with y pointing down: the turn is clockwise.
    clockwise = np.arctan2(b - c, a + d)
    return round(-clockwise / (np.pi / 2)) % 4, is_mirrored


def _upright(image: Image, turned: tuple[int, bool]) -> Image:
    quarter_turns, is_mirrored = turned
    if quarter_turns:
        image = np.rot90(image, quarter_turns)
    if is_mirrored:
        image = image[:, ::-1]
    return np.ascontiguousarray(image)
