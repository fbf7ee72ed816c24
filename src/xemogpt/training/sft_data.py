"""Samples of fine-tuning: what the model is shown, and what it is to answer."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from xemogpt.errors import DatasetError, MediaError
from xemogpt.media import probe, read_audio, read_frames
from xemogpt.model.processing import XEmoGPTProcessor
from xemogpt.prompts import PERCEIVED_MODALITIES, PerceivedModality
from xemogpt.training.answers import Wording, answer_of
from xemogpt.training.cache import FeatureCache
from xemogpt.training.hashes import MediaHashes
from xemogpt.training.samples import OnBad, TrainingSample
from xemogpt.training.sft_settings import Dropped

_CACHED: dict[PerceivedModality, str] = {"video": "video_features", "audio": "audio_features"}
_RAW: dict[PerceivedModality, str] = {"video": "frames", "audio": "waveform"}
Example = dict[str, Any]
"""Keywords of the processor for one sample."""


class SftDataset(Dataset[Example]):
    """One example a sample. What is drawn is a function of seed, epoch and sample.

    Args:
        samples: with an explanation or cues to answer with.
        caches: modality -> frozen features; modalities without are decoded from the media.
        modalities: those the model perceives.
        dropped: chances of leaving parts out.
        num_frames: frames decoded from a clip without cached video.
        max_audio_s: seconds of sound decoded from a clip without cached sound.
        hashes: of the media.
        seed: of the draws.
        training: whether parts are left out and augmented copies are taken.
        wording: of the answers.
    """

    def __init__(
        self,
        samples: Sequence[TrainingSample],
        caches: Mapping[PerceivedModality, FeatureCache],
        modalities: Sequence[PerceivedModality],
        dropped: Dropped,
        num_frames: int,
        max_audio_s: float,
        hashes: MediaHashes,
        seed: int,
        training: bool,
        wording: Wording = "recorded",
    ) -> None:
        self.samples = samples
        self.caches = caches
        self.modalities = modalities
        self.dropped = dropped
        self.num_frames = num_frames
        self.max_audio_s = max_audio_s
        self.seed = seed
        self.training = training
        self.wording: Wording = wording
        self.epoch = 0
        self.lengths: list[int] | None = None
        self.keys = [hashes.of(sample.media) if sample.media else None for sample in samples]
        self._present = [self._modalities_of(index) for index in range(len(samples))]

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch; accelerate calls this."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Example:
        sample = self.samples[index]
        epoch = self.epoch if self.training else 0
        rng = np.random.default_rng([self.seed, epoch, index])
        shown, has_words = self._draw(index, rng)
        answer = answer_of(sample, shown, has_words, rng, self.wording)
        if answer is None:
            shown, has_words = self._present[index], bool(sample.transcript)
            answer = answer_of(sample, shown, has_words, rng, self.wording)
        if answer is None:
            raise DatasetError(
                f"sample {sample.id!r} has neither an explanation nor cues with an emotion to"
                " answer with; add one, or leave such samples out with --set data.on_bad=skip"
            )
        example: Example = {
            "subtitle": sample.transcript if has_words else None,
            "instruction": sample.instruction,
            "answer": answer,
        }
        for modality in shown:
            example |= self._perceived(index, modality, rng)
        return example

    def _modalities_of(self, index: int) -> tuple[PerceivedModality, ...]:
        """What a sample has of what the model perceives."""
        sample, key = self.samples[index], self.keys[index]
        if sample.media is None or key is None:
            return ()
        info = None
        found: list[PerceivedModality] = []
        for modality in self.modalities:
            if modality in self.caches:
                has = key in self.caches[modality]
            else:
                info = info or probe(sample.media)
                has = (info.video if modality == "video" else info.audio) is not None
            if has:
                found.append(modality)
        return tuple(found)

    def _draw(
        self, index: int, rng: np.random.Generator
    ) -> tuple[tuple[PerceivedModality, ...], bool]:
        """What is shown: all of it, or in training all but what is dropped; never nothing."""
        present = self._present[index]
        has_words = bool(self.samples[index].transcript)
        if not self.training:
            return present, has_words
        chances = {"video": self.dropped.video, "audio": self.dropped.audio}
        kept = tuple(modality for modality in present if rng.random() >= chances[modality])
        keeps_words = has_words and rng.random() >= self.dropped.words
        # Words alone are shown too: of them no cue of face or voice can be told.
        return (kept, keeps_words) if kept or keeps_words else (present, keeps_words)

    def _perceived(
        self, index: int, modality: PerceivedModality, rng: np.random.Generator
    ) -> Example:
        cache, key = self.caches.get(modality), self.keys[index]
        if cache is not None and key is not None:
            copies = [key, *cache.variants(key)] if self.training else [key]
            return {_CACHED[modality]: cache[copies[int(rng.integers(len(copies)))]].float()}
        media = self.samples[index].media
        assert media is not None
        if modality == "video":
            return {_RAW[modality]: read_frames(media, self.num_frames).images}
        return {_RAW[modality]: read_audio(media, 0, self.max_audio_s).waveform}


class SftCollator:
    """Examples -> a batch of the model.

    Args:
        processor: of the model.
    """

    def __init__(self, processor: XEmoGPTProcessor) -> None:
        self.processor = processor

    def __call__(self, examples: Sequence[Example]) -> dict[str, Tensor]:
        """``input_ids``, ``attention_mask``, ``labels`` (B, L), and what is seen and heard."""
        names = sorted({name for example in examples for name in example})
        columns: dict[str, Any] = {
            name: [example.get(name) for example in examples] for name in names
        }
        for name in ("frames", "waveform", "video_features", "audio_features"):
            # A column of nothing says nothing.
            if name in columns and all(value is None for value in columns[name]):
                del columns[name]
        batch: Any = self.processor(**columns, padding_side="left", overflow="trim")
        return dict(batch)


def usable(
    dataset: SftDataset, on_bad: OnBad, processor: XEmoGPTProcessor
) -> tuple[list[int], list[int], list[str]]:
    """Which samples can be trained on, and how long they are.

    Returns:
        Indices, tokens of each, and a sentence for each sample that is left out.

    Raises:
        DatasetError: naming the samples, if some cannot be used and ``on_bad`` is ``error``, or
            none can.
    """
    kept, lengths, problems = [], [], []
    for index, sample in enumerate(dataset.samples):
        try:
            lengths.append(_num_tokens(dataset, index, processor))
            kept.append(index)
        except (DatasetError, MediaError, ValueError) as error:
            problems.append(f"sample {sample.id!r}: {error}")
    if problems and (on_bad == "error" or not kept):
        listed = "\n".join(f"  {problem}" for problem in problems[:10])
        raise DatasetError(
            f"{len(problems)} of {len(dataset)} samples cannot be trained on; mend them, or leave"
            f" them out with --set data.on_bad=skip:\n{listed}"
        )
    return kept, lengths, problems


def _num_tokens(dataset: SftDataset, index: int, processor: XEmoGPTProcessor) -> int:
    """Tokens of a sample without its media, which are as long as they are."""
    sample = dataset.samples[index]
    rng = np.random.default_rng([dataset.seed, 0, index])
    present = dataset._present[index]
    answer = answer_of(sample, present, bool(sample.transcript), rng, dataset.wording)
    if answer is None:
        raise DatasetError("it has neither an explanation nor cues with an emotion to answer with")
    batch = processor(subtitle=sample.transcript, instruction=sample.instruction, answer=answer)
    steps = 0
    for modality in present:
        cache, key = dataset.caches.get(modality), dataset.keys[index]
        steps += cache.num_steps(key) if cache is not None and key is not None else 0
    return int(torch.as_tensor(batch["input_ids"]).shape[1]) + steps


def modalities_of(processor: XEmoGPTProcessor) -> tuple[PerceivedModality, ...]:
    """What a model perceives."""
    return tuple(m for m in PERCEIVED_MODALITIES if processor.config.encoder_section(m) is not None)
