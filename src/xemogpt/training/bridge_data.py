"""Samples of bridge pretraining: cached features, cue sentences, and drawn tasks."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.utils.data import Dataset

from xemogpt.config import Config
from xemogpt.errors import DatasetError
from xemogpt.files import atomic_write
from xemogpt.schema import Modality
from xemogpt.training.cache import FeatureCache
from xemogpt.training.orders import WrongOrder, wrong_order
from xemogpt.training.samples import TrainingSample

TextTarget = Literal["cue", "cues", "mean"]


class DrawSettings(Config):
    """What is drawn anew for each sample in each epoch."""

    text: TextTarget = "cue"
    """The text of a clip: ``cue``, one of its cues; ``cues``, all as one text; ``mean``, the mean
    of their embeddings."""
    wrong_orders: tuple[WrongOrder, ...] = ("shuffled", "reversed", "moved")
    """Kinds of wrong order, each as likely as the others (video)."""
    hidden_rate: float = Field(default=0.5, gt=0, lt=1)
    """Share of frames to reconstruct (video)."""
    time_mask_rate: float = Field(default=0.1, ge=0, lt=1)
    """Share of steps, in spans, replaced by the clip's mean (training only)."""
    feature_mask_rate: float = Field(default=0.0, ge=0, lt=1)
    """Share of feature dimensions replaced by the clip's mean (training only)."""
    subject_shift: float = Field(default=0.0, ge=0, le=1)
    """Share of training samples whose features move from their own subject's mean towards that of
    another drawn one: as if someone else had spoken. Needs ``subject`` in the records."""
    max_steps: int | None = Field(default=None, ge=1)
    """Longest stretch of a clip; a longer one is cut at a drawn place."""


class CueTexts:
    """Embeddings of cue sentences by a frozen text encoder, kept on disk between runs.

    Args:
        encoder: a ``TextEncoder``.
        cache_dir: where embeddings are kept; none to keep them in memory only.
    """

    def __init__(self, encoder: Any, cache_dir: str | Path | None = None) -> None:
        self.encoder = encoder
        self.path = None
        self._known: dict[str, np.ndarray] = {}
        if cache_dir is not None:
            self.path = Path(cache_dir) / f"texts-{encoder.fingerprint}.npz"
            if self.path.exists():
                stored = np.load(self.path, allow_pickle=False)
                self._known = dict(zip(stored["texts"].tolist(), stored["values"], strict=True))

    def prepare(self, texts: Sequence[str]) -> None:
        """Embed what is not known yet, and write it down."""
        missing = sorted(set(texts) - self._known.keys())
        if not missing:
            return
        self._known.update(zip(missing, self.encoder.encode(missing), strict=True))
        if self.path is not None:
            with atomic_write(self.path, "wb") as file:
                values = np.stack(list(self._known.values()))
                np.savez(file, texts=np.array(list(self._known)), values=values)

    def __getitem__(self, text: str) -> np.ndarray:
        return self._known[text]


