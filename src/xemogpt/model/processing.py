"""From clips and words to the model's inputs, and from generated tokens back to words."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self, cast

import numpy as np
import torch
from torch import Tensor
from transformers import AutoTokenizer, BatchFeature
from transformers.utils import PushToHubMixin

from xemogpt.encoders.base import FrozenEncoder
from xemogpt.encoders.sources import resolve_source
from xemogpt.errors import CheckpointError, ConfigError
from xemogpt.files import atomic_write
from xemogpt.media.audio import SAMPLE_RATE
from xemogpt.model.configuration import XEmoGPTConfig
from xemogpt.model.fitting import Overflow, fit
from xemogpt.model.places import IGNORED
from xemogpt.model.requests import Perceived, Sample, as_samples
from xemogpt.model.tokens import PromptTokenizer
from xemogpt.prompts import PERCEIVED_MODALITIES, PerceivedModality, build_prompt
from xemogpt.registry import audio_encoders, video_encoders

PROCESSOR_FILE = "processor_config.json"

# Modality -> keywords of the model: raw inputs, cached features, and the lengths of either.
_NAMES: dict[PerceivedModality, tuple[str, str, str, str]] = {
    "video": ("frames", "frame_lengths", "video_features", "video_lengths"),
    "audio": ("waveform", "waveform_lengths", "audio_features", "audio_lengths"),
}
Padding = Literal["left", "right"]


class XEmoGPTProcessor(PushToHubMixin):
    """Makes the inputs of ``XEmoGPTForConditionalGeneration``.

    Args:
        tokenizer: the backbone's, with placeholders added (``add_placeholders``).
        config: the model's configuration; encoders' preprocessing follows from it.

    >>> import numpy as np
    >>> from xemogpt.model.tiny import build_tiny
    >>> processor = build_tiny()[1]
    >>> clip = np.zeros((4, 20, 20, 3), dtype=np.uint8)
    >>> batch = processor(frames=clip, subtitle="Hello.", answer="She is calm.")
    >>> sorted(batch)
    ['attention_mask', 'frame_lengths', 'frames', 'input_ids', 'labels']
    """

    model_input_names = ("input_ids", "attention_mask")

    def __init__(self, tokenizer: Any, config: XEmoGPTConfig) -> None:
        self.tokenizer = tokenizer
        self.config = config
        prompt = config.prompt_section()
        self.prompts = PromptTokenizer(tokenizer, prompt.style, prompt.bos == "pad")
        self._style = prompt.style
        self._encoders = {m: _build_preprocessor(config, m) for m in PERCEIVED_MODALITIES}

    def __call__(
        self,
        *,
        subtitle: str | Sequence[str | None] | None = None,
        instruction: str | Sequence[str | None] | None = None,
        answer: str | Sequence[str] | None = None,
        frames: np.ndarray | Sequence[np.ndarray | None] | None = None,
        waveform: np.ndarray | Sequence[np.ndarray | None] | None = None,
        video_features: Tensor | Sequence[Tensor | None] | None = None,
        audio_features: Tensor | Sequence[Tensor | None] | None = None,
        padding_side: Padding = "left",
        overflow: Overflow = "error",
        answer_room: int = 0,
        published_marks: bool = False,
    ) -> BatchFeature:
        """Make a batch. Each argument is one sample's, or a sequence with one item a sample.

        Args:
            subtitle: what is said.
            instruction: what to ask; by default, about the modalities that are there.
            answer: what the model is to learn to say; gives ``labels``.
            frames: uint8 (T, H, W, 3), RGB.
            waveform: float32 (S,), mono at 16 kHz.
            video_features: cached frozen features (T, D), instead of ``frames``.
            audio_features: cached frozen features (T, D), instead of ``waveform``.
            padding_side: ``left`` aligns what is generated and, in training, the answers, so that
                fewer logits are computed; ``right`` is there for comparisons.
            overflow: what to do with more than the context holds: ``error``, or ``trim``, which
                thins the features evenly, sound first, then video, and never cuts words.
            answer_room: tokens to leave free for what will be generated.
            published_marks: leave the published code's marks where a modality is absent.

        Returns:
            ``input_ids``, ``attention_mask`` int64 (B, L); ``labels`` if there are answers;
            ``frames``, ``waveform``, features and their lengths (B,) for what was given.

        Raises:
            ConfigError: if sequences differ in length, a modality is unknown to the model, or a
                clip has more frames or sound than it takes.
            ContextLengthError: if a sample is longer than the context.
            MediaError: if frames or sound have a wrong form.
        """
        samples = as_samples(
            subtitle=subtitle,
            instruction=instruction,
            answer=answer,
            frames=frames,
            waveform=waveform,
            video_features=video_features,
            audio_features=audio_features,
        )
        perceived = [self._perceive(sample) for sample in samples]
        rows, keeps = [], []
        for sample, media in zip(samples, perceived, strict=True):
            ids, num_prompt, keep = self._encode(
                sample, media, overflow, answer_room, published_marks
            )
            rows.append((ids, num_prompt))
            keeps.append(keep)
        batch = self._pad(rows, padding_side, with_labels=answer is not None)
        for modality in PERCEIVED_MODALITIES:
            batch |= self._collate(modality, [media.get(modality) for media in perceived])
            if any(modality in keep for keep in keeps):
                most = torch.iinfo(torch.int64).max
                kept = [keep.get(modality, most) for keep in keeps]
                batch[f"{modality}_keep"] = torch.tensor(kept)
        return BatchFeature(batch)

    def decode(self, sequences: Tensor, inputs: Mapping[str, Tensor]) -> list[str]:
        """The answers in what ``generate`` gave for ``inputs``: (B, L + new) -> B texts."""
        new = sequences[:, inputs["input_ids"].shape[1] :]
        texts = self.tokenizer.batch_decode(new, skip_special_tokens=True)
        return [text.strip() for text in texts]

    # -- steps --------------------------------------------------------------------------------

    def _perceive(self, sample: Sample) -> dict[PerceivedModality, Perceived]:
        """Preprocess what a sample holds, and count the vectors it will become."""
        found: dict[PerceivedModality, Perceived] = {}
        for modality in PERCEIVED_MODALITIES:
            raw, features = sample.media(modality)
            if raw is None and features is None:
                continue
            encoder = self._encoders[modality]
            if encoder is None:
                raise ConfigError(f"this model has no {modality} encoder; leave {modality} out")
            if features is None:
                assert raw is not None
                self._check_amount(modality, len(raw))
                inputs = encoder.preprocess(raw)
                steps = encoder.num_tokens(inputs)
                found[modality] = Perceived(inputs, None, self._pooled(modality, steps))
            else:
                features = torch.as_tensor(features)
                steps = len(features)
                found[modality] = Perceived(None, features, self._pooled(modality, steps))
            if modality == "video":
                self._check_amount(modality, steps)
            if found[modality].num_vectors == 0:
                raise ConfigError(f"a sample's {modality} features are empty; leave {modality} out")
        return found

    def _pooled(self, modality: PerceivedModality, steps: int) -> int:
        """How many vectors the backbone reads of so many steps."""
        return -(-steps // self.config.pool(modality))

    def _check_amount(self, modality: PerceivedModality, amount: int) -> None:
        """Hold a sample's frames or waveform samples against the model's limits."""
        if modality == "video" and amount > self.config.max_frames:
            raise ConfigError(
                f"{amount} frames were given, but this model takes at most"
                f" {self.config.max_frames} (video_bridge.max_frames); sample fewer"
            )
        if modality == "audio" and amount > self.config.max_audio_s * SAMPLE_RATE:
            raise ConfigError(
                f"{amount / SAMPLE_RATE:.1f} s of sound were given, but this model takes at most"
                f" {self.config.max_audio_s:g} s (max_audio_s); explain it in windows"
            )

    def _encode(
        self,
        sample: Sample,
        media: Mapping[PerceivedModality, Perceived],
        overflow: Overflow,
        answer_room: int,
        published_marks: bool,
    ) -> tuple[list[int], int, dict[PerceivedModality, int]]:
        """Ids of prompt and answer, the prompt's length, and what was thinned to how many."""
        parts = build_prompt(
            self._style,
            subtitle=sample.subtitle,
            instruction=sample.instruction,
            modalities=set(media),
            keep_absent_marks=published_marks,
        )
        answer = [] if sample.answer is None else self.prompts.encode_answer(sample.answer)
        counts = {modality: one.num_vectors for modality, one in media.items()}
        words = len(self.prompts.encode(parts, dict.fromkeys(counts, 0)))
        fitted = fit(words, counts, len(answer) + answer_room, self.config.context_limit, overflow)
        ids = self.prompts.encode(parts, fitted)
        keep = {modality: n for modality, n in fitted.items() if n != counts[modality]}
        return [*ids, *answer], len(ids), keep

    def _pad(
        self, rows: Sequence[tuple[list[int], int]], side: Padding, with_labels: bool
    ) -> dict[str, Any]:
        """Stack rows of (ids, prompt length); labels follow from lengths, never from ids."""
        if side not in ("left", "right"):
            raise ConfigError(f"padding_side is {side!r}; expected left or right")
        longest = max(len(ids) for ids, _ in rows)
        pad = self.tokenizer.pad_token_id or 0
        input_ids = torch.full((len(rows), longest), pad)
        attention_mask = torch.zeros_like(input_ids)
        labels = torch.full_like(input_ids, IGNORED)
        for row, (ids, num_prompt) in enumerate(rows):
            start = longest - len(ids) if side == "left" else 0
            end = start + len(ids)
            input_ids[row, start:end] = torch.tensor(ids)
            attention_mask[row, start:end] = 1
            labels[row, start + num_prompt : end] = torch.tensor(ids[num_prompt:])
        batch: dict[str, Any] = {"input_ids": input_ids, "attention_mask": attention_mask}
        return {**batch, "labels": labels} if with_labels else batch

    def _collate(
        self, modality: PerceivedModality, media: Sequence[Perceived | None]
    ) -> dict[str, Tensor]:
        """Batch one modality; rows without it have length 0."""
        inputs_name, input_lengths_name, features_name, lengths_name = _NAMES[modality]
        batch: dict[str, Tensor] = {}
        raw = {i: one.inputs for i, one in enumerate(media) if one and one.inputs is not None}
        if raw:
            encoder = cast(FrozenEncoder, self._encoders[modality])
            collated = encoder.collate(list(raw.values()))
            batch[inputs_name] = _spread(collated["inputs"], list(raw), len(media))
            batch[input_lengths_name] = _spread(collated["lengths"], list(raw), len(media))
        cached = {
            i: one.features for i, one in enumerate(media) if one and one.features is not None
        }
        if cached:
            stacked = torch.nn.utils.rnn.pad_sequence(list(cached.values()), batch_first=True)
            lengths = torch.tensor([len(one) for one in cached.values()])
            batch[features_name] = _spread(stacked, list(cached), len(media))
            batch[lengths_name] = _spread(lengths, list(cached), len(media))
        return batch

    # -- files --------------------------------------------------------------------------------

    def save_pretrained(self, save_directory: str | Path, **kwargs: Any) -> None:
        """Write the tokenizer and the settings.

        Raises:
            OutputError: if the folder cannot be written.
        """
        folder = Path(save_directory)
        settings = {"processor_class": type(self).__name__, "config": self.config.to_dict()}
        with atomic_write(folder / PROCESSOR_FILE) as file:
            json.dump(settings, file, indent=2)
        self.tokenizer.save_pretrained(folder)

    @classmethod
    def from_pretrained(
        cls, pretrained_model_name_or_path: str | Path, revision: str | None = None, **kwargs: Any
    ) -> Self:
        """Load from a folder or hub id.

        Raises:
            CheckpointError: if it holds no processor.
            WeightsError: if there is no such folder or hub id.
        """
        folder = resolve_source(pretrained_model_name_or_path, revision)
        try:
            settings = json.loads((folder / PROCESSOR_FILE).read_text(encoding="utf-8"))
            config = XEmoGPTConfig.from_dict(settings["config"])
            tokenizer = AutoTokenizer.from_pretrained(folder)
        except (OSError, KeyError, json.JSONDecodeError) as error:
            raise CheckpointError(
                f"{folder} holds no complete XEmoGPT processor ({PROCESSOR_FILE} and a"
                f" tokenizer): {str(error).splitlines()[0]}"
            ) from error
        return cls(tokenizer, config)


def _build_preprocessor(config: XEmoGPTConfig, modality: PerceivedModality) -> FrozenEncoder | None:
    """The encoder without weights: enough to preprocess and to count."""
    section = config.encoder_section(modality)
    if section is None:
        return None
    registry = video_encoders if modality == "video" else audio_encoders
    with torch.device("meta"):
        encoder: FrozenEncoder = registry.get(section.name).from_config(section.config)
    return encoder


def _spread(tensor: Tensor, rows: Sequence[int], num_rows: int) -> Tensor:
    """Put a smaller batch into the given rows of a larger one, zeros elsewhere."""
    if len(rows) == num_rows:
        return tensor
    spread = tensor.new_zeros(num_rows, *tensor.shape[1:])
    spread[list(rows)] = tensor
    return spread
