"""A verdict on each statement of an explanation, with the reason."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from xemogpt.emocue.verification.clauses import Clause, Sentence
from xemogpt.emocue.verification.evidence import SURE, Evidence
from xemogpt.emocue.verification.kinds import GENERIC, is_denial, stated_kind
from xemogpt.emocue.verification.moments import claimed, fits
from xemogpt.schema import Cue, Modality

Verdict = Literal["supported", "contradicted", "wrong-order", "unsupported", "not-judged"]
ORDER_SLACK_S = 0.25
_SIDES = re.compile(r"\b(?:to|towards?) (?:his|her|their|its) (?:own )?(left|right)\b")
_EITHER = re.compile(r"side to side|left and right|right and left|both sides")


@dataclass(frozen=True)
class Judgement:
    """What became of one clause."""

    clause: Clause
    verdict: Verdict
    reason: str = ""


def judge_clauses(sentences: Sequence[Sentence], evidence: Evidence) -> dict[int, Judgement]:
    """``id`` of a clause -> its judgement, for all clauses."""
    found: dict[int, Judgement] = {}
    before: Clause | None = None
    for sentence in sentences:
        for clause in sentence.clauses:
            judgement = judge_clause(clause, evidence)
            if judgement.verdict == "supported" and clause.order and before is not None:
                reason = _order_error(before, clause, evidence)
                if reason:
                    judgement = Judgement(clause, "wrong-order", reason)
            found[id(clause)] = judgement
            # "Then" after something that nothing is known of says nothing that can be judged.
            if clause.kind is None:
                before = None
            elif judgement.verdict != "contradicted":
                before = clause
    return found


def judge_clause(clause: Clause, evidence: Evidence) -> Judgement:
    """Hold one statement against the evidence; how it stands to others is not looked at."""
    if clause.kind is None or clause.modality is None:
        return Judgement(clause, "not-judged")
    verdict, reason = judge_text(
        clause.text, clause.kind, clause.modality, clause.is_denied, evidence
    )
    return Judgement(clause, verdict, reason)


def judge_cue(cue: Cue, modality: Modality, evidence: Evidence) -> tuple[Verdict, str]:
    """Hold a stated cue, with its own times if it has any, against the evidence."""
    kind = cue.kind or stated_kind(cue.text, modality)
    if modality == "emotional" or kind is None:
        return "not-judged", ""
    denied = is_denial(cue.text, modality)
    verdict, reason = judge_text(cue.text, kind, modality, denied, evidence)
    spans = evidence.spans(kind)
    if verdict == "supported" and not denied and spans and cue.start_s is not None:
        end_s = cue.start_s if cue.end_s is None else cue.end_s
        if not any(start <= end_s + 0.5 and end >= cue.start_s - 0.5 for start, end in spans):
            return "contradicted", f"{kind} is measured at another time"
    return verdict, reason


def judge_text(
    text: str, kind: str, modality: Modality, is_denied: bool, evidence: Evidence
) -> tuple[Verdict, str]:
    """Verdict and reason for a statement of a known kind."""
    is_there = evidence.holds(kind)
    if is_denied:
        there = [cue for cue in evidence.cues(kind) if cue.kind == kind]
        if any(cue.confidence is None or cue.confidence >= SURE for cue in there):
            return "contradicted", f"{kind} is denied but measured"
        if there:
            return "unsupported", f"{kind} is denied, and measured with little confidence"
        return "supported", ""
    if not is_there:
        if not evidence.can_measure(kind, modality) and not evidence.lacks(modality):
            return "unsupported", f"{kind} could not be measured and is not described"
        return "contradicted", f"{kind} is neither measured nor described"
    spans = evidence.spans(kind)
    claim = claimed(text, kind, evidence.duration_s)
    if claim is not None and spans and not fits(claim, spans):
        return "contradicted", f"{kind} is measured at another time ({_listed(spans)})"
    side = _SIDES.search(text.lower())
    if side and not _EITHER.search(text.lower()):
        told = {found[1] for cue in evidence.cues(kind) if (found := _SIDES.search(cue.text))}
        if told and side[1] not in told:
            return "contradicted", f"{kind} is measured to the other side"
    return "supported", ""


def _order_error(before: Clause, clause: Clause, evidence: Evidence) -> str:
    """Why the order cannot be true, or nothing."""
    if before.kind is None or clause.kind is None or before.is_denied or clause.is_denied:
        return ""
    if {before.kind, clause.kind} & GENERIC:
        return ""
    told, later = evidence.spans(before.kind), evidence.spans(clause.kind)
    if not told or not later:
        return ""
    if clause.order == "before":
        told, later = later, told
    if any(b[0] >= a[0] - ORDER_SLACK_S for a in told for b in later):
        return ""
    return f"{clause.kind} is measured {_listed(later)}, {before.kind} {_listed(told)}"


def _listed(spans: Sequence[tuple[float, float]]) -> str:
    return ", ".join(f"{start:.1f}-{end:.1f} s" for start, end in spans[:3])
