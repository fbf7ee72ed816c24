"""Who writes the explanation of a window: the model, or prose from the measurements."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

from xemogpt.errors import ConfigError
from xemogpt.files import sha256_of
from xemogpt.inference.requests import Passage, Piece
from xemogpt.inference.streaming import Tell, TokenTeller
from xemogpt.inference.support import mark_support
from xemogpt.media import Clip
from xemogpt.metrics.extraction import RuleExtractor
from xemogpt.schema import CueSet, Emotion
from xemogpt.signals import appraise, compose

if TYPE_CHECKING:
    from xemogpt.model.decoding import Precision

Decoder = Literal["auto", "fast", "transformers"]
Setting = str | int | float | bool | None


class Writer(Protocol):
    """Turns measured windows into words."""

    source: Literal["model", "measured"]
    name: str
    batch_size: int
    weights: dict[str, str]
    settings: dict[str, Setting]
    packages: tuple[str, ...]
    """Packages whose versions its output depends on."""

    def write(self, pieces: Sequence[Piece], tell: Tell | None = None) -> list[Passage]:
        """Explain each window; at most ``batch_size`` of them are handed over at once.

        ``tell`` hears the words of each window (by its place in ``pieces``) as they come, from
        writers whose words come one by one.
        """
        ...


class MeasuredWriter:
    """Prose from measured cues alone: nothing is said that was not measured."""

    source: Literal["model", "measured"] = "measured"
    name = "measured"
    batch_size = 1
    packages: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.weights: dict[str, str] = {}
        self.settings: dict[str, Setting] = {}

    def write(self, pieces: Sequence[Piece], tell: Tell | None = None) -> list[Passage]:
        """Compose a paragraph from the cues of each measurement."""
        return [_compose_passage(piece) for piece in pieces]


def _compose_passage(piece: Piece) -> Passage:
    measured = piece.measurement
    appraisal = appraise(measured)
    cues = CueSet(measured.cues.visual, measured.cues.auditory, appraisal.cues)
    return Passage(compose(measured, appraisal), cues, appraisal.emotions)


class ModelWriter:
    """The XEmoGPT model, decoding greedily; what it states is compared with what was measured."""

    source: Literal["model", "measured"] = "model"
    packages: tuple[str, ...] = ("peft", "torch", "transformers")

    def __init__(
        self,
        path: str | Path,
        device: str = "cpu",
        batch_size: int = 4,
        max_new_tokens: int = 256,
        *,
        decoder: Decoder = "auto",
        precision: "Precision" = "fp32",
        look_ahead: int = 1,
    ) -> None:
        """Load model and processor from a folder or a hub id.

        Args:
            path: folder or hub id.
            device: where the model runs.
            batch_size: windows decoded together.
            max_new_tokens: longest text.
            decoder: ``transformers`` is the reference; ``fast`` gives the same tokens sooner, for
                Llama backbones in float32 on CPUs; ``auto`` is ``fast`` where that works.
            precision: of decoding; ``int8`` and ``int8-weights`` only with the fast decoder.
            look_ahead: batches' worth of windows taken at once, among which those of like length
                are put together; more than 1 delays the first of them.

        Raises:
            ConfigError: if the fast decoder is asked for and cannot decode this model.
            CheckpointError: if the weights are not all there, or other than the ones saved.
            WeightsError: if there is no such folder or hub id.
        """
        # torch and transformers are needed here and nowhere on the measured path.
        from transformers.utils import logging

        from xemogpt.model.modeling import XEmoGPTForConditionalGeneration
        from xemogpt.model.processing import XEmoGPTProcessor

        logging.disable_progress_bar()
        self.name = str(path)
        self.batch_size = batch_size * look_ahead
        self._rows = batch_size
        self._processor = XEmoGPTProcessor.from_pretrained(path)
        self._model: Any = XEmoGPTForConditionalGeneration.from_pretrained(path).to(device).eval()
        self._config = self._processor.config
        self._max_new_tokens = max_new_tokens
        self._decoder = _choose_decoder(self._model, decoder, precision)
        self.weights: dict[str, str] = _hash_weights(path)
        self.settings: dict[str, Setting] = {
            "device": device,
            "decoding": "greedy",
            "decoder": "transformers" if self._decoder is None else "fast",
            "precision": "as saved" if self._decoder is None else precision,
            "max_new_tokens": max_new_tokens,
            "num_frames": self._config.max_frames,
        }

    def write(self, pieces: Sequence[Piece], tell: Tell | None = None) -> list[Passage]:
        """Generate an explanation of each window, windows of like length together."""
        order = sorted(range(len(pieces)), key=lambda index: _length(pieces[index]))
        passages: dict[int, Passage] = {}
        for start in range(0, len(order), self._rows):
            chosen = order[start : start + self._rows]
            batch = [pieces[index] for index in chosen]
            teller = None
            if tell is not None:
                teller = TokenTeller(
                    self._processor.tokenizer, chosen, tell, has_prompt=self._decoder is None
                )
            for index, text in zip(chosen, self._generate(batch, teller), strict=True):
                passages[index] = self._passage(text, pieces[index])
        return [passages[index] for index in range(len(pieces))]

    def _generate(self, pieces: Sequence[Piece], teller: TokenTeller | None = None) -> list[str]:
        words = [piece.measurement.transcript for piece in pieces]
        inputs = self._processor(
            subtitle=[said.text if said else None for said in words],
            frames=[self._frames(piece.clip) for piece in pieces],
            waveform=[self._waveform(piece.clip) for piece in pieces],
            overflow="trim",
            answer_room=self._max_new_tokens,
        ).to(self._model.device)
        if self._decoder is None:
            generated = self._model.generate(
                **inputs,
                max_new_tokens=self._max_new_tokens,
                do_sample=False,
                num_beams=1,
                streamer=teller,
            )
        else:
            generated = self._model.generate_fast(
                self._decoder,
                max_new_tokens=self._max_new_tokens,
                tell=teller.put if teller else None,
                **inputs,
            )
            if teller is not None:
                teller.end()
        texts: list[str] = self._processor.decode(generated, inputs)
        return texts

    def _frames(self, clip: Clip | None) -> Any:
        if clip is None or self._config.video_encoder is None:
            return None
        frames = clip.frames(self._config.max_frames)
        return None if frames is None else frames.images

    def _waveform(self, clip: Clip | None) -> Any:
        if clip is None or self._config.audio_encoder is None or clip.waveform is None:
            return None
        return clip.waveform if len(clip.waveform) else None

    def _passage(self, text: str, piece: Piece) -> Passage:
        stated = RuleExtractor().extract(text).cues
        warnings = () if text else ("empty-answer: the model said nothing about this window",)
        return Passage(text, mark_support(stated, piece), _stated_emotions(stated), warnings)


def _choose_decoder(model: Any, decoder: Decoder, precision: "Precision") -> Any:
    """A ``FastDecoder``, or none for transformers."""
    from xemogpt.model.decoding import FastDecoder, why_not_fast

    if decoder not in get_args(Decoder):
        raise ConfigError(
            f"unknown decoder {decoder!r}; expected one of: {', '.join(get_args(Decoder))}"
        )
    if decoder == "transformers" and precision != "fp32":
        raise ConfigError(
            f"precision {precision} is one of the fast decoder's; leave precision out, or decode"
            " with decoder='fast'"
        )
    if decoder == "transformers":
        return None
    if decoder == "auto" and precision == "fp32" and why_not_fast(model.language_model, precision):
        return None
    return FastDecoder(model.language_model, precision)


def _length(piece: Piece) -> tuple[float, int]:
    """What a prompt's length follows: seconds of media, characters said."""
    said = piece.measurement.transcript
    return piece.end_s - piece.start_s, len(said.text) if said else 0


def _stated_emotions(stated: CueSet) -> tuple[Emotion, ...]:
    """The emotions that the text concludes with; a text gives no degrees, so they share 1."""
    labels = list(dict.fromkeys(cue.text for cue in stated.emotional))
    return tuple(Emotion(label=label, score=round(1 / len(labels), 4)) for label in labels)


def _hash_weights(path: str | Path) -> dict[str, str]:
    """SHA-256 of a model's weight files."""
    from xemogpt.encoders.sources import resolve_source

    return {
        f"{Path(path).name}/{file.name}": sha256_of(file)
        for file in sorted(resolve_source(path).glob("*.safetensors"))
    }
