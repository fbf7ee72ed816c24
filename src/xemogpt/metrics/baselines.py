"""Answers that cheat: what they score says how far a score can be trusted.

Each is built from the references alone, without looking at any clip. A metric is sound where
they score near zero, and a system is good only by what it scores above them.
"""

import numpy as np

from xemogpt.metrics.calibration import cue_bank
from xemogpt.metrics.samples import SampleCues, Samples
from xemogpt.metrics.subtitle import is_subtitle_cue, quoted_words
from xemogpt.metrics.wording import plain
from xemogpt.schema import MODALITIES, Modality

MAX_VOCABULARY = 500
"""Distinct cues of a modality that "all cues of the vocabulary" answers; more are drawn from."""
NUM_REPEATS = 10
BASELINES = {
    "another sample's references": "the references of a different sample, drawn at random",
    "generic cues": "the same few vague cues for every sample",
    "all cues of the vocabulary": "every distinct reference cue of the corpus, for every sample",
    "copied subtitle": "the words of the subtitle as a cue of every modality",
    "one cue repeated": "the corpus's most frequent cue of each modality, ten times",
    "very long answer": "every cue of a fixed list of common cues, for every sample",
}
"""Name -> what it answers."""


def baseline_predictions(references: Samples, seed: int = 0) -> dict[str, Samples | None]:
    """The predictions of every baseline; none where the references do not allow it.

    "another sample's references" needs two samples, "copied subtitle" a reference that holds
    subtitle cues.
    """
    constant = {
        "generic cues": _generic(),
        "all cues of the vocabulary": _vocabulary(references, seed),
        "one cue repeated": _repeated(references),
        "very long answer": _long(),
    }
    made: dict[str, Samples | None] = {}
    for name in BASELINES:
        if name == "another sample's references":
            made[name] = _exchanged(references, seed)
        elif name == "copied subtitle":
            made[name] = _copied(references)
        else:
            made[name] = dict.fromkeys(references, constant[name])
    return made


def derangement(num_items: int, seed: int) -> list[int]:
    """A random order in which no item keeps its place.

    >>> all(i != j for i, j in enumerate(derangement(9, seed=1)))
    True
    """
    # A random cycle: uniform over cycles, and never needs a second try.
    order = np.random.default_rng(seed).permutation(num_items)
    target = np.empty(num_items, dtype=np.int64)
    target[order] = np.roll(order, 1)
    return [int(place) for place in target]


def _exchanged(references: Samples, seed: int) -> Samples | None:
    keys = list(references)
    if len(keys) < 2:
        return None
    return {
        key: references[keys[other]]
        for key, other in zip(keys, derangement(len(keys), seed), strict=True)
    }


def _copied(references: Samples) -> Samples | None:
    made: Samples = {}
    for key, sample in references.items():
        words = [
            quoted_words(text)
            for modality in MODALITIES
            for text in sample.of(modality)
            if is_subtitle_cue(text)
        ]
        words = [text for text in words if plain(text)]
        made[key] = SampleCues(tuple(words), tuple(words), tuple(words))
    return made if any(sample.of("visual") for sample in made.values()) else None


def _generic() -> SampleCues:
    return SampleCues(*(tuple(cue_bank()["generic"][modality]) for modality in MODALITIES))


def _long() -> SampleCues:
    return SampleCues(*(tuple(group[0] for group in cue_bank()[m]) for m in MODALITIES))


def _vocabulary(references: Samples, seed: int) -> SampleCues:
    generator = np.random.default_rng(seed)
    sides = []
    for modality in MODALITIES:
        known = sorted(_count(references, modality))
        if len(known) > MAX_VOCABULARY:
            chosen = generator.choice(len(known), MAX_VOCABULARY, replace=False)
            known = [known[index] for index in sorted(chosen.tolist())]
        sides.append(tuple(known))
    return SampleCues(*sides)


def _repeated(references: Samples) -> SampleCues:
    sides = []
    for modality in MODALITIES:
        counts = _count(references, modality)
        most = min(counts, key=lambda text: (-counts[text], text), default=None)
        sides.append((most,) * NUM_REPEATS if most is not None else ())
    return SampleCues(*sides)


def _count(references: Samples, modality: Modality) -> dict[str, int]:
    """How often each distinct cue of a modality occurs, subtitle and blanks left out."""
    counts: dict[str, int] = {}
    first: dict[str, str] = {}
    for sample in references.values():
        for text in sample.of(modality):
            if plain(text) and not is_subtitle_cue(text):
                text = first.setdefault(plain(text), text)
                counts[text] = counts.get(text, 0) + 1
    return counts
