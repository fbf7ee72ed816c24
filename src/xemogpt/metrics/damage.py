"""Explanations damaged by known amounts, to see which metric notices.

Each damage takes a share of a sample's cues, drawn at random, and does one thing to them. What
is left can be reworded, so that a metric cannot pass by comparing letters.
"""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from xemogpt.errors import DatasetError
from xemogpt.schema import MODALITIES, CueSet, Modality


@dataclass(frozen=True)
class MetaCue:
    """A cue, the same said otherwise, and its contrary; both written by hand."""

    modality: Modality
    text: str
    paraphrase: str
    negation: str


@dataclass(frozen=True)
class MetaSample:
    """The cues of one reference explanation."""

    sample_id: str
    cues: tuple[MetaCue, ...]

    def reference(self) -> CueSet:
        """The cues as annotated."""
        return to_cue_set([(cue.modality, cue.text) for cue in self.cues])


Candidate = list[tuple[Modality, str]]
Damage = Callable[
    ["MetaSample", frozenset[int], Sequence["MetaSample"], frozenset[int], random.Random],
    Candidate,
]


def read_meta_samples(path: str | Path | None = None) -> list[MetaSample]:
    """Samples of a JSONL file: ``{"id", "cues": {modality: [{text, paraphrase, negation}]}}``.

    Args:
        path: the file; the shipped hand-written samples if none.

    Raises:
        DatasetError: naming file, line and field.
    """
    origin = str(path or "meta_explanations.jsonl")
    try:
        source = Path(path) if path else resources.files("xemogpt.metrics") / "data" / origin
        lines = source.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot read {origin}: {error}") from error
    samples = [
        _read_sample(line, f"{origin}, line {number}")
        for number, line in enumerate(lines, 1)
        if line.strip()
    ]
    if len(samples) < 5:
        raise DatasetError(f"{origin} holds {len(samples)} samples; meta-evaluation needs 5")
    return samples


def _read_sample(line: str, where: str) -> MetaSample:
    try:
        row = json.loads(line)
        cues = tuple(
            MetaCue(modality, *(str(cue[name]) for name in ("text", "paraphrase", "negation")))
            for modality in MODALITIES
            for cue in row["cues"].get(modality, [])
        )
        name = str(row["id"])
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{where}: not JSON: {error}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"{where}: expected id and cues with text, paraphrase and negation; wrong at {error}"
        ) from error
    if len(cues) < 3:
        raise DatasetError(f"{where}: {len(cues)} cues; a sample needs 3")
    return MetaSample(name, cues)


def to_cue_set(cues: Candidate) -> CueSet:
    """Cues with their modality as a ``CueSet``."""
    lists: dict[str, list[str]] = {modality: [] for modality in MODALITIES}
    for modality, text in cues:
        lists[modality].append(text)
    return CueSet(**lists)


def to_text(cues: CueSet) -> str:
    """The explanation as prose, for the metrics that compare texts."""
    frames = ("In the video,", "In the audio,", "In conclusion,")
    parts = []
    for frame, modality in zip(frames, MODALITIES, strict=True):
        texts = [cue.text for cue in cues.of(modality)]
        if texts:
            parts.append(f"{frame} {', '.join(texts)}.")
    return " ".join(parts)


def _wording(cue: MetaCue, index: int, reworded: frozenset[int]) -> str:
    return cue.paraphrase if index in reworded else cue.text


def _kept(sample: MetaSample, hit: frozenset[int], reworded: frozenset[int]) -> Candidate:
    return [
        (cue.modality, _wording(cue, index, reworded))
        for index, cue in enumerate(sample.cues)
        if index not in hit
    ]


def drop(
    sample: MetaSample,
    hit: frozenset[int],
    others: Sequence[MetaSample],
    reworded: frozenset[int],
    draw: random.Random,
) -> Candidate:
    """Leave cues out."""
    return _kept(sample, hit, reworded)


def invent(
    sample: MetaSample,
    hit: frozenset[int],
    others: Sequence[MetaSample],
    reworded: frozenset[int],
    draw: random.Random,
) -> Candidate:
    """Keep all and add as many cues of other samples."""
    added = [_foreign(sample.cues[index].modality, others, draw) for index in sorted(hit)]
    return _kept(sample, frozenset(), reworded) + added


def negate(
    sample: MetaSample,
    hit: frozenset[int],
    others: Sequence[MetaSample],
    reworded: frozenset[int],
    draw: random.Random,
) -> Candidate:
    """Say the contrary."""
    return [
        (cue.modality, cue.negation if index in hit else _wording(cue, index, reworded))
        for index, cue in enumerate(sample.cues)
    ]


def swap_modality(
    sample: MetaSample,
    hit: frozenset[int],
    others: Sequence[MetaSample],
    reworded: frozenset[int],
    draw: random.Random,
) -> Candidate:
    """File cues under another modality."""
    return [
        (
            draw.choice([m for m in MODALITIES if m != cue.modality])
            if index in hit
            else cue.modality,
            _wording(cue, index, reworded),
        )
        for index, cue in enumerate(sample.cues)
    ]


def shuffle(
    sample: MetaSample,
    hit: frozenset[int],
    others: Sequence[MetaSample],
    reworded: frozenset[int],
    draw: random.Random,
) -> Candidate:
    """Put cues of other samples in place of its own."""
    return [
        _foreign(cue.modality, others, draw)
        if index in hit
        else (cue.modality, _wording(cue, index, reworded))
        for index, cue in enumerate(sample.cues)
    ]


def repeat(
    sample: MetaSample,
    hit: frozenset[int],
    others: Sequence[MetaSample],
    reworded: frozenset[int],
    draw: random.Random,
) -> Candidate:
    """Put one of its own good cues, over and over, in place of others of that modality."""
    kept = [index for index in range(len(sample.cues)) if index not in hit]
    good: dict[Modality, tuple[Modality, str]] = {}
    for index in kept:
        cue = sample.cues[index]
        good.setdefault(cue.modality, (cue.modality, _wording(cue, index, reworded)))
    fallback = next(iter(good.values()), (sample.cues[0].modality, sample.cues[0].text))
    return [
        good.get(cue.modality, fallback)
        if index in hit
        else (cue.modality, _wording(cue, index, reworded))
        for index, cue in enumerate(sample.cues)
    ]


def _foreign(
    modality: Modality, others: Sequence[MetaSample], draw: random.Random
) -> tuple[Modality, str]:
    """A cue of that modality from another sample."""
    while True:
        cues = [cue for cue in draw.choice(others).cues if cue.modality == modality]
        if cues:
            cue = draw.choice(cues)
            return modality, draw.choice([cue.text, cue.paraphrase])


DAMAGES: dict[str, Damage] = {
    "drop": drop,
    "invent": invent,
    "negate": negate,
    "swap-modality": swap_modality,
    "shuffle": shuffle,
    "repeat": repeat,
}
