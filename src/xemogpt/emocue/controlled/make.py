"""One script -> one clip and its record."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xemogpt.emocue.controlled.asked import asked_cues
from xemogpt.emocue.controlled.clipfile import write_clip
from xemogpt.emocue.controlled.emotions import reading
from xemogpt.emocue.controlled.gold import Gold, gold_cues
from xemogpt.emocue.controlled.head import Head
from xemogpt.emocue.controlled.motion import Motion, animate
from xemogpt.emocue.controlled.render import Renderer
from xemogpt.emocue.controlled.script import Script
from xemogpt.emocue.controlled.speech import Speech
from xemogpt.emocue.controlled.wording import explain
from xemogpt.emocue.records import EmoCueRecord, Label, Step
from xemogpt.errors import MediaError
from xemogpt.files import sha256_of
from xemogpt.media import open_clips
from xemogpt.schema import CueSet, Transcript
from xemogpt.signals.meter import Meter
from xemogpt.signals.timeline import Measurement

Image = NDArray[np.uint8]
LICENCE = "CC0-1.0"
PACKAGES = ("xemogpt", "av", "numpy", "onnxruntime", "opencv-python-headless", "pyworld", "scipy")
"""What the bytes of a clip depend on."""
END_S = 0.2
"""A clip goes on for so long after the last beat."""
_PIXELS, _WORDS, _NOISE = 7, 8, 9
"""Streams of the script's seed."""


@dataclass(frozen=True)
class Studio:
    """The parts that make a clip, loaded once and used for many."""

    speak: Callable[[Script], Speech]
    draw: Callable[[Script, Motion], Iterable[Image]]
    measure: Callable[[Path, Transcript], Measurement]
    animate: Callable[[Script, Speech, float], Motion] = animate
    write: Callable[[Path, Iterable[Image], float, NDArray[np.float32], int], str] = write_clip

    @classmethod
    def open(cls, speak: Callable[[Script], Speech]) -> "Studio":
        """Load head and detectors.

        Args:
            speak: the voices.

        Raises:
            WeightsError: if an asset is not there.
        """
        head = Head.load()
        meter = Meter(num_threads=1)
        return cls(
            speak=speak,
            draw=lambda script, motion: pictures(head, script, motion),
            measure=lambda path, transcript: measure_file(meter, path, transcript),
        )


def make_clip(script: Script, folder: Path, studio: Studio) -> EmoCueRecord:
    """Make the clip of a script and write it into a corpus folder.

    Args:
        script: decides everything.
        folder: of the corpus; the clip becomes ``media/<split>/<id>.mp4`` in it.
        studio: the parts.

    Raises:
        MediaError: if the clip cannot be encoded.
        OutputError: if it cannot be written.
    """
    speech = with_room(studio.speak(script), script)
    motion = studio.animate(script, speech, speech.duration_s)
    name = f"media/{script.split}/{script.id}.mp4"
    path = folder / name
    frames = studio.draw(script, motion)
    waveform = with_noise(speech.waveform, script.sound_noise_db, script.seed)
    encoder = studio.write(path, frames, script.fps, waveform, speech.sample_rate)
    words = Transcript(text=script.sentence, language="en", source="given", words=speech.words)
    measurement = studio.measure(path, words)
    asked = asked_cues(script, speech)
    gold = gold_cues(asked, measurement.cues)
    rng = np.random.default_rng([script.seed, _WORDS])
    return EmoCueRecord(
        id=script.id,
        media=name,
        media_sha256=sha256_of(path),
        duration_s=round(speech.duration_s, 3),
        subject=script.look.identity,
        transcript=words,
        labels=_labels(script),
        cues=gold.cues,
        asked=asked,
        measured=measurement.cues,
        explanation=explain(gold.cues, script.emotion, script.sentence, rng, script.tags),
        emotions=tuple(cue.kind for cue in asked.emotional if cue.kind),
        is_exact=True,
        scenario=script.scenario,
        tags=script.tags,
        quality=_quality(gold, asked),
        flags=_flags(script, gold, measurement),
        steps=_steps(encoder),
        licence=LICENCE,
        split=script.split,
        is_generated=True,
    )


def pictures(head: Head, script: Script, motion: Motion) -> Iterator[Image]:
    """The frames of a clip, one at a time."""
    renderer = Renderer(head, script.look, script.size_px)
    rng = np.random.default_rng([script.seed, _PIXELS])
    for actions, pose_deg in zip(motion.actions, motion.pose_deg, strict=True):
        yield renderer.render(actions, pose_deg, rng)


