"""Reading and writing the published checkpoint's file, without ever executing what is in it."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from xemogpt.errors import CheckpointError, OutputError
from xemogpt.files import atomic_write

_LIGHTNING_PREFIX = "model."
_NEST = "state_dict"


@dataclass(frozen=True)
class PublishedFile:
    """Tensors of a checkpoint by published name, and how the file wraps them.

    Attributes:
        tensors: name -> tensor, in the file's order.
        prefix: what stands before every name in the file, such as Lightning's ``model.``.
        is_nested: whether the names are under ``state_dict``.
    """

    tensors: dict[str, Tensor]
    prefix: str = ""
    is_nested: bool = False


def read_checkpoint(path: str | Path) -> PublishedFile:
    """Read a ``.ckpt`` (tensors only) or ``.safetensors`` file.

    Raises:
        CheckpointError: if it is no checkpoint, is damaged, or holds anything but tensors; code in
            a pickle is refused, not run.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"no checkpoint file at {path}")
    content = _read_safetensors(path) if path.suffix == ".safetensors" else _read_pickle(path)
    is_nested = isinstance(content, Mapping) and isinstance(content.get(_NEST), Mapping)
    if is_nested:
        content = content[_NEST]
    wrong = (
        [str(key) for key, value in content.items() if not isinstance(value, Tensor)]
        if isinstance(content, Mapping)
        else [type(content).__name__]
    )
    if wrong or not content:
        held = f"{', '.join(wrong[:5])} among them" if wrong else "it is empty"
        raise CheckpointError(f"{path} should hold named tensors and nothing else; {held}")
    names = [str(key) for key in content]
    prefix = _LIGHTNING_PREFIX if all(n.startswith(_LIGHTNING_PREFIX) for n in names) else ""
    tensors = {str(key).removeprefix(prefix): value for key, value in content.items()}
    return PublishedFile(tensors, prefix, is_nested)


def write_checkpoint(path: str | Path, file: PublishedFile) -> None:
    """Write tensors as ``read_checkpoint`` reads them.

    Raises:
        OutputError: if the place cannot be written.
    """
    path = Path(path)
    named: Any = {file.prefix + name: t.contiguous() for name, t in file.tensors.items()}
    if path.suffix == ".safetensors":
        if file.is_nested:
            raise OutputError("safetensors files hold no nested state_dict; write a .ckpt")
        named = {name: tensor.clone() for name, tensor in named.items()}
        with atomic_write(path, "wb") as target:
            save_file(named, target.name)
        return
    with atomic_write(path, "wb") as target:
        torch.save({_NEST: named} if file.is_nested else named, target)


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is no complete safetensors file: {error}") from error
    return tensors


def _read_pickle(path: Path) -> Any:
    """Tensors and plain containers only: weights_only refuses every other object."""
    try:
        try:
            return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except RuntimeError:
            # Files older than torch's zip format cannot be mapped into memory.
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path} is no file of tensors: it is damaged, or asks for other Python objects or"
            " code, which is refused because it could run anything; get a safetensors file or a"
            " plain state dict"
        ) from error
    except (RuntimeError, EOFError, ValueError, OSError, KeyError, IndexError) as error:
        raise CheckpointError(f"{path} is damaged or no checkpoint: {str(error)[:200]}") from error
