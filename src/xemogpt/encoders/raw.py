"""Checks on raw media before it enters an encoder, in words a caller can act on."""

import numpy as np

from xemogpt.errors import MediaError


def check_frames(raw: np.ndarray) -> np.ndarray:
    """Frames as contiguous uint8 (T, H, W, 3).

    Raises:
        MediaError: if they have another shape or type, or there are none.
    """
    frames = np.asarray(raw)
    if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != np.uint8:
        raise MediaError(
            f"expected uint8 RGB frames of shape (T, H, W, 3), got {frames.dtype} {frames.shape}"
        )
    if 0 in frames.shape:
        raise MediaError(f"there are no frames to encode: shape {frames.shape}")
    return np.ascontiguousarray(frames)


def check_waveform(raw: np.ndarray) -> np.ndarray:
    """Sound as contiguous float32 (S,), mono at 16 kHz.

    Raises:
        MediaError: if it has another shape or type, holds nothing, or is not finite.
    """
    waveform = np.asarray(raw)
    if waveform.ndim != 1 or not np.issubdtype(waveform.dtype, np.floating):
        raise MediaError(
            "expected a mono waveform of floats, shape (S,) at 16 kHz;"
            f" got {waveform.dtype} {waveform.shape}"
        )
    if len(waveform) == 0:
        raise MediaError("there is no sound to encode: the waveform has no samples")
    if not np.isfinite(waveform).all():
        raise MediaError("the waveform holds values that are not finite (NaN or infinity)")
    return np.ascontiguousarray(waveform, dtype=np.float32)
