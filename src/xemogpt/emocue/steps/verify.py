"""Verify: statements that nothing supports leave the explanation, and are written down."""

from importlib.metadata import version

from xemogpt.emocue.records import EmoCueRecord, Step
from xemogpt.emocue.steps.base import Tools
from xemogpt.emocue.steps.quality import SUPPORTED
from xemogpt.emocue.verification.clauses import read_sentences
from xemogpt.emocue.verification.evidence import Evidence
from xemogpt.emocue.verification.judging import Judgement, judge_clauses, judge_cue
from xemogpt.emocue.verification.rewriting import rewritten
from xemogpt.schema import MODALITIES, Cue, CueSet

_MAX_QUOTED = 200


def verify(record: EmoCueRecord, tools: Tools) -> EmoCueRecord:
    """Hold every statement of the explanation against measured cues and unimodal descriptions.

    What is contradicted is dropped, a wrong order is taken back, what nothing can judge and no
    description mentions is flagged. Fills the score ``supported_share``.
    """
    if record.explanation is None:
        return record
    evidence = Evidence.of(record)
    sentences = read_sentences(record.explanation)
    judgements = judge_clauses(sentences, evidence)
    cues, dropped = _kept(record.cues, evidence)
    flags = [flag for one in judgements.values() if (flag := _flag(one, evidence))]
    flags += [flag for flag in dropped if flag not in flags]
    verdicts = [one.verdict for one in judgements.values()]
    good = verdicts.count("supported")
    bad = verdicts.count("contradicted") + verdicts.count("wrong-order")
    quality = dict(record.quality)
    if good + bad:
        quality[SUPPORTED] = round(good / (good + bad), 4)
    text = rewritten(sentences, judgements) if bad else record.explanation
    return record.model_copy(
        update={
            "explanation": text or None,
            "cues": cues,
            "quality": quality,
            "flags": tuple(dict.fromkeys((*record.flags, *flags))),
            "steps": (*record.steps, Step(tool="verify", version=version("xemogpt"))),
        }
    )


def _kept(cues: CueSet, evidence: Evidence) -> tuple[CueSet, list[str]]:
    """The stated cues that are not contradicted, and a flag for each of the others."""
    kept: dict[str, list[Cue]] = {modality: [] for modality in MODALITIES}
    flags = []
    for modality, cue in cues.items():
        verdict, reason = judge_cue(cue, modality, evidence)
        if verdict == "contradicted":
            flags.append(f"dropped-cue: {cue.text[:_MAX_QUOTED]} ({reason})")
        else:
            kept[modality].append(cue)
    if not flags:
        return cues, []
    return CueSet(**{name: tuple(found) for name, found in kept.items()}), flags


def _flag(one: Judgement, evidence: Evidence) -> str:
    text = " ".join(one.clause.text.split())[:_MAX_QUOTED]
    if one.verdict == "contradicted":
        return f"dropped-statement: {text} ({one.reason})"
    if one.verdict == "wrong-order":
        return f"dropped-order: {text} ({one.reason})"
    if one.verdict == "unsupported":
        return f"unsupported-statement: {text} ({one.reason})"
    return ""
