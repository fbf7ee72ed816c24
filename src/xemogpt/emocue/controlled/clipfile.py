"""Clips as files: H.264 pictures and AAC sound in mp4, the same bytes for the same clip."""

import warnings
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import av
import numpy as np
from numpy.typing import NDArray

from xemogpt.errors import MediaError
from xemogpt.files import atomic_write

Image = NDArray[np.uint8]
VIDEO_ENCODERS = ("libx264", "mpeg4")
"""In order of preference."""
SOUND_ENCODER = "aac"
SOUND_BITS_A_SECOND = 96_000
_CRF = "20"
_QSCALE = 3
_ADVICE = "install PyAV's own wheel, which brings its encoders: pip install --force-reinstall av"


def write_clip(
    path: str | Path,
    frames: Iterable[Image],
    fps: float,
    waveform: NDArray[np.float32],
    sample_rate: int,
) -> str:
    """Encode a clip; the file appears whole or not at all.

    One thread and no stamps: the same input gives the same bytes with the same build of FFmpeg.

    Args:
        path: the mp4 file to make or replace.
        frames: (H, W, 3) RGB pictures of one even size.
        fps: frames a second.
        waveform: (S,) mono sound within -1 and 1; what exceeds that is clipped.
        sample_rate: of the sound, in Hz.

    Returns:
        The video encoder used. If it is not the preferred one, a warning says so.

    Raises:
        MediaError: if an encoder is missing, or there are no frames or no sound, or frames
            differ in size.
        OutputError: if the file cannot be written.
    """
    encoder = video_encoder()
    if not has_encoder(SOUND_ENCODER):
        raise MediaError(f"no AAC encoder in this build of FFmpeg; {_ADVICE}")
    if waveform.ndim != 1 or waveform.size == 0:
        raise MediaError(f"the sound has shape {waveform.shape}; expected (samples,), not empty")
    with atomic_write(path, "wb") as file:
        _encode(file, frames, encoder, Fraction(fps).limit_denominator(1001), waveform, sample_rate)
    return encoder


def video_encoder() -> str:
    """The best video encoder there is.

    Raises:
        MediaError: if there is none.
    """
    found = [name for name in VIDEO_ENCODERS if has_encoder(name)]
    if not found:
        raise MediaError(
            f"no video encoder in this build of FFmpeg (looked for {', '.join(VIDEO_ENCODERS)}); "
            + _ADVICE
        )
    if found[0] != VIDEO_ENCODERS[0]:
        warnings.warn(
            f"no {VIDEO_ENCODERS[0]} encoder: clips are written with {found[0]}, so their bytes "
            f"differ from other machines'; {_ADVICE}",
            stacklevel=3,
        )
    return found[0]


def has_encoder(name: str) -> bool:
    """Whether this build of FFmpeg encodes ``name``."""
    try:
        av.codec.Codec(name, "w")
    except av.codec.codec.UnknownCodecError:
        return False
    return True


def _encode(
    file: IO[Any],
    frames: Iterable[Image],
    encoder: str,
    rate: Fraction,
    waveform: NDArray[np.float32],
    sample_rate: int,
) -> None:
    """Pictures and sound by turns, as players want them."""
    options = {"fflags": "+bitexact"}
    with av.open(file, "w", format="mp4", options=options) as container:
        pictures: Any = None
        sound: Any = None
        size: tuple[int, ...] = ()
        sent = 0
        for number, image in enumerate(frames):
            if pictures is None:
                size = image.shape
                pictures = _add_pictures(container, encoder, rate, size)
                sound = container.add_stream(SOUND_ENCODER, rate=sample_rate, layout="mono")
                sound.codec_context.bit_rate = SOUND_BITS_A_SECOND
                sound.codec_context.thread_count = 1
            if image.shape != size:
                raise MediaError(
                    f"frame {number} has shape {image.shape}, the first {size}; use one size"
                )
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            frame.pts, frame.time_base = number, 1 / rate
            container.mux(pictures.encode(frame.reformat(format="yuv420p")))
            until = min(len(waveform), int((number + 1) * sample_rate / rate))
            _send_sound(container, sound, waveform[sent:until], sent, sample_rate)
            sent = max(sent, until)
        if pictures is None:
            raise MediaError("there are no frames to write; a clip needs at least one")
        _send_sound(container, sound, waveform[sent:], sent, sample_rate)
        container.mux(pictures.encode(None))
        container.mux(sound.encode(None))


def _add_pictures(container: Any, encoder: str, rate: Fraction, size: tuple[int, ...]) -> Any:
    """The stream of pictures.

    Raises:
        MediaError: if the encoder cannot take the size.
    """
    if len(size) != 3 or size[2] != 3 or size[0] % 2 or size[1] % 2:
        raise MediaError(f"frames have shape {size}; expected (even height, even width, 3)")
    stream = container.add_stream(encoder, rate=rate)
    stream.height, stream.width = size[:2]
    stream.pix_fmt = "yuv420p"
    stream.codec_context.thread_count = 1
    if encoder == VIDEO_ENCODERS[0]:
        stream.options = {"crf": _CRF, "preset": "veryfast", "threads": "1"}
    else:
        stream.options = {"flags": "+qscale", "global_quality": str(_QSCALE * 118)}
    return stream


def _send_sound(
    container: Any, stream: Any, samples: NDArray[np.float32], start: int, sample_rate: int
) -> None:
    """Encode some samples; the encoder cuts its own frames."""
    if samples.size == 0:
        return
    block = np.clip(samples, -1, 1).astype(np.float32)[None]
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="mono")
    frame.sample_rate = sample_rate
    frame.time_base = Fraction(1, sample_rate)
    frame.pts = start
    container.mux(stream.encode(frame))
