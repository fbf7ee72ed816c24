import json
import threading
import time

import pytest
from tests.server.running import run_server

pytestmark = [pytest.mark.weights, pytest.mark.slow]


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory):
    from xemogpt.model.tiny import build_tiny

    folder = tmp_path_factory.mktemp("models") / "tiny"
    model, processor = build_tiny()
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def test_requests_that_come_together_are_explained_together(tmp_path, tiny_model):
    """Each gets its own words back, and the same text as one that comes alone."""
    answers = {}
    waits = ("--batch-wait-ms", "500", "--batch-size", "4", "--max-new-tokens", "24")
    with (
        run_server(tmp_path / "state", "--model", str(tiny_model), *waits) as server,
        server.client() as client,
    ):

        def ask(words: str) -> dict:
            answer = client.post("/v1/explain", files={"subtitle": (None, words)})
            assert answer.status_code == 200, answer.text
            return answer.json()

        def keep(words: str) -> None:
            answers[words] = ask(words)

        said = [f"These are words number {number}." for number in range(4)]
        threads = [threading.Thread(target=keep, args=(words,)) for words in said]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        metrics = client.get("/metrics").text
        assert "xemogpt_batch_size_sum 4.0" in metrics
        assert 'xemogpt_batch_size_bucket{le="1.0"} 0.0' in metrics, "nothing was batched"
        for words in said:
            assert answers[words]["transcript"]["text"] == words
            assert answers[words]["provenance"]["model"] == "tiny"
        assert ask(said[2])["text"] == answers[said[2]]["text"]
        assert client.get("/v1/models").json()["data"][0]["id"] == "tiny"


def test_a_model_s_words_are_streamed_as_they_come(tmp_path, tiny_model):
    """In several events, which together are the passage; the chat says the same in chunks."""
    with (
        run_server(
            tmp_path / "state", "--model", str(tiny_model), "--max-new-tokens", "24"
        ) as server,
        server.client() as client,
    ):
        files = {"subtitle": (None, "I am so happy!")}
        headers = {"Accept": "text/event-stream"}
        events = []
        with client.stream("POST", "/v1/explain", files=files, headers=headers) as answer:
            for block in answer.read().decode().strip().split("\n\n"):
                name, data = block.split("\n")
                events.append((name.removeprefix("event: "), json.loads(data[6:])))
        words = [event["text"] for name, event in events if name == "words"]
        (passage,) = [event["text"] for name, event in events if name == "passage"]
        assert len(words) > 3 and "".join(words) == passage
        assert [name for name, _ in events[-2:]] == ["passage", "explanation"]

        asked = {
            "model": "tiny", "stream": True,
            "messages": [{"role": "user", "content": "I am so happy!"}],
        }  # fmt: skip
        said = []
        with client.stream("POST", "/v1/chat/completions", json=asked) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: {"):
                    said.append(json.loads(line[6:])["choices"][0]["delta"].get("content") or "")
        assert "".join(said) == passage and sum(map(bool, said)) > 3
        job = client.post("/v1/jobs", files=files).json()
        until = time.monotonic() + 30
        while client.get(f"/v1/jobs/{job['id']}").json()["state"] in ("queued", "running"):
            assert time.monotonic() < until
            time.sleep(0.1)
        assert client.get(f"/v1/jobs/{job['id']}").json()["state"] == "done"
