"""The steps of a build with an endpoint behind them."""

from tests.emocue.annotators.server import Reply, said, serving
from tests.emocue.annotators.test_chat import (
    HAPPY,
    SMILE,
    SOFT,
    annotator,
    part_types,
    refuses_sound,
)
from tests.media.factory import Picture, Sound, tone, write_media

from xemogpt.emocue.annotators.opening import open_annotators
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.emocue.settings import BuildSettings
from xemogpt.emocue.steps.base import Tools
from xemogpt.emocue.steps.describe import describe_audio, describe_visual
from xemogpt.emocue.steps.fuse import fuse
from xemogpt.errors import AnnotatorError
from xemogpt.schema import Cue, CueSet


def answer(number, body):
    shown = part_types(body)
    if "image_url" in shown:
        return SMILE
    return SOFT if "input_audio" in shown else HAPPY


def build(folder, *servers):
    names = tuple(f"openai:{server.url}#m" for server in servers)
    tools = Tools(
        folder, BuildSettings(annotators=names), lambda each: open_annotators(each, ":memory:")
    )
    return annotate("a", tools)


def annotate(name, tools):
    measured = CueSet(visual=[Cue(text="smiles", kind="smile")])
    record = EmoCueRecord(
        id=name, media="a.mp4", duration_s=1.0, measured=measured, media_sha256=name * 64
    )
    for step in (describe_visual, describe_audio, fuse):
        record = step(record, tools)
    return record


def clip(folder):
    picture = Picture(num_frames=5, rate=10, width=64, height=48)
    write_media(folder / "a.mp4", picture, Sound(tone(220, 1.0)))


def test_an_endpoint_fills_a_record(tmp_path):
    clip(tmp_path)
    with serving(answer) as server:
        record = build(tmp_path, server)
    assert record.descriptions == {"visual": "She smiles.", "auditory": "The voice is soft."}
    assert record.explanation == "She smiles; she is happy."
    assert record.emotions == ("happy",)
    assert [step.tool for step in record.steps] == ["openai"] * 3
    assert len({step.prompt_sha256 for step in record.steps}) == 2
    fused = server.bodies[-1]["messages"][1]["content"]
    assert "The voice is soft." in fused


def test_voters_fill_a_record_with_agreement(tmp_path):
    clip(tmp_path)
    sad = said(
        explanation="She smiles; she is sad.", emotions=["sad"], disagreement=None,
        statements=[{"text": "She smiles.", "modality": "visual"}],
    )  # fmt: skip
    with (
        serving(answer) as first,
        serving(lambda n, body: sad if part_types(body) == ["text"] else answer(n, body)) as second,
    ):
        record = build(tmp_path, first, second)
    assert record.cues.visual[0].agreement == 1.0
    assert record.explanation == "She smiles; she is happy."
    assert any(flag.startswith("emotion-split: ") for flag in record.flags)
    assert {step.tool for step in record.steps} == {"voting"}


def test_a_refused_sound_is_a_flag_of_the_record(tmp_path):
    clip(tmp_path)

    def behave(number, body):
        return refuses_sound(number, body) if "input_audio" in part_types(body) else answer(0, body)

    with serving(behave) as server:
        record = build(tmp_path, server)
    assert "auditory" not in record.descriptions
    assert [flag.split(":")[0] for flag in record.flags] == ["sound-refused"]


def test_a_build_that_goes_on_pays_for_nothing_twice(tmp_path):
    clip(tmp_path)
    is_up = True

    def behave(number, body):
        nonlocal is_up
        is_up = is_up and number != 5
        return answer(number, body) if is_up else Reply(status=503)

    def run(server):
        one = annotator(server, tmp_path / "answers.sqlite", max_retries=0)
        tools = Tools(tmp_path, BuildSettings(), lambda settings: (one,))
        records, problems = [], []
        for name in "abc":
            try:
                records.append(annotate(name, tools))
            except AnnotatorError as error:
                problems.append(error)
        one.close()
        return records, problems, one

    with serving(behave) as server:
        first, problems, before = run(server)
        is_up, server.bodies[:] = True, [{}] * 100
        second, none, after = run(server)
    assert (len(first), len(problems)) == (1, 2)
    assert (len(second), none) == (3, []) and second[0] == first[0]
    # Pictures and sound of three clips, and one fusion: all three are asked in the same words.
    assert before.usage[0] + after.usage[0] == 100 * (3 + 3 + 1)
    assert after.counts.cached > before.counts.cached
