"""The application over HTTP: who may ask, what leaks, what is refused."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.ui.sets import draft, fill_all, make_set, suggest

from xemogpt.errors import ConfigError, DatasetError
from xemogpt.ui.app import Settings, Workroom, build_app, serve
from xemogpt.ui.desk import Desk

ADA = "/annotate/sets/set/people/ada"
BEN = "/annotate/sets/set/people/ben"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_set(tmp_path_factory.mktemp("set"))


@pytest.fixture(scope="module")
def client(folder, tmp_path_factory):
    settings = Settings(sets=[folder], samples=folder, max_upload_mb=1, encoder="tiny-text")
    app = build_app(settings, tmp_path_factory.mktemp("work"))
    with TestClient(
        app, "http://localhost", headers={"Content-Type": "application/json"}
    ) as client:
        yield client


def put(client, path, given, seen):
    body = {"seen": seen, "draft": json.loads(given.model_dump_json())}
    return client.put(path, json=body)


def test_a_change_is_saved_and_judged(client):
    answer = put(client, f"{ADA}/clips/0", draft(("visual", "smiles", 0.2)), 0)
    assert answer.status_code == 200
    assert answer.json()["flaws"] == {"k0": "give both times, or neither"}
    again = client.get(f"{ADA}/clips/0").json()
    assert again["revision"] == 1
    assert again["draft"]["cues"][0]["text"] == "smiles"
    assert client.get(ADA).json()["current"] == 0
    stale = put(client, f"{ADA}/clips/0", draft(("visual", "else")), 0)
    assert stale.status_code == 409
    assert stale.headers["content-type"] == "application/problem+json"


def test_a_second_annotator_is_told_nothing_of_the_first(client):
    secret = "a wording that only ada has"
    seen = client.get(f"{ADA}/clips/1").json()["revision"]
    assert put(client, f"{ADA}/clips/1", draft(("visual", secret)), seen).status_code == 200
    for path in ("/annotate/sets", BEN, *(f"{BEN}/clips/{n}" for n in range(6)),
                 "/annotate/sets/set/progress"):  # fmt: skip
        assert secret not in client.get(path).text
    agreed = client.post("/annotate/sets/set/agreement", json={})
    assert secret not in agreed.text


@pytest.mark.parametrize("body", [
    {"seen": -1, "draft": {}},
    {"seen": 0, "draft": {"cues": [{"key": "k", "modality": "smell", "text": "x"}]}},
    {"seen": 0, "draft": {"cues": [{"key": "k", "modality": "visual", "text": "x" * 501}]}},
    {"seen": 0, "draft": {"cues": [{"key": "k", "modality": "visual", "start_s": -1}]}},
    {"seen": 0, "draft": {"cues": [{"key": "k", "modality": "visual", "start_s": "NaN"}]}},
    {"seen": 0, "draft": {"cues": [{"key": "k", "modality": "visual"}] * 201}},
    {"seen": 0, "draft": {"file": "/etc/passwd"}},
])  # fmt: skip
def test_a_draft_that_is_none_is_refused(client, body):
    assert client.put(f"{ADA}/clips/2", json=body).status_code == 422
    assert client.get(f"{ADA}/clips/2").json()["revision"] == 0


@pytest.mark.parametrize("path", [
    "/annotate/sets/other/people/ada", f"{ADA}/clips/6", f"{ADA}/clips/-1",
    "/annotate/sets/set/people/eve", "/annotate/static/..%2fstore.py",
    "/annotate/static/%2e%2e/store.py", "/annotate/sets/..%2f..%2fetc/people/ada",
])  # fmt: skip
def test_names_of_nothing_are_not_found(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", "annotations.sqlite"])
def test_files_of_the_computer_are_not_served(client, folder, path):
    for asked in (path, str(folder / path)):
        answer = client.get(f"/gradio_api/file={asked}")
        assert answer.status_code in (403, 404), asked


def test_other_origins_other_types_and_large_bodies_are_refused(client):
    url, change = f"{ADA}/clips/3", {"seen": 0, "draft": {}}
    foreign = client.put(url, json=change, headers={"Origin": "https://example.org"})
    assert foreign.status_code == 403
    form = client.put(url, content=json.dumps(change), headers={"Content-Type": "text/plain"})
    assert form.status_code == 415
    assert client.put(url, content=b" " * 1_000_001).status_code == 413
    assert client.put(url, content=iter([b"{}"])).status_code == 411
    assert client.get("/", headers={"Host": "example.org"}).status_code == 400
    own = client.put(url, json=change, headers={"Origin": "http://localhost"})
    assert own.status_code == 200


def test_uploads_are_limited_and_keep_no_path_of_the_client(client):
    big = {"files": ("clip.mp4", b"x" * 1_500_000)}
    client.headers.pop("Content-Type")
    try:
        assert client.post("/gradio_api/upload", files=big).status_code == 413
        names = []
        for data in (b"one", b"two"):
            sneaky = {"files": ("../../../tmp/clip.mp4", data)}
            answer = client.post("/gradio_api/upload", files=sneaky)
            names += answer.json()
    finally:
        client.headers["Content-Type"] = "application/json"
    # Two uploads of one name lie apart, both inside the folder of this process.
    assert len({Path(name).parent for name in names}) == 2
    uploads = Path(os.environ["GRADIO_TEMP_DIR"]).resolve()
    assert all(Path(name).resolve().is_relative_to(uploads) for name in names)
    assert [Path(name).read_bytes() for name in names] == [b"one", b"two"]


def test_uploads_are_removed_when_they_are_old_and_when_the_page_ends(tmp_path, monkeypatch):
    monkeypatch.setattr("xemogpt.ui.page.KEPT_S", (1, 1))
    with TestClient(build_app(Settings(samples=tmp_path), tmp_path), "http://localhost") as client:
        answer = client.post("/gradio_api/upload", files={"files": ("clip.mp4", b"x")})
        upload = Path(answer.json()[0])
        assert upload.is_relative_to(tmp_path)
        deadline = time.monotonic() + 10
        while upload.exists() and time.monotonic() < deadline:
            time.sleep(0.2)
        assert not upload.exists()
        answer = client.post("/gradio_api/upload", files={"files": ("clip.mp4", b"y")})
    assert not Path(answer.json()[0]).exists()


def test_media_are_playable_in_parts_and_cached(client):
    first = client.get(f"{ADA}/clips/0/media")
    assert first.headers["content-type"] == "video/mp4"
    assert first.content[4:8] == b"ftyp"
    part = client.get(f"{BEN}/clips/0/media", headers={"Range": "bytes=0-99"})
    assert (part.status_code, len(part.content)) == (206, 100)
    assert "default-src 'self'" in first.headers["content-security-policy"]


def test_suggestions_are_measured_once_and_kept(folder):
    calls = []

    def counted(media, subtitle):
        calls.append(media)
        return suggest(media, subtitle)

    desk = Desk(folder, counted)
    first = desk.suggestions("ada", 0)
    assert Desk(folder, counted).suggestions("ben", 0) == first
    assert len(calls) == 1
    silent = next(n for n, clip in enumerate(desk.clips["ada"]) if not clip.has_sound)
    found = desk.suggestions("ada", silent).cues
    assert {cue.modality for cue in found} == {"visual", "emotional"}
    with pytest.raises(DatasetError, match="off"):
        Desk(folder).suggestions("ada", 0)


def test_export_over_http_says_what_to_do_next(client, folder):
    desk = Desk(folder, encoder="tiny-text")
    fill_all(desk, "ada")
    fill_all(desk, "ben", heard="he shouts")
    undecided = client.post("/annotate/sets/set/export", json={"keep": None})
    assert undecided.status_code == 422
    assert "open" in undecided.json()["detail"]
    done = client.post("/annotate/sets/set/export", json={"keep": "all"}).json()
    assert done["clips"] == 6
    assert done["command"].startswith("xemogpt bench run --task expert:")


def test_a_full_disk_is_told_to_the_page(folder, tmp_path):
    app = build_app(Settings(sets=[folder], samples=tmp_path), tmp_path)
    with TestClient(app, "http://localhost", headers={"Content-Type": "application/json"}) as page:
        seen = page.get(f"{ADA}/clips/4").json()["revision"]
        # The file may grow no more, as on a disk without room.
        many = draft(*[("visual", "x" * 500) for _ in range(200)])
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        try:
            answer = put(page, f"{ADA}/clips/4", many, seen)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, handler)
        assert answer.status_code == 507
        assert "make room" in answer.json()["detail"]
        assert page.get(f"{ADA}/clips/4").json()["revision"] == seen
        assert put(page, f"{ADA}/clips/4", many, seen).status_code == 200


def test_a_port_that_is_taken_is_told():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ConfigError, match=r"in use.*--port"):
            serve(Settings(port=other.getsockname()[1]))


def test_two_sets_of_one_name_and_a_folder_without_a_plan_are_refused(folder, tmp_path):
    with pytest.raises(ConfigError, match="two sets"):
        build_app(Settings(sets=[folder, folder]), tmp_path)
    with pytest.raises(DatasetError, match="xemogpt bench make plan"):
        build_app(Settings(sets=[tmp_path]), tmp_path)


def test_what_a_killed_process_left_is_removed_by_the_next():
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                          capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
    left = Path(tempfile.gettempdir()) / f"xemogpt-ui-{dead}-test"
    left.mkdir()
    (left / "clip.mp4").write_bytes(b"x")
    with Workroom() as room:
        assert not left.exists()
        with Workroom():
            assert room.is_dir(), "the folder of a living process stays"
    assert not room.exists()
