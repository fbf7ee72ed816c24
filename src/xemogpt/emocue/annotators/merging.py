"""Statements of several annotators: which say the same, and how many say each."""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from xemogpt.metrics.emocue360 import EmoCue360
from xemogpt.metrics.samples import SampleCues
from xemogpt.metrics.strict_protocol import StrictProtocol
from xemogpt.schema import Cue, Modality

if TYPE_CHECKING:
    from xemogpt.encoders.text import TextEncoder

SAME_FROM = 0.6
"""Similarity of EmoCue-360 from which two statements say the same: about the best F1 on
paraphrases of the cue vocabulary (``benchmarks/voting.py``)."""


@dataclass
class Group:
    """Statements that say the same, by the index of the annotator, first come first."""

    stated: dict[int, Cue]

    @property
    def first(self) -> Cue:
        """The statement that the others were held against."""
        return next(iter(self.stated.values()))

    def merged(self, num_annotators: int) -> Cue:
        """One cue: the first wording, the commonest kind, median times, the share who state it."""
        cues = list(self.stated.values())
        kinds = Counter(cue.kind for cue in cues if cue.kind is not None)
        starts = [cue.start_s for cue in cues if cue.start_s is not None]
        ends = [cue.end_s for cue in cues if cue.end_s is not None]
        start_s = round(median(starts), 3) if starts else None
        end_s = round(median(ends), 3) if ends else None
        if start_s is not None and end_s is not None and end_s < start_s:
            start_s, end_s = self.first.start_s, self.first.end_s
        return self.first.model_copy(
            update={
                "kind": kinds.most_common(1)[0][0] if kinds else None,
                "start_s": start_s,
                "end_s": end_s,
                "agreement": len(cues) / num_annotators,
            }
        )


class Merger:
    """Finds statements that say the same; safe to use from several threads.

    Two do if they are of the same kind at overlapping times, or if EmoCue-360 matches their texts
    and neither kind nor times speak against it.

    Args:
        encoder: of texts; loaded when texts are first compared.
        same_from: similarity from which two texts say the same.
    """

    def __init__(
        self, encoder: "TextEncoder | str" = "minilm", same_from: float = SAME_FROM
    ) -> None:
        self.same_from = same_from
        self._metric = EmoCue360(encoder=encoder)
        self._protocol: StrictProtocol | None = None
        self._lock = threading.Lock()

    def groups(self, modality: Modality, stated: Mapping[int, Sequence[Cue]]) -> list[Group]:
        """Groups of statements that say the same, in the order in which they first come.

        Args:
            modality: of all statements.
            stated: annotator -> statements.
        """
        groups: list[Group] = []
        for index, cues in stated.items():
            left = [cue for cue in cues if not self._join_by_kind(groups, index, cue)]
            free = [group for group in groups if index not in group.stated]
            for cue, group in self._pairs_by_text(modality, left, free):
                group.stated[index] = cue
                left.remove(cue)
            groups += [Group({index: cue}) for cue in left]
        return groups

    def _join_by_kind(self, groups: list[Group], index: int, cue: Cue) -> bool:
        """Put a statement to those of its kind and time; says whether there were any."""
        for group in groups:
            if cue.kind is None or index in group.stated:
                continue
            if cue.kind == group.first.kind and may_overlap(cue, group.first):
                group.stated[index] = cue
                return True
        return False

    def _pairs_by_text(
        self, modality: Modality, cues: Sequence[Cue], groups: Sequence[Group]
    ) -> list[tuple[Cue, Group]]:
        """Statements and groups whose texts say the same, one to one."""
        if not cues or not groups:
            return []
        by_text = {cue.text: cue for cue in reversed(cues)}
        group_of = {group.first.text: group for group in reversed(groups)}
        if same := [(cue, group_of[text]) for text, cue in by_text.items() if text in group_of]:
            exact = [(cue, group) for cue, group in same if _compatible(cue, group.first)]
            done = {cue.text for cue, _ in exact}
            by_text = {text: cue for text, cue in by_text.items() if text not in done}
            group_of = {text: group for text, group in group_of.items() if text not in done}
        else:
            exact = []
        if not by_text or not group_of:
            return exact
        with self._lock:
            result = self._strict().score(
                SampleCues(**{modality: tuple(by_text)}), SampleCues(**{modality: tuple(group_of)})
            )[modality]
        found = [
            (by_text[pair.prediction], group_of[pair.reference])
            for pair in result.pairs
            if pair.similarity >= self.same_from
        ]
        return exact + [pair for pair in found if _compatible(pair[0], pair[1].first)]

    def _strict(self) -> StrictProtocol:
        if self._protocol is None:
            calibration = self._metric.calibration
            assert calibration is not None, "the strict protocol has a calibration"
            self._protocol = StrictProtocol(self._metric.cache, calibration)
        return self._protocol


def may_overlap(first: Cue, second: Cue) -> bool:
    """Whether two statements can be about the same moment; unknown times exclude nothing."""
    if first.start_s is not None and second.end_s is not None and first.start_s > second.end_s:
        return False
    return not (
        second.start_s is not None and first.end_s is not None and second.start_s > first.end_s
    )


def _compatible(first: Cue, second: Cue) -> bool:
    """Whether neither kind nor times speak against two statements being the same."""
    is_other = None not in (first.kind, second.kind) and first.kind != second.kind
    return not is_other and may_overlap(first, second)
