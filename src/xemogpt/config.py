"""The base class of every configuration, and loading one from YAML with overrides."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from xemogpt.errors import ConfigError


class Config(BaseModel):
    """Immutable, typed settings; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


C = TypeVar("C", bound=Config)


def load_config(cls: type[C], path: str | Path, overrides: Iterable[str] = ()) -> C:
    """Read a YAML file into ``cls``, with ``a.b=value`` overrides applied on top.

    Raises:
        ConfigError: naming every problem at once: unreadable file, unknown keys, wrong values.
    """
    try:
        data = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read config {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not valid YAML: {error}") from error
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise ConfigError(f"{path} should hold a mapping of settings, got {type(data).__name__}")
    for override in overrides:
        _apply(data, override)
    return build_config(cls, data, origin=str(path))


def build_config(cls: type[C], data: Mapping[str, Any], origin: str = "config") -> C:
    """Validate ``data`` as ``cls``.

    Raises:
        ConfigError: listing each bad field as the user typed it.

    >>> class Optimiser(Config):
    ...     lr: float
    >>> build_config(Optimiser, {"lr": "1e-4"}).lr
    0.0001
    """
    try:
        return cls.model_validate(data)
    except ValidationError as error:
        problems = [
            f"  {'.'.join(str(part) for part in item['loc']) or '(root)'}: {item['msg']}"
            f" (got {item['input']!r})"
            for item in error.errors()
        ]
        raise ConfigError(
            "\n".join([f"{origin} has {len(problems)} problem(s):", *problems])
        ) from (error)


def _apply(data: dict[str, Any], override: str) -> None:
    """Set one dotted ``key=value`` in place; the value is read as YAML."""
    key, equals, value = override.partition("=")
    if not equals or not key:
        raise ConfigError(f"--set expects key=value, got {override!r}; e.g. --set finetune.lr=1e-4")
    *parents, last = key.split(".")
    node = data
    for name in parents:
        node = node.setdefault(name, {})
        if not isinstance(node, dict):
            raise ConfigError(f"--set {override}: {name!r} is a value, not a group of settings")
    node[last] = yaml.safe_load(value)
