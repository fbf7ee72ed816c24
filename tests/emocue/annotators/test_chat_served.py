"""Annotating with a real server and a real model: ``transformers serve`` with SmolLM2.

A model of 135M parameters neither sees nor hears, and rarely writes the JSON that is asked for.
What is tested is that the protocol works and that whatever it answers is either used or said to
be unusable, not that its descriptions are good.
"""

import pytest
from tests.emocue.annotators.test_chat import shown

from xemogpt.emocue.annotators.answers import BadAnswer, Refusal
from xemogpt.emocue.annotators.base import Fusion
from xemogpt.emocue.annotators.chat import ChatAnnotator
from xemogpt.emocue.annotators.parts import MultimodalConfig
from xemogpt.errors import AnnotatorError
from xemogpt.metrics.extraction.endpoint import EndpointDown

pytestmark = [pytest.mark.weights, pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_real_server_fuses_or_is_refused_for_its_answer(served, tmp_path):
    url, model = served
    config = MultimodalConfig(
        url=url, model=model, timeout_s=120, max_retries=0, concurrency=1, max_tokens=64
    )
    cache = tmp_path / "answers.sqlite"
    annotator = ChatAnnotator(config, cache)
    outcomes = []
    for text in ("She smiles and nods.", "He frowns. His voice is loud."):
        try:
            outcomes.append(annotator.fuse(shown(descriptions={"visual": text})))
        except AnnotatorError as error:
            assert not isinstance(error, EndpointDown), "the protocol failed, not the answer"
            assert isinstance(error.__cause__, BadAnswer) or isinstance(error, Refusal), error
            outcomes.append(error)
    used = [each for each in outcomes if isinstance(each, Fusion)]
    assert all(each.text and each.emotions for each in used)
    sent, received = annotator.usage
    assert 2 <= annotator.counts.requests <= 4
    assert sent > 800, "the server counts what was sent"
    assert 0 < received <= 64 * annotator.counts.requests
    annotator.close()

    again = ChatAnnotator(config, cache)
    if used:
        first = next(each for each in outcomes if isinstance(each, Fusion))
        text = ("She smiles and nods.", "He frowns. His voice is loud.")[outcomes.index(first)]
        assert again.fuse(shown(descriptions={"visual": text})) == first
        assert again.counts.cached == 1 and again.usage == (0, 0)
