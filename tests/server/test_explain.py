import io
import json
import socket
import threading
import time
import zipfile
from pathlib import Path

import pytest
from tests.media.factory import Picture, Sound, tone, write_media
from tests.server.running import HEADERS, TOKEN

from xemogpt.schema import Explanation

pytestmark = [pytest.mark.weights, pytest.mark.shared]


def problem_of(answer, status, kind):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == f"urn:xemogpt:problem:{kind}", body
    assert body["status"] == status and body["title"] and body["detail"]
    return body["detail"]


def test_a_clip_is_explained_as_by_the_library(client, smile):
    from xemogpt import Explainer

    answer = client.post("/v1/explain", files={"file": smile.open("rb")})
    assert answer.status_code == 200, answer.text
    served = Explanation.model_validate_json(answer.content)
    here = Explainer.from_pretrained("measured").explain(smile)
    assert served.media == smile.name
    same = {"media": "", "provenance": here.provenance}
    assert served.model_copy(update=same) == here.model_copy(update={"media": ""})


def test_raw_bytes_with_words_and_no_path_of_a_client(client, smile, tmp_path):
    secret = tmp_path / "secret.srt"
    secret.write_text("1\n00:00:00,000 --> 00:00:01,000\nnobody knows\n")
    answer = client.post(
        "/v1/explain",
        params={"subtitle": str(secret), "name": "../../../etc/passwd"},
        content=smile.read_bytes(),
        headers={"Content-Type": "video/mp4"},
    ).json()
    assert answer["media"] == "passwd"
    # The name of a file of the server is just words.
    assert answer["transcript"]["text"] == str(secret)
    assert "nobody knows" not in json.dumps(answer)


@pytest.mark.parametrize("name", ["../../../../tmp/x.mp4", "/etc/passwd", "a\\..\\b.mp4", "..", ""])
def test_names_of_clients_are_not_used(client, server, smile, name):
    files = {"file": (name or "blob", b"not media")}
    detail = problem_of(client.post("/v1/explain", files=files), 422, "media")
    assert str(server.state) not in detail


