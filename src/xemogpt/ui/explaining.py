"""Explanations for the page: models loaded once, words shown as they are written."""

import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from xemogpt.errors import ConfigError, MediaError
from xemogpt.inference import Examination, Explainer, Request
from xemogpt.inference.requests import Passage, Piece
from xemogpt.inference.streaming import Tell
from xemogpt.inference.writers import Setting, Writer
from xemogpt.media import probe
from xemogpt.schema import CueSet
from xemogpt.signals import Meter

MAX_PIXELS = 3840 * 2160
"""Pixels of a frame that the page will decode."""
MAX_SUBTITLE = 2_000_000
"""Bytes of a subtitle file."""
MAX_WORDS = 20_000
"""Characters of a subtitle."""


@dataclass(frozen=True)
class Progress:
    """Where an explanation is: the text written so far, and at the end all of it."""

    text: str = ""
    seconds: float = 0.0
    result: Examination | None = None


class Studio:
    """Models by name, each loaded when it is first asked for and used by one visitor at a time.

    Args:
        models: what may be asked for: ``measured``, folders, hub ids. Nothing else is loaded.
        device: where they run.
        max_minutes: longer media are refused.
    """

    def __init__(
        self, models: Sequence[str], *, device: str = "cpu", max_minutes: float = 10.0
    ) -> None:
        if not models:
            raise ConfigError("no model is given; name one with --model, such as measured")
        self._specs = _labelled(models)
        self.models = tuple(self._specs)
        """What visitors see: a folder by its name."""
        self.max_minutes = max_minutes
        self._device = device
        self._writers: dict[str, Writer] = {}
        # Detectors are the same for all models, and load when they are first needed.
        self._meter = Meter()
        self._lock = threading.Lock()

    def explain(
        self, model: str, request: Request, *, recognise: bool = True, shown_name: str | None = None
    ) -> Iterator[Progress]:
        """Explain a clip; yields at least twice a second, with the words there are so far.

        Args:
            model: one of ``models``.
            request: the clip, its words, or both.
            recognise: whether to recognise speech where no words are given.
            shown_name: what to call the clip in the result instead of its path.

        Raises:
            MediaError: if the clip is too long, too large or unreadable.
            ConfigError: if the model is none of those given, or there is nothing to explain.
        """
        self._check(model, request)
        told: queue.Queue[str | Examination | Exception] = queue.Queue()

        def work() -> None:
            try:
                told.put(self._examine(model, request, recognise, told))
            except Exception as error:  # handed to the thread that waits, which raises it
                told.put(error)

        threading.Thread(target=work, name="explain", daemon=True).start()
        text, coming, seconds = "", "", 0.0
        yield Progress()  # a visitor is answered at once, however long it takes
        while True:
            try:
                item = told.get(timeout=0.5)
            except queue.Empty:
                seconds += 0.5
                yield Progress(text, seconds)
                continue
            if isinstance(item, Exception):
                raise item
            if isinstance(item, Examination):
                named = _named(item, shown_name)
                yield Progress(named.explanation.text, seconds, named)
                return
            if isinstance(item, _Words):
                coming += item
                yield Progress(f"{text}\n\n{coming}".strip(), seconds)
                continue
            text, coming = f"{text}\n\n{item}".strip(), ""
            yield Progress(text, seconds)

    def measure(self, media: Path, subtitle: str) -> CueSet:
        """Measured cues of a clip, for an annotator to judge; speech is not recognised."""
        request = Request(media, subtitle or None)
        self._check(self.models[0], request)
        with self._lock:
            found = Explainer(meter=self._meter, use_recognition=False).explain(
                request.media, subtitle=request.subtitle
            )
        return found.cues

    def _examine(
        self,
        model: str,
        request: Request,
        recognise: bool,
        told: "queue.Queue[str | Examination | Exception]",
    ) -> Examination:
        with self._lock:
            if model not in self._writers:
                self._writers[model] = Explainer.from_pretrained(
                    self._specs[model], device=self._device
                ).writer
            writer: Writer = _TellingWriter(self._writers[model], told)
            return Explainer(writer, self._meter, use_recognition=recognise).examine(request)

    def _check(self, model: str, request: Request) -> None:
        if model not in self.models:
            raise ConfigError(f"no model {model!r} here; expected one of {', '.join(self.models)}")
        if isinstance(request.subtitle, str) and len(request.subtitle) > MAX_WORDS:
            raise ConfigError(f"the words are longer than {MAX_WORDS} characters; shorten them")
        if isinstance(request.subtitle, Path) and request.subtitle.stat().st_size > MAX_SUBTITLE:
            raise MediaError(
                f"{request.subtitle.name} is larger than {MAX_SUBTITLE // 1_000_000} MB; a subtitle"
                " file holds words and times only"
            )
        for media in (request.media, request.audio):
            if media is not None:
                _check_media(Path(media), self.max_minutes)


def _check_media(media: Path, max_minutes: float) -> None:
    """Refuse by what the packets say, before anything is decoded."""
    info = probe(media)
    if info.duration_s > 60 * max_minutes:
        raise MediaError(
            f"{media.name} lasts {info.duration_s / 60:.1f} minutes; this page takes up to"
            f" {max_minutes:g} (--max-minutes); for more use: xemogpt explain CLIP"
        )
    if info.video is not None and info.video.width * info.video.height > MAX_PIXELS:
        raise MediaError(
            f"the pictures of {media.name} have {info.video.width} x {info.video.height} pixels;"
            " this page takes up to 3840 x 2160; make them smaller"
        )


class _Words(str):
    """A part of a passage that is still being written."""

    __slots__ = ()


class _TellingWriter:
    """A writer that passes on words as they come, and each passage when it is written."""

    def __init__(self, writer: Writer, told: "queue.Queue[str | Examination | Exception]") -> None:
        self.source: Literal["model", "measured"] = writer.source
        self.name = writer.name
        # Window by window: waiting for a batch would hold back words that are there.
        self.batch_size = 1
        self.weights: dict[str, str] = writer.weights
        self.settings: dict[str, Setting] = writer.settings
        self.packages: tuple[str, ...] = writer.packages
        self._writer = writer
        self._told = told

    def write(self, pieces: Sequence[Piece], tell: Tell | None = None) -> list[Passage]:
        """Write, tell, and hand on unchanged."""
        passages = self._writer.write(pieces, lambda _, words: self._told.put(_Words(words)))
        for passage in passages:
            self._told.put(passage.text)
        return passages


def _labelled(models: Sequence[str]) -> dict[str, str]:
    """Label -> model; two folders of one name keep their paths."""
    names = [Path(model).name if Path(model).is_dir() else model for model in models]
    return {
        name if names.count(name) == 1 else model: model
        for name, model in zip(names, models, strict=True)
    }


def _named(examination: Examination, name: str | None) -> Examination:
    """The same under a name of its own: a visitor need not learn where the server keeps files."""
    if name is None:
        return examination
    explanation = examination.explanation.model_copy(update={"media": name})
    return replace(examination, explanation=explanation)