class BridgeDataset(Dataset[dict[str, Tensor]]):
    """One item a sample: features, the embedding of its text, and the ids of its cues.

    What is drawn is a function of seed, epoch and sample, so that processes and resumed runs see
    what a single run sees.

    Args:
        samples: each with at least one cue of ``modalities`` and cached features.
        keys: media hash of each sample.
        cache: of frozen features.
        texts: embeddings of cues.
        modalities: whose cues.
        draws: what is drawn.
        vocabulary: cue name -> id, the same for all splits.
        seed: of the draws.
        training: whether to mask and to take augmented copies.
    """

    def __init__(
        self,
        samples: Sequence[TrainingSample],
        keys: Sequence[str],
        cache: FeatureCache,
        texts: CueTexts,
        modalities: Sequence[Modality],
        draws: DrawSettings,
        vocabulary: Mapping[str, int],
        seed: int,
        training: bool,
    ) -> None:
        self.samples = samples
        self.keys = keys
        self.cache = cache
        self.texts = texts
        self.modalities = tuple(modalities)
        self.draws = draws
        self.vocabulary = vocabulary
        self.seed = seed
        self.training = training
        self.epoch = 0
        self._means: dict[str, Tensor] = {}
        if training and draws.subject_shift:
            self._means = _subject_means(samples, keys, cache)
        self.max_cues = max(len(s.cue_names(*self.modalities)) for s in samples)
        sentences = [s.cue_texts(*self.modalities) for s in samples]
        texts.prepare([text for ones in sentences for text in [*ones, _joined(ones)]])

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch; accelerate calls this."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        epoch = self.epoch if self.training else 0
        rng = np.random.default_rng([self.seed, epoch, index])
        values, place = self._features(index, rng)
        text, key_cues = self._text(self.samples[index], rng)
        length = len(values)
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        kinds = self.draws.wrong_orders
        order = wrong_order(length, kinds[int(rng.integers(len(kinds)))], generator)
        num_hidden = max(1, round(self.draws.hidden_rate * length))
        hidden = torch.zeros(length, dtype=torch.bool)
        hidden[torch.randperm(length, generator=generator)[:num_hidden]] = True
        return {
            "values": values,
            "text": torch.from_numpy(text),
            "own_cues": self._ids(self.samples[index].cue_names(*self.modalities)),
            "when": self._when(self.samples[index], place),
            "key_cues": self._ids(key_cues),
            "order": order,
            "hidden": hidden,
            "sample_index": torch.tensor(index),
        }

    def _features(self, index: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Features (T, D) or (T, L, D), and where in what was encoded each step lies (T,), 0 to 1.

        In training they are of any copy, cut and masked.
        """
        key = self.keys[index]
        if self.training:
            choices = [key, *self.cache.variants(key)]
            key = choices[int(rng.integers(len(choices)))]
        values = self.cache[key].float()
        place = (torch.arange(len(values)) + 0.5) / len(values)
        most = self.draws.max_steps
        if most is not None and len(values) > most:
            start = int(rng.integers(len(values) - most + 1)) if self.training else 0
            values, place = values[start : start + most], place[start : start + most]
        if self.training:
            own = self._means.get(str(self.samples[index].subject))
            if own is not None and rng.random() < self.draws.subject_shift:
                names = sorted(self._means)
                other = self._means[names[int(rng.integers(len(names)))]]
                values = values + float(rng.random()) * (other - own)
            values = _mask(values, self.draws, rng)
        return values, place

    def _when(self, sample: TrainingSample, place: Tensor) -> Tensor:
        """At which steps each cue of ``own_cues`` is there, bool (T, M); all, if it has no time."""
        spans: dict[int, list[tuple[float, float]]] = {}
        length = sample.duration_s
        most_s = self.cache.identity.max_s
        encoded_s = min(length, most_s) if length and most_s else length
        for name, cue in zip(
            sample.cue_names(*self.modalities), sample.cues_of(*self.modalities), strict=True
        ):
            span = (0.0, 1.0)
            if encoded_s and cue.start_s is not None and cue.end_s is not None:
                span = (cue.start_s / encoded_s, cue.end_s / encoded_s)
            spans.setdefault(self.vocabulary[name], []).append(span)
        when = torch.zeros(len(place), self.max_cues, dtype=torch.bool)
        for column, cue_id in enumerate(sorted(spans)):
            for start, end in spans[cue_id]:
                when[:, column] |= (place >= start) & (place <= end)
        return when

    def _text(
        self, sample: TrainingSample, rng: np.random.Generator
    ) -> tuple[np.ndarray, tuple[str, ...]]:
        """The embedding a clip is to be near, and the names of the cues it speaks of."""
        sentences = sample.cue_texts(*self.modalities)
        names = sample.cue_names(*self.modalities)
        if self.draws.text == "cue":
            chosen = int(rng.integers(len(sentences)))
            return self.texts[sentences[chosen]], (names[chosen],)
        if self.draws.text == "cues":
            return self.texts[_joined(sentences)], names
        mean = np.mean([self.texts[one] for one in sentences], axis=0)
        return (mean / max(np.linalg.norm(mean), 1e-12)).astype(np.float32), names

    def _ids(self, names: Sequence[str]) -> Tensor:
        ids = torch.full((self.max_cues,), -1)
        known = sorted({self.vocabulary[name] for name in names})
        ids[: len(known)] = torch.tensor(known)
        return ids


def collate_bridge(items: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Pad and stack: ``values`` (B, T, ...), ``mask``, ``hidden`` bool (B, T), ``order`` (B, T)."""
    lengths = torch.tensor([len(item["values"]) for item in items])
    longest = int(lengths.max())
    mask = torch.arange(longest) < lengths[:, None]
    orders = [torch.cat([i["order"], torch.arange(len(i["order"]), longest)]) for i in items]
    width = max(len(item["own_cues"]) for item in items)

    def stack(name: str) -> Tensor:
        return torch.stack([item[name] for item in items])

    assert all(len(item["own_cues"]) == width for item in items)
    return {
        "values": torch.nn.utils.rnn.pad_sequence([i["values"] for i in items], batch_first=True),
        "mask": mask,
        "hidden": torch.nn.utils.rnn.pad_sequence([i["hidden"] for i in items], batch_first=True),
        "when": torch.nn.utils.rnn.pad_sequence([i["when"] for i in items], batch_first=True),
        "order": torch.stack(orders),
        **{name: stack(name) for name in ("text", "own_cues", "key_cues", "sample_index")},
    }


def cue_bank(
    samples: Sequence[TrainingSample],
    modalities: Sequence[Modality],
    vocabulary: Mapping[str, int],
    texts: CueTexts,
) -> tuple[Tensor, Tensor]:
    """What each cue of a vocabulary means and how common it is, over training samples.

    Returns:
        (C, D_text) the mean embedding of a cue's wordings, zero where no sample has the cue, and
        (C,) the share of samples that have it.
    """
    wordings: dict[str, set[str]] = {}
    counts = torch.zeros(len(vocabulary))
    for sample in samples:
        names = sample.cue_names(*modalities)
        for name, text in zip(names, sample.cue_texts(*modalities), strict=True):
            wordings.setdefault(name, set()).add(text)
        counts[[vocabulary[name] for name in set(names)]] += 1
    texts.prepare([text for ones in wordings.values() for text in ones])
    width = len(texts[next(iter(next(iter(wordings.values()))))])
    bank = torch.zeros(len(vocabulary), width)
    for name, ones in wordings.items():
        bank[vocabulary[name]] = torch.from_numpy(
            np.mean([texts[text] for text in sorted(ones)], axis=0)
        )
    return bank, counts / len(samples)


def check_contrast(
    samples: Sequence[TrainingSample], modalities: Sequence[Modality], split: str
) -> None:
    """Refuse what contrast cannot learn from: one sample, or the same cues everywhere.

    Raises:
        DatasetError: saying which it is.
    """
    cue_sets = {tuple(sorted(set(sample.cue_names(*modalities)))) for sample in samples}
    what = " and ".join(modalities)
    if len(samples) < 2:
        raise DatasetError(
            f"the {split} split has {len(samples)} sample(s) with {what} cues and features;"
            " contrast needs two at least, and learns from hundreds"
        )
    if len(cue_sets) < 2:
        raise DatasetError(
            f"all {len(samples)} samples of the {split} split have the same {what} cues"
            f" ({', '.join(next(iter(cue_sets))[:5])}); there is nothing to tell apart"
        )


def _joined(sentences: Sequence[str]) -> str:
    return ". ".join(text.rstrip(".") for text in sentences) + "."


def _subject_means(
    samples: Sequence[TrainingSample], keys: Sequence[str], cache: FeatureCache
) -> dict[str, Tensor]:
    """Mean features (D,), or (L, D), of each subject's clips."""
    sums: dict[str, list[Tensor]] = {}
    for sample, key in zip(samples, keys, strict=True):
        if sample.subject is not None:
            sums.setdefault(sample.subject, []).append(cache[key].float().mean(dim=0))
    return {name: torch.stack(rows).mean(dim=0) for name, rows in sums.items()}


def _mask(values: Tensor, draws: DrawSettings, rng: np.random.Generator) -> Tensor:
    """Put the clip's own mean in place of spans of steps and single dimensions."""
    values, mean = values.clone(), values.mean(dim=0)
    remaining = int(draws.time_mask_rate * len(values))
    while remaining > 0:
        span = min(remaining, int(rng.integers(1, max(2, len(values) // 10) + 1)))
        start = int(rng.integers(len(values) - span + 1))
        values[start : start + span] = mean
        remaining -= span
    if draws.feature_mask_rate:
        dropped = rng.random(values.shape[-1]) < draws.feature_mask_rate
        values[..., torch.from_numpy(dropped)] = mean[..., torch.from_numpy(dropped)]
    return values