def test_two_uploads_of_one_name_do_not_meet(client, server, smile, tmp_path):
    other = write_media(tmp_path / smile.name, None, Sound(tone(220, 1.0)))
    answers = {}

    def send(path: Path) -> None:
        with server.client() as mine:
            answers[path] = mine.post("/v1/explain", files={"file": ("a.mp4", path.open("rb"))})

    threads = [threading.Thread(target=send, args=(path,)) for path in (smile, other)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert [a.status_code for a in answers.values()] == [200, 200]
    assert "smiles" in answers[smile].text
    assert "no-video" in answers[other].text


def test_words_alone(client):
    answer = client.post("/v1/explain", files={"subtitle": (None, "I am so happy!")}).json()
    assert answer["media"] == "(text)" and answer["transcript"]["text"] == "I am so happy!"


def test_events_come_in_order(client, smile):
    events = []
    with client.stream(
        "POST",
        "/v1/explain",
        files={"file": smile.open("rb")},
        headers={"Accept": "text/event-stream"},
    ) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for block in answer.read().decode().strip().split("\n\n"):
            name, data = block.split("\n")
            events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    assert [name for name, _ in events] == ["probed", "passage", "explanation"]
    assert events[0][1]["duration_s"] == pytest.approx(2.418, abs=0.05)
    assert events[1][1]["text"] == events[2][1]["text"]


def test_a_failure_is_an_event_too(client):
    headers = {"Accept": "text/event-stream"}
    answer = client.post("/v1/explain", files={"file": b"not media"}, headers=headers)
    name, data = answer.text.strip().split("\n")
    assert name == "event: problem" and json.loads(data[6:])["status"] == 422


@pytest.mark.parametrize(
    ("sent", "status", "kind"),
    [
        ({"files": {"file": b""}}, 422, "media"),
        ({"content": b"", "headers": {"Content-Type": "video/mp4"}}, 422, "media"),
        ({"content": b"{}", "headers": {"Content-Type": "application/json"}}, 415, "wrong-type"),
        ({"content": b"x"}, 415, "wrong-type"),
        ({"files": {"other": b"x"}}, 400, "malformed"),
        ({"files": [("file", b"x"), ("file", b"y")]}, 400, "malformed"),
        ({"files": {"recognise": (None, "perhaps")}}, 422, "invalid"),
        ({"files": {"recognise": (None, "true")}}, 422, "invalid"),
        ({"files": {"subtitle": (None, "x" * 20_001)}}, 422, "invalid"),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400, "malformed"),
        (
            {"content": b"--b\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
            400,
            "malformed",
        ),
        (
            {
                "content": b"x",
                "headers": {"Content-Type": "video/mp4", "Content-Encoding": "gzip"},
            },
            415,
            "compressed",
        ),
        ({"files": {"file": b"x" * 4_100_000}}, 413, "too-large"),
    ],
)  # fmt: skip
def test_bad_bodies(client, sent, status, kind):
    problem_of(client.post("/v1/explain", **sent), status, kind)


def test_an_endless_body_is_cut_off(server):
    host, port = server.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        head = f"POST /v1/explain HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\n"
        head += "Content-Type: video/mp4\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode())
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            for _ in range(1000):
                connection.sendall(b"186a0\r\n" + bytes(100_000) + b"\r\n")
    assert server.is_clean()


def test_a_zip_bomb_is_no_medium(client):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.mp4", bytes(50_000_000))
    problem_of(client.post("/v1/explain", files={"file": packed.getvalue()}), 422, "media")


def test_a_decompression_bomb_is_refused_before_it_is_decoded(client, tmp_path):
    # Frames of one colour: a few hundred kilobytes hold more than a billion pixels.
    picture = Picture(1, 1920, 1088, colours=((9, 9, 9),) * 4)
    path = write_media(tmp_path / "one.mkv", picture)
    bomb = repeat_packets(path, tmp_path / "bomb.mkv", 600)
    assert bomb.stat().st_size < 2_000_000
    detail = problem_of(client.post("/v1/explain", files={"file": bomb.open("rb")}), 413,
                        "too-many-pixels")  # fmt: skip
    assert "billion" in detail


def repeat_packets(path: Path, out: Path, times: int) -> Path:
    """A file that shows the first frame of another again and again, without encoding it."""
    import av

    with av.open(str(path)) as source, av.open(str(out), "w") as target:
        packet = next(p for p in source.demux() if p.size)
        stream = target.add_stream_from_template(source.streams.video[0])
        content = bytes(packet)
        for number in range(times):
            copy = av.Packet(content)
            copy.stream, copy.time_base = stream, packet.time_base
            copy.pts = copy.dts = round(number / 50 / packet.time_base)
            copy.is_keyframe = True
            target.mux(copy)
    return out


def test_frames_too_large(client, tmp_path):
    path = write_media(tmp_path / "huge.png", Picture(1, 6000, 4000, codec="png", pix_fmt="rgb24"),
                       format="image2")  # fmt: skip
    problem_of(client.post("/v1/explain", files={"file": path.open("rb")}), 413, "too-many-pixels")


def test_eight_hours_are_refused_at_once(client, tmp_path):
    times_s = [60.0 * n for n in range(8 * 60 + 1)]
    path = write_media(tmp_path / "long.mkv", Picture(times_s=times_s))
    started = time.monotonic()
    detail = problem_of(client.post("/v1/explain", files={"file": path.open("rb")}), 413,
                        "too-long")  # fmt: skip
    assert "/v1/jobs" in detail and time.monotonic() - started < 10


def test_a_client_that_leaves_during_the_upload_leaves_nothing(server, smile):
    host, port = server.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        head = (
            f"POST /v1/explain HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\n"
            "Content-Type: video/mp4\r\nContent-Length: 1000000\r\n\r\n"
        )
        connection.sendall(head.encode() + bytes(200_000))
        until = time.monotonic() + 5
        while not server.uploads() and time.monotonic() < until:
            time.sleep(0.02)
        assert server.uploads()
    assert server.is_clean()


def test_a_client_that_leaves_while_it_waits_leaves_nothing(server, smile):
    for accept in ("application/json", "text/event-stream"):
        host, port = server.address.removeprefix("http://").split(":")
        content = smile.read_bytes()
        with socket.create_connection((host, int(port))) as connection:
            head = (
                f"POST /v1/explain HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\n"
                f"Content-Type: video/mp4\r\nAccept: {accept}\r\n"
                f"Content-Length: {len(content)}\r\n\r\n"
            )
            connection.sendall(head.encode() + content)
            time.sleep(0.15)
        assert server.is_clean()
    with server.client() as client:
        assert "xemogpt_pending_requests 0.0" in client.get("/metrics").text


def test_too_many_get_429_and_a_time_to_come_back(server, smile):
    answers = []

    def send() -> None:
        with server.client() as mine:
            answers.append(mine.post("/v1/explain", files={"file": smile.open("rb")}))

    threads = [threading.Thread(target=send) for _ in range(10)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 429}, statuses
    refused = next(answer for answer in answers if answer.status_code == 429)
    problem_of(refused, 429, "too-many-requests")
    assert int(refused.headers["retry-after"]) >= 1
    assert server.is_clean()


def test_unknown_places_and_methods_are_problems(client):
    problem_of(client.get("/nothing"), 404, "not-found")
    refused = client.put("/v1/explain")
    problem_of(refused, 405, "method-not-allowed")
    assert refused.headers["allow"] == "POST"


def test_the_token_is_asked_for(server):
    import httpx

    wrong = [None, "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer", "Bearer \xff"]
    for given in wrong:
        headers = {} if given is None else {"Authorization": given.encode("latin-1")}
        answer = httpx.get(f"{server.address}/v1/models", headers=headers, trust_env=False)
        problem_of(answer, 401, "token")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert httpx.get(f"{server.address}/healthz", trust_env=False).json()["status"] == "ok"
    assert httpx.get(f"{server.address}/v1/models", headers=HEADERS, trust_env=False).is_success
