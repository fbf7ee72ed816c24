"""Windows of a long clip are joined, and what was measured becomes scores."""

from pathlib import Path

import numpy as np
import pytest

from xemogpt.emocue.records import EmoCueRecord
from xemogpt.emocue.settings import BuildSettings
from xemogpt.emocue.steps.base import Tools
from xemogpt.emocue.steps.measure import join_measurements, measure, measure_media
from xemogpt.emocue.steps.probe import probe
from xemogpt.emocue.steps.quality import judge_quality, reasons_to_drop
from xemogpt.emocue.steps.scores import measured_scores
from xemogpt.schema import Cue, CueSet, Transcript, Word
from xemogpt.signals.timeline import Curve, Measurement


def cue(kind: str, start_s: float, end_s: float, sure: float = 0.7) -> Cue:
    return Cue(
        text=kind, kind=kind, start_s=start_s, end_s=end_s, confidence=sure, source="measured"
    )


def curve(name: str, start_s: float, end_s: float, level: float) -> Curve:
    times = np.arange(start_s, end_s, 0.016)
    return Curve(name, times, np.full(len(times), level), "")


def words(text: str, start_s: float) -> Transcript:
    said = (Word(text=text, start_s=start_s, end_s=start_s + 1),)
    return Transcript(text=text, source="recognised", language="en", words=said)


def test_cues_that_run_across_a_cut_are_one():
    found = [
        Measurement(
            CueSet([cue("smile", 8, 12), cue("blink", 3, 3.1)], [cue("speech", 1, 11.5)]),
            (curve("head yaw", 0, 12, 1.0), curve("speech", 0, 12, 0.0)),
            words("so", 1),
            ("face-leaves: for part of it",),
        ),
        Measurement(
            CueSet([cue("smile", 12, 14, 0.9), cue("smile", 16, 17)], [cue("speech", 12.6, 20)]),
            (curve("speech", 12, 20, 0.0),),
            words("what", 13),
            ("no-face: none in any frame",),
        ),
    ]
    joined = join_measurements([(0, 12), (12, 20)], found)
    smiles = [(c.start_s, c.end_s, c.confidence) for c in joined.cues.visual if c.kind == "smile"]
    assert smiles == [(8, 14, 0.9), (16, 17, 0.7)]
    # The windows were cut in a pause that neither of them could see whole.
    (pause,) = [c for c in joined.cues.auditory if c.kind == "pause"]
    assert (pause.start_s, pause.end_s, pause.value) == (11.5, 12.6, 1.1)
    assert joined.transcript is not None and joined.transcript.text == "so what"
    # A window without the face counts as time without it.
    assert measured_scores(joined, 20.0)["face_coverage"] == pytest.approx(0.6, abs=0.01)
    assert joined.warnings == (
        "face-leaves: for part of it (in 0.0-12.0 s)",
        "partly-no-face: none in any frame (in 12.0-20.0 s)",
    )


def test_cues_apart_stay_apart():
    found = [
        Measurement(CueSet([cue("smile", 8, 11)]), (), None, ("no-sound: none",)),
        Measurement(CueSet([cue("smile", 12, 14)]), (), None, ("no-sound: none",)),
    ]
    joined = join_measurements([(0, 12), (12, 15)], found)
    assert len(joined.cues.visual) == 2 and joined.transcript is None
    assert joined.warnings == ("no-sound: none",)


def heard(levels_db: dict[tuple[float, float], float], duration_s: float) -> Measurement:
    """Sound at levels; what is above -40 dB is speech."""
    times = np.arange(0, duration_s, 0.016)
    values = np.full(len(times), -100.0)
    for (start_s, end_s), level in levels_db.items():
        values[(times >= start_s) & (times < end_s)] = level
    speech = [cue("speech", *span) for span, level in levels_db.items() if level > -40]
    loudness = Curve("loudness", times, values, "dB of full scale")
    return Measurement(CueSet(auditory=speech), (loudness,), None, ("no-video: none",))


def test_scores_of_sound():
    scores = measured_scores(heard({(0, 1): -60.0, (1, 3): -20.0, (3, 4): -60.0}, 4.0), 4.0)
    assert scores["snr_db"] == pytest.approx(40.0, abs=0.1)
    assert scores["speech_level_db"] == pytest.approx(-20.0, abs=0.1)
    assert scores["speech_coverage"] == 0.5 and "face_coverage" not in scores


@pytest.mark.parametrize(
    ("levels_db", "known"),
    [
        # No noise to compare with, speech throughout, no speech at all.
        ({(1, 3): -20.0}, {"speech_coverage", "speech_level_db"}),
        ({(0, 4): -20.0}, {"speech_coverage", "speech_level_db"}),
        ({(0, 4): -60.0}, {"speech_coverage"}),
    ],
)
def test_what_cannot_be_known_has_no_score(levels_db, known):
    assert set(measured_scores(heard(levels_db, 4.0), 4.0)) == known


def test_low_scores_are_flagged_with_numbers(tmp_path: Path):
    record = EmoCueRecord(
        id="a",
        media="a.mp4",
        duration_s=3.0,
        measured=CueSet([cue("blink", 1, 1.1)]),
        quality={"face_coverage": 0.7, "clipped_share": 0.02, "width_px": 320, "height_px": 180},
    )
    tools = Tools(tmp_path, BuildSettings(), lambda _: ())
    judged = judge_quality(record, tools)
    codes = {flag.partition(":")[0]: flag for flag in judged.flags}
    assert set(codes) == {"low-face-coverage", "clipped-sound", "low-resolution"}
    assert "70%" in codes["low-face-coverage"] and "2.00%" in codes["clipped-sound"]
    assert judged.quality["num_cues"] == 1.0
    # Worth a flag, but no reason to leave it out.
    assert reasons_to_drop(judged, tools.settings.thresholds) == ()
    assert judge_quality(judged, tools) == judged


@pytest.mark.weights
@pytest.mark.shared
def test_a_real_clip_of_two_windows(clip_path):
    path = clip_path("edtalk__uncrop_Obama.mp4")
    tools = Tools(path.parent, BuildSettings(recognise=False, fps=10), lambda _: ())
    record = measure(probe(EmoCueRecord(id="a", media=path.name), tools), tools)
    assert record.duration_s == pytest.approx(20.0, abs=0.1)
    assert record.media_sha256 is not None and "video=h264" in record.tags
    faces = [c for c in record.measured.visual if c.kind == "face"]
    assert [(c.start_s, round(c.end_s or 0)) for c in faces] == [(0, 20)]
    assert record.quality["face_coverage"] == 1.0 and record.quality["snr_db"] > 20
    pauses = [c.start_s or 0.0 for c in record.measured.auditory if c.kind == "pause"]
    assert any(abs(start - 8.1) < 0.3 for start in pauses)
    names = [c.name for c in measure_media(record, tools).curves]
    assert len(names) == len(set(names)) and "pitch" in names
