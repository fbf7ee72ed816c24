"""EmoCue-360: how well the cues of an explanation agree with annotated cues.

The class accumulates like a torchmetrics metric (``update``, ``compute``, ``reset``,
``merge_state``) and scores whole corpora in one call (``score``). It knows nothing of models:
predictions are cues, from wherever they come.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from xemogpt.errors import ConfigError, DatasetError
from xemogpt.metrics.baselines import baseline_predictions
from xemogpt.metrics.bootstrap import mean_of
from xemogpt.metrics.calibration import Calibration, calibration_of
from xemogpt.metrics.embedding import MAX_TEXTS, EmbeddingCache
from xemogpt.metrics.matching import Assignment
from xemogpt.metrics.reference_protocol import check_reference, reference_texts, score_reference
from xemogpt.metrics.results import COLUMNS, ModalityResult, SampleResult, Scores
from xemogpt.metrics.samples import SampleCues, Samples, as_samples
from xemogpt.metrics.scorereport import ScoreReport
from xemogpt.metrics.state import State
from xemogpt.metrics.strict_protocol import StrictProtocol, overall
from xemogpt.registry import text_encoders
from xemogpt.schema import MODALITIES, Modality

if TYPE_CHECKING:
    from xemogpt.encoders.text import TextEncoder

Protocol = Literal["strict", "reference"]
Item = tuple[str, SampleCues | None, SampleCues]
_EMPTY = SampleCues()


class EmoCue360:
    """Precision, recall and F1 of cues by modality (EmoCue-360), with intervals and baselines.

    >>> from xemogpt.encoders.text import TinyTextEncoder
    >>> metric = EmoCue360(encoder=TinyTextEncoder())
    >>> cues = {"clip1": CueSet(visual=["she smiles"], auditory=["her voice is loud"])}
    >>> metric.score(cues, cues).overall.f1
    1.0
    """

    def __init__(
        self,
        protocol: Protocol = "strict",
        encoder: "TextEncoder | str" = "minilm",
        *,
        assignment: Assignment = "one-to-one",
        keep_details: bool = True,
        max_cached_texts: int = MAX_TEXTS,
        calibration: Calibration | None = None,
    ) -> None:
        """Set up; the encoder is loaded when first needed.

        Args:
            protocol: ``"strict"`` (ours) or ``"reference"`` (the published one, quirks included).
            encoder: a text encoder, or the name of one (``xemogpt list text-encoders``).
            assignment: ``"one-to-one"``, or ``"many-to-one"`` as published; strict only.
            keep_details: whether to keep the pairs of every sample for the report; without,
                memory is about 100 bytes a sample.
            max_cached_texts: embeddings kept, the most recently used ones.
            calibration: similarity scale to use in place of the encoder's own; strict only.

        Raises:
            ConfigError: if ``protocol`` or ``assignment`` is unknown.
        """
        _require("protocol", protocol, ("strict", "reference"))
        _require("assignment", assignment, ("one-to-one", "many-to-one"))
        self.protocol: Protocol = protocol
        self.assignment: Assignment = assignment
        self.keep_details = keep_details
        self._given_encoder = encoder
        self._max_cached_texts = max_cached_texts
        self._calibration = calibration
        self._cache: EmbeddingCache | None = None
        self._strict: StrictProtocol | None = None
        self._state = State()

    @property
    def cache(self) -> EmbeddingCache:
        """Embeddings so far; loads the encoder on first use."""
        if self._cache is None:
            encoder = self._given_encoder
            if isinstance(encoder, str):
                encoder = text_encoders.get(encoder)()
            self._cache = EmbeddingCache(encoder, self._max_cached_texts)
        return self._cache

    @property
    def calibration(self) -> Calibration | None:
        """The similarity scale; none in the reference protocol, which has no scale."""
        if self.protocol == "reference":
            return None
        if self._calibration is None:
            self._calibration = calibration_of(self.cache.encoder)
        return self._calibration

    def score(
        self,
        preds: Mapping[str, Any],
        target: Mapping[str, Any],
        *,
        use_baselines: bool = True,
        seed: int = 0,
    ) -> ScoreReport:
        """Score a corpus; what was accumulated by ``update`` is left alone.

        Args:
            preds: sample id -> ``CueSet`` or ``{"visual": [...], ...}``.
            target: the same, annotated.
            use_baselines: whether to score the cheating baselines too.
            seed: of the bootstrap and of the baselines that draw.

        Raises:
            DatasetError: if either is malformed, or they have no sample in common to score.
        """
        predictions, references = as_samples(preds, "preds"), as_samples(target, "target")
        state = self._score_all(predictions, references)
        baselines: dict[str, Any] = {}
        if use_baselines:
            for name, made in baseline_predictions(references, seed).items():
                baselines[name] = self._baseline(made, references)
        return ScoreReport.from_state(state, self, baselines, seed)

    def encode_references(self, target: Mapping[str, Any]) -> int:
        """Embed the references now, so that every system scored later finds them ready.

        Returns:
            How many distinct texts are embedded.
        """
        items: list[Item] = [
            (key, None, cues) for key, cues in as_samples(target, "target").items()
        ]
        for texts in self._texts_of(items):
            self.cache.add(texts)
        return len(self.cache)

    def update(self, preds: Mapping[str, Any], target: Mapping[str, Any]) -> None:
        """Add a batch: samples of ``target``, each counted as missing if not in ``preds``.

        Raises:
            DatasetError: if either is malformed or a sample was already added.
        """
        state = self._score_all(as_samples(preds, "preds"), as_samples(target, "target"))
        self._state.merge(state)

    def compute(
        self,
        *,
        predictions: Sequence[Any] | Mapping[str, Any] | None = None,
        references: Sequence[Any] | Mapping[str, Any] | None = None,
        seed: int = 0,
    ) -> ScoreReport:
        """The report of all batches so far; with arguments, that of the lists given.

        Args:
            predictions: mappings as for ``score``, or lists of ``CueSet``s, of ``{"visual":
                [...], ...}``, or of free texts, whose cues are extracted by rules.
            references: the same, in the same order.
            seed: of the bootstrap.

        Raises:
            DatasetError: if nothing was added, or the lists are malformed or differ in length.
        """
        if predictions is None and references is None:
            return ScoreReport.from_state(self._state, self, {}, seed)
        preds, target = _from_lists(predictions, references)
        return self.score(preds, target, seed=seed)

    def reset(self) -> None:
        """Forget all batches; embeddings stay."""
        self._state = State()

    def merge_state(self, others: Iterable["EmoCue360"]) -> None:
        """Add what other processes or threads have accumulated.

        Raises:
            DatasetError: if a sample was added in two of them.
            ConfigError: if they score by another protocol or encoder.
        """
        for other in others:
            if (other.protocol, other.assignment) != (self.protocol, self.assignment):
                raise ConfigError("cannot merge scores of another protocol or assignment")
            self._state.merge(other._state)

    def __getstate__(self) -> dict[str, Any]:
        """For other processes: settings and scores; an encoder given by name is loaded anew."""
        kept = dict(self.__dict__)
        if isinstance(self._given_encoder, str):
            kept["_cache"] = kept["_strict"] = None
        return kept

    def _score_all(self, preds: Samples, target: Samples) -> State:
        state = State(only_in_preds=[key for key in preds if key not in target])
        for item, result in self._update(self._pair(preds, target)):
            state.add(result, self.keep_details)
            if item[1] is None:
                state.missing.append(item[0])
        return state

    def _pair(self, preds: Samples, target: Samples) -> list[Item]:
        """What is scored: by the references, or in the reference protocol by the predictions."""
        if not target:
            raise DatasetError("target holds no samples: there is nothing to score against")
        if self.protocol == "strict":
            return [(key, preds.get(key), cues) for key, cues in target.items()]
        absent = [key for key in preds if key not in target]
        if absent:
            raise DatasetError(
                f"preds, sample {absent[0]!r} is not in target ({len(absent)} such); the reference"
                " protocol cannot score it: remove it, or use the strict protocol"
            )
        if not preds:
            raise DatasetError(
                "preds holds no samples; the reference protocol has nothing to count"
            )
        for key, cues in preds.items():
            check_reference(key, cues, target[key])
        return [(key, cues, target[key]) for key, cues in preds.items()]

    def _update(self, items: Sequence[Item]) -> Iterator[tuple[Item, SampleResult]]:
        """Score samples in chunks whose texts fit the cache, each chunk embedded in one call."""
        for chunk in self._chunks(items):
            for texts in self._texts_of(chunk):
                self.cache.add(texts)
            for item in chunk:
                yield item, self._score_sample(*item)

    def _chunks(self, items: Sequence[Item]) -> Iterator[list[Item]]:
        chunk: list[Item] = []
        num_texts = 0
        for item in items:
            chunk.append(item)
            num_texts += sum(len(side.of(m)) for side in item[1:] if side for m in MODALITIES)
            if num_texts > self._max_cached_texts // 2:
                yield chunk
                chunk, num_texts = [], 0
        if chunk:
            yield chunk

    def _texts_of(self, items: Sequence[Item]) -> Iterator[list[str]]:
        texts: dict[str, None] = {}
        for _, pred, target in items:
            for side in (pred, target):
                if side is not None:
                    texts.update(dict.fromkeys(self._wordings(side)))
        yield list(texts)

    def _wordings(self, sample: SampleCues) -> list[str]:
        if self.protocol == "strict":
            return self._strict_protocol().wordings(sample)
        return [text for modality in MODALITIES for text in reference_texts(sample, modality)]

    def _score_sample(self, key: str, pred: SampleCues | None, target: SampleCues) -> SampleResult:
        if self.protocol == "reference":
            results = score_reference(pred or _EMPTY, target, self.cache)
            return SampleResult(key, results, _mean_scores(results))
        results = self._strict_protocol().score(pred or _EMPTY, target)
        if pred is None:
            # Silence may be right, but an answer that was never given is not silence.
            zero = Scores(0.0, 0.0, 0.0)
            results = {name: _with_scores(result, zero) for name, result in results.items()}
            return SampleResult(key, results, zero, is_missing=True)
        return SampleResult(key, results, overall(results))

    def _strict_protocol(self) -> StrictProtocol:
        if self._strict is None:
            calibration = self.calibration
            assert calibration is not None, "the strict protocol has a calibration"
            self._strict = StrictProtocol(self.cache, calibration, self.assignment)
        return self._strict

    def _baseline(self, made: Samples | None, references: Samples) -> dict[str, Any] | None:
        """Scores of a baseline; none where it cannot be built from these references."""
        if made is None:
            return None
        rows = [[result.by_modality[m].scores for m in MODALITIES] + [result.overall]
                for _, result in self._update(self._pair(made, references))]  # fmt: skip
        means = mean_of(np.array(rows, dtype=np.float64))
        return {name: Scores(*map(float, means[i])).to_dict() for i, name in enumerate(COLUMNS)}


def _mean_scores(results: Mapping[Modality, ModalityResult]) -> Scores:
    """Overall scores of the reference protocol: ours, as the published one has none."""
    means = mean_of(np.array([result.scores for result in results.values()], dtype=np.float64))
    return Scores(*(float(value) for value in means))


def _with_scores(result: ModalityResult, scores: Scores) -> ModalityResult:
    from dataclasses import replace

    return replace(result, scores=scores)


def _from_lists(predictions: Any, references: Any) -> tuple[Any, Any]:
    """Lists in one order as mappings by position; free texts become cues."""
    if isinstance(predictions, Mapping) and isinstance(references, Mapping):
        return predictions, references
    for name, given in (("predictions", predictions), ("references", references)):
        if isinstance(given, str | Mapping) or not isinstance(given, Sequence):
            raise DatasetError(
                f"{name} should be a list with one entry a sample, got {type(given).__name__}"
            )
    if len(predictions) != len(references):
        raise DatasetError(
            f"predictions has {len(predictions)} entries and references {len(references)};"
            " they should be lists of the same samples in the same order"
        )
    width = len(str(len(predictions)))
    keys = [str(index).zfill(width) for index in range(len(predictions))]
    sides = (predictions, references)
    return tuple(  # type: ignore[return-value]  # two sides
        dict(zip(keys, (_as_cues(entry) for entry in side), strict=True)) for side in sides
    )


def _as_cues(entry: Any) -> Any:
    if not isinstance(entry, str):
        return entry
    from xemogpt.metrics.extraction import RuleExtractor

    return RuleExtractor().extract(entry).cues


def _require(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ConfigError(f"unknown {name} {value!r}; expected one of: {', '.join(known)}")
