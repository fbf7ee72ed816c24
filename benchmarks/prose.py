"""How varied and how faithful the prose of the template annotator is, and what it costs.

    python benchmarks/prose.py --what measure       # real clips, once: out/prose/measured.jsonl
    python benchmarks/prose.py --what phrases       # wordings held against the extractor [--write]
    python benchmarks/prose.py --what diversity     # distinct-n, self-BLEU, frames of sentences
    python benchmarks/prose.py --what faithfulness  # explanation -> rule extractor -> strict score
    python benchmarks/prose.py --what labels        # acted labels against measured cues: flags
    python benchmarks/prose.py --what speed         # CPU time a clip

Needs the nano weights and, for all but `phrases`, the folder of real media (`--data`). Prints JSON.
"""

import argparse
import json
import random
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from prose_records import by_hand, generated, measure, merr, random_records, real_records

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
MEASURED = ROOT / "out" / "prose" / "measured.jsonl"
BANK = ROOT / "src/xemogpt/emocue/annotators/prose_bank.json"
MIN_SIMILARITY = 0.7
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--what", choices=sorted(CHECKS), required=True)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--measured", type=Path, default=MEASURED)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--num", type=int, default=500, help="explanations")
    parser.add_argument("--write", action="store_true", help="write the checked phrases")
    args = parser.parse_args()
    print(json.dumps({"what": args.what, **CHECKS[args.what](args)}, indent=2, ensure_ascii=False))


def interval(values: list[float], seed: int = 0) -> list[float]:
    """95 % percentile bootstrap of the mean."""
    rng = np.random.default_rng(seed)
    array = np.array(values)
    means = array[rng.integers(len(array), size=(1000, len(array)))].mean(axis=1)
    return [round(float(value), 4) for value in np.percentile(means, [2.5, 97.5])]


def fused(record: Any, seed: int) -> Any:
    """The explanation of a record, seeded as a build does it."""
    from xemogpt.emocue.annotators.base import Shown
    from xemogpt.emocue.annotators.template import TemplateAnnotator

    shown = Shown(record, None, zlib.crc32(f"{seed}/{record.id}".encode()))
    return TemplateAnnotator().fuse(shown)


def phrases(args: argparse.Namespace) -> Row:
    """Each wording of the grammar in plain sentences: is it read back as its phrase?"""
    from xemogpt.metrics.emocue360 import EmoCue360
    from xemogpt.metrics.extraction import RuleExtractor
    from xemogpt.schema import CueSet

    extractor = RuleExtractor()
    predictions, references = {}, {}
    places: dict[str, tuple[str, str, str]] = {}
    for modality, key, group, phrase, sentence in _sentences():
        name = str(len(places))
        places[name] = (key, group, phrase)
        predictions[name] = extractor.extract(sentence).cues
        references[name] = CueSet(**{modality: [_filled(key)]})
    report = EmoCue360(encoder="minilm-int8").score(predictions, references, use_baselines=False)
    worst: dict[tuple[str, str, str], float] = {}
    for name, place in places.items():
        score = report.samples[name].overall.f1
        worst[place] = min(score, worst.get(place, 1.0))
    bank: dict[str, dict[str, list[str]]] = {}
    for (key, group, phrase), score in worst.items():
        groups = bank.setdefault(key, {"acts": [], "states": [], "things": [], "plurals": []})
        if score >= MIN_SIMILARITY:
            groups[group].append(phrase)
    if args.write:
        text = json.dumps(bank, indent=0, sort_keys=True, ensure_ascii=False)
        BANK.write_text(text + "\n", encoding="utf-8")
    kept = sum(len(forms) for groups in bank.values() for forms in groups.values())
    return {
        "phrases of the vocabulary": len(bank),
        "wordings": len(worst),
        "kept": kept,
        "least similarity": MIN_SIMILARITY,
        "without any wording": [key for key, groups in bank.items() if not any(groups.values())],
    }


