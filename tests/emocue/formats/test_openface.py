"""OpenFace tables as cues with times."""

import pytest

from xemogpt.emocue.formats.openface import OpenFace
from xemogpt.emocue.formats.registry import detect_format

HEAD = "frame, face_id, timestamp, confidence, success, AU12_r, AU45_c\n"


def read(tmp_path, frames, head=HEAD):
    path = tmp_path / "clip.csv"
    path.write_text(head + "".join(", ".join(map(str, frame)) + "\n" for frame in frames))
    return OpenFace().read([path])


def frames(values, face=0, step=0.1, confidence=0.95, success=1):
    return [
        (n + 1, face, round(n * step, 3), confidence, success, value, 0)
        for n, value in enumerate(values)
    ]


def cues(found):
    return [(cue.kind, cue.start_s, cue.end_s, cue.value) for cue in found.records[0].cues.visual]


def test_a_run_above_the_threshold_is_a_cue_with_its_peak(tmp_path):
    found = read(tmp_path, frames([0, 0.9, 1.0, 3.2, 2, 0, 0]))
    assert cues(found) == [("smile", 0.2, 0.5, 3.2)]
    cue = found.records[0].cues.visual[0]
    assert (cue.source, cue.confidence, cue.unit) == ("measured", 0.95, "AU12 intensity 0-5")
    assert [step.tool for step in found.records[0].steps] == ["OpenFace"]


def test_short_runs_are_dropped_but_a_short_clip_may_be_one(tmp_path):
    assert cues(read(tmp_path, frames([0, 3, 0, 0, 0, 0, 0]))) == []
    assert cues(read(tmp_path, frames([3] * 4, step=0.04))) == [("smile", 0.0, 0.16, 3.0)]


@pytest.mark.parametrize("bad", [{"success": 0}, {"confidence": 0.5}])
def test_frames_that_cannot_be_trusted_are_not_looked_at(bad, tmp_path):
    assert cues(read(tmp_path, frames([3] * 10, **bad))) == []
    assert read(tmp_path, frames([3] * 10, **bad)).records[0].flags[0].startswith("no-face:")


def test_lost_frames_part_a_run(tmp_path):
    rows = frames([3] * 20)
    rows[8:12] = [(*row[:4], 0, *row[5:]) for row in rows[8:12]]
    assert [cue[1:3] for cue in cues(read(tmp_path, rows))] == [(0.0, 0.8), (1.2, 2.0)]


def test_times_are_those_of_the_table_not_of_frame_numbers(tmp_path):
    rows = [(n * 7, 0, round(5 + n * 0.2, 3), 0.9, 1, 2, 0) for n in range(5)]
    assert cues(read(tmp_path, rows)) == [("smile", 5.0, 6.0, 2.0)]


def test_of_several_faces_the_longest_seen_is_taken_and_said(tmp_path):
    rows = frames([0] * 5, face=0) + frames([3] * 9, face=4)
    found = read(tmp_path, sorted(rows, key=lambda row: row[2]))
    assert cues(found) == [("smile", 0.0, 0.9, 3.0)]
    assert found.records[0].flags == ("several-faces: 2 faces; the cues are of face 4",)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ((9, 0, "x", 0.9, 1, 0, 0), "timestamp"),
        ((9, 0, 0.1, 0.9, 1, 0, 0), "timestamp"),
        ((9, 0, 0.9, 0.9, 1, "nan", 0), "AU12_r"),
        ((9, 0, 0.9, 7, 1, 0, 0), "timestamp"),
        ((9, 0, 0.9), "row"),
    ],
)
def test_bad_frames(row, field, tmp_path):
    found = read(tmp_path, [*frames([3] * 5), row])
    (problem,) = found.problems
    assert (problem.line, problem.field) == (7, field)
    assert len(cues(found)) == 1


def test_an_empty_table_is_a_problem(tmp_path):
    found = read(tmp_path, [])
    assert found.problems and not found.records


@pytest.mark.shared
def test_a_real_table(shared_dir):
    path = shared_dir / "data" / "text" / "au" / "pyfeat_OpenFace_Test.csv"
    assert detect_format([path]).name == "openface"
    found = OpenFace().read([path])
    assert not found.problems
    # A tenth of a second in which nothing passes the threshold for nine tenths of it.
    assert len(found.records[0].cues) == 0
