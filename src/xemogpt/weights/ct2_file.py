"""Reading the binary ``model.bin`` of CTranslate2 into numpy arrays."""

import struct
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from xemogpt.errors import WeightsError

# CTranslate2's DataType enumeration, in the order its file format numbers them.
_FLOAT_TYPES: dict[int, type[np.generic]] = {0: np.float32, 4: np.float16}


def read_ct2(path: Path) -> dict[str, npt.NDArray[Any]]:
    """All tensors of an unquantised model, by name; aliases share the array they point at.

    Raises:
        WeightsError: if the file is cut short, has trailing bytes, or holds quantised tensors.
    """
    with path.open("rb") as file:
        try:
            return _read(file, path)
        except (struct.error, ValueError) as error:
            raise WeightsError(
                f"{path} is not a CTranslate2 model as expected ({error}); "
                "run `xemogpt pull nano --force`"
            ) from error


def _read(file: IO[bytes], path: Path) -> dict[str, npt.NDArray[Any]]:
    version = _number(file, "I")
    if version >= 2:
        _text(file)  # name of the specification, e.g. WhisperSpec
        _number(file, "I")  # its revision
    tensors: dict[str, npt.NDArray[Any]] = {}
    for _ in range(_number(file, "I")):
        name = _text(file)
        shape = [_number(file, "I") for _ in range(_number(file, "B"))]
        type_number, num_bytes = _number(file, "B"), _number(file, "I")
        if not name.startswith(("encoder/", "decoder/")) or type_number not in _FLOAT_TYPES:
            # Scalars such as the number of heads, kept as integers of several widths.
            if len(shape) > 1:
                raise WeightsError(f"{path}: {name} is quantised; expected float16 or float32")
            _take(file, num_bytes)
            continue
        data = np.frombuffer(_take(file, num_bytes), dtype=_FLOAT_TYPES[type_number])
        tensors[name] = data.reshape(shape)
    if version >= 3:
        for _ in range(_number(file, "I")):
            alias, name = _text(file), _text(file)
            if name in tensors:
                tensors[alias] = tensors[name]
    if file.read(1):
        raise ValueError("bytes are left after the last tensor")
    return tensors


def _take(file: IO[bytes], num_bytes: int) -> bytes:
    data = file.read(num_bytes)
    if len(data) != num_bytes:
        raise ValueError(f"it ends {num_bytes - len(data)} bytes too early")
    return data


def _number(file: IO[bytes], code: str) -> int:
    (number,) = struct.unpack("<" + code, _take(file, struct.calcsize("<" + code)))
    return int(number)


def _text(file: IO[bytes]) -> str:
    """A string preceded by its length and ended by a zero byte."""
    return _take(file, _number(file, "H"))[:-1].decode("utf-8")
