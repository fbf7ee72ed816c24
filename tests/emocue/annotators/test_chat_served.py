"""Annotating with a real server: ``transformers serve`` with SmolLM2, and with a tiny LLaVA.

A model of 135M parameters neither sees nor hears, and rarely writes the JSON that is asked for;
the LLaVA takes pictures, but its weights are random. What is tested is that the protocol works and
that whatever they answer is either used or said to be unusable, not that descriptions are good.
"""

import contextlib

import pytest
from tests.emocue.annotators.test_chat import shown
from tests.emocue.annotators.tiny_vlm import make_tiny_vlm
from tests.media.factory import Picture, Sound, tone, write_media
from tests.served import serve

from xemogpt.emocue.annotators.answers import BadAnswer, Refusal
from xemogpt.emocue.annotators.chat import ChatAnnotator
from xemogpt.emocue.annotators.parts import MultimodalConfig
from xemogpt.errors import AnnotatorError
from xemogpt.metrics.extraction.endpoint import EndpointDown

pytestmark = [pytest.mark.weights, pytest.mark.slow, pytest.mark.timeout(300)]


def make_clip(folder):
    path = folder / "a.mp4"
    write_media(path, Picture(num_frames=5, rate=10, width=64, height=48), Sound(tone(220, 0.5)))
    return path


def test_pictures_that_a_real_server_drops_are_not_made_up(served, tmp_path):
    url, model = served
    config = MultimodalConfig(url=url, model=model, timeout_s=120, max_retries=0, num_frames=2)
    path = make_clip(tmp_path)
    annotator = ChatAnnotator(config)
    for modality, flag in (("visual", "pictures-refused"), ("auditory", "sound-refused")):
        answer = annotator.describe(shown(path, measured=None), modality)
        assert answer.text == "" and answer.flags[0].startswith(f"{flag}: ")
    assert annotator.counts.requests == 0


def test_a_real_server_fuses_or_is_refused_for_its_answer(served, tmp_path):
    url, model = served
    config = MultimodalConfig(
        url=url, model=model, timeout_s=120, max_retries=0, concurrency=1, max_tokens=48
    )
    cache = tmp_path / "answers.sqlite"
    annotator = ChatAnnotator(config, cache)
    given = shown(descriptions={"visual": "She smiles and nods."})
    try:
        answer = annotator.fuse(given)
    except AnnotatorError as error:
        assert not isinstance(error, EndpointDown), "the protocol failed, not the answer"
        assert isinstance(error.__cause__, BadAnswer) or isinstance(error, Refusal), error
        answer = None
    assert answer is None or (answer.text and answer.emotions)
    sent, received = annotator.usage
    assert annotator.counts.requests in (1, 2)
    assert sent > 800, "the server counts what was sent"
    assert 0 < received <= 48 * annotator.counts.requests
    annotator.close()

    if answer is not None:
        again = ChatAnnotator(config, cache)
        assert again.fuse(given) == answer
        assert again.counts.cached == 1 and again.usage == (0, 0)


def test_a_real_server_takes_pictures_and_breaks_on_sound(tmp_path):
    model_dir = make_tiny_vlm(tmp_path / "model")
    path = make_clip(tmp_path)
    prompt_tokens = []
    with serve(model_dir, tmp_path) as (url, model):
        for num_frames in (1, 3):
            annotator = ChatAnnotator(
                MultimodalConfig(
                    url=url, model=model, max_retries=0, max_tokens=12, num_frames=num_frames
                )
            )
            # Nonsense: read by rules if it can be, and asked for once more if not.
            with contextlib.suppress(AnnotatorError):
                assert annotator.describe(shown(path), "visual").flags[0].startswith("annotator-")
            assert annotator.counts.requests >= 1, "the pictures were not sent"
            prompt_tokens.append(annotator.usage.prompt_tokens / annotator.counts.requests)
        deaf = annotator.describe(shown(path, measured=None), "auditory")
        assert deaf.flags[0].startswith("sound-refused: ")
    # 17 tokens a picture and some for its time.
    assert prompt_tokens[1] - prompt_tokens[0] > 2 * 17
