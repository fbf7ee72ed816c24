"""The rule extractor: by example, against hand-made cue lists, and on hostile input."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from xemogpt.metrics.extraction import RuleExtractor
from xemogpt.metrics.extraction.clauses import split_statements
from xemogpt.metrics.extraction.frames import strip_hedges, strip_opener
from xemogpt.metrics.extraction.modality import resolve_modality
from xemogpt.metrics.extraction.sections import section_of
from xemogpt.schema import MODALITIES

GOLD = Path(__file__).resolve().parents[1] / "data" / "explanations"
# Measured 0.968, 0.893 and 0.829; the third set was never looked at while writing rules.
LEAST_F1 = {"first": 0.90, "second": 0.84, "third": 0.80}


def extract(text: str) -> dict[str, list[str]]:
    cues = RuleExtractor().extract(text).cues
    return {modality: [cue.text for cue in cues.of(modality)] for modality in MODALITIES}


def read_gold(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (GOLD / f"{name}.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    ("sentence", "statements"),
    [
        ("She smiles and nods.", ["She smiles", "She nods"]),
        ("Her voice is low and choked.", ["Her voice is low", "Her voice is choked"]),
        ("He speaks in a harsh and loud tone.", ["He speaks in a harsh and loud tone"]),
        (
            "He stands there, holding a cup.",
            ["He stands there", "He holding a cup"],
        ),
        ("She looks as if she might fall.", ["She looks as if she might fall"]),
        (
            "His brows are down and his lips are tight.",
            ["His brows are down", "his lips are tight"],
        ),
    ],
)
def test_statements(sentence: str, statements: list[str]) -> None:
    assert [statement.text for statement in split_statements(sentence)] == statements


@pytest.mark.parametrize(
    ("text", "modality"),
    [
        ("her eyebrows are raised", "visual"),
        ("her voice is trembling", "auditory"),
        ("she is furious", "emotional"),
        ("she looks shaken", "emotional"),
        ("a triumphant smile", "visual"),
        ("he speaks in an angry tone", "auditory"),
        ("her shoulders tremble", "visual"),
        ("the pitch falls", "auditory"),
        ("她皱眉", "visual"),
    ],
)
def test_modality(text: str, modality: str) -> None:
    assert resolve_modality(text) == modality


@pytest.mark.parametrize(
    ("hedged", "plain"),
    [
        ("The boy may be biting his lip", "The boy is biting his lip"),
        ("Her eyes seem wet", "Her eyes seem wet"),
        ("He seems to grip the rail", "He grips the rail"),
        ("She is most likely sad", "She is sad"),
        ("They could be laughing", "They are laughing"),
    ],
)
def test_hedges(hedged: str, plain: str) -> None:
    assert strip_hedges(hedged) == plain


def test_openers_announce_the_modality() -> None:
    assert strip_opener("In the audio, we can hear that her voice shakes")[1] == "auditory"
    assert strip_opener("From these clues, we can infer that he is sad")[0] == "he is sad"
    assert section_of("Tone of voice") == "auditory"
    assert section_of("Zorble") is None


def test_negation_survives() -> None:
    found = extract("She does not smile. There are no tears. His voice isn't loud.")
    assert found["visual"] == ["She does not smile", "There are no tears"]
    assert found["auditory"] == ["His voice is not loud"]


def test_quotes_are_subtitle_and_no_cue() -> None:
    text = "He shouts 'Leave me alone, it's over!' and slams the door. The subtitle is “再见”."
    result = RuleExtractor().extract(text)
    assert result.subtitle == ("Leave me alone, it's over!", "再见")
    assert not any("alone" in cue.text or "再见" in cue.text for _, cue in result.cues.items())
    assert extract("She has a 'sad' look.")["visual"] == ["She has a sad look"]


def test_nothing_is_lost_without_a_word() -> None:
    result = RuleExtractor().extract("It is hard to tell. She smiles.")
    assert result.dropped == ("It is hard to tell",)


def test_same_text_same_cues() -> None:
    text = " ".join(row["text"] for row in read_gold("second"))
    assert RuleExtractor().extract(text) == RuleExtractor().extract(text)


def test_same_cues_in_every_process() -> None:
    """Sets of words are iterated in another order under another hash seed."""
    code = (
        "import json, sys; from xemogpt.metrics.extraction import RuleExtractor;"
        "print(RuleExtractor().extract(sys.stdin.read()))"
    )
    text = " ".join(row["text"] for row in read_gold("second"))
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=text.encode(),
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1


def test_gold_is_sound() -> None:
    rows = [row for name in LEAST_F1 for row in read_gold(name)]
    assert len(rows) >= 80
    assert len({row["id"] for row in rows}) == len(rows)
    assert len({row["style"] for row in rows}) >= 8
    for row in rows:
        assert set(row["cues"]) == set(MODALITIES)
        assert all(cue.strip() for cues in row["cues"].values() for cue in cues)


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    """MiniLM embeddings of all gold and extracted cues, encoded in one go."""
    from xemogpt.registry import text_encoders

    texts = set()
    for row in (row for name in LEAST_F1 for row in read_gold(name)):
        for cues in (*row["cues"].values(), *extract(row["text"]).values()):
            texts.update(cues)
    ordered = sorted(texts)
    return dict(zip(ordered, text_encoders.get("minilm")().encode(ordered), strict=True))


@pytest.mark.weights
@pytest.mark.parametrize("name", LEAST_F1)
def test_cue_f1_and_modality_accuracy(name: str, vectors: dict[str, Any]) -> None:
    """One-to-one matches at MiniLM cosine 0.8, and their modality."""
    counts = np.zeros(4)  # gold, found, matched, matched in the right modality
    for row in read_gold(name):
        gold = [(m, cue) for m in MODALITIES for cue in row["cues"][m]]
        found = [(m, cue) for m, cues in extract(row["text"]).items() for cue in cues]
        sides = [np.stack([vectors[text] for _, text in side]) for side in (gold, found)]
        similarity = sides[0] @ sides[1].T
        same = np.array([[g[0] == f[0] for f in found] for g in gold])
        value = np.where(similarity >= 0.8, 1 + similarity + 0.001 * same, 0)
        pairs = [p for p in zip(*linear_sum_assignment(-value), strict=True) if value[p]]
        counts += [len(gold), len(found), len(pairs), sum(same[pair] for pair in pairs)]
    f1, accuracy = 2 * counts[3] / (counts[0] + counts[1]), counts[3] / counts[2]
    assert f1 >= LEAST_F1[name], f"cue F1 {f1:.3f}"
    assert accuracy >= 0.92, f"modality accuracy {accuracy:.3f}"


HOSTILE = {
    "explanation": "She smiles and nods, but her voice shakes; in the audio, she may be sad. "
    * 1400,
    "one word": "a" * 100_000,
    "and": "and " * 25_000,
    "no full stop": "she smiles and " * 7_000,
    "quotes": '"' * 100_000,
    "single quotes": "'a " * 33_000,
    "commas": ", " * 50_000,
    "hedges": "may be " * 15_000,
    "openers": "in the video, " * 7_000,
    "senses": "a sense of " * 9_000,
    "labels": "a: " * 33_000,
    "bold": "**" * 50_000,
    "pipes": "|" * 100_000,
    "lines": "- a\n" * 25_000,
    "emoji": "😀👩‍👩‍👧" * 20_000,
    "chinese": "她笑了,声音很低。" * 11_000,
    "spaces": " " * 100_000,
    "says": "he says \ue000 " * 10_000,
    "parentheses": "(" * 50_000 + ")" * 50_000,
    "suggesting": "suggesting " * 9_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hundred_thousand_characters(name: str) -> None:
    started = time.process_time()
    RuleExtractor().extract(HOSTILE[name][:100_000])
    assert time.process_time() - started < 4  # anything worse than linear would take minutes


@pytest.mark.parametrize("text", ["", " \n\t ", "...", "😀", "\x00", "\ud83d", "—", "** **", "1."])
def test_next_to_nothing(text: str) -> None:
    assert len(RuleExtractor().extract(text).cues) == 0


def test_mixed_scripts() -> None:
    found = extract("她皱着眉头。Her голос дрожит. كانت حزينة. 彼女は泣く. She weeps 😭.")
    assert found["visual"] and any("weeps" in cue for cues in found.values() for cue in cues)


@pytest.mark.parametrize("value", [None, 3, ["a"], b"a"])
def test_only_strings(value: Any) -> None:
    with pytest.raises(TypeError, match="is a string"):
        RuleExtractor().extract(value)
