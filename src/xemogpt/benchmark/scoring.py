"""Scoring one system on a task: cues, emotions, groups, kinds, times and contradictions.

Runs, the perfect prediction and the answers that cheat are all scored by the same function, so
that their numbers can stand side by side.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from xemogpt.benchmark.breakdown import (
    Contradictions,
    contradictions,
    credit_by_kind,
    group_columns,
)
from xemogpt.benchmark.conditions import FROZEN, SWAPPED
from xemogpt.benchmark.emotions import EmotionScores, emotion_scores, named_emotions
from xemogpt.benchmark.estimates import Estimate, mean_estimates
from xemogpt.benchmark.runlog import Answer, RunLog
from xemogpt.benchmark.timing import Timing, sample_timing, with_times
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.metrics.baselines import baseline_predictions
from xemogpt.metrics.bootstrap import Values
from xemogpt.metrics.emocue360 import EmoCue360
from xemogpt.metrics.extraction import RuleExtractor
from xemogpt.metrics.results import COLUMNS
from xemogpt.metrics.samples import as_samples
from xemogpt.metrics.scorereport import ScoreReport
from xemogpt.schema import MODALITIES, CueSet

Role = Literal["run", "perfect", "cheating"]
SUBTITLE_BASELINE = "copied subtitle"


@dataclass(frozen=True)
class Said:
    """What a system said of one sample, ready to be scored."""

    cues: CueSet
    emotions: tuple[str, ...] = ()
    """Stated beside the cues."""


@dataclass(frozen=True)
class SystemScore:
    """Everything measured of one system."""

    name: str
    role: Role
    report: ScoreReport
    """EmoCue-360, strict, with the matches of every sample."""
    said: Mapping[str, Said]
    hits: Values
    """(N,) 1 where the main expressed emotion is named, 0 where not, NaN without a reference."""
    emotion: dict[str, Estimate]
    """``recall`` of the main emotion, ``first``, ``precision`` and ``num``: see EmotionScores."""
    groups: dict[str, dict[str, Estimate]]
    """``scenario: clear`` or ``tag: dark`` -> column -> F1, and ``emotion``."""
    kinds: dict[str, Estimate]
    """Kind of reference cue -> share of it that is matched."""
    timing: dict[str, Estimate]
    """``start_error_s``, ``end_error_s``, ``iou`` over matched cues with times."""
    contradictions: Contradictions | None
    """None where no record has exact truth, or where other pictures were shown."""


def answered(run: RunLog) -> dict[str, Said]:
    """What a run said, sample by sample; failures and empty answers are not in it."""
    return {answer.id: said_in(answer) for answer in run.answers if not answer.is_empty}


def said_in(answer: Answer) -> Said:
    """The cues given, or else those that the rules find in the text, with times if it states any.

    >>> [cue.text for cue in said_in(Answer(id="a", text="She smiles.")).cues.visual]
    ['She smiles']
    """
    cues = answer.cues
    if cues is None:
        cues = RuleExtractor().extract(answer.text).cues
    return Said(with_times(cues, answer.text), answer.emotions)


def score_run(
    run: RunLog, records: Sequence[EmoCueRecord], metric: EmoCue360, *, name: str, seed: int = 0
) -> SystemScore:
    """Score a run; failures and empty answers count as missing, which is 0.

    Args:
        run: its log.
        records: of the samples to score.
        metric: strict EmoCue-360.
        name: what to call it.
        seed: of the bootstrap.
    """
    score = score_system(answered(run), records, metric, name=name, role="run", seed=seed)
    # What is true of a clip is not true of the other pictures that were shown in its place.
    return replace(score, contradictions=None) if run.condition in (SWAPPED, FROZEN) else score


def score_system(
    said: Mapping[str, Said],
    records: Sequence[EmoCueRecord],
    metric: EmoCue360,
    *,
    name: str,
    role: Role,
    seed: int = 0,
) -> SystemScore:
    """Score what was said of each sample; a sample that is not in ``said`` is missing."""
    said = {record.id: said[record.id] for record in records if record.id in said}
    report = metric.score(
        {key: value.cues for key, value in said.items()},
        {record.id: record.cues for record in records},
        use_baselines=False,
        seed=seed,
    )
    emotion = np.array([_emotion(record, said.get(record.id)) for record in records])
    f1 = {column: report.values[:, i, 2] for i, column in enumerate(COLUMNS)}
    times = [
        sample_timing(report.samples[record.id], said[record.id].cues, record)
        if record.id in said
        else Timing(np.nan, np.nan, np.nan, 0)
        for record in records
    ]
    return SystemScore(
        name=name,
        role=role,
        report=report,
        said=said,
        hits=emotion[:, 0],
        emotion=mean_estimates(dict(zip(EmotionScores._fields, emotion.T, strict=True)), seed),
        groups=group_columns(records, {**f1, "emotion": emotion[:, 0]}, seed),
        kinds=mean_estimates(credit_by_kind(records, report.samples), seed),
        timing=mean_estimates(
            {field: np.array([getattr(time, field) for time in times])
             for field in ("start_error_s", "end_error_s", "iou")}, seed,
        ),
        contradictions=contradictions(
            records, {key: value.cues for key, value in said.items()}, seed
        ),
    )  # fmt: skip


def perfect_prediction(records: Iterable[EmoCueRecord]) -> dict[str, Said]:
    """The gold cues in words, and read back from them: the most that a text can score.

    The words are the record's own explanation, or the cues one after another where it has none.
    """
    return {
        record.id: said_in(Answer(id=record.id, text=record.explanation or _told(record.cues)))
        for record in records
    }


def cheating_predictions(
    records: Sequence[EmoCueRecord], seed: int = 0
) -> dict[str, dict[str, Said]]:
    """Answers made without looking at any clip, by name; those that cannot be made are left out.

    References hold no subtitle here, so the subtitle that is copied is the one that systems see.
    """
    made = baseline_predictions(as_samples({r.id: r.cues for r in records}, "target"), seed)
    words = {r.id: r.transcript.text for r in records if r.transcript and r.transcript.text.strip()}
    found = {
        name: {
            key: Said(CueSet(*([text for text in cues.of(m) if text] for m in MODALITIES)))
            for key, cues in samples.items()
        }
        for name, samples in made.items()
        if samples is not None
    }
    if words and SUBTITLE_BASELINE not in found:
        found[SUBTITLE_BASELINE] = {
            key: Said(CueSet([text], [text], [text])) for key, text in words.items()
        }
    return found


def _told(cues: CueSet) -> str:
    titles = zip(("Visual", "Audio", "Emotion"), MODALITIES, strict=True)
    lines = [(title, [cue.text.strip().rstrip(".") for cue in cues.of(m)]) for title, m in titles]
    return "\n".join(f"{title}: {'. '.join(texts)}." for title, texts in lines if texts)


def _emotion(record: EmoCueRecord, said: Said | None) -> EmotionScores:
    named = None if said is None else named_emotions(said.emotions, said.cues.emotional)
    return emotion_scores(record, named)
