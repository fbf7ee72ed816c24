"""Clips as a browser can play them, made once and kept while the server runs."""

import base64
import threading
from pathlib import Path

from xemogpt.errors import MediaError
from xemogpt.inference import Examination, Request
from xemogpt.inference.explainer import words_only
from xemogpt.inference.requests import Piece
from xemogpt.media import open_clips
from xemogpt.report.player import embed
from xemogpt.schema import Explanation, Provenance, Transcript

_WINDOW_S = 12.0


class Playables:
    """Copies in H.264 and AAC whose time 0 is that of the cues, whatever the original had.

    Args:
        folder: where the copies go; whoever made the folder removes it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def copy_of(self, media: Path, media_sha256: str) -> tuple[Path, str]:
        """The copy of a file and its type.

        Args:
            media: the file.
            media_sha256: names the copy, so that nothing of the path does.

        Raises:
            MediaError: if it cannot be decoded, or has neither length nor sound.
        """
        with self._lock:  # one at a time: encoding takes all it can get
            for mime in ("video/mp4", "audio/mp4"):
                made = self._folder / f"{media_sha256}.{mime[:5]}.mp4"
                if made.is_file():
                    return made, mime
            return self._make(media, media_sha256)

    def _make(self, media: Path, media_sha256: str) -> tuple[Path, str]:
        request = Request(media)
        measured = words_only(Transcript(text="", source="given"))
        pieces = tuple(
            Piece(request, clip, measured, 0.0, clip.start_s, clip.end_s)
            for clip in open_clips(media, _WINDOW_S)
        )
        nothing = Explanation(
            media=media.name, text="", source="measured", provenance=Provenance(model="none")
        )
        player = embed(Examination(nothing, pieces, ()))
        if player is None:
            raise MediaError(f"{media.name} is a picture without length or sound; nothing to play")
        made = self._folder / f"{media_sha256}.{player.mime[:5]}.mp4"
        temporary = made.with_suffix(".partial")
        temporary.write_bytes(base64.b64decode(player.data))
        temporary.replace(made)
        return made, player.mime
