"""Lazy name -> object registries: the extension points of the package.

Built-ins register an import path, so that listing names imports nothing heavy. Other packages
add theirs by naming a module in the ``xemogpt`` entry-point group; importing it registers.
"""

import difflib
import importlib
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar

from xemogpt.errors import UnknownNameError

T = TypeVar("T")


class Registry(Generic[T]):
    """Names of one kind of thing, each resolved on first use.

    >>> codecs = Registry("codec")
    >>> codecs.register("json", "json:JSONDecoder")
    >>> codecs.names()
    ['json']
    >>> codecs.get("json").__name__
    'JSONDecoder'
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._targets: dict[str, str | T] = {}

    def register(self, name: str, target: str | T) -> None:
        """Add ``name``; ``target`` is the object itself or ``"package.module:attribute"``.

        Raises:
            ValueError: if the name is taken by another target.
        """
        if self._targets.get(name, target) != target:
            raise ValueError(f"{self.kind} {name!r} is already registered")
        self._targets[name] = target

    def names(self) -> list[str]:
        """All names in alphabetical order, those of installed plug-ins included."""
        load_plugins()
        return sorted(self._targets)

    def get(self, name: str) -> T:
        """The object registered as ``name``.

        Raises:
            UnknownNameError: if there is none; the message lists what there is.
        """
        if name not in self._targets:
            known = self.names()
            if name not in self._targets:
                close = difflib.get_close_matches(name, known, 1)
                hint = f" Did you mean {close[0]!r}?" if close else ""
                raise UnknownNameError(
                    f"unknown {self.kind} {name!r}; expected one of: {', '.join(known)}.{hint}"
                )
        target = self._targets[name]
        if isinstance(target, str):
            module, _, attribute = target.partition(":")
            resolved: Any = getattr(importlib.import_module(module), attribute)
            self._targets[name] = target = resolved
        return target  # a str was resolved above


_loaded_plugins = False


def load_plugins() -> None:
    """Import every module in the ``xemogpt`` entry-point group, once per process."""
    global _loaded_plugins
    if not _loaded_plugins:
        _loaded_plugins = True
        for point in entry_points(group="xemogpt"):
            point.load()


# Targets of the built-ins are import paths, so nothing below loads torch.
video_encoders: Registry[Any] = Registry("video encoder")
audio_encoders: Registry[Any] = Registry("audio encoder")
text_encoders: Registry[Any] = Registry("text encoder")
REGISTRIES = {
    "video-encoders": video_encoders,
    "audio-encoders": audio_encoders,
    "text-encoders": text_encoders,
}

video_encoders.register("clip", "xemogpt.encoders.clip:CLIPVideoEncoder")
video_encoders.register("facemesh", "xemogpt.encoders.facemesh:FaceMeshVideoEncoder")
video_encoders.register("tiny-video", "xemogpt.encoders.tiny:TinyVideoEncoder")
audio_encoders.register("hubert", "xemogpt.encoders.hubert:HubertAudioEncoder")
audio_encoders.register("whisper", "xemogpt.encoders.whisper:WhisperAudioEncoder")
audio_encoders.register("tiny-audio", "xemogpt.encoders.tiny:TinyAudioEncoder")
text_encoders.register("minilm", "xemogpt.encoders.text:MiniLMTextEncoder")
text_encoders.register("minilm-bf16", "xemogpt.encoders.text:MiniLMBf16TextEncoder")
text_encoders.register("minilm-int8", "xemogpt.encoders.text:MiniLMInt8TextEncoder")
text_encoders.register("tiny-text", "xemogpt.encoders.text:TinyTextEncoder")
