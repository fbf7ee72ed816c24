import base64
import io
import json
import time
import wave

import cv2
import numpy as np
import pytest
from tests.benchmark.chat_server import ChatServer
from tests.benchmark.folders import make_clip, write_predictions

from xemogpt.benchmark.runlog import Answer, RunFailure, Sample
from xemogpt.benchmark.systems import ModelSystem, SystemOptions, load_system
from xemogpt.errors import ConfigError, DatasetError
from xemogpt.inference import Explainer
from xemogpt.inference.requests import Passage
from xemogpt.schema import CueSet


@pytest.fixture
def serve():
    servers = []

    def start(*args):
        servers.append(ChatServer(*args))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def ask(server, samples, **options):
    system = load_system(f"openai:{server.url}#eyes-and-ears", SystemOptions(**options))
    try:
        return system.answer(samples)
    finally:
        system.close()


def words(num):
    return [Sample(f"clip{number}", None, f"Sentence {number}.") for number in range(num)]


def test_endpoint_is_shown_pictures_sound_and_words(serve, tmp_path, monkeypatch):
    monkeypatch.setenv("MY_KEY", "secret")
    server = serve()
    sample = Sample("a", make_clip(tmp_path / "a.mp4"), "Well, no.")
    (answer,) = ask(server, [sample], api_key_env="MY_KEY", num_frames=3, max_tokens=99)
    assert answer.text == "She smiles."
    assert answer.cues is None
    assert answer.seconds > 0
    (body,) = server.bodies
    assert server.headers[0]["Authorization"] == "Bearer secret"
    assert (body["model"], body["max_tokens"]) == ("eyes-and-ears", 99)
    assert "response_format" not in body
    parts = body["messages"][1]["content"]
    assert [part["type"] for part in parts] == ["image_url"] * 3 + ["input_audio", "text", "text"]
    jpeg = base64.b64decode(parts[0]["image_url"]["url"].removeprefix("data:image/jpeg;base64,"))
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape == (48, 64, 3)
    data = base64.b64decode(parts[3]["input_audio"]["data"])
    with wave.open(io.BytesIO(data)) as sound:
        assert sound.getnframes() / sound.getframerate() == pytest.approx(1.0, abs=0.1)
    assert "Well, no." in parts[4]["text"]


def test_endpoint_without_sound_or_pictures(serve, tmp_path):
    server = serve()
    sample = Sample("a", make_clip(tmp_path / "a.mp4"), "Well, no.")
    ask(server, [sample], use_sound=False, num_frames=0)
    parts = server.bodies[0]["messages"][1]["content"]
    assert [part["type"] for part in parts] == ["text", "text"]
    assert "voice" not in parts[1]["text"]


def test_unreadable_media_are_failures_of_their_own(serve, tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"no media")
    results = ask(serve(), [Sample("bad", tmp_path / "bad.mp4"), Sample("none", None), *words(1)])
    assert [type(result) for result in results] == [RunFailure, RunFailure, Answer]
    assert "bad.mp4" in results[0].error
    assert "nothing to show" in results[1].error


def test_endpoint_that_hangs_on_one_sample(serve):
    server = serve(lambda n, body: "hang" if "Sentence 1." in str(body) else "She smiles.")
    started = time.monotonic()
    results = ask(server, words(3), timeout_s=0.4, max_retries=0)
    assert time.monotonic() - started < 3
    assert [type(result) for result in results] == [Answer, RunFailure, Answer]
    assert "no answer within 0.4 s" in results[1].error


def test_endpoint_that_never_stops_talking(serve):
    started = time.monotonic()
    (result,) = ask(serve(lambda n, body: "drip"), words(1), timeout_s=0.4, max_retries=0)
    assert time.monotonic() - started < 2.5
    assert "no answer within 0.4 s" in result.error


def test_endpoint_that_dies_midway(serve):
    server = serve()
    system = load_system(f"openai:{server.url}#m", SystemOptions(max_retries=0, batch_size=1))
    assert isinstance(system.answer(words(1))[0], Answer)
    server.close()
    results = [system.answer([sample])[0] for sample in words(3)]
    assert all(isinstance(result, RunFailure) for result in results)
    assert "failed 1 times" in results[0].error
    assert results[2].error.startswith("not asked: ")


