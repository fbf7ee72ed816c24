"""Load once, explain many. It knows nothing of command lines, servers or datasets.

A request is cut into windows, each window is measured, a writer turns windows into words (the
model, or prose composed from the measurements), and the windows are put together again.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, overload

from xemogpt.errors import ConfigError, XEmoGPTError
from xemogpt.inference.joining import join_pieces
from xemogpt.inference.requests import Examination, Failure, MediaLike, Passage, Piece, Request
from xemogpt.inference.writers import Decoder, MeasuredWriter, ModelWriter, Writer
from xemogpt.media import open_clips, read_subtitles, sidecar_subtitles, slice_transcript
from xemogpt.schema import CueSet, Explanation, Transcript
from xemogpt.signals import Measurement, Meter

if TYPE_CHECKING:
    from xemogpt.model.decoding import Precision

MEASURED = "measured"
"""The name under which text is composed from measured cues, without a model."""
_LOOK_AHEAD = 2
"""Batches of windows held at once, so that those of like length can be decoded together."""


class Explainer:
    """Explains the emotion expressed in clips, with the cues that speak for it.

    Args:
        writer: what turns measured windows into words; prose from measurements by default.
        meter: the detectors; loaded when first needed.
        max_window_s: longer clips are explained in windows of at most this many seconds.
        use_recognition: whether to recognise speech where no subtitle is given.
    """

    def __init__(
        self,
        writer: Writer | None = None,
        meter: Meter | None = None,
        *,
        max_window_s: float = 12.0,
        use_recognition: bool = True,
    ) -> None:
        self.writer: Writer = writer or MeasuredWriter()
        self.meter = meter or Meter()
        self.max_window_s = max_window_s
        self.use_recognition = use_recognition

    @classmethod
    def from_pretrained(
        cls,
        model: str | Path = "nano",
        *,
        device: str = "cpu",
        batch_size: int = 4,
        use_recognition: bool = True,
        decoder: Decoder = "auto",
        precision: "Precision" = "fp32",
    ) -> "Explainer":
        """Load ``"nano"``, the model of a folder, or one of the model hub.

        ``"measured"`` runs none: its text is composed from measured cues and says ``source:
        "measured"``. ``decoder`` and ``precision`` are explained at ``ModelWriter``.

        Raises:
            WeightsError: if pulled files are absent; the message names the command to run.
            CheckpointError: if the model's weights do not fit, or are not the ones saved.
        """
        if str(model) == MEASURED:
            return cls(MeasuredWriter(), use_recognition=use_recognition)
        writer = ModelWriter(
            model, device=device, batch_size=batch_size, decoder=decoder, precision=precision,
            look_ahead=1 if batch_size == 1 else _LOOK_AHEAD,
        )  # fmt: skip
        return cls(writer, use_recognition=use_recognition)

    def signature(self) -> dict[str, object]:
        """What results depend on besides the request: equal signatures, equal results."""
        return {
            "model": self.writer.name,
            "weights": {**self.meter.weights(), **self.writer.weights},
            "settings": self.writer.settings,
            "max_window_s": self.max_window_s,
            "use_recognition": self.use_recognition,
        }

    # A str is itself an iterable of str, which the first signature takes before the second could.
    @overload
    def explain(  # type: ignore[overload-overlap]
        self,
        media: MediaLike | None = None,
        *,
        subtitle: str | Path | None = None,
        audio: MediaLike | None = None,
    ) -> Explanation: ...

    @overload
    def explain(
        self,
        media: Iterable[MediaLike | Request],
        *,
        subtitle: Sequence[str | Path | None] | None = None,
    ) -> list[Explanation]: ...

    def explain(
        self,
        media: MediaLike | Iterable[MediaLike | Request] | None = None,
        *,
        subtitle: str | Path | Sequence[str | Path | None] | None = None,
        audio: MediaLike | None = None,
    ) -> Explanation | list[Explanation]:
        """Explain one clip, or a batch of them.

        Args:
            media: a path, none for words only, or an iterable of paths or requests.
            subtitle: what is said, as text or a subtitle file; one an item for a batch.
            audio: a separate sound file for a silent video.

        Returns:
            One explanation, or a list in the order given.

        Raises:
            MediaError: if a file cannot be read. In a batch the first failure is raised; use
                ``explain_each`` to go on after failures.
            ConfigError: if there is nothing to explain.
        """
        if media is None or isinstance(media, str | Path):
            if subtitle is not None and not isinstance(subtitle, str | Path):
                raise ConfigError("one clip takes one subtitle: a text or a file, not a list")
            return self._explain_all([Request(media, subtitle, audio)])[0]
        return self._explain_all(_as_requests(media, subtitle))

    def _explain_all(self, requests: Iterable[MediaLike | Request]) -> list[Explanation]:
        """Explain every request, or raise the first failure."""
        explanations = []
        for result in self.explain_each(requests):
            if isinstance(result, Failure):
                raise result.error
            explanations.append(result)
        return explanations

    def explain_each(
        self, requests: Iterable[MediaLike | Request]
    ) -> Iterator[Explanation | Failure]:
        """Explain a stream in order; a failure is yielded in its place and the rest goes on."""
        for result in self._examine_each(requests, keep_media=False):
            yield result if isinstance(result, Failure) else result.explanation

    def examine(self, request: MediaLike | Request) -> Examination:
        """Explain one clip and keep the windows, curves and cues it was made from.

        Raises:
            MediaError: if the file cannot be read.
            ConfigError: if there is nothing to explain.
        """
        (result,) = self._examine_each([request], keep_media=True)
        if isinstance(result, Failure):
            raise result.error
        return result

    def _examine_each(
        self, requests: Iterable[MediaLike | Request], *, keep_media: bool
    ) -> Iterator[Examination | Failure]:
        """Windows of several requests go through the writer together, in order.

        Unless media are kept, memory does not grow with a clip's length.
        """
        written = self._write(self._open(requests), keep_media)
        for _, items in groupby(written, key=itemgetter(0)):
            results = [result for _, result in items]
            failure = next((result for result in results if isinstance(result, Failure)), None)
            if failure is not None:
                yield failure
            else:
                pairs = [result for result in results if not isinstance(result, Failure)]
                yield join_pieces(pairs, self.writer, self.meter)

    def _open(
        self, requests: Iterable[MediaLike | Request]
    ) -> Iterator[tuple[int, Piece | Failure]]:
        """Cut each request into measured pieces, numbered by request."""
        for index, item in enumerate(requests):
            request = item if isinstance(item, Request) else Request(item)
            try:
                for piece in self._measure(request):
                    yield index, piece
            except XEmoGPTError as error:
                yield index, Failure(request, error)

    def _measure(self, request: Request) -> Iterator[Piece]:
        transcript = _given_words(request)
        if request.media is None:
            if transcript is None or not transcript.text:
                raise ConfigError("nothing to explain: give a media file, a subtitle, or both")
            yield Piece(request, None, words_only(transcript), seconds=0.0)
            return
        started = time.perf_counter()
        for clip in open_clips(request.media, self.max_window_s, audio_path=request.audio):
            words = slice_transcript(transcript, clip.start_s, clip.end_s) if transcript else None
            recognise = self.use_recognition and transcript is None
            measurement = self.meter.measure(clip, words, recognise=recognise)
            seconds = time.perf_counter() - started
            yield Piece(request, clip, measurement, seconds, clip.start_s, clip.end_s)
            started = time.perf_counter()

    def _write(
        self, pieces: Iterable[tuple[int, Piece | Failure]], keep_media: bool
    ) -> Iterator[tuple[int, tuple[Piece, Passage] | Failure]]:
        """Hand pieces to the writer in batches, keeping their order."""
        waiting: list[tuple[int, Piece]] = []
        for index, piece in pieces:
            if not isinstance(piece, Failure):
                waiting.append((index, piece))
            if isinstance(piece, Failure) or len(waiting) >= self.writer.batch_size:
                yield from self._write_batch(waiting, keep_media)
                waiting = []
            if isinstance(piece, Failure):
                yield index, piece
        yield from self._write_batch(waiting, keep_media)

    def _write_batch(
        self, batch: Sequence[tuple[int, Piece]], keep_media: bool
    ) -> Iterator[tuple[int, tuple[Piece, Passage] | Failure]]:
        if not batch:
            return
        started = time.perf_counter()
        try:
            passages = self.writer.write([piece for _, piece in batch])
        except XEmoGPTError as error:
            if len(batch) == 1:
                index, piece = batch[0]
                yield index, Failure(piece.request, error)
                return
            # One piece spoils its batch: write each alone, so that only that one fails.
            for item in batch:
                yield from self._write_batch([item], keep_media)
            return
        share_s = (time.perf_counter() - started) / len(batch)
        for (index, piece), passage in zip(batch, passages, strict=True):
            written = replace(piece, seconds=piece.seconds + share_s)
            yield index, (written if keep_media else written.without_media(), passage)


def words_only(transcript: Transcript) -> Measurement:
    """The measurement of a request that has words and nothing to see or hear."""
    return Measurement(
        cues=CueSet(),
        curves=(),
        transcript=transcript,
        warnings=(
            "no-video: only words were given; nothing could be seen",
            "no-sound: only words were given; nothing could be heard",
        ),
    )


def _given_words(request: Request) -> Transcript | None:
    """The subtitle as given, else the file beside the clip, else none."""
    if request.subtitle is not None:
        return read_subtitles(request.subtitle)
    if request.media is not None and (beside := sidecar_subtitles(request.media)):
        return read_subtitles(beside)
    return None


def _as_requests(
    media: Iterable[MediaLike | Request],
    subtitle: str | Path | Sequence[str | Path | None] | None,
) -> Iterator[MediaLike | Request]:
    if subtitle is None:
        yield from media
        return
    items = list(media)
    if isinstance(subtitle, str | Path) or len(subtitle) != len(items):
        given = "one" if isinstance(subtitle, str | Path) else str(len(subtitle))
        raise ConfigError(f"a batch takes one subtitle an item: {len(items)} items, {given} given")
    for item, words in zip(items, subtitle, strict=True):
        request = item if isinstance(item, Request) else Request(item)
        yield replace(request, subtitle=words)
