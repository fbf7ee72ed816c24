"""Low-rank adapters in the backbone, through PEFT."""

from typing import Any

from torch import nn

from xemogpt.errors import ConfigError
from xemogpt.model.configuration import LoraSection

ADAPTER_NAME = "default"


def inject_lora(language_model: nn.Module, lora: LoraSection) -> None:
    """Put adapters beside the backbone's target layers, in place.

    Raises:
        ConfigError: if no layer has one of the target names.
    """
    from peft import LoraConfig, inject_adapter_in_model

    settings: Any = LoraConfig(
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=list(lora.target_modules),
        task_type="CAUSAL_LM",
    )
    try:
        inject_adapter_in_model(settings, language_model, adapter_name=ADAPTER_NAME)
    except ValueError as error:
        raise ConfigError(
            f"lora.target_modules {list(lora.target_modules)} match nothing in the backbone:"
            f" {str(error).splitlines()[0]}"
        ) from error


def is_adapter_key(key: str) -> bool:
    """Whether a parameter belongs to an adapter."""
    return ".lora_A." in key or ".lora_B." in key


def with_base_layers(keys: set[str], adapted: set[str]) -> dict[str, str]:
    """Names of a plain backbone -> names in the adapted one.

    Args:
        keys: names in the plain backbone's state dict.
        adapted: names in the adapted backbone's.

    >>> with_base_layers({"q.weight", "o.weight"}, {"q.base_layer.weight", "o.weight"})["q.weight"]
    'q.base_layer.weight'
    """
    renamed = {}
    for key in keys:
        module, _, kind = key.rpartition(".")
        inside = f"{module}.base_layer.{kind}"
        renamed[key] = inside if inside in adapted else key
    return renamed
