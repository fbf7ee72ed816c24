"""The clips of a folder: which files they are, what they are called, and their first records."""

import json
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from xemogpt.emocue.labelfile import LabelRow
from xemogpt.emocue.names import CLIP_SUFFIXES, id_problem
from xemogpt.emocue.records import EmoCueRecord, Label
from xemogpt.emocue.settings import BuildSettings
from xemogpt.errors import DatasetError, MediaError
from xemogpt.media import read_subtitles, sidecar_subtitles
from xemogpt.schema import Transcript

Note = Callable[[str, str], None]
"""Takes the path of what was left out, from the folder, and why."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClipFile:
    """One clip before it is opened."""

    id: str
    """Its path from the folder of clips, with forward slashes and without the ending."""
    path: Path

    @property
    def relative(self) -> str:
        """Its path from the folder of clips, with the ending."""
        last = PurePosixPath(self.id).name
        return self.id if last == self.path.name else self.id + self.path.suffix


def discover(folder: str | Path, note: Note | None = None) -> Iterator[ClipFile]:
    """Clips of a folder and its subfolders, ids ascending; of a listing, in the same order.

    Files of one folder that differ in their ending alone keep it in their id. Hidden files,
    links that lead out of the folder, folders that are links, and names that no record can
    hold are left out and reported. Memory grows with the largest folder, not with all of them.

    Args:
        folder: of clips; or a ``.jsonl`` listing with a ``file`` a line, from its own folder.
        note: told what is left out; by default it is logged as a warning.

    Raises:
        DatasetError: if the folder or listing cannot be read.
    """
    root, note = Path(folder), note or _warn
    if root.is_file() and root.suffix.lower() == ".jsonl":
        yield from _listed(root, note)
        return
    if not root.is_dir():
        raise DatasetError(f"{root} is no folder; give the folder that holds the clips")
    yield from _walk(root, root.resolve(), "", note)


def initial_record(
    clip: ClipFile, labels: Mapping[str, LabelRow], settings: BuildSettings
) -> EmoCueRecord:
    """What is known of a clip before it is opened: its label row and the subtitles beside it."""
    row = labels.get(clip.id) or LabelRow()
    flags: tuple[str, ...] = ()
    transcript = None
    if row.transcript is not None:
        transcript = Transcript(text=row.transcript, language=row.language, source="given")
    else:
        transcript, flags = _subtitles(clip.path, row.language)
    named = {"emotion": row.emotion, "sentiment": row.sentiment, "intensity": row.intensity}
    if transcript is None:
        # A language without words would otherwise be lost.
        named["language"] = row.language
    return EmoCueRecord(
        id=clip.id,
        media=f"media/{clip.relative}",
        subject=row.subject,
        transcript=transcript,
        labels=tuple(
            Label(name=name, value=value, source="annotated")
            for name, value in named.items()
            if value is not None
        ),
        flags=flags,
        licence=row.licence or settings.licence,
        split=row.split,
    )


def _subtitles(path: Path, language: str | None) -> tuple[Transcript | None, tuple[str, ...]]:
    """The words of the subtitle file beside a clip; a damaged one costs no clip, but is flagged."""
    beside = sidecar_subtitles(path)
    if beside is None or beside.is_symlink():
        return None, ()
    try:
        transcript = read_subtitles(beside)
    except MediaError:
        return None, (f"bad-subtitles: {beside.name} beside the clip could not be read",)
    if not transcript.text:
        return None, (f"bad-subtitles: {beside.name} beside the clip holds no words",)
    return transcript.model_copy(update={"language": transcript.language or language}), ()


def _walk(folder: Path, root: Path, prefix: str, note: Note) -> Iterator[ClipFile]:
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        if not prefix:
            raise DatasetError(f"cannot read {folder}: {error.strerror or error}") from error
        note(prefix, f"cannot be read: {error.strerror or error}")
        return
    folders, names = [], []
    for entry in sorted(entries, key=lambda entry: entry.name):
        relative = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            if entry.name.startswith("."):
                note(relative, "hidden folder")
            else:
                folders.append(entry.name)
        elif entry.is_symlink() and entry.is_dir():
            note(relative, "a folder that is a link")
        elif Path(entry.name).suffix.lower() in CLIP_SUFFIXES:
            reason = _unfit(folder / entry.name, root, relative)
            if reason:
                note(relative, reason)
            else:
                names.append(entry.name)
    # "a/" sorts where the ids below it do, so that all ids come in ascending order.
    found = [(prefix + id_, name) for name, id_ in _ids(names).items()]
    found += [(f"{prefix}{name}/", name) for name in folders]
    for key, name in sorted(found):
        if key.endswith("/"):
            yield from _walk(folder / name, root, key, note)
        else:
            yield ClipFile(key, folder / name)


def _unfit(path: Path, root: Path, relative: str) -> str | None:
    """Why a file cannot be a clip, or none."""
    if path.name.startswith("."):
        return "hidden file"
    if path.is_symlink() and not path.resolve().is_relative_to(root):
        return "a link that leads out of the folder"
    if not path.is_file():
        return "no file (a broken link, or something special)"
    return id_problem(relative)


def _ids(names: list[str]) -> dict[str, str]:
    """Name -> id within one folder; names that share their stem stay whole.

    >>> _ids(["a.mp4", "a.wav", "b.mp4"])
    {'a.mp4': 'a.mp4', 'a.wav': 'a.wav', 'b.mp4': 'b'}
    """
    ids = {name: Path(name).stem for name in names}
    while True:
        counts = Counter(ids.values())
        clashing = [name for name, id_ in ids.items() if counts[id_] > 1 and id_ != name]
        if not clashing:
            return ids
        ids.update({name: name for name in clashing})


def _listed(path: Path, note: Note) -> Iterator[ClipFile]:
    """Clips that a listing names by paths from its own folder."""
    root = path.parent.resolve()
    by_folder: dict[str, list[str]] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        files = dict.fromkeys(str(json.loads(line)["file"]) for line in lines if line.strip())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f'{path} is no listing ({error}); expected JSON lines with a "file" each'
        ) from error
    for file in files:
        relative = PurePosixPath(file)
        if relative.suffix.lower() not in CLIP_SUFFIXES:
            continue
        reason = id_problem(file) or _unfit(path.parent / file, root, file)
        if reason:
            note(file, reason)
        else:
            parent = "" if relative.parent == PurePosixPath(".") else f"{relative.parent}/"
            by_folder.setdefault(parent, []).append(relative.name)
    clips = [
        ClipFile(parent + id_, path.parent / parent / name)
        for parent, names in by_folder.items()
        for name, id_ in _ids(names).items()
    ]
    yield from sorted(clips, key=lambda clip: clip.id)


def _warn(relative: str, reason: str) -> None:
    _log.warning("left out %s: %s", ascii(relative), reason)