def test_endpoint_that_refuses_or_says_nothing(serve):
    results = ask(serve(lambda n, body: 401), words(2), batch_size=1)
    assert "refuses: status 401" in results[0].error
    assert results[1].error.startswith("not asked: ")
    (answer,) = ask(serve(lambda n, body: ""), words(1))
    assert answer.is_empty
    (failure,) = ask(serve(lambda n, body: None), words(1), max_retries=0)
    assert "answered no text" in failure.error


def test_overloaded_endpoint_is_asked_again(serve):
    server = serve(lambda n, body: 503 if n == 1 else "She smiles.")
    assert isinstance(ask(server, words(1), max_retries=1)[0], Answer)
    assert len(server.bodies) == 2


def test_passwords_stay_out_of_the_log():
    system = load_system("openai:http://me:secret@localhost:1/v1#m")
    assert system.name == "openai:http://localhost:1/v1#m"
    assert "secret" not in json.dumps(system.settings)


@pytest.mark.parametrize("model", ["openai:http://localhost/v1", "openai:#m", "openai:ftp://x#m"])
def test_addresses_that_are_none(model):
    with pytest.raises(ConfigError, match="should be openai:URL#MODEL"):
        load_system(model)


def test_options_out_of_range():
    with pytest.raises(ConfigError, match="timeout_s"):
        load_system("openai:http://localhost/v1#m", SystemOptions(timeout_s=0))
    with pytest.raises(ConfigError, match="batch_size"):
        load_system("measured", SystemOptions(batch_size=0))


class Writer:
    """Crashes on one sentence as a bug would, and says nothing of another."""

    source, name, packages = "model", "fragile", ()
    weights, settings = {}, {}

    def __init__(self, batch_size):
        self.batch_size = batch_size

    def write(self, pieces):
        texts = [piece.measurement.transcript.text for piece in pieces]
        if any("1." in text for text in texts):
            raise RuntimeError("shapes do not match")
        said = ["" if "2." in text else f"Heard: {text}" for text in texts]
        return [Passage(text, CueSet(), ()) for text in said]


@pytest.mark.parametrize("batch_size", [1, 4])
def test_model_that_crashes_on_one_clip_and_says_nothing_of_another(batch_size):
    explainer = Explainer(Writer(batch_size), use_recognition=False)
    system = ModelSystem("fragile", SystemOptions(), explainer)
    results = system.answer([*words(4), Sample("silent", None)])
    assert [type(result).__name__ for result in results] == [
        "Answer", "RunFailure", "Answer", "Answer", "RunFailure"]  # fmt: skip
    assert results[1].error == "RuntimeError: shapes do not match"
    assert results[2].is_empty
    assert results[3].text == "Heard: Sentence 3."


def test_predictions_for_half_of_the_ids(tmp_path):
    system = load_system(str(write_predictions(tmp_path / "p.jsonl", ["clip0", "clip2"])))
    results = system.answer(words(4))
    assert [result.id for result in results] == [f"clip{number}" for number in range(4)]
    assert results[0].text == "clip0: she smiles."
    assert results[0].cues.visual[0].text == "she smiles"
    assert results[1] == RunFailure(id="clip1", error="no prediction")


def test_predictions_of_every_layout(tmp_path):
    text = tmp_path / "text.csv"
    text.write_text('name,explanation\nclip0,"She smiles, and the voice trembles."\n')
    (answer,) = load_system(str(text)).answer(words(1))
    assert answer.text == "She smiles, and the voice trembles."
    assert answer.cues is None
    plain = tmp_path / "plain.json"
    plain.write_text('{"clip0": {"visual": ["she smiles"], "auditory": [], "emotional": []}}')
    (answer,) = load_system(str(plain)).answer(words(1))
    assert (answer.text, answer.cues) == ("", CueSet(["she smiles"]))
    explained = tmp_path / "explained.jsonl"
    row = {"media": "folder/clip0.mp4", "text": "She smiles.", "emotions": [{"label": "happy"}],
           "cues": {"visual": [{"text": "she smiles", "start_s": 0.5}]}}  # fmt: skip
    explained.write_text(json.dumps(row) + "\n")
    (answer,) = load_system(str(explained)).answer(words(1))
    assert answer.emotions == ("happy",)
    assert answer.cues.visual[0].start_s == 0.5


def test_predictions_that_cannot_be_read(tmp_path):
    with pytest.raises(DatasetError, match="cannot read"):
        load_system(str(tmp_path / "gone.jsonl"))
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"id": "a", "visual": [3]}\n')
    with pytest.raises(DatasetError, match=r"line 1.*expected a string"):
        load_system(str(bad))
