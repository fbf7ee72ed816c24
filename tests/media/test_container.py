"""What is refused, and what is said about it; what hostile files cannot do."""

import os
import re
import socket
import threading

import av
import numpy as np
import pytest
from tests.media.factory import Picture, Sound, tone, write_media

from xemogpt.errors import MediaError
from xemogpt.media import container, open_clips, probe, read_audio, read_frames
from xemogpt.media.container import MAX_PIXELS, open_source


def refused(path, match):
    for read in (probe, read_frames, read_audio, lambda p: next(open_clips(p))):
        with pytest.raises(MediaError, match=match):
            read(path)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "is empty"),
        (b"just some words\n" * 500, "not a media file"),
        (bytes(50_000), "not a media file"),
        (np.random.default_rng(0).bytes(50_000), "not a media file"),
        (b"%PDF-1.7\n" + b"x" * 5000, "not a media file"),
        (b"PK\x03\x04" + b"x" * 5000, "not a media file"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "not a media file|holds neither"),
    ],
    ids=["empty", "text", "zeros", "noise", "pdf", "zip", "header only"],
)
@pytest.mark.parametrize("suffix", [".mp4", ".bin"])
def test_what_is_not_media_is_refused(tmp_path, content, match, suffix):
    path = tmp_path / f"file{suffix}"
    path.write_bytes(content)
    refused(path, match)
    with pytest.raises(MediaError, match=re.escape(str(path))):
        probe(path)


def test_places_that_are_not_files_are_refused(tmp_path):
    refused(tmp_path, "is a folder")
    refused(tmp_path / "no.mp4", "does not exist")
    refused("/dev/zero", "not a regular file")
    refused("https://example.com/clip.mp4", "is an address")
    refused("a\0b.mp4", "does not exist|cannot read")
    os.mkfifo(tmp_path / "pipe.mp4")
    refused(tmp_path / "pipe.mp4", "not a regular file")


def test_a_subtitle_given_as_media_is_told_apart(tmp_path):
    path = tmp_path / "a.srt"
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\nYes\n")
    refused(path, "give it as the subtitle")


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    def forbid(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    path = write_media(tmp_path / "a.mp4", Picture(2))
    monkeypatch.setattr(av, "open", forbid)
    refused(path, "may not be read")


@pytest.mark.parametrize(
    "name", ["data:a b%20é.mp4", "file:x.mp4", "-i.mp4", "a%03d.mp4", "a\n.mp4"]
)
def test_names_are_never_taken_for_more_than_names(tmp_path, name):
    path = write_media(tmp_path / "plain.mp4", Picture(3)).rename(tmp_path / name)
    assert probe(path).video.num_frames == 3


def test_relative_path_that_looks_like_a_protocol(tmp_path, monkeypatch):
    write_media(tmp_path / "plain.mp4", Picture(3)).rename(tmp_path / "data:x.mp4")
    monkeypatch.chdir(tmp_path)
    assert probe("data:x.mp4").video.num_frames == 3


@pytest.fixture
def listener():
    """A local web server that notes whether anybody calls."""
    calls = []
    server = socket.create_server(("127.0.0.1", 0))

    def answer():
        try:
            while True:
                connection, _ = server.accept()
                calls.append(1)
                connection.close()
        except OSError:
            return

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield server.getsockname()[1], calls
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


@pytest.mark.parametrize("suffix", [".m3u8", ".mp4", ".ts"])
@pytest.mark.parametrize("target", ["file", "network"])
def test_playlists_open_nothing(tmp_path, listener, suffix, target):
    """A playlist that works in players must neither reach the network nor other files."""
    port, calls = listener
    write_media(tmp_path / "secret.ts", Picture(50), Sound(tone(440, 2)))
    place = "secret.ts" if target == "file" else f"http://127.0.0.1:{port}/secret.ts"
    scripts = {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{place}\n#EXT-X-ENDLIST\n",
        "concat": f"ffconcat version 1.0\nfile '{place}'\n",
        "dash": f'<MPD type="static"><Period><AdaptationSet><Representation id="1"><BaseURL>{place}'
        "</BaseURL></Representation></AdaptationSet></Period></MPD>",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\n"
        f"m=video {port} RTP/AVP 96\n",
    }
    for name, script in scripts.items():
        path = tmp_path / f"{name}{suffix}"
        path.write_text(script)
        with pytest.raises(MediaError):
            probe(path)
    assert calls == []


def test_huge_frames_are_refused_before_they_are_made(tmp_path, monkeypatch):
    path = write_media(tmp_path / "big.mkv", Picture(2, 640, 480))
    monkeypatch.setattr(container, "MAX_PIXELS", 640 * 480 - 1)
    with pytest.raises(MediaError, match="640x480; the limit is"):
        probe(path)


def test_a_header_that_lies_about_its_size_is_refused(tmp_path):
    """A PNG of 60,000 x 60,000 pixels would take 14 GB."""
    picture = Picture(1, codec="png", pix_fmt="rgb24")
    path = write_media(tmp_path / "bomb.png", picture, format="image2")
    data = bytearray(path.read_bytes())
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    path.write_bytes(data)
    assert MAX_PIXELS < 60_000**2
    with pytest.raises(MediaError, match=r"60000x60000|neither pictures nor sound|not a media"):
        probe(path)


def test_cover_art_is_not_video(tmp_path):
    path = tmp_path / "song.mp3"
    with av.open(str(path), "w") as made:
        sound = made.add_stream("libmp3lame", rate=44_100, layout="mono")
        cover = made.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 320, 320, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        image = av.VideoFrame.from_ndarray(np.zeros((320, 320, 3), np.uint8), format="rgb24")
        made.mux(cover.encode(image.reformat(format="yuvj420p")))
        made.mux(cover.encode(None))
        frame = av.AudioFrame.from_ndarray(tone(440, 1, 44_100), format="fltp", layout="mono")
        frame.sample_rate = 44_100
        made.mux(sound.encode(frame))
        made.mux(sound.encode(None))
    with av.open(str(path)) as given:
        assert len(given.streams.video) == 1
    info = probe(path)
    assert info.video is None
    assert info.duration_s == pytest.approx(1, abs=0.1)
    (clip,) = open_clips(path)
    assert clip.frames(4) is None and list(clip.iter_frames()) == []


def test_the_largest_pictures_and_the_default_sound_are_taken(tmp_path):
    path = write_media(tmp_path / "a.mkv", Picture(3), Sound(tone(440, 0.2)))
    with open_source(path) as source:
        assert source.video.type == "video" and source.audio.type == "audio"
        assert source.warnings == []


def test_nothing_is_printed_about_damaged_files(tmp_path, capfd):
    path = write_media(tmp_path / "a.mp4", Picture(50), Sound(tone(440, 2)))
    data = bytearray(path.read_bytes())
    middle = len(data) // 3
    data[middle : middle + 600] = bytes(600)
    path.write_bytes(data)
    for clip in open_clips(path):
        clip.frames()
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")
