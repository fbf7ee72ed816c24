"""Windows: each moment in exactly one, cut at pauses, with flat memory."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from tests.media.factory import (
    Picture,
    Sound,
    number_of,
    repeat_packets,
    tone,
    write_media,
)

from xemogpt.errors import MediaError
from xemogpt.media import SAMPLE_RATE, iter_frames, open_clips, probe, read_audio
from xemogpt.media.pauses import find_cut_s


def speech(seconds, pauses=(), rate=16_000):
    """Noise with a syllable-like rhythm and silent pauses [(start_s, end_s)]; float32 (1, S)."""
    times = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(0).normal(0, 0.1, len(times))
    noise *= 0.6 + 0.4 * np.sin(2 * np.pi * 4 * times)
    for start_s, end_s in pauses:
        noise[round(start_s * rate) : round(end_s * rate)] *= 0.003
    return noise.astype(np.float32)[None]


def spans(clips):
    return [(clip.start_s, clip.end_s) for clip in clips]


def check_partition(path, clips, max_s=12.0):
    """Windows join without gap or overlap, and hold every sample and frame once, in order."""
    info = probe(path)
    edges = spans(clips)
    assert edges[0][0] == 0 and edges[-1][1] == pytest.approx(info.duration_s)
    assert all(before[1] == after[0] for before, after in pairwise(edges))
    assert all(1.0 <= clip.duration_s <= max_s + 0.25 for clip in clips)
    assert [clip.is_last for clip in clips] == [False] * (len(clips) - 1) + [True]
    if info.audio:
        joined = np.concatenate([c.waveform for c in clips if c.waveform is not None])
        assert np.array_equal(joined, read_audio(path).waveform)
    if info.video:
        parts = [[frame.time_s for frame in clip.iter_frames(None)] for clip in clips]
        everything = [frame.time_s for frame in iter_frames(path)]
        assert [time_s for part in parts for time_s in part] == pytest.approx(everything)
        for clip, part in zip(clips, parts, strict=True):
            frames = clip.frames(16)
            indices = np.linspace(0, len(part) - 1, 16, dtype=int)
            assert frames.indices.tolist() == indices.tolist()
            assert frames.times_s == pytest.approx([part[index] for index in indices])


def test_short_file_is_one_window(tmp_path):
    path = write_media(tmp_path / "a.mp4", Picture(50), Sound(tone(440, 2)))
    (clip,) = open_clips(path)
    assert (clip.start_s, clip.end_s) == (0, pytest.approx(2, abs=0.03))
    assert clip.path == path and clip.is_last
    assert clip.waveform.dtype == np.float32
    assert [number_of(image) for image in clip.frames(3).images] == [0, 24, 49]
    assert len(list(clip.iter_frames())) == 30


def test_a_little_longer_than_a_window_is_not_cut(tmp_path):
    path = write_media(tmp_path / "a.wav", None, Sound(speech(12.2), 16_000, codec="pcm_s16le"))
    assert spans(open_clips(path)) == [(0, 12.2)]
    assert len(list(open_clips(path, max_s=12.3))) == 1


def test_long_sound_is_cut_in_its_pauses(tmp_path):
    pauses = [(4, 4.6), (8.2, 8.4), (10, 10.6), (17, 17.8), (25, 26), (31, 31.5)]
    sound = Sound(speech(40, pauses), 16_000, codec="pcm_s16le")
    path = write_media(tmp_path / "a.wav", None, sound)
    clips = list(open_clips(path))
    check_partition(path, clips)
    for clip in clips[:-1]:
        assert any(start < clip.end_s < end for start, end in pauses), clip.end_s
    # Of two pauses the longer is taken: 10.0-10.6, not 8.2-8.4; 4.0-4.6 is too early.
    assert clips[0].end_s == pytest.approx(10.3, abs=0.1)


def test_last_window_is_never_a_scrap(tmp_path):
    for seconds in (12.3, 12.9, 24.2, 25.3):
        sound = Sound(speech(seconds, [(11.6, 12.0)]), 16_000, codec="pcm_s16le")
        path = write_media(tmp_path / "a.wav", None, sound)
        check_partition(path, list(open_clips(path)))


def test_without_pauses_and_without_sound_windows_are_even(tmp_path):
    hum = Sound(tone(200, 30, 16_000), 16_000, codec="pcm_s16le")
    silence = Sound(np.zeros((1, 30 * 16_000), np.float32), 16_000, codec="pcm_s16le")
    files = [
        write_media(tmp_path / "hum.wav", None, hum),
        write_media(tmp_path / "silence.wav", None, silence),
        write_media(tmp_path / "pictures.mp4", Picture(300, rate=10, options=(("g", "50"),))),
    ]
    for path in files:
        clips = list(open_clips(path))
        assert spans(clips) == [pytest.approx(pair) for pair in [(0, 10), (10, 20), (20, 30)]]
        check_partition(path, clips)


def test_sound_and_pictures_of_different_length(tmp_path):
    longer_pictures = write_media(
        tmp_path / "p.mkv", Picture(300, rate=10), Sound(speech(9), 16_000, codec="flac")
    )
    clips = list(open_clips(longer_pictures))
    check_partition(longer_pictures, clips)
    assert clips[-1].waveform is None
    longer_sound = write_media(
        tmp_path / "s.mkv", Picture(50, rate=10), Sound(speech(30), 16_000, codec="flac")
    )
    clips = list(open_clips(longer_sound))
    assert clips[-1].frames() is None and list(clips[-1].iter_frames()) == []
    assert sum(len(clip.waveform) for clip in clips) == 30 * SAMPLE_RATE
    assert [len(list(clip.iter_frames(None))) for clip in clips] == [50, *[0] * (len(clips) - 1)]


def test_sound_from_a_file_beside(tmp_path):
    pictures = write_media(tmp_path / "v.mp4", Picture(50))
    sound = write_media(tmp_path / "a.wav", None, Sound(tone(440, 2.5), codec="pcm_s16le"))
    (clip,) = open_clips(pictures, audio_path=sound)
    assert (clip.duration_s, len(clip.waveform)) == (pytest.approx(2.5), 40_000)
    assert clip.info.audio.codec == "pcm_s16le" and clip.info.video.codec == "h264"
    assert clip.frames(2).images.shape[0] == 2
    with pytest.raises(MediaError, match=r"v\.mp4 has no sound"):
        next(open_clips(pictures, audio_path=pictures))
    with pytest.raises(MediaError, match="does not exist"):
        next(open_clips(pictures, audio_path=tmp_path / "no.wav"))


def test_sound_beside_replaces_the_files_own(tmp_path):
    pictures = write_media(tmp_path / "v.mp4", Picture(50), Sound(tone(440, 8)))
    sound = write_media(tmp_path / "a.wav", None, Sound(tone(440, 1), codec="pcm_s16le"))
    (clip,) = open_clips(pictures, audio_path=sound)
    assert clip.duration_s == pytest.approx(2) and len(clip.waveform) == 16_000


def test_shortest_inputs(tmp_path):
    one = write_media(tmp_path / "one.mp4", Picture(1))
    (clip,) = open_clips(one)
    assert clip.frames(16).indices.tolist() == [0] * 16 and clip.waveform is None
    blip = write_media(tmp_path / "b.wav", None, Sound(tone(440, 0.05), codec="pcm_s16le"))
    (clip,) = open_clips(blip)
    assert len(clip.waveform) == 800 and clip.frames() is None
    assert clip.duration_s == pytest.approx(0.05)


def test_frames_that_fail_are_a_warning_of_the_clip(tmp_path):
    """Pictures fine at the start and unreadable later: the window says so and the rest goes on."""
    picture = Picture(300, rate=10, codec="png", pix_fmt="rgb24", ticks=10)
    path = write_media(tmp_path / "a.mov", picture)
    data = path.read_bytes()
    start = len(data) // 3
    path.write_bytes(data[:start] + data[start:].replace(b"\x89PNG", b"\0\0\0\0"))
    clips = list(open_clips(path))
    assert clips[0].frames(4) is not None
    assert clips[-1].frames(4) is None
    assert any(warning.startswith("no-frames: ") for warning in clips[-1].warnings)


def test_window_lengths_are_checked(tmp_path):
    path = write_media(tmp_path / "a.mp4", Picture(2))
    with pytest.raises(ValueError, match="windows need at least"):
        next(open_clips(path, max_s=1.0))


def test_find_cut_prefers_long_to_momentary_quiet():
    samples = speech(12, [(6.5, 6.55), (8, 8.6)])[0]
    assert find_cut_s(samples, 6, 12) == pytest.approx(8.3, abs=0.1)
    assert find_cut_s(samples[:1000], 6, 12) is None
    assert find_cut_s(tone(300, 12, 16_000)[0], 6, 12) is None


@pytest.mark.shared
def test_real_clips_are_partitioned(clip_path):
    for name in ("edtalk__uncrop_Obama.mp4", "lipnet__bbaf2n.mpg"):
        check_partition(clip_path(name), list(open_clips(clip_path(name))))
    silent = clip_path("styletalk__source_reagan_clip1.mp4")
    clips = list(open_clips(silent, audio_path=silent.with_suffix(".wav")))
    assert sum(len(clip.waveform) for clip in clips) == 416_102
    assert len(clips) == 3 and clips[0].frames(2) is not None


_PEAK = """
import resource, sys
from xemogpt.media import open_clips
windows = 0
for clip in open_clips(sys.argv[1]):
    windows += 1
    clip.frames(16)
    for frame in clip.iter_frames(None):
        pass
assert "torch" not in sys.modules and "transformers" not in sys.modules
print(windows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
def test_memory_is_flat_in_the_length(tmp_path):
    pauses = [(start, start + 0.5) for start in range(3, 30, 5)]
    picture = Picture(300, 640, 480, rate=10, options=(("g", "30"), ("preset", "ultrafast")))
    sound = Sound(speech(30, pauses, 48_000))
    short = write_media(tmp_path / "30s.mkv", picture, sound)
    peaks = {}
    for minutes in (2, 10):
        path = repeat_packets(short, tmp_path / f"{minutes}.mkv", 2 * minutes)
        assert probe(path).duration_s == pytest.approx(60 * minutes, abs=0.5 * minutes)
        ran = subprocess.run(
            [sys.executable, "-c", _PEAK, str(path)], capture_output=True, text=True, check=True
        )
        windows, peaks[minutes] = map(int, ran.stdout.split())
        assert windows >= 5 * minutes
    assert peaks[10] < peaks[2] + 30, peaks