def _sentences() -> Iterator[tuple[str, str, str, str, str]]:
    """Modality, phrase of the vocabulary, group, wording, and a sentence with it."""
    from xemogpt.emocue.annotators.prose_bank import expand
    from xemogpt.emocue.annotators.prose_face import FACE
    from xemogpt.emocue.annotators.prose_moves import MOVES
    from xemogpt.emocue.annotators.prose_sentences import is_singular, plural
    from xemogpt.emocue.annotators.prose_voice import VOICE
    from xemogpt.signals.phrasing import capital

    for modality, bank in (("visual", {**FACE, **MOVES}), ("auditory", VOICE)):
        who, sees = ("person", "sees") if modality == "visual" else ("speaker", "hears")
        sense = {"sees": "seen", "hears": "heard"}[sees]
        for key, wording in bank.items():
            for group in ("acts", "states", "things"):
                for phrase in dict.fromkeys(
                    form for pattern in getattr(wording, group) for form in expand(pattern)
                ):
                    said = _filled(phrase)
                    be = "is" if is_singular(said) else "are"
                    forms = {
                        "acts": (f"The person {said} (0.4–1.2 s).", f"At 1.2 s, the {who} {said}."),
                        "states": (f"{capital(said)} (0.4 to 1.2 s).", f"Meanwhile, {said}."),
                        "things": (f"There {be} {said}.", f"{capital(said)} can be {sense}.",
                                   f"One {sees} {said}."),
                    }  # fmt: skip
                    for form in forms[group]:
                        yield modality, key, group, phrase, form
                    if group == "acts":
                        yield (
                            modality,
                            key,
                            "plurals",
                            plural(phrase),
                            f"Then, they {plural(said)}.",
                        )


def _filled(phrase: str) -> str:
    return phrase.format(side="left", count="three times")


def diversity(args: argparse.Namespace) -> Row:
    """Explanations of real windows, of random cues, of the cues of generated clips; and others'."""
    real = list(real_records(args))[: args.num]
    both = [*real, *random_records(args.num - len(real), args.seed)]
    planned, wording = generated(args.num, args.seed)
    sets = {
        "template, real windows filled up with random cues": _told(both, args.seed),
        "template, random faces and voices": _told(random_records(args.num, 1), args.seed),
        "template, cues of generated clips": _told(planned, args.seed),
        "wording of generated clips, same cues": (wording, []),
        "tests/data/explanations, written by hand": (by_hand(), []),
        "descriptions of ../shared/data/text/merr": (merr(args.data), []),
    }
    rows = {}
    for name, (texts, frames) in sets.items():
        for num in (100, len(texts)) if len(texts) > 100 else (len(texts),):
            rows[f"{name}, {num} texts"] = _row(texts[:num], frames[:num])
    return rows


def _row(texts: list[str], frames: list[str]) -> Row:
    from xemogpt.emocue.annotators.diversity import distinct, self_bleu, tokens, unquoted

    own = [unquoted(text) for text in texts]
    words = [tokens(text) for text in own]
    bleu = self_bleu(words)
    row: Row = {f"distinct-{n}": round(distinct(words, n), 3) for n in (1, 2, 3)}
    row["self-BLEU-4"] = round(float(np.mean(bleu)), 3)
    row["interval"] = interval(bleu)
    masked = self_bleu([tokens(text, is_masked=True) for text in own])
    row["self-BLEU-4, numbers masked"] = round(float(np.mean(masked)), 3)
    row["words a text"] = round(float(np.mean([len(each) for each in words])), 1)
    if frames:
        split = [line for frame in frames for line in frame.replace("\n", ". ").split(". ")]
        row["frames of texts"] = len(set(frames))
        row["frames of sentences"] = len(set(split))
        row["most common frame of a sentence"] = Counter(split).most_common(1)
    return row


