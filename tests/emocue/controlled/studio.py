"""Small real parts for tests of what is built: tones for voices, grey squares for faces."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from xemogpt.emocue.controlled.make import Studio
from xemogpt.emocue.controlled.motion import Motion
from xemogpt.emocue.controlled.script import Beat, Look, Script, VoiceEdit
from xemogpt.emocue.controlled.speech import Phone, Speech
from xemogpt.schema import Cue, CueSet, Transcript, Word
from xemogpt.signals.timeline import Measurement

GREY = (90, 90, 90)
LOOK = Look(identity="id-001", skin=(200, 160, 140), hair=GREY, brow=GREY, iris=GREY, lip=GREY)
BEAT = Beat(kind="smile", onset_s=0.3, apex_s=0.5, release_s=1.0, offset_s=1.2)
DURATION_S = 1.5


def script(number: int, **changes: object) -> Script:
    values: dict[str, object] = {
        "id": f"clip-{number}",
        "seed": number,
        "split": "train",
        "scenario": "clear",
        "emotion": "happy",
        "face_emotion": "happy",
        "voice_emotion": "happy",
        "sentence": "we meet today",
        "sentiment": "neutral",
        "voice": "tone",
        "look": LOOK,
        "beats": (BEAT,),
        "edit": VoiceEdit(),
        "asked_auditory": ("fast-speech", "pause"),
    }
    return Script.model_validate(values | changes)


def speak(script: Script) -> Speech:
    if script.sentence == "crash":
        raise ValueError("no such sound")
    if script.sentence == "die":
        os._exit(1)
    times = np.arange(int(16000 * DURATION_S)) / 16000
    wave = 0.2 * np.sin(2 * np.pi * (150 + script.seed) * times)
    words = script.sentence.split()
    said = tuple(
        Word(text=word, start_s=0.4 + 0.3 * at, end_s=0.65 + 0.3 * at)
        for at, word in enumerate(words)
    )
    phones = tuple(Phone("a", word.start_s, word.end_s) for word in said)
    return Speech(wave.astype(np.float32), 16000, said, phones)


def squares(script: Script, motion: Motion) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(script.seed)
    for actions in motion.actions:
        yield np.full((32, 32, 3), 50 + 100 * float(actions.max()), np.uint8) + rng.integers(
            0, 9, (32, 32, 3), np.uint8
        )


def measure(path: Path, transcript: Transcript) -> Measurement:
    assert path.is_file()
    cues = CueSet(
        visual=[Cue(text="smiles slightly", kind="smile", start_s=0.4, end_s=1.0, value=0.5)],
        auditory=[Cue(text="speaks fast", kind="fast-speech", start_s=0.4, end_s=1.2)],
    )
    return Measurement(cues, (), transcript, ())


def open_studio() -> Studio:
    return Studio(speak=speak, draw=squares, measure=measure)
