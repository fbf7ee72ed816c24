"""Annotators by name, as the settings of a build give them; nothing heavy until one is opened."""

import importlib
import os
from typing import cast
from urllib.parse import urlsplit

from xemogpt.emocue.annotators.base import Annotator
from xemogpt.emocue.settings import BuildSettings
from xemogpt.errors import ConfigError, UnknownNameError
from xemogpt.weights import cache_dir

CACHE_FILE = "annotator-answers.sqlite"
_ENDPOINT = "openai:"
_PARTS = ("name", "describe", "fuse", "provenance")
_FORM = "openai:URL#MODEL, such as openai:http://localhost:8000/v1#my-model"
_OWN = "module:Class of your own"


def open_annotators(
    settings: BuildSettings, cache_path: str | os.PathLike[str] | None = None
) -> tuple[Annotator, ...]:
    """The annotators of a build; several become one that votes.

    Args:
        settings: of the build.
        cache_path: file of the answers of endpoints; by default in the cache of ``xemogpt``.

    Raises:
        ConfigError: if none is named, one is named twice, or an address is wrong.
        UnknownNameError: if there is no annotator of that name.
        MissingDependencyError: if httpx is not installed.
    """
    names = settings.annotators
    if not names:
        raise ConfigError(f"no annotator is named; expected template, {_FORM}, or {_OWN}")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"annotator {twice[0]!r} is named twice; it would vote twice")
    opened = tuple(_open(name, cache_path) for name in names)
    if len(opened) == 1:
        return opened
    from xemogpt.emocue.annotators.voting import Voting

    return (Voting(opened),)


def _open(name: str, cache_path: str | os.PathLike[str] | None) -> Annotator:
    if name == "template":
        from xemogpt.emocue.annotators.template import TemplateAnnotator

        return TemplateAnnotator()
    if not name.startswith(_ENDPOINT):
        return _own(name)
    url, _, model = name.removeprefix(_ENDPOINT).partition("#")
    _check(url, model)
    from xemogpt.config import build_config
    from xemogpt.emocue.annotators.chat import ChatAnnotator
    from xemogpt.emocue.annotators.parts import MultimodalConfig

    data = {"url": url.rstrip("/"), "model": model, "max_retries": 4, "max_tokens": 1024}
    config = build_config(MultimodalConfig, data, origin="the annotator's address")
    return ChatAnnotator(config, cache_path or cache_dir() / CACHE_FILE)


def _own(name: str) -> Annotator:
    """An annotator of the user's: ``module:Class``, imported and built without arguments.

    Raises:
        UnknownNameError: if there is no such module or class, or it is no annotator.
    """
    module, _, attribute = name.partition(":")
    if not attribute:
        raise UnknownNameError(f"unknown annotator {name!r}; expected template, {_FORM}, or {_OWN}")
    try:
        made = getattr(importlib.import_module(module), attribute)()
    except (ImportError, AttributeError, TypeError) as error:
        raise UnknownNameError(
            f"annotator {name!r} cannot be opened: {error}; is its folder in PYTHONPATH?"
        ) from error
    missing = [part for part in _PARTS if not hasattr(made, part)]
    if missing:
        raise UnknownNameError(
            f"annotator {name!r} lacks {', '.join(missing)}; see"
            " xemogpt.emocue.annotators.base.Annotator"
        )
    return cast(Annotator, made)


def _check(url: str, model: str) -> None:
    """Refuse an address that is none, or that carries a secret into settings and logs.

    Raises:
        ConfigError: saying what is wrong, without repeating a secret.
    """
    try:
        parts = urlsplit(url)
        has_secret = "@" in parts.netloc or bool(parts.query)
    except ValueError as error:
        raise ConfigError(f"an annotator's address cannot be read ({error}): {_FORM}") from error
    if has_secret:
        raise ConfigError(
            "an annotator's address holds a password or a query, which would be written into the"
            f" corpus; put the key into OPENAI_API_KEY and give {_FORM}"
        )
    if not model or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"annotator openai:{url}#{model} should be {_FORM}")
