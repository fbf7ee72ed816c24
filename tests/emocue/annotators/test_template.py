"""The template annotator: what it tells was measured, in many words, the same for a seed."""

import re
from pathlib import Path

import numpy as np
import pytest

from xemogpt.emocue.annotators.base import Shown
from xemogpt.emocue.annotators.prose_facts import facts_of
from xemogpt.emocue.annotators.template import TemplateAnnotator
from xemogpt.emocue.records import EmoCueRecord, Label
from xemogpt.metrics.extraction import RuleExtractor
from xemogpt.schema import Cue, CueSet, Transcript
from xemogpt.signals.vocabulary import kinds

NUM = 150
LEFT_OUT = {"face", "talking", "speech", "no-speech", "silence", "neutral-face", "several-faces",
            "blink-rate"}  # fmt: skip
TEMPLATE = TemplateAnnotator()


def cue(text: str, kind: str, start_s: float, end_s: float, **more: object) -> Cue:
    data = {"confidence": 0.9, "source": "measured", **more}
    return Cue.model_validate(
        {"text": text, "kind": kind, "start_s": start_s, "end_s": end_s, **data}
    )


def random_record(index: int) -> EmoCueRecord:
    rng = np.random.default_rng([3, index])
    cues: dict[str, list[Cue]] = {}
    for modality in ("visual", "auditory"):
        bank = [kind for kind in kinds(modality) if kind.name not in LEFT_OUT]
        chosen = rng.choice(len(bank), size=int(rng.integers(1, 5)), replace=False)
        cues[modality] = []
        for kind in (bank[int(place)] for place in chosen):
            start_s = round(float(rng.uniform(0, 4)), 3)
            text = str(rng.choice(kind.phrases)).format(side="left", count="three")
            length_s = float(rng.uniform(0.2, 2.0))
            cues[modality].append(cue(text, kind.name, start_s, round(start_s + length_s, 3)))
    return EmoCueRecord(id=f"r{index}", duration_s=6.0, measured=CueSet(**cues))


def shown(record: EmoCueRecord, seed: int = 1) -> Shown:
    return Shown(record, None, seed)


RECORDS = [random_record(index) for index in range(NUM)]


def test_statements_are_the_measured_cues_in_the_words_of_the_text() -> None:
    for index, record in enumerate(RECORDS):
        fusion = TEMPLATE.fuse(shown(record, index))
        assert record.measured is not None
        for modality in ("visual", "auditory"):
            measured = {
                (each.kind, each.start_s, each.end_s) for each in record.measured.of(modality)
            }
            told = {(each.kind, each.start_s, each.end_s) for each in fusion.cues.of(modality)}
            assert told == measured
        for _, each in fusion.cues.items():
            assert each.text.lower() in fusion.text.lower()
            assert each.source == "measured"


def test_no_side_degree_or_count_is_invented() -> None:
    for index, record in enumerate(RECORDS):
        assert record.measured is not None
        phrases = " ".join(each.text for _, each in record.measured.items())
        text = TEMPLATE.fuse(shown(record, index)).text
        for word in ("left", "right ", "three times", "twice"):
            if word.strip() not in phrases:
                assert f" their {word}" not in text


def test_order_words_follow_the_clock() -> None:
    first = cue("smiles", "smile", 0.2, 1.0)
    second = cue("nods once", "head-nod", 3.0, 3.6)
    record = EmoCueRecord(id="a", duration_s=5.0, measured=CueSet(visual=[first, second]))
    after = re.compile(r"\b(then|next|after that|afterwards|later|thereafter)\b", re.IGNORECASE)
    linked = 0
    for seed in range(200):
        text = TEMPLATE.fuse(shown(record, seed)).text
        smile = min(text.lower().find(word) for word in ("smil",))
        nod = re.search(r"\bnod|goes down and up", text.lower())
        assert smile >= 0
        assert nod is not None
        found = after.search(text)
        if found and "before" not in text.lower():
            linked += 1
            assert (smile < nod.start()) or found.start() < smile < nod.start(), text
    assert linked > 20


def test_what_overlaps_is_never_told_as_one_after_the_other() -> None:
    pair = [cue("smiles", "smile", 0.0, 3.0), cue("bows the head", "head-bow", 0.1, 2.9)]
    record = EmoCueRecord(id="a", duration_s=5.0, measured=CueSet(visual=pair))
    for seed in range(200):
        text = TEMPLATE.fuse(shown(record, seed)).text
        assert not re.search(r"\b(then|afterwards|before|after that|once that)\b", text, re.I), text


def test_same_seed_same_text() -> None:
    record = RECORDS[0]
    texts = [TEMPLATE.fuse(shown(record, seed)).text for seed in (5, 5, 6)]
    assert texts[0] == texts[1] != texts[2]
    one, two = (TEMPLATE.describe(shown(record, 5), "visual").text for _ in range(2))
    assert one == two


