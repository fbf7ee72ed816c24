"""The audit: finds a shortcut that is there, and none that is not."""

from pathlib import Path

import numpy as np
import pytest
from tests.emocue.controlled.studio import script as script_of
from tests.emocue.controlled.studio import speak

from xemogpt.emocue.controlled import audit as audits
from xemogpt.emocue.controlled.audit import Probe, audit
from xemogpt.emocue.controlled.audit_features import (
    bag_of_words,
    first_frame,
    halves,
    mean_pitch,
    shuffled,
    vocabulary,
)
from xemogpt.emocue.controlled.clipfile import write_clip
from xemogpt.emocue.controlled.logistic import Logistic
from xemogpt.emocue.records import EmoCueRecord, Label, write_records
from xemogpt.errors import DatasetError
from xemogpt.schema import Cue, CueSet, Transcript
from xemogpt.signals.voice_curves import VoiceAnalyser

EMOTIONS = ("happy", "sad", "angry")
ORDERS = ("smile-then-gaze-up", "gaze-up-then-smile")


def corpus(folder: Path, num: int, seed: int, *, leak: str = "") -> Path:
    """Records whose words, pitch (number of the file) and frames tell nothing but the leak."""
    rng = np.random.default_rng(seed)
    records = []
    for number in range(num):
        emotion = EMOTIONS[number % 3]
        order = ORDERS[int(rng.integers(2))]
        words = " ".join(rng.choice(["we", "meet", "today", "there", "soon"], 4))
        if leak == "words":
            words += f" {emotion}ly"
        told = [Cue(text=emotion, kind=f"kind-of-{emotion}")]
        records.append(
            EmoCueRecord(
                id=str(number),
                media=f"{order}/{EMOTIONS.index(emotion)}-{leak}-{seed}-{number}.mp4",
                transcript=Transcript(text=words, source="given"),
                labels=(Label(name="emotion", value=emotion, source="asked"),),
                cues=CueSet(visual=told),
                tags=(order, "order-of-face"),
            )
        )
    write_records(folder, records)
    return folder


class FakeLooker:
    """Two bumps in an order; the first frame tells the order only in a corpus that leaks it."""

    def curves(self, path: Path) -> np.ndarray:
        _, leak, seed, number = path.stem.split("-")
        frames = np.random.default_rng([int(seed), int(number)]).normal(0, 0.05, (20, 55))
        first, second = (1, 2) if path.parent.name == ORDERS[0] else (2, 1)
        frames[3:8, first] += 1
        frames[12:17, second] += 1
        if leak == "frame":
            frames[0, 7] += first
        return frames


def pitch(path: Path, analyser: object) -> float:
    emotion, leak, seed, number = path.stem.split("-")
    drawn = np.random.default_rng([int(seed), int(number)]).normal(88, 4)
    return 80 + 8 * int(emotion) if leak == "pitch" else float(drawn)


@pytest.fixture(autouse=True)
def without_media(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audits, "Looker", FakeLooker)
    monkeypatch.setattr(audits, "VoiceAnalyser", object)
    monkeypatch.setattr(audits, "mean_pitch", pitch)


def probes_of(tmp_path: Path, leak: str = "") -> dict[str, Probe]:
    train = corpus(tmp_path / "train", 150, 1, leak=leak)
    test = corpus(tmp_path / "test", 120, 2, leak=leak)
    return {probe.name: probe for probe in audit(train, test).probes}


def test_a_fair_corpus_has_no_shortcut(tmp_path: Path) -> None:
    probes = probes_of(tmp_path)
    assert not any(probe.leaks for probe in probes.values())
    for name in ("words", "mean-pitch", "first-frame", "shuffled-frames"):
        assert probes[name].low <= probes[name].chance <= probes[name].high
    assert probes["gold-kinds"].accuracy == probes["halves"].accuracy == 1.0
    assert (probes["words"].chance, probes["halves"].chance) == (pytest.approx(1 / 3), 0.5)


@pytest.mark.parametrize(
    ("leak", "name"),
    [("words", "words"), ("pitch", "mean-pitch"), ("frame", "first-frame")],
)
def test_a_shortcut_is_found(leak: str, name: str, tmp_path: Path) -> None:
    probes = probes_of(tmp_path, leak)
    assert probes[name].accuracy > 0.95
    assert {probe.name for probe in probes.values() if probe.leaks} >= {name}


def test_orders_that_were_never_learned_are_said(tmp_path: Path) -> None:
    train = corpus(tmp_path / "train", 30, 1)
    test = corpus(tmp_path / "test", 30, 2)
    lines = (train / "records.jsonl").read_text().replace(ORDERS[1], ORDERS[0])
    (train / "records.jsonl").write_text(lines)
    found = audit(train, test)
    assert [line.split(":")[0] for line in found.skipped] == [
        "first-frame",
        "shuffled-frames",
        "halves",
    ]


def test_too_few_clips(tmp_path: Path) -> None:
    train = corpus(tmp_path / "train", 30, 1)
    with pytest.raises(DatasetError, match="needs 10 or more"):
        audit(train, corpus(tmp_path / "test", 3, 2))


def test_shuffled_frames_have_no_order() -> None:
    curves = np.random.default_rng(0).normal(size=(12, 55))
    assert np.allclose(shuffled(curves), shuffled(curves[::-1]))
    assert not np.allclose(halves(curves), halves(curves[::-1]))
    assert first_frame(curves).shape == (55,) and halves(curves[:1]).shape == (110,)


def test_rare_words_are_left_out() -> None:
    texts = ["We meet.", "We met", "we go"]
    assert vocabulary(texts) == ["we"]
    assert bag_of_words(["We, we!", "go"], ["we"]).tolist() == [[1.0], [0.0]]


def test_pitch_is_that_of_the_sound(tmp_path: Path) -> None:
    frames = [np.zeros((32, 32, 3), np.uint8)] * 20
    speech = speak(script_of(50))  # 200 Hz
    path = tmp_path / "tone.mp4"
    write_clip(path, frames, 15, speech.waveform, speech.sample_rate)
    assert mean_pitch(path, VoiceAnalyser()) == pytest.approx(12 * np.log2(200), abs=0.2)


def test_logistic_regression_learns_what_is_there() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(300, 4))
    labels = [("a", "b", "c")[int(row[:3].argmax())] for row in features]
    model = Logistic.fit(features[:200], labels[:200])
    answers = [model.classes[at] for at in model.scores(features[200:]).argmax(1)]
    assert np.mean([one == other for one, other in zip(answers, labels[200:], strict=True)]) > 0.9
    assert np.exp(model.scores(features)).sum(1) == pytest.approx(1)
