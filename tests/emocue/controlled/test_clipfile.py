from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from xemogpt.emocue.controlled import clipfile
from xemogpt.emocue.controlled.clipfile import Image, write_clip
from xemogpt.errors import MediaError
from xemogpt.media.clip import open_clips
from xemogpt.media.info import probe

RATE = 16_000
TONE = (0.3 * np.sin(2 * np.pi * 300 * np.arange(2 * RATE) / RATE)).astype(np.float32)


def pictures(num: int = 30) -> Iterator[Image]:
    rng = np.random.default_rng(3)
    for number in range(num):
        image = np.full((64, 64, 3), 60, np.uint8)
        image[:, number : number + 12] = (200, 120, 40)
        yield image + rng.integers(0, 9, image.shape, dtype=np.uint8)


def test_the_same_clip_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        write_clip(tmp_path / name, pictures(), 15, TONE, RATE)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_another_picture_gives_other_bytes(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4", pictures(), 15, TONE, RATE)
    write_clip(tmp_path / "b.mp4", (255 - image for image in pictures()), 15, TONE, RATE)
    assert (tmp_path / "a.mp4").read_bytes() != (tmp_path / "b.mp4").read_bytes()


def test_pictures_and_sound_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    assert write_clip(path, pictures(), 15.0, TONE, RATE) == "libx264"
    info = probe(path)
    assert info.video is not None
    assert info.audio is not None
    assert info.video.frame_rate == pytest.approx(15)
    assert info.duration_s == pytest.approx(2.0, abs=0.1)
    (clip,) = open_clips(path)
    frames = list(clip.iter_frames())
    assert len(frames) == 30
    assert np.diff([float(frame.time_s) for frame in frames]) == pytest.approx(1 / 15, abs=1e-3)
    for given, frame in zip(pictures(), frames, strict=True):
        assert np.abs(given.astype(int).mean((0, 1)) - frame.image.mean((0, 1))).max() < 6
    assert clip.waveform is not None
    heard = clip.waveform[: TONE.size]
    assert np.corrcoef(heard, TONE[: heard.size])[0, 1] > 0.95


def test_without_an_encoder_there_is_an_error_and_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipfile, "has_encoder", lambda name: name == "aac")
    with pytest.raises(MediaError, match=r"libx264.*install"):
        write_clip(tmp_path / "a.mp4", pictures(), 15, TONE, RATE)
    monkeypatch.setattr(clipfile, "has_encoder", lambda name: name != "aac")
    with pytest.raises(MediaError, match="AAC"):
        write_clip(tmp_path / "a.mp4", pictures(), 15, TONE, RATE)
    assert list(tmp_path.iterdir()) == []


def test_the_fallback_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipfile, "has_encoder", lambda name: name != "libx264")
    with pytest.warns(UserWarning, match="mpeg4"):
        assert write_clip(tmp_path / "a.mp4", pictures(), 15, TONE, RATE) == "mpeg4"
    with av.open(str(tmp_path / "a.mp4")) as made:
        assert made.streams.video[0].codec_context.name == "mpeg4"


def test_a_failing_picture_leaves_no_file(tmp_path: Path) -> None:
    def failing() -> Iterator[Image]:
        yield from pictures(5)
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        write_clip(tmp_path / "a.mp4", failing(), 15, TONE, RATE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("shapes", "expected"),
    [([], "no frames"), ([(63, 64, 3)], "even"), ([(64, 64, 3), (32, 64, 3)], "one size")],
)
def test_frames_that_are_no_clip_are_refused(
    tmp_path: Path, shapes: list[tuple[int, ...]], expected: str
) -> None:
    with pytest.raises(MediaError, match=expected):
        write_clip(tmp_path / "a.mp4", (np.zeros(s, np.uint8) for s in shapes), 15, TONE, RATE)
    assert list(tmp_path.iterdir()) == []