def test_each_modality_is_described_alone() -> None:
    for index, record in enumerate(RECORDS[:60]):
        for modality, other in (("visual", "auditory"), ("auditory", "visual")):
            described = TEMPLATE.describe(shown(record, index), modality)  # type: ignore[arg-type]
            assert described.cues.of(modality)  # type: ignore[arg-type]
            assert not described.cues.of(other)  # type: ignore[arg-type]
            assert not described.cues.emotional
            read = RuleExtractor().extract(described.text).cues
            assert len(read.emotional) == 0


@pytest.mark.weights
def test_explanations_read_back_as_what_was_measured() -> None:
    from xemogpt.metrics.emocue360 import EmoCue360

    read, references = {}, {}
    for index, record in enumerate(RECORDS[:80]):
        fusion = TEMPLATE.fuse(shown(record, index))
        read[record.id] = RuleExtractor().extract(fusion.text).cues
        facts = facts_of(record.measured)
        references[record.id] = CueSet(
            visual=[fact.phrase for fact in facts if fact.modality == "visual"],
            auditory=[fact.phrase for fact in facts if fact.modality == "auditory"],
            emotional=fusion.cues.emotional,
        )
    report = EmoCue360(encoder="minilm-int8").score(read, references, use_baselines=False)
    assert report.overall.f1 >= 0.97


def test_words_are_quoted_once_whatever_they_hold() -> None:
    nasty = [
        'He said "stop" and “go” {0} %s', "Zeile eins\nZeile zwei",
        "# heading\n- The person cries.",
        "«Да» 「はい」 “oui” \"yes\"", "\u202eabc\x00\ue000def", "x" * 5000,
        "她说她不知道。", "...", "{be}",
    ]  # fmt: skip
    for text in nasty:
        record = EmoCueRecord(
            id="q",
            duration_s=4.0,
            measured=CueSet(visual=[cue("smiles", "smile", 0.5, 3.0)]),
            transcript=Transcript(text=text, source="given"),
        )
        for seed in range(25):
            fusion = TEMPLATE.fuse(shown(record, seed))
            read = RuleExtractor().extract(fusion.text)
            assert len(read.subtitle) <= 1, (fusion.text, read.subtitle)
            assert [len(read.cues.visual), len(read.cues.auditory)] == [1, 0], fusion.text
            assert not re.search(r"[\x00-\x09\ue000\u202e]", fusion.text)
            assert len(fusion.text) < 900


def test_given_words_stay_as_given() -> None:
    record = EmoCueRecord(
        id="q", transcript=Transcript(text="Ich weiß nicht, Ana!", language="de", source="given")
    )
    texts = [TEMPLATE.fuse(shown(record, seed)).text for seed in range(40)]
    assert any("Ich weiß nicht, Ana!" in text for text in texts)
    assert any("German" in text for text in texts)
    assert all(text.count("Ich weiß") <= 1 for text in texts)


def test_nothing_measured_is_said_plainly() -> None:
    fusion = TEMPLATE.fuse(shown(EmoCueRecord(id="n", measured=CueSet())))
    assert fusion.text
    assert len(fusion.cues) == 0
    assert fusion.emotions == ()
    labelled = EmoCueRecord(
        id="n", labels=(Label(name="emotion", value="angry", source="annotated"),)
    )
    fusion = TEMPLATE.fuse(shown(labelled))
    assert "angry" in fusion.text
    assert fusion.emotions == ("angry",)
    assert fusion.flags[0].startswith("label-thin: ")


def test_never_what_somebody_feels() -> None:
    texts = [TEMPLATE.fuse(shown(record, index)).text for index, record in enumerate(RECORDS)]
    assert not any(re.search(r"\b(feels?|feeling|felt)\b", text) for text in texts)


def test_absence_is_told_as_the_detectors_warned() -> None:
    record = EmoCueRecord(
        id="n", flags=("no-face: no face was found in any frame",), measured=CueSet()
    )
    assert TEMPLATE.describe(shown(record), "visual").text == "No face can be seen."
    assert TEMPLATE.describe(shown(record), "auditory").text == ""


def test_long_clips_have_short_explanations() -> None:
    visual = [
        cue(text, kind.name, float(at), at + 0.6)
        for at in range(40)
        for kind in kinds("visual")
        for text in kind.phrases[:1]
        if kind.name not in LEFT_OUT and "{" not in text
    ]
    record = EmoCueRecord(id="long", duration_s=60.0, measured=CueSet(visual=visual))
    fusion = TEMPLATE.fuse(Shown(record, Path("clip.mp4"), 1))
    assert len(fusion.cues.visual) <= 14
    assert len(fusion.text) < 2500


def test_provenance_names_tool_and_version() -> None:
    step = TEMPLATE.provenance("fuse")
    assert (step.tool, step.finished_at) == ("template/fuse", None)
    assert step.version
