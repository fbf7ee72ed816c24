import base64

import openai
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.server.running import TOKEN

pytestmark = [pytest.mark.weights, pytest.mark.shared]


@pytest.fixture
def chat(server):
    with openai.OpenAI(base_url=f"{server.address}/v1", api_key=TOKEN, max_retries=0) as client:
        yield client
    assert server.is_clean()


def data_url(path, kind="video/mp4"):
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def video(path):
    return {"type": "video_url", "video_url": {"url": data_url(path)}}


def sound(path):
    data = base64.b64encode(path.read_bytes()).decode()
    return {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}


def user(*parts):
    return [
        {"role": "system", "content": "You are kind."},
        {"role": "user", "content": list(parts)},
    ]


def words(text):
    return {"type": "text", "text": text}


def test_the_model_is_listed(chat):
    assert [model.id for model in chat.models.list()] == ["measured"]


def test_a_video_is_explained(chat, smile):
    messages = user(words("Explain.\nSubtitle: I won!"), video(smile))
    answer = chat.chat.completions.create(model="measured", messages=messages)
    assert "smiles" in answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    explanation = answer.model_extra["explanation"]
    assert explanation["text"] == answer.choices[0].message.content
    assert explanation["transcript"]["text"] == "I won!"


def test_the_subtitle_may_be_a_field_and_requests_are_not_words(chat, smile):
    messages = user(words("What does she feel?"), video(smile))
    told = chat.chat.completions.create(
        model="measured", messages=messages, extra_body={"subtitle": "Hello"}
    )
    assert told.model_extra["explanation"]["transcript"]["text"] == "Hello"


def test_a_stream_says_the_same(chat, smile):
    messages = user(video(smile))
    whole = chat.chat.completions.create(model="measured", messages=messages)
    chunks = list(chat.chat.completions.create(model="measured", messages=messages, stream=True))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == whole.choices[0].message.content
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].model_extra["explanation"]["text"] == text


def test_sound_alone_and_words_alone(chat, tmp_path):
    from tests.media.factory import Sound, tone, write_media

    path = write_media(tmp_path / "tone.wav", None, Sound(tone(220, 1.0), codec="pcm_s16le"))
    answer = chat.chat.completions.create(model="measured", messages=user(sound(path)))
    assert "no-video" in str(answer.model_extra["explanation"]["warnings"])
    answer = chat.chat.completions.create(
        model="measured", messages=[{"role": "user", "content": "I am so happy!"}]
    )
    assert answer.model_extra["explanation"]["transcript"]["text"] == "I am so happy!"


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([{"type": "video_url", "video_url": {"url": "http://127.0.0.1/a"}}], "no-url-fetching"),
        ([{"type": "video_url", "video_url": {"url": "file:///etc/passwd"}}], "no-url-fetching"),
        ([{"type": "image_url", "image_url": {"url": "/etc/passwd"}}], "no-url-fetching"),
        ([{"type": "video_url", "video_url": {"url": "data:video/mp4;base64,!!"}}], "invalid"),
        ([{"type": "video_url", "video_url": {"url": "data:video/mp4;base64,"}}], "media"),
        ([{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}], "media"),
        ([{"type": "file", "file": {"file_id": "x"}}], "invalid"),
        ([], "invalid"),
    ],
)  # fmt: skip
def test_bad_parts(chat, parts, code):
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        chat.chat.completions.create(model="measured", messages=user(*parts))
    assert caught.value.code == code and caught.value.body["message"]


def test_two_videos_are_one_too_many(chat, smile):
    with pytest.raises(openai.UnprocessableEntityError, match="two clips"):
        chat.chat.completions.create(model="measured", messages=user(video(smile), video(smile)))


def test_another_model_and_another_token(chat, server):
    with pytest.raises(openai.NotFoundError, match="expected 'measured'"):
        chat.chat.completions.create(model="gpt-4o", messages=user(words("x")))
    other = openai.OpenAI(base_url=f"{server.address}/v1", api_key="wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError):
        other.models.list()


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b'{"model": 1}', b"\xff", b'{"model":"m","messages":[]}']
)
def test_bodies_that_are_no_chat(client, body):
    headers = {"Content-Type": "application/json"}
    for place in ("/v1/chat/completions", "/v1/score"):
        answer = client.post(place, content=body, headers=headers)
        assert answer.status_code in (400, 422), answer.text
        assert answer.headers["content-type"] == "application/problem+json"


def test_scores_are_those_of_the_library(client):
    from xemogpt.metrics import EmoCue360

    predictions = {"a": {"visual": ["she smiles"], "emotional": ["happy"]}}
    references = {"a": {"visual": ["a broad smile"], "emotional": ["joyful"]}}
    body = {"predictions": predictions, "references": references}
    served = client.post("/v1/score", json=body).json()
    here = EmoCue360().score(predictions, references, use_baselines=False).to_dict()
    assert served["overall"] == pytest.approx(here["overall"])
    body = {"predictions": {"a": "She smiles broadly."}, "references": references}
    assert client.post("/v1/score", json=body).json()["counts"]["samples"] == 1
    body["predictions"] = {"a": {"visual": [""]}}
    assert client.post("/v1/score", json=body).status_code == 422


def test_metrics_are_read_by_prometheus_own_parser(client, smile):
    client.post("/v1/explain", files={"file": smile.open("rb")})
    client.post("/v1/explain", files={"file": b"not media"})
    client.get("/some/where/else")
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    found = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    explain = (("method", "POST"), ("route", "/v1/explain"))
    assert found["xemogpt_requests_total", (*explain, ("status", "200"))] >= 1
    assert found["xemogpt_requests_total", (*explain, ("status", "422"))] >= 1
    assert found["xemogpt_failures_total", (("kind", "media"),)] >= 1
    assert found["xemogpt_batch_size_count", ()] >= 2
    assert found["xemogpt_service_seconds_sum", ()] > 0
    assert found["xemogpt_queue_length", ()] == 0
    routes = {dict(labels).get("route") for _, labels in found}
    assert "other" in routes and "/some/where/else" not in routes
