"""What a batch is asked to explain: clips, with what is known of each from a manifest."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, AwareDatetime, Field, NaiveDatetime, ValidationError

from xemogpt.emocue.pipeline.job import Job
from xemogpt.errors import DatasetError
from xemogpt.inference import Request
from xemogpt.media import sidecar_subtitles
from xemogpt.schema import Record

MAX_LINE = 1_000_000
"""Characters of a line of a manifest; longer ones are no manifest's."""


class Extras(Record):
    """What a manifest may say of a clip."""

    subtitle: str | None = None
    """What is said: text, or a subtitle file."""
    audio: str | None = None
    """A separate sound file for a silent video."""
    speaker: str | None = None
    recorded_at: AwareDatetime | NaiveDatetime | None = None
    """When it was recorded or posted, in ISO 8601."""


class Item(Extras):
    """One clip of a batch."""

    id: str = Field(min_length=1)
    """What results call it; by default the path as given."""
    file: str = Field(min_length=1)
    """Path of the clip."""

    def request(self) -> Request:
        """The same for an Explainer."""
        return Request(self.file, self.subtitle, self.audio)

    def job(self) -> Job:
        """The same for a worker; size and time tell a changed clip.

        Paths are made absolute, for workers of a cluster have folders of their own.
        """
        path = Path(self.file).absolute()
        beside = sidecar_subtitles(path) if self.subtitle is None and _stat(path) else None
        parts = [path, beside, *(Path(part) for part in (self.subtitle, self.audio) if part)]
        stats = [found for part in parts if part is not None for found in _stat(part)]
        subtitle, audio = (_absolute(part) for part in (self.subtitle, self.audio))
        extras = Extras(
            subtitle=subtitle, audio=audio, speaker=self.speaker, recorded_at=self.recorded_at
        )
        return Job(
            id=self.id,
            source=str(path),
            relative=str(path),
            size=sum(size for size, _ in stats),
            mtime_ns=max((mtime_ns for _, mtime_ns in stats), default=0),
            label=json.dumps({"file": self.file, **extras.model_dump(mode="json")}),
        )


class _Line(Extras):
    """One line of a manifest."""

    file: str = Field(min_length=1, validation_alias=AliasChoices("file", "media"))
    id: str | None = Field(default=None, min_length=1)


def items_of(paths: Iterable[str | Path]) -> Iterator[Item]:
    """Clips of which nothing else is known."""
    for path in paths:
        name = _clean(str(path))
        yield Item(id=name, file=name)


def read_manifest(path: str | Path) -> list[Item]:
    """Clips of a JSON Lines file.

    Each line has a ``file`` and, as far as known, ``id``, ``subtitle``, ``audio``, ``speaker`` and
    ``recorded_at``. Paths are from the manifest's own folder.

    Raises:
        DatasetError: naming the line, if the file cannot be read, is malformed, or repeats an id.
    """
    path = Path(path)
    items: dict[str, Item] = {}
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, text in enumerate(_lines(file, path), start=1):
                if not text.strip():
                    continue
                item = _item(text, path, number)
                if item.id in items:
                    raise DatasetError(
                        f"{path}, line {number}: the id {item.id!r} was there before; give each"
                        " line an id of its own"
                    )
                items[item.id] = item
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise DatasetError(f"cannot read the manifest {path}: {reason}") from error
    if not items:
        raise DatasetError(f"{path} names no clips; expected a JSON object with a file a line")
    return list(items.values())


def _lines(file: Any, path: Path) -> Iterator[str]:
    number = 0
    while text := file.readline(MAX_LINE + 1):
        number += 1
        if len(text) > MAX_LINE:
            raise DatasetError(f"{path}, line {number}: longer than {MAX_LINE} characters")
        yield text


def _item(text: str, path: Path, number: int) -> Item:
    try:
        line = _Line.model_validate(json.loads(text))
    except RecursionError:
        raise DatasetError(f"{path}, line {number}: nested too deeply") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        known = ", ".join(sorted(_Line.model_fields))
        raise DatasetError(
            f"{path}, line {number}: {where}: {first['msg']}; known are {known}"
        ) from error
    except ValueError as error:
        raise DatasetError(f"{path}, line {number}: not a JSON object ({error})") from error
    # Joined to an absolute path, a folder gives that path.
    file = path.parent / line.file
    audio = None if line.audio is None else str(path.parent / line.audio)
    beside = _beside(path.parent, line.subtitle)
    return Item(
        id=line.id or line.file, file=str(file), subtitle=beside, audio=audio,
        speaker=line.speaker, recorded_at=line.recorded_at,
    )  # fmt: skip


def _beside(folder: Path, subtitle: str | None) -> str | None:
    """A subtitle that is the name of a file in the manifest's folder, as its path."""
    if subtitle is None or "\n" in subtitle or len(subtitle) > 255:
        return subtitle
    path = folder / subtitle
    try:
        return str(path) if path.is_file() else subtitle
    except (OSError, ValueError):
        return subtitle


def _absolute(part: str | None) -> str | None:
    """A path that exists, made absolute; a subtitle's words stay as they are."""
    return str(Path(part).absolute()) if part is not None and _stat(Path(part)) else part


def _clean(name: str) -> str:
    """A name that is Unicode; a clip whose name is not is then not found, and fails for itself."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _stat(path: Path) -> list[tuple[int, int]]:
    """Size and time of a file, if it is one."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return []
    return [(found.st_size, found.st_mtime_ns)] if path.is_file() else []
