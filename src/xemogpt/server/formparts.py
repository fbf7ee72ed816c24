"""The parts of a form as they stream in: files to disk, short texts to memory."""

from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from python_multipart.multipart import parse_options_header

FILES = ("file", "audio")
TEXTS = ("subtitle", "recognise")
_MOST_HEADER_BYTES = 8192


class FormParts:
    """Callbacks for ``MultipartParser``.

    Args:
        folder: where files go, under our own names.
        max_field_bytes: of one text.
    """

    def __init__(self, folder: Path, max_field_bytes: int) -> None:
        self._folder, self._max_field_bytes = folder, max_field_bytes
        self.files: dict[str, Path] = {}
        self.names: dict[str, str] = {}
        """What clients call their files."""
        self.texts: dict[str, str] = {}
        self.is_complete = False
        self._field = ""
        self._file: IO[bytes] | None = None
        self._text = bytearray()
        self._name, self._value = bytearray(), bytearray()
        self._disposition = b""
        self._header_bytes = 0

    def callbacks(self) -> dict[str, Callable[..., None]]:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def close(self) -> None:
        """Close a file that is still open."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self) -> None:
        self._disposition, self._header_bytes = b"", 0
        self._text.clear()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += self._counted(data, start, end)

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += self._counted(data, start, end)

    def _counted(self, data: bytes, start: int, end: int) -> bytes:
        self._header_bytes += end - start
        if self._header_bytes > _MOST_HEADER_BYTES:
            raise ValueError(f"a part has more than {_MOST_HEADER_BYTES} bytes of headers")
        return data[start:end]

    def _header_end(self) -> None:
        if bytes(self._name).lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._field = options.get(b"name", b"").decode("utf-8", "replace")
        if self._field not in (*FILES, *TEXTS):
            expected = ", ".join((*FILES, *TEXTS))
            raise ValueError(f"a part is named {self._field[:50]!r}; expected one of {expected}")
        if self._field in self.files or self._field in self.texts:
            raise ValueError(f"there are two parts named {self._field!r}; expected one")
        if self._field in FILES:
            self.names[self._field] = options.get(b"filename", b"").decode("utf-8", "replace")
            path = self._folder / self._field
            self._file = path.open("xb")
            self.files[self._field] = path

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(memoryview(data)[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > self._max_field_bytes:
            raise ValueError(f"{self._field} has more than {self._max_field_bytes} bytes")

    def _end(self) -> None:
        if self._file is not None:
            self.close()
        else:
            self.texts[self._field] = self._text.decode("utf-8", "replace")

    def _finish(self) -> None:
        self.is_complete = True


def form_schema() -> dict[str, Any]:
    """The form for OpenAPI."""
    binary = {"type": "string", "format": "binary"}
    return {
        "type": "object",
        "additionalProperties": False,
        "anyOf": [{"required": ["file"]}, {"required": ["subtitle"]}, {"required": ["audio"]}],
        "properties": {
            "file": {**binary, "description": "A video, sound or image file."},
            "audio": {**binary, "description": "A separate sound file for a silent video."},
            "subtitle": {"type": "string", "description": "What is said."},
            "recognise": {
                "type": "boolean",
                "default": True,
                "description": "Recognise speech if no subtitle is given.",
            },
        },
    }
