"""Drawing clips: shares, seeds, and files that cannot be used."""

import csv
from collections import Counter

import pytest
from tests.benchmark.making.simulated import make_clips

from xemogpt.benchmark.making.folder import PlannedClip, read_plan
from xemogpt.benchmark.making.plan import draw, make_plan, share_out
from xemogpt.errors import DatasetError, MediaError, OutputError
from xemogpt.files import sha256_of


@pytest.fixture(scope="module")
def clips_folder(tmp_path_factory):
    return make_clips(tmp_path_factory.mktemp("media") / "clips")


def plan_of(folder, out, **options):
    return make_plan(folder, sorted(folder.rglob("*.mp4")), out, **options)


def clip(number, scenario):
    return PlannedClip(
        id=f"{scenario}-{number:03}", media="a.mp4", media_sha256=str(number), duration_s=1,
        has_video=True, has_sound=True, scenario=scenario,
    )  # fmt: skip


def test_shares_are_equal_as_far_as_they_go():
    assert share_out(400, dict.fromkeys("abcd", 500)) == dict.fromkeys("abcd", 100)
    assert share_out(400, {"a": 20, "b": 500, "c": 130}) == {"a": 20, "b": 250, "c": 130}
    assert share_out(400, {"a": 3, "b": 4}) == {"a": 3, "b": 4}
    assert share_out(3, {"a": 9, "b": 9}) == {"a": 2, "b": 1}


def test_draw_depends_on_the_seed_alone():
    clips = [clip(number, name) for number in range(50) for name in ("clear", "hard")]
    drawn = draw(clips, 20, 0)
    assert Counter(c.scenario for c in drawn) == {"clear": 10, "hard": 10}
    assert draw(clips[::-1], 20, 0) == drawn
    assert draw(clips, 20, 1) != drawn


def test_plan_knows_its_media_and_what_was_left_out(clips_folder, tmp_path):
    plan, left_out = plan_of(
        clips_folder, tmp_path / "set", scenarios=clips_folder / "scenarios.csv"
    )
    assert read_plan(tmp_path / "set") == plan
    assert plan.available == {"clear": 3, "hard": 3}
    assert [c.id for c in plan.clips] == [f"clip{number}" for number in range(6)]
    for found in plan.clips:
        assert found.media_sha256 == sha256_of(clips_folder / found.media)
    assert (tmp_path / "set" / plan.clips_folder).resolve() == clips_folder.resolve()
    assert plan.clips[0].subtitle == "Hello, there"
    assert plan.clips[5].modalities == ("visual", "emotional")
    reasons = {row.media: row.reason for row in left_out}
    assert set(reasons) == {"broken.mp4", "copy.mp4", "empty.mp4"}
    assert reasons["copy.mp4"] == "same contents as clip1.mp4"
    assert reasons["broken.mp4"].startswith("unreadable: ")
    with (tmp_path / "set" / "left_out.csv").open(newline="") as file:
        assert {row["media"] for row in csv.DictReader(file)} == set(reasons)


def test_without_scenarios_the_probe_decides(clips_folder, tmp_path):
    plan, _ = plan_of(clips_folder, tmp_path / "one", num=2)
    assert plan.strata == "probe"
    assert plan.available == {"pictures-and-sound-short": 5, "pictures-only-short": 1}
    assert [c.scenario for c in plan.clips] == ["pictures-and-sound-short", "pictures-only-short"]
    plan_of(clips_folder, tmp_path / "two", num=2)
    one, two = (tmp_path / name / "plan.json" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_ids_of_equal_names_differ(clips_folder, tmp_path):
    media = tmp_path / "clips"
    (media / "sub").mkdir(parents=True)
    for source, name in (("clip0", "a.mp4"), ("clip1", "a.mov"), ("clip2", "sub/a.mp4")):
        (media / name).write_bytes((clips_folder / f"{source}.mp4").read_bytes())
    plan, _ = make_plan(media, [p for p in media.rglob("*") if p.is_file()], tmp_path / "set")
    assert {c.media: c.id for c in plan.clips} == {
        "a.mov": "a.mov", "a.mp4": "a.mp4", "sub/a.mp4": "sub__a",
    }  # fmt: skip


def test_names_that_no_id_can_hold_are_left_out(clips_folder, tmp_path):
    media = tmp_path / "clips"
    long = media / ("d" * 150) / ("f" * 100 + ".mp4")
    strange = media / "b\udcff.mp4"
    long.parent.mkdir(parents=True)
    for number, path in enumerate((media / "a.mp4", long, strange)):
        path.write_bytes((clips_folder / f"clip{number}.mp4").read_bytes())
    plan, left_out = make_plan(media, [media / "a.mp4", long, strange], tmp_path / "set")
    assert [c.id for c in plan.clips] == ["a"]
    assert sorted(row.reason for row in left_out) == [
        "its name is not UTF-8", "its path is longer than 200 characters",
    ]  # fmt: skip


def test_bad_tables_are_named_line_by_line(clips_folder, tmp_path):
    table = tmp_path / "s.csv"
    table.write_text("name,scenario\nnobody,clear\nclip0,\nclip1,clear\nclip1.mp4,hard\n")
    with pytest.raises(DatasetError) as caught:
        plan_of(clips_folder, tmp_path / "set", scenarios=table)
    shown = str(caught.value)
    for part in ("line 2, field 'name': 'nobody' is no clip", "line 3: name and scenario",
                 "line 5, field 'name': 'clip1.mp4' was given before"):  # fmt: skip
        assert part in shown, part
    assert not (tmp_path / "set").exists()
    table.write_text("clip,group\nclip1,clear\n")
    with pytest.raises(DatasetError, match="line 1: no column name, scenario"):
        plan_of(clips_folder, tmp_path / "set", scenarios=table)
    assert [path.name for path in tmp_path.iterdir()] == ["s.csv"]


def test_nothing_is_overwritten_and_nothing_is_left_half_done(clips_folder, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        plan_of(clips_folder, tmp_path / "set")
    with pytest.raises(MediaError, match=r"no clip .* can be annotated: broken.mp4: unreadable"):
        make_plan(clips_folder, [clips_folder / "broken.mp4"], tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


@pytest.mark.shared
def test_real_clips(shared_dir, tmp_path):
    clips = shared_dir / "data" / "clips"
    files = sorted(p for p in clips.iterdir() if p.suffix in (".mp4", ".mpg", ".mov"))
    plan, left_out = make_plan(clips, files, tmp_path / "set", num=6)
    assert len(plan.clips) == 6
    assert sum(plan.available.values()) + len(left_out) == len(files)
