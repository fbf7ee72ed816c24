"""Accounting for every key of a checkpoint: what is missing, left over or misshapen is an error."""

from collections.abc import Collection, Mapping, Sequence

from torch import Tensor

from xemogpt.errors import CheckpointError

MAX_LISTED = 20


def check_keys(
    expected: Mapping[str, Tensor],
    found: Mapping[str, Tensor],
    origin: str,
    may_be_absent: Collection[str] = (),
) -> None:
    """Compare names and shapes.

    Args:
        expected: name -> a tensor of the right shape, on any device.
        found: name -> the tensor that a checkpoint holds.
        origin: what to call the checkpoint.
        may_be_absent: expected names that follow from others, such as tied ones.

    Raises:
        CheckpointError: listing every problem by kind.
    """
    problems = {
        "missing": sorted(set(expected) - set(found) - set(may_be_absent)),
        "unexpected": sorted(set(found) - set(expected)),
        "misshapen": [
            f"{key}: {tuple(found[key].shape)}, expected {tuple(tensor.shape)}"
            for key, tensor in sorted(expected.items())
            if key in found and found[key].shape != tensor.shape
        ],
    }
    if any(problems.values()):
        raise CheckpointError(describe(origin, problems))


def describe(origin: str, problems: Mapping[str, Sequence[str]]) -> str:
    """A message with each kind of problem and the keys it concerns.

    >>> print(describe("a.ckpt", {"missing": ["x"], "unexpected": []}))
    a.ckpt does not fit the model:
      1 missing:
        x
    """
    lines = [f"{origin} does not fit the model:"]
    for kind, keys in problems.items():
        if keys:
            lines.append(f"  {len(keys)} {kind}:")
            lines += [f"    {key}" for key in keys[:MAX_LISTED]]
            if len(keys) > MAX_LISTED:
                lines.append(f"    and {len(keys) - MAX_LISTED} more")
    return "\n".join(lines)
