"""Does verification find what is false, and leave what is true? One plant in each explanation.

    python benchmarks/verification.py --corpus CORPUS --corpus CORPUS --num 200 --seed 1

Explanations of measured clips are written by the template annotator and by the controlled corpus'
own wording, by turns; half of them come with descriptions of each modality. Each gets one true
sentence and one false one, worded by hand (``verification_wordings.json``), at drawn places, and
goes through the step. A plant is caught if its sentence is no longer there as it was written. The
rules were tuned on the wordings ``tuned``; ``held_out`` ones are judged unless ``--wordings`` says
otherwise. Prints JSON.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xemogpt.emocue.annotators.base import Shown
from xemogpt.emocue.annotators.template import TemplateAnnotator
from xemogpt.emocue.controlled.phrases import EMOTION_WORDS
from xemogpt.emocue.controlled.wording import explain
from xemogpt.emocue.records import EmoCueRecord, read_records
from xemogpt.emocue.settings import BuildSettings
from xemogpt.emocue.steps.base import Tools
from xemogpt.emocue.steps.verify import verify
from xemogpt.emocue.verification.clauses import read_sentences
from xemogpt.emocue.verification.evidence import SURE, Evidence, Span
from xemogpt.emocue.verification.kinds import COVERED_BY
from xemogpt.emocue.verification.sequence import OPENERS
from xemogpt.schema import CueSet
from xemogpt.signals.vocabulary import KINDS

WORDINGS = Path(__file__).with_name("verification_wordings.json")
TYPES = ("absent", "order", "denial", "time", "opposite")
GAP_S = 0.6
"""Between the beginnings of cues whose order is turned round."""
_CUT = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_ORDER = re.compile(
    r"\b(?:then|next|after|before|once|until|later|soon|first|finally|eventually|initially)"
)
_QUOTED = re.compile(r'["“«「].*["”»」]')


@dataclass(frozen=True)
class Plant:
    """A false sentence."""

    type: str
    kind: str
    text: str
    deeds: tuple[str, ...] = ()
    """Of a plant of order, both: they may stay, but not what puts them in order."""


class Planter:
    """Draws true and false sentences about a record."""

    def __init__(self, words: dict[str, Any], opposites: dict[str, str]) -> None:
        self.words = words
        self.opposites = opposites

    def false(self, type_: str, record: EmoCueRecord, rng: np.random.Generator) -> Plant | None:
        """A plant of a type; none if the record allows none."""
        found = getattr(self, f"_{type_}")(record, Evidence.of(record), rng)
        return None if found is None else Plant(type_, *found)

    def true(self, record: EmoCueRecord, rng: np.random.Generator) -> str | None:
        """A sentence about a measured cue."""
        kinds = sorted(
            {c.kind for _, c in record.measured.items() if c.kind in self.words["there"]}
        )
        if not kinds:
            return None
        return str(rng.choice(self.words["there"][str(rng.choice(kinds))]))

    def _missing(self, evidence: Evidence, kinds: Sequence[str]) -> list[str]:
        return [
            kind
            for kind in kinds
            if not evidence.holds(kind) and evidence.can_measure(kind, KINDS[kind].modality)
        ]

    def _absent(self, record: EmoCueRecord, evidence: Evidence, rng: np.random.Generator) -> Any:
        kinds = self._missing(evidence, list(self.words["there"]))
        return self._said("there", kinds, rng)

    def _opposite(self, record: EmoCueRecord, evidence: Evidence, rng: np.random.Generator) -> Any:
        said = [kind for kind, other in self.opposites.items() if evidence.cues(other)]
        kinds = [kind for kind in self._missing(evidence, said) if kind in self.words["there"]]
        return self._said("there", kinds, rng)

    def _denial(self, record: EmoCueRecord, evidence: Evidence, rng: np.random.Generator) -> Any:
        sure = {c.kind for _, c in evidence.measured.items() if (c.confidence or 1) >= SURE}
        return self._said("denied", [kind for kind in self.words["denied"] if kind in sure], rng)

    def _said(self, bank: str, kinds: list[str], rng: np.random.Generator) -> Any:
        if not kinds:
            return None
        kind = str(rng.choice(kinds))
        return kind, str(rng.choice(self.words[bank][kind]))

    def _timed(self, evidence: Evidence) -> dict[str, list[Span]]:
        """Kinds whose place in time no near kind blurs, with their spans."""
        there = {cue.kind for _, cue in evidence.measured.items()}
        return {
            kind: evidence.spans(kind)
            for kind in self.words["deeds"]
            if evidence.spans(kind) and kind in there and not COVERED_BY.get(kind, set()) & there
        }

    def _order(self, record: EmoCueRecord, evidence: Evidence, rng: np.random.Generator) -> Any:
        spans = self._timed(evidence)
        pairs = [
            (a, b)
            for a in spans
            for b in spans
            if min(s for s, _ in spans[b]) > max(s for s, _ in spans[a]) + GAP_S
            and min(s for s, _ in spans[b]) >= max(e for _, e in spans[a])
        ]
        if not pairs:
            return None
        a, b = pairs[int(rng.integers(len(pairs)))]
        first, then = (str(rng.choice(self.words["deeds"][kind])) for kind in (a, b))
        text = str(rng.choice(self.words["order"])).format(a=first, b=then)
        return a, text, (plain(first), plain(then))

    def _time(self, record: EmoCueRecord, evidence: Evidence, rng: np.random.Generator) -> Any:
        length = evidence.duration_s or 0.0
        early, late = [], []
        for kind, spans in self._timed(evidence).items():
            if min(start for start, _ in spans) > 0.55 * length:
                late.append(kind)
            elif max(end for _, end in spans) < 0.45 * length:
                early.append(kind)
        if not early + late:
            return None
        kind = str(rng.choice(early + late))
        bank, share = ("late", 0.92) if kind in early else ("early", 0.1)
        deed = str(rng.choice(self.words["deeds"][kind]))
        form = str(rng.choice(self.words[bank]))
        return kind, form.format(v=deed, t=round(share * length, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, action="append", required=True)
    parser.add_argument("--num", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wordings", choices=("tuned", "held_out"), default="held_out")
    parser.add_argument("--show", type=int, default=0, help="misses and false drops to print")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    bank = json.loads(WORDINGS.read_text())
    planter = Planter(bank[args.wordings], bank["opposites"])
    rows = trials(records_of(args.corpus, args.seed), planter, args)
    result = {
        "num": len(rows),
        "seed": args.seed,
        "wordings": args.wordings,
        "ms_each": round(1000 * float(np.mean([row["cpu_s"] for row in rows])), 2),
        "caught": by(rows, "type", "caught"),
        "caught_by_writer": by(rows, "writer", "caught"),
        "caught_by_clip": by(rows, "clip", "caught"),
        "true_statements": sum(row["num_true"] for row in rows),
        "true_dropped": share(rows, "num_dropped", "num_true", args.seed),
        "true_order_taken_out": share(rows, "num_unordered", "num_true", args.seed),
        "true_by_hand_dropped": wilson(
            sum(row["hand_dropped"] for row in rows if row["has_hand"]),
            sum(row["has_hand"] for row in rows),
        ),
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
    records: Sequence[EmoCueRecord], planter: Planter, args: argparse.Namespace
) -> list[dict[str, Any]]:
    """One planted explanation each."""
    tools = Tools(Path("."), BuildSettings(), lambda settings: ())
    rows: list[dict[str, Any]] = []
    for at in range(40 * args.num):
        if len(rows) == args.num:
            return rows
        rng = np.random.default_rng([args.seed, at])
        writer = ("template", "controlled")[at // len(args.corpus) % 2]
        record = written(records[at % len(records)], writer, rng)
        plant = planter.false(TYPES[len(rows) % len(TYPES)], record, rng)
        if plant is None or not record.explanation:
            continue
        hand = planter.true(record, rng) or ""
        row, lines = judged(record, plant, hand, tools, rng)
        if args.show > 0 and (not row["caught"] or row["num_dropped"] or row["hand_dropped"]):
            args.show -= 1
            sys.stderr.write("\n".join([f"--- {plant}", *lines, ""]))
        made = "generated" if record.is_generated else "recorded"
        rows.append({"type": plant.type, "writer": writer, "clip": made, **row})
    raise SystemExit("too few records fit; give more")


def written(record: EmoCueRecord, writer: str, rng: np.random.Generator) -> EmoCueRecord:
    """The record with an explanation of what was measured; half of them with descriptions."""
    record = record.model_copy(update={"descriptions": {}, "explanation": None})
    annotator = TemplateAnnotator()
    shown = Shown(record, None, int(rng.integers(2**31)))
    if rng.random() < 0.5:
        said = {m: annotator.describe(shown, m).text for m in ("visual", "auditory")}  # type: ignore[arg-type]
        record = record.model_copy(update={"descriptions": {m: t for m, t in said.items() if t}})
    if writer == "template":
        fusion = annotator.fuse(Shown(record, None, int(rng.integers(2**31))))
        return record.model_copy(update={"explanation": fusion.text, "cues": fusion.cues})
    cues = record.measured or CueSet()
    words = record.transcript.text if record.transcript else ""
    emotion = next((e for e in record.emotions if e in EMOTION_WORDS), "neutral")
    told = CueSet(visual=cues.visual, auditory=cues.auditory)
    return record.model_copy(update={"explanation": explain(told, emotion, words, rng)})


def judged(
    record: EmoCueRecord, plant: Plant, hand: str, tools: Tools, rng: np.random.Generator
) -> tuple[dict[str, Any], list[str]]:
    """Whether the plant was caught, and what became of the rest."""
    text = record.explanation or ""
    base = [c.text for s in read_sentences(text) for c in s.clauses if c.kind is not None]
    planted = text
    for sentence in (hand, plant.text):
        if sentence:
            planted = put_in(planted, sentence, rng)
    started = time.process_time()
    after = verify(record.model_copy(update={"explanation": planted}), tools)
    cpu_s = time.process_time() - started
    left = plain(after.explanation or "")
    # Texts may state a thing twice; then one of them staying would hide the other.
    gone = [one for one in Counter(base) if plain(OPENERS.sub("", one)) not in left]
    unordered = [f for f in after.flags if f.startswith("dropped-order") and hit(f, base)]
    row = {
        "caught": plain(plant.text) not in left and not still_in_order(after, plant),
        "num_true": len(base),
        "num_dropped": len(gone),
        "num_unordered": len(unordered),
        "has_hand": bool(hand),
        "hand_dropped": bool(hand) and plain(hand) not in left,
        "cpu_s": cpu_s,
    }
    return row, [planted, f"=> {after.explanation}", f"   {hand!r} {gone}", *after.flags]


def still_in_order(record: EmoCueRecord, plant: Plant) -> bool:
    """Whether a sentence that tells both deeds of a plant still says which comes first."""
    sentences = [plain(one.text) for one in read_sentences(record.explanation or "")]
    both = [one for one in sentences if plant.deeds and all(deed in one for deed in plant.deeds)]
    return any(_ORDER.search(one) for one in both)


def put_in(text: str, sentence: str, rng: np.random.Generator) -> str:
    """A sentence between two of a text, never inside of a quotation; at the end of a list."""
    if "\n" in text:
        return f"{text}\n{sentence}"
    held = [match.span() for match in _QUOTED.finditer(text)]
    places = [0, len(text)] + [
        m.end() for m in _CUT.finditer(text) if not any(a <= m.start() < b for a, b in held)
    ]
    at = places[int(rng.integers(len(places)))]
    return f"{text[:at].rstrip()} {sentence} {text[at:]}".strip()


def plain(text: str) -> str:
    """Words alone, in lower case: what rewriting may change is left out."""
    return " ".join(re.findall(r"[\w.]+", text.lower()))


def hit(flag: str, base: Sequence[str]) -> bool:
    """Whether a flag speaks of a clause of the text before anything was planted."""
    return any(flag.partition(": ")[2].startswith(" ".join(one.split())[:200]) for one in base)


def by(rows: Sequence[dict[str, Any]], key: str, value: str) -> dict[str, Any]:
    """Share by group and over all, with Wilson's 95 % interval."""
    groups: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        groups["all"].append(row[value])
        groups[row[key]].append(row[value])
    return {name: wilson(sum(found), len(found)) for name, found in groups.items()}


def wilson(hits: int, num: int) -> dict[str, Any]:
    """A share with its 95 % interval."""
    z = 1.96
    p, n = hits / num, num
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return {
        "share": round(p, 3),
        "interval": [round(max(0.0, middle - half), 3), round(min(1.0, middle + half), 3)],
        "num": num,
    }


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
