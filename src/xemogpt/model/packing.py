"""Weights made ready for decoding: adapters added in, matrices packed into 8 bits."""

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

Multiply = Callable[[Tensor], Tensor]

_ENGINE = "fbgemm"
# Input rows are scaled to [-1, 1] and then to 0..255 around 128. Weights use 7 of their 8 bits:
# processors without VNNI instructions add pairs of products in 16 bits, and 2 x 255 x 63 fits.
_INPUT_SCALE, _INPUT_ZERO = 1 / 127, 128
_WEIGHT_MAX = 63
_TINY = 1e-12
"""Least size of a row: a row of zeros is divided by this."""


def merged_weight(module: Any) -> Tensor:
    """The matrix that a linear layer and its active adapters amount to, (out, in).

    >>> merged_weight(torch.nn.Linear(3, 2)).shape
    torch.Size([2, 3])
    """
    base = module.get_base_layer() if hasattr(module, "get_base_layer") else module
    weight: Tensor = base.weight.detach()
    for name in getattr(module, "active_adapters", ()):
        if name in module.lora_A:
            weight = weight + module.get_delta_weight(name).detach()
    return weight


def plain(weight: Tensor) -> Multiply:
    """A function that multiplies (B, in) by a matrix (out, in) as it is."""
    return lambda x: functional.linear(x, weight)


def pack_int8_weights(weight: Tensor) -> Multiply:
    """Store a matrix in 8 bits, a scale for each row, and multiply in bfloat16.

    The function takes float32 (B, in) and gives float32 (B, out).
    """
    scales = weight.abs().amax(1).clamp_min(_TINY) / 127
    stored = (weight / scales[:, None]).round().to(torch.int8)
    scales = scales.bfloat16()
    return lambda x: torch._weight_int8pack_mm(x.bfloat16(), stored, scales).float()


def can_pack_int8() -> bool:
    """Whether this build of PyTorch multiplies 8-bit matrices on this machine."""
    return _ENGINE in torch.backends.quantized.supported_engines


def pack_int8(weight: Tensor) -> Multiply:
    """Store a matrix (out, in) in 8 bits, a scale for each row; a function that multiplies by it.

    The function takes float32 (B, in) and gives float32 (B, out). Each row of its input is rounded
    on a scale of its own, so what one row gives does not depend on the others.
    """
    scales = weight.abs().amax(1).clamp_min(_TINY).double() / _WEIGHT_MAX
    zeros = torch.zeros(len(weight), dtype=torch.long)
    before = torch.backends.quantized.engine
    with warnings.catch_warnings():
        # Quantised tensors go some day; torch is pinned, and a test says when this stops working.
        warnings.simplefilter("ignore", UserWarning)
        torch.backends.quantized.engine = _ENGINE
        try:
            held = torch.quantize_per_channel(weight.float(), scales, zeros, 0, torch.qint8)
            packed = torch.ops.quantized.linear_prepack(held, None)
        finally:
            torch.backends.quantized.engine = before
    multiply = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32

    def apply(x: Tensor) -> Tensor:
        size = x.abs().amax(-1, keepdim=True).clamp_min(_TINY)  # (B, 1)
        out: Tensor = multiply(x / size, _INPUT_SCALE, _INPUT_ZERO, packed)
        return out * size

    return apply
