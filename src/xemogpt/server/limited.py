"""What a worker checks before it decodes, and a writer that tells how far it is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from xemogpt.errors import (
    ConfigError,
    ContextLengthError,
    DatasetError,
    MediaError,
)
from xemogpt.inference.requests import Passage, Piece
from xemogpt.inference.streaming import Tell
from xemogpt.inference.writers import Setting, Writer
from xemogpt.media import MediaInfo, probe


class TooLongError(MediaError):
    """Media that last longer than the server takes."""


class TooManyPixelsError(MediaError):
    """Pictures, or so many of them, that decoding would cost too much."""


class Cancelled(Exception):
    """Nobody waits for the answer any more."""


_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (TooLongError, "too-long"),
    (TooManyPixelsError, "too-many-pixels"),
    (ContextLengthError, "context"),
    (ConfigError, "config"),
    (DatasetError, "dataset"),
    (MediaError, "media"),
    (MemoryError, "too-heavy"),
)


def kind_of(error: BaseException) -> str:
    """The stable name of a failure; ``internal`` is a bug of ours."""
    return next((kind for type_, kind in _KINDS if isinstance(error, type_)), "internal")


def check_media(item: Mapping[str, Any]) -> float:
    """Read through the packets of a request's files without decoding them.

    Args:
        item: ``media`` and ``audio`` (paths or none), ``max_duration_s``, ``max_frame_pixels``
            and ``max_total_pixels``.

    Returns:
        The longest duration, in seconds.

    Raises:
        MediaError: if a file cannot be read or is over a limit.
    """
    longest_s = 0.0
    for path in (item["media"], item["audio"]):
        if path is None:
            continue
        info = probe(path)
        limit_s = item["max_duration_s"]
        if info.duration_s > limit_s:
            raise TooLongError(
                f"the media last {info.duration_s:.0f} s, the limit is {limit_s:g} s; cut them, or"
                " POST them to /v1/jobs, which takes longer ones"
            )
        _check_pixels(info, item["max_frame_pixels"], item["max_total_pixels"])
        longest_s = max(longest_s, info.duration_s)
    return longest_s


def _check_pixels(info: MediaInfo, max_frame: int, max_total: float) -> None:
    if info.video is None:
        return
    pixels = info.video.width * info.video.height
    if pixels > max_frame:
        raise TooManyPixelsError(
            f"the pictures have {info.video.width} x {info.video.height} pixels, the limit is"
            f" {max_frame / 1e6:.1f} million; scale them down"
        )
    if pixels * info.video.num_frames > max_total:
        raise TooManyPixelsError(
            f"{info.video.num_frames} frames of {info.video.width} x {info.video.height} are"
            f" {pixels * info.video.num_frames / 1e9:.0f} billion pixels, the limit is"
            f" {max_total / 1e9:.0f}; cut them or scale them down"
        )


class TellingWriter:
    """A writer that tells words and passages as they come, and stops when unwanted.

    Args:
        writer: who writes.
        ids: identity of a request object -> id of the item.
        tell: where events go.
        is_unwanted: whether nobody waits for any of the work any more.
    """

    def __init__(
        self,
        writer: Writer,
        ids: Mapping[int, str],
        tell: Callable[..., None],
        is_unwanted: Callable[[], bool],
    ) -> None:
        self.source: Literal["model", "measured"] = writer.source
        self.name = writer.name
        self.batch_size = writer.batch_size
        self.weights: dict[str, str] = writer.weights
        self.settings: dict[str, Setting] = writer.settings
        self.packages: tuple[str, ...] = writer.packages
        self._writer, self._ids, self._tell = writer, ids, tell
        self._is_unwanted = is_unwanted

    def write(self, pieces: Sequence[Piece], tell: Tell | None = None) -> list[Passage]:
        """Write, tell, and hand on unchanged.

        Raises:
            Cancelled: if nobody waits any more.
        """
        if self._is_unwanted():
            raise Cancelled
        idents = [self._ids[id(piece.request)] for piece in pieces]

        offsets = [0] * len(pieces)

        def words(place: int, text: str) -> None:
            until_s = round(pieces[place].end_s, 3)
            self._tell("words", id=idents[place], text=text, offset=offsets[place], until_s=until_s)
            offsets[place] += len(text)

        passages = self._writer.write(pieces, words)
        for ident, piece, passage in zip(idents, pieces, passages, strict=True):
            self._tell("passage", id=ident, text=passage.text, until_s=round(piece.end_s, 3))
        return passages
