"""Which cues of different annotators say the same: the strict matching of EmoCue-360."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from xemogpt.metrics.emocue360 import EmoCue360
from xemogpt.metrics.samples import SampleCues
from xemogpt.metrics.subtitle import is_subtitle_cue
from xemogpt.metrics.wording import framed
from xemogpt.schema import MODALITIES, Cue, CueSet, Modality, Record

Stated = Mapping[str, Mapping[str, CueSet]]
"""Clip id -> annotator -> cues."""


class Group(Record):
    """One observation of a clip, and who stated it."""

    key: str
    """The same for the same clip, modality and first wording."""
    id: str
    """Of the clip."""
    modality: Modality
    annotators: tuple[str, ...]
    """All who did the clip, in order of assignment, whether or not they state this."""
    members: dict[str, tuple[Cue, ...]]
    """Annotator -> the cue that was matched, then those of the same list that repeat it."""
    counts: bool = True
    """Whether it is a cue at all: quotations of the subtitle are none."""

    @property
    def first(self) -> Cue:
        """The wording that stands for the group: of who is first in the assignment."""
        return next(iter(self.members.values()))[0]


def group_cues(stated: Stated, metric: EmoCue360) -> list[Group]:
    """Group the cues of every clip over its annotators.

    The annotators of a clip are taken in order of assignment. The cues of the first begin a group
    each; those of every further one are matched with the wordings that stand for the groups so
    far, one-to-one and within the modality, as the strict EmoCue-360 matches predictions with
    references (calibrated similarity of 0.2 or more, no contradictions, the largest sum). What
    matches joins, the rest begin groups. Near-duplicates within one list count once. Times take
    no part, as in EmoCue-360.
    """
    builders = {(key, m): _Builder(key, m, tuple(by)) for key, by in stated.items()
                for m in MODALITIES}  # fmt: skip
    for turn in range(max(len(by) for by in stated.values())):
        active = {key: list(by.items())[turn] for key, by in stated.items() if turn < len(by)}
        preds = {key: cues for key, (_, cues) in active.items()}
        target = {
            key: SampleCues(*(builders[key, m].wordings() for m in MODALITIES)) for key in active
        }
        report = metric.score(preds, target, use_baselines=False)
        for key, (annotator, cues) in active.items():
            for modality, result in report.samples[key].by_modality.items():
                pairs = [(pair.reference, pair.prediction) for pair in result.pairs]
                builders[key, modality].add(
                    annotator, cues.of(modality), pairs, result.invented, metric
                )
    return [group for builder in builders.values() for group in builder.groups()]


class _Builder:
    """The groups of one modality of one clip, growing with each annotator."""

    def __init__(self, clip: str, modality: Modality, annotators: tuple[str, ...]) -> None:
        self.clip, self.modality, self.annotators = clip, modality, annotators
        self.found: list[dict[str, list[Cue]]] = []
        self.quoted: list[dict[str, list[Cue]]] = []

    def wordings(self) -> tuple[str, ...]:
        return tuple(_first(members).text for members in self.found)

    def add(
        self,
        annotator: str,
        cues: Sequence[Cue],
        pairs: Sequence[tuple[str, str]],
        invented: Sequence[str],
        metric: EmoCue360,
    ) -> None:
        """Join or begin a group with each cue of one annotator."""
        waiting = [cue for cue in cues if not is_subtitle_cue(cue.text)]
        group_of = {_first(members).text: members for members in self.found}
        own: dict[str, list[Cue]] = {}
        for reference, prediction in pairs:
            own[prediction] = group_of[reference][annotator] = [_take(waiting, prediction)]
        for text in invented:
            own[text] = [_take(waiting, text)]
            self.found.append({annotator: own[text]})
        for cue in waiting:
            # A near-duplicate goes where its likeness went.
            cosine = metric.cache.cosine(
                [framed(cue.text, self.modality)], [framed(text, self.modality) for text in own]
            )
            own[list(own)[int(cosine[0].argmax())]].append(cue)
        self.quoted += [{annotator: [cue]} for cue in cues if is_subtitle_cue(cue.text)]

    def groups(self) -> Iterator[Group]:
        seen: dict[str, int] = {}
        for members, counts in [
            *((members, True) for members in self.found),
            *((members, False) for members in self.quoted),
        ]:
            annotator, cue = next(iter(members)), _first(members)
            parts = (self.clip, self.modality, annotator, cue.text, cue.start_s, cue.end_s)
            key = hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:12]
            seen[key] = seen.get(key, 0) + 1
            yield Group(
                key=key if seen[key] == 1 else f"{key}-{seen[key]}",
                id=self.clip,
                modality=self.modality,
                annotators=self.annotators,
                members={name: tuple(cues) for name, cues in members.items()},
                counts=counts,
            )


def _first(members: Mapping[str, Sequence[Cue]]) -> Cue:
    return next(iter(members.values()))[0]


def _take(waiting: list[Cue], text: str) -> Cue:
    """The first cue of that wording, taken off the list."""
    return waiting.pop(next(i for i, cue in enumerate(waiting) if cue.text == text))
