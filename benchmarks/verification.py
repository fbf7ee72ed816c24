# ruff: noqa: E501  (wordings: one kind a line)
"""Does verification find what is false, and leave what is true? One plant in each explanation.

    python benchmarks/verification.py --corpus CORPUS... --num 200 --seed 1

Explanations of measured clips are written by the template annotator and by the controlled corpus'
own wording, by turns. Each gets one false statement: a cue that is not there, a wrong order, a
denial of what is there, a wrong time. Plants are worded by hand; those of seed 0 and of all other
seeds are different sentences, so rules can be tuned on seed 0 and judged on another. Prints JSON.
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xemogpt.emocue.annotators.base import Shown
from xemogpt.emocue.annotators.template import TemplateAnnotator
from xemogpt.emocue.controlled.phrases import EMOTION_WORDS
from xemogpt.emocue.controlled.wording import explain
from xemogpt.emocue.records import EmoCueRecord, read_records
from xemogpt.emocue.verification.clauses import read_sentences
from xemogpt.emocue.verification.evidence import Evidence
from xemogpt.emocue.verification.judging import judge_clauses
from xemogpt.emocue.verification.kinds import COVERED_BY
from xemogpt.schema import CueSet
from xemogpt.signals.vocabulary import KINDS

WRONG = ("contradicted", "wrong-order")
# Kind -> verb phrases in the third person; the first two are for tuning, the others for judging.
DEEDS: dict[str, tuple[str, str, str, str]] = {
    "smile": ("grins at the camera", "gives a warm smile", "beams with delight", "has a faint smile on the lips"),
    "mouth-frown": ("lets the corners of the mouth sink", "pulls the mouth corners down", "has the corners of the mouth turned down", "draws down the corners of the lips"),
    "brow-lower": ("scowls", "furrows the brow", "frowns deeply", "knits the brows"),
    "brow-raise": ("lifts both eyebrows", "raises the brows in surprise", "arches the eyebrows upwards", "has raised eyebrows"),
    "eyes-wide": ("opens the eyes wide", "stares with widened eyes", "has wide open eyes", "looks on with eyes wide"),
    "eyes-narrow": ("squints", "narrows the eyes to slits", "has narrowed eyes", "peers through narrowed eyes"),
    "eyes-closed": ("shuts the eyes for a while", "keeps both eyes closed", "closes the eyes tightly", "sits with the eyes shut"),
    "lips-pressed": ("purses the lips", "presses the lips tightly together", "tightens the lips", "has pressed lips"),
    "mouth-open": ("lets the mouth hang open", "opens the mouth", "drops the jaw", "gapes with an open mouth"),
    "gaze-down": ("looks at the floor below, eyes down", "casts the gaze down", "lowers the eyes", "glances downward"),
    "gaze-up": ("looks up to the ceiling", "glances upwards", "gazes up", "turns the gaze up"),
    "gaze-averted": ("looks away from the camera", "averts the gaze", "glances aside", "looks to the side"),
    "head-nod": ("nods in agreement", "nods repeatedly", "gives a nod of the head", "nods along"),
    "head-shake": ("shakes the head", "shakes the head in disbelief", "keeps shaking the head", "gives a shake of the head"),
    "head-tilt": ("tilts the head", "cocks the head, tilting it", "has the head tilted to one side", "tilts the head sideways"),
    "pause": ("pauses between words", "makes a pause", "hesitates before going on", "falls into a long pause"),
    "monotone": ("speaks in a monotone", "talks in a flat voice", "speaks with a monotonous voice", "drones in a monotone"),
    "pitch-rise": ("speaks with a rising pitch", "lets the pitch climb", "raises the pitch steadily, the pitch rising", "talks while the pitch goes up"),
    "high-pitch": ("speaks in a high voice", "uses a high pitch", "talks in a high-pitched tone", "speaks at a high pitch throughout"),
    "low-pitch": ("speaks in a deep voice", "uses a low pitch", "talks in a low-pitched tone", "has a low voice"),
    "fast-speech": ("rushes, speaking fast", "talks rapidly", "speaks quickly", "talks at a hurried pace"),
    "slow-speech": ("drawls slowly", "talks at a slow pace", "speaks unhurriedly", "speaks very slowly"),
    "loud-burst": ("shouts all of a sudden", "raises the voice", "yells", "bursts out shouting"),
    "loudness-fall": ("grows quieter while speaking", "trails off", "gets softer and softer", "becomes quiet in the voice"),
    "voice-tremor": ("speaks with a trembling voice", "has a quivering voice", "talks with a shaky voice", "speaks in a wavering tone"),
    "breathy-voice": ("whispers with a breathy voice", "speaks in an airy voice", "has a breathy tone", "speaks breathily"),
    "tense-voice": ("sounds strained", "speaks in a tense voice", "has a harsh voice", "talks in a strained tone"),
}  # fmt: skip
SUBJECTS = ("She", "He", "The person", "The speaker", "The woman", "The individual")
ABSENT = (
    ("{S} {d}.", "{S} also {d}."),
    ("In addition, {s} {d}.", "{S} visibly and audibly {d}.", "One notices that {s} {d}."),
)
ORDER = (
    ("{S} {b} and then {a}.", "{S} {b}. After that, {s} {a}."),
    (
        "{S} first {b}, then {a}.",
        "{S} {b} before {s} {a}.",
        "After {s} {b}, {s} {a}.",
        "{S} {a} after {s} {b}.",
    ),
)
DENIAL = (
    ("{S} does not {d}.", "At no point does {s} {d}."),
    (
        "{S} never {D}.",
        "It is not the case that {s} {D}.",
        "{S} is seen and heard without a sign that {s} {D}.",
    ),
)
TIME = (
    ("{S} {d} (from {f:.1f} to {t:.1f} s).", "At {f:.1f} s {s} {d}."),
    (
        "Between {f:.1f} and {t:.1f} s, {s} {d}.",
        "{S} {d} at about {f:.1f} seconds.",
        "Around {f:.1f} s, {s} {d}.",
    ),
)


@dataclass(frozen=True)
class Plant:
    """A false statement."""

    type: str
    kind: str
    text: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, action="append", required=True)
    parser.add_argument("--num", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="misses and false drops to print")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    started = time.process_time()
    rows = list(trials(records_of(args.corpus, args.seed), args.num, args.seed, args.show))
    result = {
        "num": len(rows),
        "seed": args.seed,
        "cpu_ms_each": round(1000 * (time.process_time() - started) / len(rows), 1),
        "caught": by(rows, "type", "caught"),
        "caught_by_writer": by(rows, "writer", "caught"),
        "true_statements": sum(row["num_true"] for row in rows),
        "true_dropped": share(rows, "num_dropped", "num_true", args.seed),
        "true_reworded": share(rows, "num_reordered", "num_true", args.seed),
    }
    text = json.dumps(result, indent=1)
    if args.out:
        args.out.write_text(text + "\n")
    sys.stdout.write(text + "\n")


def records_of(corpora: Sequence[Path], seed: int) -> list[EmoCueRecord]:
    """Records of all corpora by turns, in a drawn order."""
    rng = np.random.default_rng([seed, 1])
    lists = []
    for corpus in corpora:
        found = [r for r in read_records(corpus) if r.measured and len(r.measured) > 2]
        lists.append([found[index] for index in rng.permutation(len(found))])
    longest = max(map(len, lists))
    return [found[at % len(found)] for at in range(longest) for found in lists]


def trials(
    records: Sequence[EmoCueRecord], num: int, seed: int, show: int
) -> Iterator[dict[str, Any]]:
    """One planted explanation each."""
    types = ("absent", "absent", "absent", "order", "order", "denial", "time")
    made = at = 0
    while made < num:
        record = records[at % len(records)]
        rng = np.random.default_rng([seed, at])
        at += 1
        writer = ("template", "controlled")[at % 2]
        text, record = written(record, writer, rng)
        plant = planted(record, types[made % len(types)], seed, rng)
        if plant is None or not text:
            if at > 20 * num:
                raise SystemExit("too few records fit; give more")
            continue
        made += 1
        row, lines = judged(record, text, plant, rng)
        if show > 0 and (not row["caught"] or row["num_dropped"]):
            show -= 1
            sys.stderr.write("\n".join([f"--- {plant}", *lines, ""]))
        yield {"type": plant.type, "writer": writer, **row}


def written(
    record: EmoCueRecord, writer: str, rng: np.random.Generator
) -> tuple[str, EmoCueRecord]:
    """An explanation of what was measured, and the record with descriptions of the same."""
    record = record.model_copy(update={"descriptions": {}, "explanation": None})
    shown = Shown(record, None, int(rng.integers(2**31)))
    annotator = TemplateAnnotator()
    said = {m: annotator.describe(shown, m).text for m in ("visual", "auditory")}
    record = record.model_copy(update={"descriptions": {m: t for m, t in said.items() if t}})
    if writer == "template":
        return annotator.fuse(Shown(record, None, int(rng.integers(2**31)))).text, record
    cues = record.measured or CueSet()
    words = record.transcript.text if record.transcript else ""
    emotion = next((e for e in record.emotions if e in EMOTION_WORDS), "neutral")
    told = CueSet(visual=cues.visual, auditory=cues.auditory)
    return explain(told, emotion, words, rng), record


def planted(
    record: EmoCueRecord, kind_of_plant: str, seed: int, rng: np.random.Generator
) -> Plant | None:
    """A false statement about a record; none if none of this type can be made."""
    half = slice(0, 2) if seed == 0 else slice(2, 4)
    which = 0 if seed == 0 else 1
    subject = str(rng.choice(SUBJECTS))
    lower = subject[0].lower() + subject[1:]
    evidence = Evidence.of(record)
    kinds = {cue.kind for _, cue in evidence.measured.items()}
    there = {kind for kind in DEEDS if kind in kinds}

    def deed(kind: str) -> str:
        return str(rng.choice(DEEDS[kind][half]))

    if kind_of_plant == "absent":
        absent = [
            kind
            for kind in DEEDS
            if not evidence.holds(kind)
            and not _near(kind, there)
            and evidence.can_measure(kind, KINDS[kind].modality)
        ]
        if not absent:
            return None
        kind = str(rng.choice(absent))
        form = str(rng.choice(ABSENT[which]))
        return Plant("absent", kind, form.format(S=subject, s=lower, d=deed(kind)))
    if kind_of_plant == "order":
        pairs = [
            (a, b)
            for a in sorted(there)
            for b in sorted(there)
            if a != b
            and min((s for s, _ in evidence.spans(b)), default=0.0)
            > max((s for s, _ in evidence.spans(a)), default=1e9) + 0.6
        ]
        if not pairs:
            return None
        a, b = pairs[int(rng.integers(len(pairs)))]
        form = str(rng.choice(ORDER[which]))
        return Plant("order", a, form.format(S=subject, s=lower, a=deed(a), b=deed(b)))
    if not there:
        return None
    kind = str(rng.choice(sorted(there)))
    if kind_of_plant == "denial":
        form = str(rng.choice(DENIAL[which]))
        told = deed(kind)
        verb, _, rest = told.partition(" ")
        plain = {"has": "have", "does": "do"}.get(verb, _infinitive(verb))
        return Plant(
            "denial", kind, form.format(S=subject, s=lower, d=f"{plain} {rest}".strip(), D=told)
        )
    free = _free(evidence, kind)
    if free is None:
        return None
    form = str(rng.choice(TIME[which]))
    return Plant("time", kind, form.format(S=subject, s=lower, d=deed(kind), f=free[0], t=free[1]))


def judged(
    record: EmoCueRecord, text: str, plant: Plant, rng: np.random.Generator
) -> tuple[dict[str, Any], list[str]]:
    """Whether the plant was caught, and what became of the rest."""
    sentences = read_sentences(text)
    at = int(rng.integers(len(sentences) + 1))
    extra = read_sentences(plant.text + " ")
    everything = [*sentences[:at], *extra, *sentences[at:]]
    # Read again as one text: order words refer to what stands before them.
    whole = read_sentences(" ".join(one.text.strip() for one in everything))
    evidence = Evidence.of(record)
    judgements = judge_clauses(whole, evidence)
    inside = {clause.text for one in read_sentences(plant.text) for clause in one.clauses}
    mine = [one for one in judgements.values() if one.clause.text in inside]
    base = judge_clauses(sentences, evidence)
    true = [one for one in base.values() if one.clause.kind is not None]
    row = {
        "caught": any(one.verdict in WRONG for one in mine),
        "num_true": len(true),
        "num_dropped": sum(one.verdict == "contradicted" for one in true),
        "num_reordered": sum(one.verdict == "wrong-order" for one in true),
    }
    lines = [text, *(f"  {one.verdict}: {one.clause.text} [{one.clause.kind}] {one.reason}"
                     for one in [*mine, *[b for b in true if b.verdict in WRONG]])]  # fmt: skip
    return row, lines


def _near(kind: str, there: set[str]) -> bool:
    """Whether a kind is so close to a measured one that its presence can be argued."""
    others = {"smile": {"one-sided-smile", "grimace"}, "brow-raise": {"inner-brow-raise"},
              "gaze-averted": {"turned-away"}, "high-pitch": {"pitch-rise"}, "pause": {"silence"}}  # fmt: skip
    return bool((others.get(kind, set()) | COVERED_BY.get(kind, frozenset())) & there)


def _free(evidence: Evidence, kind: str) -> tuple[float, float] | None:
    """A stretch of the clip, 0.9 s and more from every cue of a kind."""
    length = evidence.duration_s or 0.0
    spans = evidence.spans(kind)
    for start in np.arange(0.0, length - 0.6, 0.3):
        if all(start - 0.9 > e or start + 0.6 + 0.9 < s for s, e in spans):
            return float(start), float(start + 0.6)
    return None


def _infinitive(verb: str) -> str:
    if verb.endswith(("sses", "shes", "ches", "ses")) and not verb.endswith(
        ("closes", "purses", "raises", "pauses", "uses")
    ):
        return verb[:-2]
    return verb[:-3] + "y" if verb.endswith("ies") else verb.removesuffix("s")


def by(rows: Sequence[dict[str, Any]], key: str, value: str) -> dict[str, Any]:
    """Share by group and over all, with Wilson's 95 % interval."""
    groups: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        groups["all"].append(row[value])
        groups[row[key]].append(row[value])
    return {name: wilson(sum(found), len(found)) for name, found in groups.items()}


def wilson(hits: int, num: int) -> dict[str, Any]:
    z = 1.96
    p, n = hits / num, num
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return {"share": round(p, 3), "interval": [round(middle - half, 3), round(middle + half, 3)],
            "num": num}  # fmt: skip


def share(rows: Sequence[dict[str, Any]], part: str, whole: str, seed: int) -> dict[str, Any]:
    """A ratio of sums with a bootstrap over explanations: statements of one text go together."""
    rng = np.random.default_rng(seed)
    a = np.array([row[part] for row in rows], float)
    b = np.array([row[whole] for row in rows], float)
    drawn = rng.integers(len(rows), size=(2000, len(rows)))
    ratios = a[drawn].sum(1) / b[drawn].sum(1)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return {"share": round(a.sum() / b.sum(), 4), "interval": [round(low, 4), round(high, 4)]}


if __name__ == "__main__":
    main()
