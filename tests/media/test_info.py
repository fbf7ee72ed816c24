"""What probe says, against files of known contents, whole and damaged."""

import av
import numpy as np
import pytest
from tests.media.factory import Picture, Sound, box_at, number_of, tone, write_media

from xemogpt.media import iter_frames, open_clips, probe, read_audio, read_frames

FASTSTART = {"movflags": "faststart"}


def codes(warnings):
    return [warning.split(":")[0] for warning in warnings]


def test_video_and_sound_are_described(tmp_path):
    sound = Sound(np.repeat(tone(440, 2), 2, axis=0), layout="stereo")
    info = probe(write_media(tmp_path / "a.mp4", Picture(50, clockwise_deg=270), sound))
    assert info.path == tmp_path / "a.mp4"
    assert info.duration_s == pytest.approx(2, abs=0.03)
    assert "mp4" in info.container
    video, audio = info.video, info.audio
    assert (video.codec, video.pixel_format, video.num_frames) == ("h264", "yuv420p", 50)
    assert (video.width, video.height, video.rotation_deg) == (96, 160, 270)
    assert (video.frame_rate, video.start_s) == (pytest.approx(25), 0)
    assert (audio.codec, audio.sample_rate, audio.num_channels) == ("aac", 48_000, 2)
    assert (audio.layout, audio.start_s, info.warnings) == ("stereo", 0, ())


def test_variable_rate_is_averaged_and_counts_are_true(tmp_path):
    times_s = [0, 0.04, 0.08, 0.5, 0.54, 1.0, 1.9, 2.0]
    video = probe(write_media(tmp_path / "v.mkv", Picture(times_s=times_s))).video
    assert video.num_frames == 8
    assert video.end_s > 2.0
    assert video.frame_rate == pytest.approx(8 / video.end_s)


def test_header_counts_are_not_believed(tmp_path):
    """The sample count of stsz is what players show; here it disagrees with the data's end."""
    path = write_media(tmp_path / "a.mp4", Picture(50), options=FASTSTART)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    info = probe(path)
    frames = read_frames(path, 16)
    everything = [number_of(frame.image) for frame in iter_frames(path)]
    assert len(everything) < 50
    assert frames.indices[-1] == len(everything) - 1
    assert number_of(frames.images[-1]) == everything[-1]
    assert codes(info.warnings) == ["truncated"]
    assert "of the 2.0 s that its header promises" in info.warnings[0]


def test_truncated_file_gives_what_there_is(tmp_path):
    sound = Sound(tone(440, 4))
    whole = write_media(
        tmp_path / "w.mp4", Picture(100, options=(("g", "12"),)), sound, options=FASTSTART
    )
    data = whole.read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(data[: round(len(data) * 0.6)])
    (clip,) = open_clips(path)
    assert 1 < clip.duration_s < 3.5
    assert clip.frames(8).images.shape[0] == 8
    assert np.abs(clip.waveform).max() > 0.4
    assert "truncated" in codes(clip.warnings)
    assert codes(probe(whole).warnings) == []


def test_truncated_without_index_is_refused(tmp_path):
    data = write_media(tmp_path / "w.mp4", Picture(100)).read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match=r"cut off before its index \(moov\)"):
        probe(path)


@pytest.mark.parametrize("suffix", ["mkv", "ts", "webm", "avi", "mp3", "flac", "wav"])
def test_truncation_of_other_containers(tmp_path, suffix):
    codec = {"webm": "libvpx", "avi": "mpeg4"}.get(suffix, "libx264")
    sound_codec = {"webm": "libopus", "avi": "libmp3lame", "mp3": "libmp3lame", "flac": "flac"}
    picture = None if suffix in ("mp3", "flac", "wav") else Picture(100, codec=codec, ticks=25)
    noise = np.random.default_rng(0).normal(0, 0.2, (1, 4 * 48_000)).astype(np.float32)
    sound = Sound(noise, codec=sound_codec.get(suffix, "pcm_s16le" if suffix == "wav" else "aac"))
    path = write_media(tmp_path / f"w.{suffix}", picture, sound)
    data = path.read_bytes()
    path.write_bytes(data[: round(len(data) * 0.6)])
    (clip,) = open_clips(path)
    assert 1.5 < clip.duration_s < 3.5
    assert len(clip.waveform) / 16_000 == pytest.approx(clip.duration_s, abs=0.6)
    if suffix in ("mkv", "webm", "flac"):
        assert "truncated" in codes(clip.warnings)


