"""Whether a system's cues come from the evidence: take it away, and they should go with it.

Every test compares what one model says of the same clips with and without something. It rests on
samples answered in both runs, and says what would have been found by chance.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np

from xemogpt.benchmark.conditions import FROZEN, FULL, NO_AUDIO, SWAPPED, TEXT_ONLY
from xemogpt.benchmark.estimates import Estimate, mean_estimates, ratio_estimate
from xemogpt.benchmark.runlog import RunLog
from xemogpt.benchmark.scoring import SystemScore
from xemogpt.emocue.verification.kinds import ABSENCES, is_denial, stated_kind
from xemogpt.metrics.bootstrap import Values
from xemogpt.metrics.emocue360 import EmoCue360
from xemogpt.metrics.results import COLUMNS
from xemogpt.schema import Cue, CueSet, Record

Verdict = Literal["pass", "fail", "unclear", "not testable"]
LIMIT = 0.1
"""Share of the cues that may be left where their evidence is gone."""
MOVEMENTS = frozenset({"head-nod", "head-shake", "blink", "blink-rate"})
"""Visual kinds that one picture cannot show; that somebody speaks can be heard."""
_CHANGES = re.compile(
    r"\b(then|begins?|starts?|stops?|suddenly|gradually|slowly|quickly|repeatedly|twice|thrice"
    r"|(two|three|four|five|several|many) times|again|increasingly|back and forth|side to side"
    r"|becom\w+|turns? into|moves?|moving)\b",
    re.IGNORECASE,
)
_NOTHING = {
    "auditory": re.compile(
        r"\b(no|without|lacks?|any) (\w+ ){0,2}(sound|audio|voice|speech|track)s?\b"
        r"|\b(not|n['\u2019]t|cannot) (\w+ )?(be )?(hear|heard|audible)\b"
        r"|\b(muted?|inaudible|soundless)\b"
        r"|\b(sound|audio|track|voice)\b.{0,12}\b(absent|missing|unavailable)\b",
        re.IGNORECASE,
    ),
    "visual": re.compile(
        r"\b(no|without|lacks?|any) (\w+ ){0,2}(pictures?|video|images?|frames?|face|visuals?)\b"
        r"|\b(not|n['\u2019]t|cannot) (\w+ )?(be )?(see|seen|visible|shown)\b"
        r"|\b(pictures?|video|face)\b.{0,12}\b(absent|missing|unavailable)\b",
        re.IGNORECASE,
    ),
}
"""Statements that there is nothing to see or to hear, which need no evidence."""


class EvidenceTest(Record):
    """One test of one model."""

    model: str
    """Name of the system under the full condition."""
    condition: str
    question: str
    left: Estimate
    """Share that is left without the evidence."""
    by_chance: float | None = None
    """The same share where the evidence cannot matter; none where it is 0."""
    excess: Estimate
    """What is left beyond chance; the verdict is about this."""
    limit: float = LIMIT
    verdict: Verdict
    num_cues: int
    """Cues with the evidence."""


class ConditionScores(Record):
    """F1 of one model under one condition."""

    model: str
    condition: str
    f1: dict[str, Estimate]
    num_failures: int


def evidence_tests(
    scores: Mapping[str, tuple[RunLog, SystemScore]], metric: EmoCue360, seed: int = 0
) -> list[EvidenceTest]:
    """The tests that the runs of one model allow.

    Args:
        scores: condition -> the run and its score; without ``full`` nothing can be tested.
        metric: strict EmoCue-360, which tells whether two cues say the same.
        seed: of the bootstrap.
    """
    if FULL not in scores:
        return []
    full = scores[FULL][1]
    found = []
    counted: dict[str, tuple[str, Callable[[CueSet], int]]] = {
        NO_AUDIO: ("auditory cues stated without sound", _num_heard),
        FROZEN: ("visual cues of movement stated of one picture", _num_moving),
        TEXT_ONLY: (
            "visual and auditory cues stated of words alone",
            lambda cues: _num_seen(cues) + _num_heard(cues),
        ),
    }
    for condition, (question, count) in counted.items():
        if condition in scores:
            found.append(_count_test(full, scores[condition][1], condition, question, count, seed))
    if SWAPPED in scores:
        run, swapped = scores[SWAPPED]
        found.append(_swap_test(full, swapped, run.swapped, metric, seed))
    return found


def condition_scores(
    model: str, scores: Mapping[str, tuple[RunLog, SystemScore]], seed: int = 0
) -> list[ConditionScores]:
    """F1 of a model under each condition it was run."""
    return [
        ConditionScores(
            model=model,
            condition=condition,
            f1=mean_estimates(
                {name: score.report.values[:, i, 2] for i, name in enumerate(COLUMNS)}, seed
            ),
            num_failures=len(run.failures),
        )
        for condition, (run, score) in scores.items()
    ]


def _count_test(
    full: SystemScore,
    changed: SystemScore,
    condition: str,
    question: str,
    count: Callable[[CueSet], int],
    seed: int,
) -> EvidenceTest:
    """Cues without the evidence over cues with it."""
    shared = [key for key in full.said if key in changed.said]
    before = np.array([count(full.said[key].cues) for key in shared], dtype=np.float64)
    after = np.array([count(changed.said[key].cues) for key in shared], dtype=np.float64)
    left = ratio_estimate(after, before, seed)
    return EvidenceTest(
        model=full.name,
        condition=condition,
        question=question,
        left=left,
        excess=left,
        verdict=verdict_of(left),
        num_cues=int(before.sum()),
    )


def _swap_test(
    full: SystemScore,
    swapped: SystemScore,
    partners: Mapping[str, str],
    metric: EmoCue360,
    seed: int,
) -> EvidenceTest:
    """Visual cues still stated when another clip's pictures are shown.

    By chance some are left: those that the model also states of that other clip, shown in full.
    """
    shared = [
        key
        for key in full.said
        if key in swapped.said and partners.get(key) in full.said and full.said[key].cues.visual
    ]
    own = {key: CueSet(full.said[key].cues.visual) for key in shared}
    of_partner = {key: CueSet(full.said[partners[key]].cues.visual) for key in shared}
    after = {key: CueSet(swapped.said[key].cues.visual) for key in shared}
    kept, chance = _recalls(after, own, metric), _recalls(of_partner, own, metric)
    found = mean_estimates({"left": kept, "chance": chance, "excess": kept - chance}, seed)
    return EvidenceTest(
        model=full.name,
        condition=SWAPPED,
        question="visual cues of the clip itself stated of another clip's pictures",
        left=found["left"],
        by_chance=found["chance"].value,
        excess=found["excess"],
        verdict=verdict_of(found["excess"]),
        num_cues=sum(len(cues) for cues in own.values()),
    )


def _recalls(
    preds: Mapping[str, CueSet], target: Mapping[str, CueSet], metric: EmoCue360
) -> Values:
    """(N,) share of each sample's visual cues that is found again, in whichever words."""
    if not target:
        return np.full(1, np.nan)
    report = metric.score(preds, target, use_baselines=False)
    found: Values = report.values[:, COLUMNS.index("visual"), 1]
    return found


