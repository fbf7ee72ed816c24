"""Conditions: the evidence that should be gone is gone, and the rest is untouched."""

from pathlib import Path

import numpy as np
import pytest
from tests.media.factory import Picture, Sound, tone, write_media

from xemogpt.benchmark.conditions import CONDITIONS, apply_condition, needs_media
from xemogpt.errors import ConfigError, MediaError
from xemogpt.media import iter_frames, probe, read_audio


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two clips of 2 s; their pictures differ in size, their sounds in pitch."""
    folder = tmp_path_factory.mktemp("clips")
    one = write_media(folder / "one.mp4", Picture(num_frames=50), Sound(tone(440, 2.0)))
    other = write_media(
        folder / "other.mp4", Picture(num_frames=75, width=128, height=128), Sound(tone(880, 3.0))
    )
    return one, other


def _pitch(path: Path) -> float:
    waveform = read_audio(path).waveform
    spectrum = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform))))
    return float(spectrum.argmax() * 16_000 / len(waveform))


def test_full_changes_nothing(clips: tuple[Path, Path], tmp_path: Path):
    assert apply_condition(clips[0], "full", None, tmp_path / "a.mp4") == clips[0]
    assert not list(tmp_path.iterdir())


def test_no_audio_keeps_the_pictures(clips: tuple[Path, Path], tmp_path: Path):
    made = apply_condition(clips[0], "no-audio", None, tmp_path / "a.mp4")
    assert probe(made).audio is None
    before = [frame.image for frame in iter_frames(clips[0])]
    after = [frame.image for frame in iter_frames(made)]
    assert len(before) == len(after) == 50
    assert all(np.array_equal(one, two) for one, two in zip(before, after, strict=True))


def test_swapped_video_keeps_the_sound_and_its_length(clips: tuple[Path, Path], tmp_path: Path):
    made = apply_condition(clips[0], "swapped-video", clips[1], tmp_path / "a.mp4")
    frames = list(iter_frames(made))
    assert frames[0].image.shape == (128, 128, 3)
    assert frames[-1].time_s < 2.1
    assert _pitch(made) == pytest.approx(440, abs=2)


def test_frozen_frames_do_not_move(clips: tuple[Path, Path], tmp_path: Path):
    moving = [frame.image.astype(float) for frame in iter_frames(clips[0], fps=10)]
    assert max(np.abs(image - moving[0]).mean() for image in moving) > 5
    made = apply_condition(clips[0], "frozen-frames", None, tmp_path / "a.mp4")
    still = [frame.image.astype(float) for frame in iter_frames(made)]
    assert len(still) == 20
    # The encoder refines the same picture from frame to frame, by less than one level in mean.
    assert max(np.abs(image - still[0]).mean() for image in still) < 1
    assert _pitch(made) == pytest.approx(440, abs=2)
    assert probe(made).duration_s == pytest.approx(2.0, abs=0.1)


def test_frozen_frames_need_no_sound(tmp_path: Path):
    silent = write_media(tmp_path / "silent.mp4", Picture(num_frames=10))
    made = apply_condition(silent, "frozen-frames", None, tmp_path / "out.mp4")
    assert probe(made).audio is None


def test_which_conditions_have_media():
    assert [name for name in CONDITIONS if not needs_media(name)] == ["text-only"]


@pytest.mark.parametrize(
    ("condition", "error", "said"),
    [
        ("blurred", ConfigError, "unknown condition 'blurred'"),
        ("text-only", ConfigError, "no media file"),
        ("swapped-video", ConfigError, "no other clip"),
    ],
)
def test_wrong_calls(
    clips: tuple[Path, Path], tmp_path: Path, condition: str, error: type[Exception], said: str
):
    with pytest.raises(error, match=said):
        apply_condition(clips[0], condition, None, tmp_path / "a.mp4")


def test_what_is_missing_is_named_and_nothing_is_left(tmp_path: Path):
    sound = write_media(
        tmp_path / "sound.wav", None, Sound(tone(440, 1.0), codec="pcm_s16le", format="s16")
    )
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no media at all")
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(MediaError, match="has no video"):
        apply_condition(sound, "no-audio", None, out / "a.mp4")
    with pytest.raises(MediaError, match="no video"):
        apply_condition(sound, "frozen-frames", None, out / "a.mp4")
    with pytest.raises(MediaError, match=r"broken\.mp4"):
        apply_condition(broken, "no-audio", None, out / "a.mp4")
    assert not list(out.iterdir())
