"""Loading a tower of the transformers library: complete, or not at all."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from transformers.utils import logging

from xemogpt.errors import ConfigError, WeightsError

# Keys of a transformers configuration that say nothing about the network.
BOOKKEEPING = ("transformers_version", "architectures", "dtype", "torch_dtype", "_name_or_path")


def load_tower(model_class: Any, folder: Path, dtype: str, **arguments: Any) -> Any:
    """Load one transformers model; weights of other parts of the checkpoint may be left over.

    Args:
        model_class: the transformers class to load.
        folder: where its files are.
        dtype: of the weights.
        arguments: more arguments of transformers' ``from_pretrained``.

    Raises:
        WeightsError: if files are absent, damaged or of another architecture, or any weight of the
            tower is missing or misshapen: transformers would only warn and draw it at random.
        ConfigError: if ``dtype`` is not a floating type of torch.
    """
    torch_dtype = parse_dtype(dtype)
    try:
        with _quiet():
            model, info = model_class.from_pretrained(
                folder,
                dtype=torch_dtype,
                output_loading_info=True,
                local_files_only=True,
                **arguments,
            )
    except (OSError, ValueError, RuntimeError) as error:
        raise WeightsError(
            f"cannot load {model_class.__name__} from {folder}: {_first_line(error)}"
        ) from error
    missing = sorted(info["missing_keys"])
    if missing:
        raise WeightsError(
            f"{folder} lacks {len(missing)} weight(s) of {model_class.__name__}, such as"
            f" {', '.join(missing[:3])}; is it a checkpoint of this kind, and complete?"
        )
    return model


def build_tower(model_class: Any, config_class: Any, settings: Mapping[str, Any]) -> Any:
    """Build one transformers model with random weights from its plain settings.

    Raises:
        ConfigError: if the settings do not make a model.
    """
    try:
        model = model_class(config_class(**settings))
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"cannot build {model_class.__name__} from its settings: {_first_line(error)}"
        ) from error
    # A parameter or two of transformers' models is made by a constructor that ignores the context.
    return model.to("meta") if torch.get_default_device().type == "meta" else model


def plain_settings(config: Any) -> dict[str, Any]:
    """A transformers configuration as JSON values, without what names versions and places."""
    settings: dict[str, Any] = config.to_diff_dict()
    return {key: value for key, value in settings.items() if key not in BOOKKEEPING}


def parse_dtype(name: str) -> torch.dtype:
    """The floating dtype called ``name``, such as ``bfloat16``.

    Raises:
        ConfigError: if there is none.
    """
    dtype = getattr(torch, name, None)
    if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
        raise ConfigError(f"unknown dtype {name!r}; expected float32, bfloat16 or float16")
    return dtype


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers' bar and its table of left-over weights off the user's screen."""
    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