def test_damaged_middle_is_skipped_with_a_warning(tmp_path):
    path = write_media(
        tmp_path / "a.mkv", Picture(100, codec="ffv1", pix_fmt="yuv420p"), Sound(tone(440, 4))
    )
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(0)
    for place in rng.integers(len(data) // 4, len(data) // 2, 30):
        data[place : place + 20] = rng.bytes(20)
    path.write_bytes(data)
    clips = list(open_clips(path))
    shown = [number_of(frame.image) for clip in clips for frame in clip.iter_frames(None)]
    assert 99 in shown and 0 in shown
    assert "damaged" in codes(clips[0].warnings) or "truncated" in codes(clips[0].warnings)


def test_edit_list_that_skips_the_beginning(tmp_path):
    """The first second of pictures is cut away by the edit list: time 0 is what is shown first."""
    path = write_media(tmp_path / "e.mp4", Picture(50, options=(("g", "10"), ("bf", "0"))))
    data = bytearray(path.read_bytes())
    # elst: version and flags, one entry: duration (movie clock), media time (track clock), rate.
    entry = box_at(bytes(data), b"moov", b"trak", b"elst") + 16
    assert int.from_bytes(data[entry + 4 : entry + 8], "big") == 0
    data[entry + 4 : entry + 8] = (12_800).to_bytes(4, "big")
    data[entry : entry + 4] = (1000).to_bytes(4, "big")
    path.write_bytes(data)
    frames = list(iter_frames(path))
    assert [number_of(frame.image) for frame in frames] == list(range(25, 50))
    assert frames[0].time_s == 0 and frames[-1].time_s == pytest.approx(24 / 25)
    assert probe(path).video.num_frames == 25
    assert probe(path).duration_s == pytest.approx(1)
    assert read_frames(path, 16).indices.tolist() == np.linspace(0, 24, 16, dtype=int).tolist()


def test_frames_with_reordering_start_at_zero(tmp_path):
    """B-frames give mp4 an edit list that hides the decoder's delay."""
    path = write_media(tmp_path / "b.mp4", Picture(30, options=(("bf", "3"),)))
    assert b"elst" in path.read_bytes()
    assert read_frames(path, 30).times_s == pytest.approx([n / 25 for n in range(30)])


def test_sound_only_and_pictures_only(tmp_path):
    sound_only = write_media(tmp_path / "a.m4a", None, Sound(tone(440, 1)))
    assert probe(sound_only).video is None and probe(sound_only).audio.codec == "aac"
    pictures_only = write_media(tmp_path / "v.mp4", Picture(25))
    assert probe(pictures_only).audio is None
    assert probe(pictures_only).duration_s == pytest.approx(1)
    (clip,) = open_clips(pictures_only)
    assert clip.waveform is None and clip.frames(3).images.shape[0] == 3


def test_pictures_that_do_not_decode_leave_the_sound(tmp_path):
    path = write_media(
        tmp_path / "a.mkv", Picture(25, codec="mpeg4", ticks=25), Sound(tone(440, 1))
    )
    data = path.read_bytes().replace(b"V_MPEG4/ISO/ASP", b"V_NOSUCHCODECXX")
    path.write_bytes(data)
    info = probe(path)
    assert info.video is None
    assert "video-unsupported" in codes(info.warnings)
    assert len(read_audio(path).waveform) > 15_000


def test_sound_that_begins_after_the_file_was_opened(tmp_path):
    """In a transport stream the decoder hears of it long after the header was read."""
    path = tmp_path / "late.ts"
    pictures = write_media(tmp_path / "v.mp4", Picture(500, options=(("g", "25"),)))
    sound = write_media(tmp_path / "a.mp4", None, Sound(tone(440, 4)))
    with av.open(str(path), "w") as made, av.open(str(pictures)) as v, av.open(str(sound)) as a:
        pairs = [(s, made.add_stream_from_template(s)) for s in (v.streams[0], a.streams[0])]
        for (given, stream), shift_s in zip(pairs, (0, 16), strict=True):
            for packet in given.container.demux(given):
                if packet.dts is not None:
                    shift = round(shift_s / packet.time_base)
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = stream
                    made.mux_one(packet)
    info = probe(path)
    assert info.audio.sample_rate == 48_000
    assert info.audio.start_s == pytest.approx(16, abs=0.1)
    waveform = read_audio(path).waveform
    assert np.flatnonzero(np.abs(waveform) > 0.3)[0] / 16_000 == pytest.approx(16, abs=0.05)


def test_forged_durations_are_refused(tmp_path):
    path = write_media(tmp_path / "a.mp4", Picture(times_s=[n * 3000.0 for n in range(40)]))
    assert probe(path).duration_s > 24 * 3600
    with pytest.raises(ValueError, match="by its time stamps, the limit is 86400 s"):
        next(open_clips(path))
    with pytest.raises(ValueError, match="raise max_duration_s"):
        next(open_clips(write_media(tmp_path / "b.mp4", Picture(50)), max_duration_s=1))