def with_room(speech: Speech, script: Script) -> Speech:
    """Speech with silence after it until the last beat is over: planned lengths are guesses."""
    ends_s = max((beat.offset_s for beat in script.beats), default=0.0) + END_S
    missing = round((ends_s - speech.duration_s) * speech.sample_rate)
    if missing <= 0:
        return speech
    return replace(speech, waveform=np.pad(speech.waveform, (0, missing)))


def with_noise(
    waveform: NDArray[np.float32], ratio_db: float | None, seed: int
) -> NDArray[np.float32]:
    """Sound with white noise of a ratio to the clip's mean power; unchanged without a ratio.

    >>> tone = np.sin(np.arange(16000) / 5).astype(np.float32)
    >>> noise = with_noise(tone, 20.0, seed=1) - tone
    >>> round(float(10 * np.log10(np.mean(tone**2) / np.mean(noise**2))))
    20
    """
    if ratio_db is None:
        return waveform
    rms = float(np.sqrt(np.mean(np.square(waveform, dtype=np.float64))))
    rng = np.random.default_rng([seed, _NOISE])
    noise = rng.standard_normal(len(waveform)) * rms * 10 ** (-ratio_db / 20)
    noisy: NDArray[np.float32] = (waveform + noise).astype(np.float32)
    return noisy


def measure_file(meter: Meter, path: Path, transcript: Transcript) -> Measurement:
    """Measure a written clip as any other.

    Raises:
        MediaError: if it cannot be read, or is longer than one window of the detectors.
    """
    clips = list(open_clips(path))
    if len(clips) != 1:
        raise MediaError(f"{path} lasts {clips[-1].end_s:.1f} s; clips of at most 12 s are made")
    return meter.measure(clips[0], transcript, recognise=False)


@cache
def versions() -> dict[str, str]:
    """Packages and code that the bytes of a corpus depend on."""
    from importlib.metadata import PackageNotFoundError

    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found | {"code": _code_sha256()}


def _code_sha256() -> str:
    """Of the modules that make and measure clips: a version number outlives many changes."""
    digest = hashlib.sha256()
    package = Path(__file__).parents[2]
    for folder in (Path(__file__).parent, package / "signals"):
        for path in sorted(folder.iterdir()):
            if path.suffix in (".py", ".json"):
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _labels(script: Script) -> tuple[Label, ...]:
    values: dict[str, Any] = {
        "emotion": script.emotion,
        "face_emotion": script.face_emotion,
        "voice_emotion": script.voice_emotion,
        "sentiment": script.sentiment,
        "voice": script.voice,
    }
    return tuple(Label(name=name, value=value, source="asked") for name, value in values.items())


def _quality(gold: Gold, asked: CueSet) -> dict[str, float]:
    """How much of what was asked came through."""
    return {
        "asked": len(asked.visual) + len(asked.auditory),
        "found": len(gold.cues.visual) + len(gold.cues.auditory),
        "missed": len(gold.missed),
        "side_effects": len(gold.side_effects),
    }


def _flags(script: Script, gold: Gold, measurement: Measurement) -> tuple[str, ...]:
    flags = [f"missed: {cue.kind} was asked and no detector found it" for cue in gold.missed]
    seen = sorted(gold.cues.visual, key=lambda cue: cue.start_s or 0.0)
    told = reading([cue.kind or "" for cue in seen], [cue.kind or "" for cue in gold.cues.auditory])
    if script.scenario != "incongruent" and told != script.emotion:
        # The clip still expresses it, in cues too faint for the detectors.
        flags.append(f"undecided: the cues that came through do not alone tell {script.emotion}")
    return (*flags, *measurement.warnings)


def _steps(encoder: str) -> tuple[Step, ...]:
    """What made the record, in order; without times, so that records are equal in every run."""
    have = versions()
    ours = have["xemogpt"]
    return (
        Step(tool="xemogpt.emocue.controlled.plan", version=ours),
        Step(tool="pyworld", version=have["pyworld"], model="voices"),
        Step(tool="opencv", version=have["opencv-python-headless"], model="head"),
        Step(tool="av", version=have["av"], model=encoder),
        Step(tool="xemogpt.signals", version=ours, model="face-landmarker"),
        Step(tool="xemogpt.emocue.controlled.gold", version=ours),
    )
