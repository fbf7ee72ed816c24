"""Each format: an example as the field writes it, read, written and read again."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xemogpt.emocue.formats.base import Losses
from xemogpt.emocue.formats.registry import detect_format, open_format
from xemogpt.emocue.records import EmoCueRecord, Label
from xemogpt.errors import DatasetError
from xemogpt.schema import Cue, CueSet, Transcript

MERR = {
    "sample_1": {
        "AU_list": ["AU05_r", "AU26_r"],
        "visual_prior_list": ["Upper lid raiser", "Jaw drop"],
        "audio_prior_list": ["The tone is raised."],
        "peak_index": "12",
        "peak_AU_list": ["AU26_r", "AU12_r"],
        "pseu_emotion": "surprise",
        "smp_reason_caption": "She opens her mouth in surprise.",
        "text": "什么",
    }
}
FACTORY = {
    "source_path": "video/a.mp4",
    "chronological_emotion_peaks": ["Peak at 2.88s: angry (slight), contempt (slight)"],
    "overall_peak_frame_info": {
        "frame_number": 88,
        "timestamp": 3.48,
        "top_aus_intensities": {"AU06_r": 1.45, "AU12_r": 1.74},
    },
    "coarse_descriptions_at_peak": {"visual_objective": "A man.", "video_content": ""},
    "final_summary": "He is annoyed.",
}
CHAT = [
    {
        "video": "x.mp4",
        "conversations": [
            {"from": "human", "value": "<video>\n<audio>\nWhat is felt?"},
            {"from": "gpt", "value": "She smiles. She is happy."},
            {"from": "human", "value": "Why?"},
            {"from": "gpt", "value": "She won."},
        ],
        "audio": "x.wav",
    }
]
OPENFACE = "frame, face_id, timestamp, confidence, success, AU12_r, AU28_c\n" + "".join(
    f"{n + 1}, 0, {n * 0.04:.2f}, {0.95}, 1, {2.5 if 5 <= n < 20 else 0.1}, {int(n >= 30)}\n"
    for n in range(40)
)
EXAMPLES = {
    "emer-v2": (
        "a.csv",
        '\ufeffname,chinese,english\nsample_1,"她笑了,\n很高兴","She smiles,\nhappily"\n'
        "sample_2,只有中文,\n",
    ),
    "emer-v1": (
        "a.csv",
        "names,emotions,subtitles,reasons\ns1,\"['happy', 'proud']\",我赢了,She smiles.\n",
    ),
    "openset": ("a.csv", 'name,openset\ns1,"[\'excited\', ""it\'s fine"", \'happy\']"\n'),
    "mer-preference": (
        "a.csv",
        "name,a1,a2,preference\ns1,She smiles.,She frowns.,a1\ns1,He nods.,He sits.,same\n",
    ),
    "merr-text": ("a.txt", "sample_00000047 22 surprise -0.61232674\nsample_2 3 happy 0.5\n"),
    "merr-json": ("a.json", json.dumps(MERR, ensure_ascii=False)),
    "mer-factory": ("a.json", json.dumps(FACTORY)),
    "sharegpt": ("a.json", json.dumps(CHAT)),
    "llama-factory": (
        "a.json",
        json.dumps([{**CHAT[0], "video": None, "videos": ["x.mp4"], "system": "Be brief."}]),
    ),
    "ms-swift": (
        "a.jsonl",
        json.dumps(
            {
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": "<video>What is felt?"},
                    {"role": "assistant", "content": "Joy."},
                ],
                "videos": ["x.mp4"],
            }
        ),
    ),
    "emocue-cues": (
        "a.json",
        '{"s1": {"visual": ["she smiles"], "auditory": ["says yes"], "emotional": ["happy"]}}',
    ),
    "goemotions": ("a.tsv", 'It\'s "fine",\nno\t27\tx1\n'.replace("\n", " ", 1) + "Hm\t4,27\tx2\n"),
    "openface": ("clip.csv", OPENFACE),
}
FOLDERS = ("mer-factory", "openface", "mer-caption")


def example(name: str, folder: Path) -> Path:
    file, text = EXAMPLES[name]
    path = folder / file
    path.write_text(text, encoding="utf-8")
    return path


def written_again(name: str, records: list[EmoCueRecord], folder: Path, suffix: str):
    out = folder / "out" / ("" if name in FOLDERS else f"again{suffix}")
    exported = open_format(name).write(records, out)
    paths = [path for path in exported.paths if path.name != "dataset_info.json"]
    return open_format(name).read(paths), exported


@pytest.mark.parametrize("name", EXAMPLES)
def test_recognised_read_written_and_read_again(name, tmp_path):
    path = example(name, tmp_path)
    assert detect_format([path]).name == name
    found = open_format(name).read([path])
    assert not found.problems
    assert found.records
    again, exported = written_again(name, found.records, tmp_path, path.suffix)
    assert not again.problems
    assert again.records == found.records
    assert exported.lost == {}


FULL = EmoCueRecord(
    id="s1",
    media="media/s1.mp4",
    media_sha256="0" * 64,
    duration_s=3.0,
    subject="anna",
    transcript=Transcript(text="I won", language="en", source="recognised"),
    labels=(Label(name="emotion", value="joy", source="annotated"),),
    cues=CueSet(
        visual=[Cue(text="smiles", kind="smile", start_s=0.4, end_s=1.2, source="measured")],
        auditory=["speaks fast"],
        emotional=["happy"],
    ),
    descriptions={"visual": "A smile."},
    explanation="She smiles and is happy.",
    emotions=("joy",),
    flags=("odd: sentence",),
    licence="CC0",
    split="train",
)


@pytest.mark.parametrize("name", EXAMPLES)
def test_lost_fields_are_those_that_differ_when_read_again(name, tmp_path):
    if name == "mer-preference":
        with pytest.raises(DatasetError, match="no record has anything"):
            open_format(name).write([FULL], tmp_path / "x.csv")
        return
    suffix = Path(EXAMPLES[name][0]).suffix
    again, exported = written_again(name, [FULL], tmp_path, suffix)
    (back,) = again.records
    losses = Losses()
    losses.compare(FULL, back)
    assert exported.lost == losses.as_dict()
    assert {"subject", "licence", "split"} <= set(exported.lost)
    assert ("explanation" in exported.lost) == (back.explanation != FULL.explanation)


def test_a_record_without_what_the_format_is_about_is_counted(tmp_path):
    records = [FULL, FULL.model_copy(update={"id": "s2", "explanation": None})]
    exported = open_format("emer-v2").write(records, tmp_path / "x.csv")
    assert exported.lost["record"] == 1
    assert len(open_format("emer-v2").read(exported.paths).records) == 1


def test_cue_texts_kept_but_times_lost_is_said_apart(tmp_path):
    exported = open_format("emocue-cues").write([FULL], tmp_path / "x.json")
    assert exported.lost["cues.details"] == 1
    assert "cues" not in exported.lost


words = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1).map(str.strip)
texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r"))
LOOSE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@LOOSE
@given(rows=st.lists(st.tuples(texts, texts), min_size=1, max_size=4))
def test_any_explanation_survives_emer(rows, tmp_path):
    records = [
        EmoCueRecord(id=f"s{n}", explanation=english.strip(), descriptions={"explanation.zh": zh})
        for n, (english, zh) in enumerate((e, z.strip()) for e, z in rows)
        if english.strip() and zh
    ]
    if records:
        path = tmp_path / "p.csv"
        open_format("emer-v2").write(records, path)
        found = open_format("emer-v2").read([path])
        assert (found.records, found.problems) == (records, [])


@LOOSE
@given(cues=st.lists(words.filter(bool), max_size=4), name=words.filter(bool))
def test_any_cue_survives_the_emocue_layout(cues, name, tmp_path):
    from xemogpt.emocue.formats.media import name_id

    given_cues = CueSet(visual=[Cue(text=cue, source="annotated") for cue in cues])
    if not name_id(name) or len(name) > 200:
        return
    records = [EmoCueRecord(id=name_id(name), cues=given_cues)]
    path = tmp_path / "p.json"
    open_format("emocue-cues").write(records, path)
    found = open_format("emocue-cues").read([path])
    assert [record.cues for record in found.records] == [given_cues]


@LOOSE
@given(
    spans=st.lists(
        st.tuples(st.sampled_from([1, 4, 12, 45]), st.integers(0, 60), st.integers(6, 60)),
        min_size=1,
        max_size=3,
        unique_by=lambda span: span[0],
    )
)
def test_any_timed_units_survive_openface(spans, tmp_path):
    from xemogpt.emocue.formats.action_units import unit_cue

    cues = [
        unit_cue(unit, round(at * 0.05, 3), round((at + length) * 0.05, 3), 2.5, 0.9)
        for unit, at, length in sorted(spans)
    ]
    record = EmoCueRecord(id="c", cues=CueSet(visual=cues))
    exported = open_format("openface").write([record], tmp_path)
    (back,) = open_format("openface").read(exported.paths).records
    assert back.cues == record.cues
