"""What agreement would be by chance: the same annotators' cues, but of different clips."""

from collections.abc import Mapping, Sequence

import numpy as np

from xemogpt.benchmark.making.agreement import ModalityAgreement, agreement
from xemogpt.benchmark.making.grouping import Stated, group_cues
from xemogpt.metrics.emocue360 import EmoCue360
from xemogpt.schema import MODALITIES, Cue, CueSet, Modality


def with_chance(
    found: Mapping[str, ModalityAgreement],
    stated: Stated,
    modalities_of: Mapping[str, Sequence[Modality]],
    metric: EmoCue360,
    seed: int = 0,
) -> dict[str, ModalityAgreement]:
    """Agreement with ``alpha_chance`` and ``f1_chance``; none where there is one clip only.

    Matching takes the best pairs that it can find, so a few loose ones are found between any two
    lists, and common cues are shared by luck. Measured agreement is worth what it has beyond that.
    """
    if len(stated) < 2:
        return dict(found)
    mixed = mixed_answers(stated, modalities_of, seed)
    teams = {key: tuple(by) for key, by in mixed.items()}
    chance = agreement(group_cues(mixed, metric), teams, modalities_of, metric, num_resamples=1)
    return {
        name: value.model_copy(
            update={
                "alpha_chance": chance[name].alpha.value,
                "f1_chance": chance[name].f1.value,
            }
        )
        for name, value in found.items()
    }


def mixed_answers(
    stated: Stated, modalities_of: Mapping[str, Sequence[Modality]], seed: int = 0
) -> dict[str, dict[str, CueSet]]:
    """For each clip, its first annotator's cues and what the others' places wrote of other clips.

    The clips that have a modality stand in a seeded ring; the second annotator's cues come from
    the next clip, the third's from the one after, and so on.
    """
    mixed: dict[str, dict[str, dict[Modality, tuple[Cue, ...]]]] = {
        key: {name: {} for name in by} for key, by in stated.items()
    }
    for modality in MODALITIES:
        clips = [key for key in stated if modality in modalities_of[key]]
        order = np.random.default_rng([seed, len(clips)]).permutation(len(clips)).tolist()
        for place, index in enumerate(order):
            for turn, name in enumerate(stated[clips[index]]):
                other = list(stated[clips[order[(place + turn) % len(order)]]].values())
                cues = other[turn % len(other)].of(modality)
                mixed[clips[index]][name][modality] = cues
    return {key: {name: CueSet(**cues) for name, cues in by.items()} for key, by in mixed.items()}
