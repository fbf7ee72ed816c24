"""Explanations: many forms, and the cues can be read back from each."""

from itertools import pairwise

import numpy as np
import pytest
from tests.emocue.controlled.casting import plain_plan as plan

from xemogpt.emocue.controlled.asked import asked_cues
from xemogpt.emocue.controlled.phrases import ALTERNATIVES
from xemogpt.emocue.controlled.wording import FORMS, explain
from xemogpt.metrics.extraction import RuleExtractor
from xemogpt.schema import CueSet
from xemogpt.signals.vocabulary import KINDS

NUM = 100


@pytest.fixture(scope="module")
def told() -> tuple[dict[str, str], dict[str, CueSet]]:
    """Explanations and cues of a hundred plans; half of the sounds have times."""
    texts, references = {}, {}
    for index, script in enumerate(plan(NUM, 11, "train")):
        cues = asked_cues(script)
        if index % 2:
            timed = [cue.model_copy(update={"start_s": 0.5, "end_s": 3.2}) for cue in cues.auditory]
            cues = CueSet(visual=cues.visual, auditory=timed, emotional=cues.emotional)
        rng = np.random.default_rng([1, index])
        texts[script.id] = explain(cues, script.emotion, script.sentence, rng, script.tags)
        references[script.id] = cues
    return texts, references


def test_same_draws_same_text() -> None:
    script = next(plan(1, 2, "train"))
    cues = asked_cues(script)
    texts = [explain(cues, script.emotion, "", np.random.default_rng(seed)) for seed in (3, 3, 4)]
    assert texts[0] == texts[1] != texts[2]


def test_counts_are_read_back(told: tuple[dict[str, str], dict[str, CueSet]]) -> None:
    texts, references = told
    wrong = [
        texts[name]
        for name, cues in references.items()
        for found in [RuleExtractor().extract(texts[name]).cues]
        if (len(found.visual), len(found.auditory)) != (len(cues.visual), len(cues.auditory))
    ]
    assert len(wrong) <= NUM * 0.03, wrong


@pytest.mark.weights
def test_cues_are_read_back(told: tuple[dict[str, str], dict[str, CueSet]]) -> None:
    from xemogpt.metrics.emocue360 import EmoCue360

    texts, references = told
    read = {name: RuleExtractor().extract(text).cues for name, text in texts.items()}
    report = EmoCue360(encoder="minilm").score(read, references, use_baselines=False)
    assert report.overall.f1 >= 0.97


def test_forms_differ(told: tuple[dict[str, str], dict[str, CueSet]]) -> None:
    assert len(FORMS) >= 5
    tokens = [text.lower().split() for text in told[0].values()]
    pairs = [pair for words in tokens for pair in pairwise(words)]
    assert len(set(told[0].values())) == NUM
    assert len(set(pairs)) / len(pairs) > 0.2
    openings = {" ".join(words[:2]) for words in tokens}
    assert len(openings) > 25


def test_contrast_is_for_those_that_disagree() -> None:
    script = next(plan(1, 2, "train", "incongruent"))
    cues = asked_cues(script)
    texts = [
        explain(cues, script.emotion, "", np.random.default_rng(seed), tags)
        for tags in (script.tags, ())
        for seed in range(40)
    ]
    bridges = ("However, ", "But ", "Yet ", "At the same time, ", "Meanwhile, ")
    with_contrast = [any(bridge in text for bridge in bridges) for text in texts]
    assert 8 < sum(with_contrast[:40]) < 32
    assert not any(with_contrast[40:])


def test_alternatives_are_of_phrases_of_the_vocabulary() -> None:
    known = {
        phrase.format(side=side, count=count)
        for kind in KINDS.values()
        for phrase in kind.phrases
        for side in ("left", "right")
        for count in ("two", "three")
    }
    assert set(ALTERNATIVES) - known == {"nods twice", "nods three times"} - known


def test_words_are_quoted_or_left_out() -> None:
    script = next(plan(1, 2, "train"))
    cues = asked_cues(script)
    texts = [
        explain(cues, script.emotion, "We met at noon.", np.random.default_rng(seed))
        for seed in range(30)
    ]
    assert {'"We met at noon"' in text for text in texts} == {True, False}