def verdict_of(excess: Estimate) -> Verdict:
    """The verdict by the whole interval; one that holds the limit settles nothing.

    >>> verdict_of(Estimate(value=0.02, low=0.0, high=0.05, count=9))
    'pass'
    """
    if excess.low is None or excess.high is None:
        return "not testable"
    if excess.high <= LIMIT:
        return "pass"
    return "fail" if excess.low > LIMIT else "unclear"


def _num_seen(cues: CueSet) -> int:
    """Sights stated; that there is no picture is no sight."""
    return sum(not _NOTHING["visual"].search(cue.text) for cue in cues.visual)


def _num_heard(cues: CueSet) -> int:
    """Sounds stated; that nothing can be heard is no sound."""
    return sum(
        stated_kind(cue.text, "auditory") not in ABSENCES
        and not _NOTHING["auditory"].search(cue.text)
        for cue in cues.auditory
    )


def _num_moving(cues: CueSet) -> int:
    return sum(is_moving(cue) for cue in cues.visual)


def is_moving(cue: Cue) -> bool:
    """Whether a visual cue needs more than one picture to be seen.

    >>> [is_moving(Cue(text=text)) for text in ("nods twice", "smiles", "her smile then fades")]
    [True, False, True]
    """
    if is_denial(cue.text, "visual"):
        return False
    return stated_kind(cue.text, "visual") in MOVEMENTS or bool(_CHANGES.search(cue.text))


def models_of(runs: Sequence[RunLog]) -> dict[str, list[int]]:
    """Runs of one model with the same settings and weights, by their places in ``runs``."""
    found: dict[str, list[int]] = {}
    for place, run in enumerate(runs):
        # "limit" says how many samples were asked, not how.
        settings = sorted((k, str(v)) for k, v in run.settings.items() if k != "limit")
        key = repr((run.model, settings, sorted(run.weights.items()), run.seed))
        found.setdefault(key, []).append(place)
    return found