def _told(records: Any, seed: int) -> tuple[list[str], list[str]]:
    from xemogpt.emocue.annotators.diversity import skeleton

    texts, frames = [], []
    for record in records:
        fusion = fused(record, seed)
        told = [cue.text for name, cue in fusion.cues.items() if name != "emotional"]
        texts.append(fusion.text)
        frames.append(skeleton(fusion.text, told, [cue.text for cue in fusion.cues.emotional]))
    return texts, frames


def faithfulness(args: argparse.Namespace) -> Row:
    """What the rule extractor reads in an explanation against what was measured."""
    sets = {
        "real": random.Random(args.seed).sample(list(real_records(args)), 300),
        "random": list(random_records(300, args.seed)),
    }
    return {name: _read_back(records, args.seed) for name, records in sets.items()}


def _read_back(records: list[Any], seed: int) -> Row:
    from xemogpt.emocue.annotators.prose_facts import facts_of
    from xemogpt.metrics.emocue360 import EmoCue360
    from xemogpt.metrics.extraction import RuleExtractor
    from xemogpt.schema import MODALITIES, CueSet

    predictions, references, texts = {}, {}, {}
    num_measured = num_told = 0
    for record in records:
        fusion, facts = fused(record, seed), facts_of(record.measured)
        texts[record.id] = fusion.text
        predictions[record.id] = RuleExtractor().extract(fusion.text).cues
        by_modality = {
            name: [fact.phrase for fact in facts if fact.modality == name]
            for name in ("visual", "auditory")
        }
        references[record.id] = CueSet(**by_modality, emotional=fusion.cues.emotional)
        num_measured += len(record.measured)
        num_told += sum(len(fact.cues) for fact in facts)
    report = EmoCue360(encoder="minilm-int8").score(predictions, references, use_baselines=False)
    scores = {name: sample.overall.f1 for name, sample in report.samples.items()}
    row: Row = {
        "F1": round(float(np.mean(list(scores.values()))), 4),
        "interval": interval(list(scores.values())),
        "precision": round(report.overall.precision, 4),
        "recall": round(report.overall.recall, 4),
        "contradicted": sum(
            len(result.contradicted)
            for sample in report.samples.values()
            for result in sample.by_modality.values()
        ),
        "measured cues": num_measured,
        "of these told": num_told,
        "worst": texts[min(scores, key=lambda name: scores[name])],
    }
    for name in MODALITIES:
        own = [sample.by_modality[name].scores.f1 for sample in report.samples.values()]
        row[f"F1 {name}"] = round(float(np.nanmean(own)), 4)
    return row


def labels(args: argparse.Namespace) -> Row:
    """Acted voices: how their label stands to the measured cues."""
    from xemogpt.emocue.annotators.guidance import guide

    counts: dict[str, Counter[str]] = {}
    for record in real_records(args):
        if label := record.label("emotion"):
            counts.setdefault(label, Counter())[guide(record).verdict] += 1
    return {label: dict(count) for label, count in sorted(counts.items())}


def speed(args: argparse.Namespace) -> Row:
    """CPU time of two descriptions and an explanation."""
    from xemogpt.emocue.annotators.base import Shown
    from xemogpt.emocue.annotators.template import TemplateAnnotator

    annotator = TemplateAnnotator()
    records = list(random_records(args.num, args.seed))
    fused(records[0], args.seed)  # Loads phrases and emotion words.
    start = time.process_time()
    for index, record in enumerate(records):
        shown = Shown(record, None, index)
        annotator.describe(shown, "visual")
        annotator.describe(shown, "auditory")
        annotator.fuse(shown)
    return {"clips": len(records), "CPU ms a clip": round(
        1000 * (time.process_time() - start) / len(records), 2)}  # fmt: skip


CHECKS: dict[str, Callable[[argparse.Namespace], Row]] = {
    "measure": measure,
    "phrases": phrases,
    "diversity": diversity,
    "faithfulness": faithfulness,
    "labels": labels,
    "speed": speed,
}


if __name__ == "__main__":
    main()
