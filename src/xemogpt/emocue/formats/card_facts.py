"""What a data card says of a corpus, gathered in one pass over its records."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from xemogpt.emocue.records import EmoCueRecord
from xemogpt.schema import MODALITIES

UNKNOWN = "not given"
UNSPLIT = "unsplit"
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass
class SplitFacts:
    """One split."""

    num: int = 0
    seconds: float = 0.0
    subjects: set[str] = field(default_factory=set)


@dataclass
class CardFacts:
    """Counts and quantiles of a corpus."""

    num: int = 0
    num_generated: int = 0
    num_exact: int = 0
    seconds: float = 0.0
    splits: dict[str, SplitFacts] = field(default_factory=dict)
    labels: dict[str, Counter[str]] = field(default_factory=dict)
    label_sources: dict[str, set[str]] = field(default_factory=dict)
    emotions: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    word_sources: Counter[str] = field(default_factory=Counter)
    cues: dict[str, Counter[str]] = field(
        default_factory=lambda: {modality: Counter() for modality in MODALITIES}
    )
    cue_sources: Counter[str] = field(default_factory=Counter)
    with_cues: Counter[str] = field(default_factory=Counter)
    """Modality -> records that have a cue of it."""
    with_explanation: int = 0
    words: list[int] = field(default_factory=list)
    """Of each explanation."""
    licences: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    scores: dict[str, list[float]] = field(default_factory=dict)
    steps: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """(tool, version, model, prompt hash) -> records."""
    dropped: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, records: Iterable[EmoCueRecord], folder: Path | None = None) -> "CardFacts":
        """Gather; what a build dropped is read from its folder, if it is there."""
        facts = cls()
        for record in records:
            facts._add(record)
        if folder is not None:
            for row in _rows(folder / "dropped.jsonl"):
                facts.dropped.update(str(one).split(":")[0] for one in row.get("reasons", ()))
            for row in _rows(folder / "errors.jsonl"):
                facts.failed[str(row.get("step") or "made")] += 1
        return facts

    @property
    def shared_subjects(self) -> int:
        """Subjects that are in more than one split: should be none."""
        seen = Counter(name for split in self.splits.values() for name in split.subjects)
        return sum(count > 1 for count in seen.values())

    def quantiles(self, name: str) -> list[float]:
        """Of a score, at ``QUANTILES``."""
        return [float(value) for value in np.quantile(self.scores[name], QUANTILES)]

    def _add(self, record: EmoCueRecord) -> None:
        self.num += 1
        self.num_generated += record.is_generated
        self.num_exact += record.is_exact
        self.seconds += record.duration_s or 0.0
        split = self.splits.setdefault(record.split or UNSPLIT, SplitFacts())
        split.num += 1
        split.seconds += record.duration_s or 0.0
        if record.subject is not None:
            split.subjects.add(record.subject)
        for label in record.labels:
            self.labels.setdefault(label.name, Counter())[label.value] += 1
            self.label_sources.setdefault(label.name, set()).add(label.source)
        self.emotions.update(record.emotions[:1])
        if record.transcript is not None and record.transcript.text.strip():
            self.languages[record.transcript.language or UNKNOWN] += 1
            self.word_sources[record.transcript.source] += 1
        for modality, cue in record.cues.items():
            self.cues[modality][cue.kind or "other"] += 1
            self.cue_sources[cue.source or UNKNOWN] += 1
        self.with_cues.update(m for m in MODALITIES if record.cues.of(m))
        if record.explanation:
            self.with_explanation += 1
            self.words.append(len(record.explanation.split()))
        self.licences[record.licence or UNKNOWN] += 1
        self.flags.update({flag.split(":")[0] for flag in record.flags})
        for name, value in record.quality.items():
            self.scores.setdefault(name, []).append(value)
        self.steps.update(
            {(s.tool, s.version, s.model or "", (s.prompt_sha256 or "")[:12]) for s in record.steps}
        )


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
