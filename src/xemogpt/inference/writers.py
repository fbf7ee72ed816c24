"""Who writes the explanation of a window: the model, or prose from the measurements."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

from xemogpt.files import sha256_of
from xemogpt.inference.requests import Passage, Piece
from xemogpt.inference.support import mark_support
from xemogpt.media import Clip
from xemogpt.metrics.extraction import RuleExtractor
from xemogpt.schema import CueSet, Emotion
from xemogpt.signals import appraise, compose

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

    def write(self, pieces: Sequence[Piece]) -> list[Passage]:
        """Explain each window; at most ``batch_size`` of them are handed over at once."""
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

    def write(self, pieces: Sequence[Piece]) -> list[Passage]:
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
        self, path: str | Path, device: str = "cpu", batch_size: int = 4, max_new_tokens: int = 256
    ) -> None:
        """Load model and processor from a folder or a hub id.

        Raises:
            CheckpointError: if the weights are not all there, or other than the ones saved.
            WeightsError: if there is no such folder or hub id.
        """
        # torch and transformers are needed here and nowhere on the measured path.
        from transformers.utils import logging

        from xemogpt.model.modeling import XEmoGPTForConditionalGeneration
        from xemogpt.model.processing import XEmoGPTProcessor

        logging.disable_progress_bar()
        self.name = str(path)
        self.batch_size = batch_size
        self._processor = XEmoGPTProcessor.from_pretrained(path)
        self._model: Any = XEmoGPTForConditionalGeneration.from_pretrained(path).to(device).eval()
        self._config = self._processor.config
        self._max_new_tokens = max_new_tokens
        self.weights: dict[str, str] = _hash_weights(path)
        self.settings: dict[str, Setting] = {
            "device": device,
            "decoding": "greedy",
            "max_new_tokens": max_new_tokens,
            "num_frames": self._config.max_frames,
        }

    def write(self, pieces: Sequence[Piece]) -> list[Passage]:
        """Generate an explanation of each window, all in one batch."""
        frames = [self._frames(piece.clip) for piece in pieces]
        waveforms = [self._waveform(piece.clip) for piece in pieces]
        words = [piece.measurement.transcript for piece in pieces]
        inputs = self._processor(
            subtitle=[said.text if said else None for said in words],
            frames=frames,
            waveform=waveforms,
            overflow="trim",
            answer_room=self._max_new_tokens,
        ).to(self._model.device)
        generated = self._model.generate(
            **inputs, max_new_tokens=self._max_new_tokens, do_sample=False, num_beams=1
        )
        texts = self._processor.decode(generated, inputs)
        return [self._passage(text, piece) for text, piece in zip(texts, pieces, strict=True)]

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


def _stated_emotions(stated: CueSet) -> tuple[Emotion, ...]:
    """The emotions that the text concludes with; a text gives no degrees, so they share 1."""
    labels = list(dict.fromkeys(cue.text for cue in stated.emotional))
    return tuple(Emotion(label=label, score=round(1 / len(labels), 4)) for label in labels)


def _hash_weights(path: str | Path) -> dict[str, str]:
    """SHA-256 of the weight files in a local folder; a hub id is named by itself."""
    return {
        f"{Path(path).name}/{file.name}": sha256_of(file)
        for file in sorted(Path(path).glob("*.safetensors"))
    }
