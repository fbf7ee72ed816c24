import contextlib
import json
import time

import pytest

from xemogpt.emocue.annotators.answers import BadAnswer, Refusal, read_description, read_fusion
from xemogpt.emocue.annotators.language import is_refusal, other_language
from xemogpt.emocue.annotators.times import read_times


def statement(text="She smiles.", **rest):
    return {"text": text, "kind": None, "start_s": None, "end_s": None} | rest


def describe(*statements, prose="She smiles and nods.", modality="visual"):
    text = json.dumps({"prose": prose, "statements": list(statements)})
    return read_description(text, modality, 3.0)


def test_a_good_description_is_taken_as_it_is():
    answer = describe(statement(kind="smile", start_s=0.5, end_s=1.5), statement("She nods."))
    assert answer.text == "She smiles and nods."
    assert answer.flags == ()
    smile, nod = answer.cues.visual
    assert (smile.kind, smile.start_s, smile.end_s, smile.source) == (
        "smile", 0.5, 1.5, "annotated",
    )  # fmt: skip
    assert (nod.text, nod.kind) == ("She nods.", None)


@pytest.mark.parametrize(
    "wrap", ["```json\n{}\n```", "Sure, here it is: {} Hope it helps.", "<think>{{</think>{}"]
)
def test_wrapping_is_passed_over(wrap):
    inner = json.dumps({"prose": "She smiles.", "statements": [statement()]})
    answer = read_description(wrap.replace("{}", inner), "visual", 3.0)
    assert [cue.text for cue in answer.cues.visual] == ["She smiles."]


@pytest.mark.parametrize(
    ("start", "end"),
    [(-1, 1), (0, 9), (2, 1), (float("nan"), 1), (True, 1), ("soon", 1), ([0], 1), (0, 10**400)],
)
def test_invented_times_are_left_out_with_a_flag(start, end):
    answer = describe(statement(start_s=start, end_s=end))
    (cue,) = answer.cues.visual
    assert (cue.start_s, cue.end_s) == (None, None)
    assert [flag.split(":")[0] for flag in answer.flags] == ["annotator-times"]


def test_times_that_may_be_rounding_are_moved_to_the_end():
    assert read_times(1, 3.2, 3.0) == (1.0, 3.0)
    assert read_times(1, None, 3.0) == (1.0, None)
    assert read_times("0.5", "1.25 s", None) == (0.5, 1.25)


def test_unknown_kinds_and_other_modalities():
    answer = describe(
        statement(kind="wizardry"), statement("She nods.", kind="Head_Nod"),
        statement("Her voice trembles.", kind="voice-tremor"),
    )  # fmt: skip
    assert [cue.kind for cue in answer.cues.visual] == [None, "head-nod"]
    assert not answer.cues.auditory
    assert [flag.split(":")[0] for flag in answer.flags] == [
        "annotator-kinds", "annotator-modality",
    ]  # fmt: skip


def test_prose_in_place_of_json_is_read_by_rules():
    answer = read_description("She smiles and nods. Her voice is soft.", "visual", 3.0)
    assert [cue.text for cue in answer.cues.visual] == ["She smiles", "She nods"]
    assert not answer.cues.auditory
    assert answer.flags[0].startswith("annotator-prose: ")


def test_json_without_statements_has_those_of_its_prose():
    assert [cue.text for cue in describe().cues.visual] == ["She smiles", "She nods"]


@pytest.mark.parametrize(
    "text",
    ["", "  \n", "<think>hm</think>", "{}", '{"prose": "", "statements": []}', "[]", "Okay.",
     '{"prose": "She smi', '{"prose": 3, "statements": "many"}', "{" * 5000,
     '{"prose": "...", "statements": [{"text": "..."}]}'],
)  # fmt: skip
def test_what_states_nothing_cannot_be_used(text):
    with pytest.raises(BadAnswer):
        read_description(text, "visual", 3.0)


LOST = "The clip lasts 1.00 seconds. The clip is a single-frame clip." + (
    " The clip is a single-frame clip." * 4
)
"""From SmolLM2-135M behind ``transformers serve``, which drops the pictures without a word."""


@pytest.mark.parametrize("text", [LOST, json.dumps({"prose": LOST, "statements": [statement()]})])
def test_one_sentence_over_and_over(text):
    with pytest.raises(BadAnswer, match="repeats itself"):
        read_description(text, "visual", 1.0)


@pytest.mark.parametrize(
    "piece", ["<think>", "{", '{"', "„", "I cannot ", "ha ", "She is, and ", "```"]
)
def test_no_answer_takes_long_to_read(piece):
    started = time.process_time()
    for length in (40_000, 8_000_000):
        with contextlib.suppress(BadAnswer, Refusal):
            read_description(piece * (length // len(piece)), "visual", 1.0)
    assert time.process_time() - started < 3


def test_a_model_that_repeats_itself():
    with pytest.raises(BadAnswer, match="300 statements"):
        describe(*[statement(f"She smiles {n} times.") for n in range(300)])
    assert len(describe(*[statement()] * 50).cues) == 1
    shown = fusion(emotions=["..."])
    assert shown.emotions == ("content",)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Die Frau lächelt, und ihre Stimme ist leise und nicht sehr hoch.", "German"),
        ("La femme sourit et sa voix est douce pendant la phrase.", "French"),
        ("La mujer sonríe y su voz es suave, con una pausa en el medio.", "Spanish"),
        ("她微笑着点头，声音很轻。", "another script"),
        ("Она улыбается и кивает, её голос тихий.", "another script"),
        ("She smiles, and then she looks down; the voice is soft.", None),
        ("Smiles broadly.", None),
        ("She says “die Frau ist nicht da und das ist gut” and frowns at the end.", None),
    ],
)
def test_the_language_is_found(text, language):
    assert other_language(text) == language
    for answer in (text, json.dumps({"prose": text, "statements": [statement()]})):
        if language is not None:
            with pytest.raises(BadAnswer, match=f"in {language}, not in English"):
                read_description(answer, "visual", 3.0)


def test_statements_in_another_language_behind_english_prose():
    with pytest.raises(BadAnswer, match="German"):
        describe(statement("Die Frau lächelt und sie ist nicht traurig."))


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I cannot identify or analyze people in images.",
        "As an AI language model, I have no eyes.",
        "I am unable to listen to audio.",
        "I don't have access to the video, but you can describe it to me.",
    ],
)
def test_refusals_are_recognised(text):
    assert is_refusal(text)
    for answer in (text, json.dumps({"prose": text, "statements": []})):
        with pytest.raises(Refusal, match="refuses"):
            read_description(answer, "visual", 3.0)


def test_what_only_looks_like_a_refusal():
    assert not is_refusal("She says “I'm sorry, I can't help you” and looks down.")
    assert not is_refusal("Honestly I don't see much in the face: it's half hidden by a scarf.")
    assert not is_refusal("The eyebrows do not move. The person cannot hold the gaze.")


def fusion(**rest):
    answer = {
        "explanation": "She smiles while her voice is soft, so she is content.",
        "emotions": ["Content"],
        "statements": [
            statement(modality="visual", kind="smile"),
            statement("Her voice is soft.", modality="auditory"),
            statement("She is content.", modality="emotional"),
        ],
        "disagreement": None,
    }
    return read_fusion(json.dumps(answer | rest), 3.0)


def test_a_good_fusion():
    answer = fusion()
    assert answer.emotions == ("content",)
    assert [modality for modality, _ in answer.cues.items()] == ["visual", "auditory", "emotional"]
    assert answer.flags == ()


def test_a_statement_without_a_modality_is_placed_by_rules():
    answer = fusion(statements=[statement("Her voice is soft.")])
    assert [cue.text for cue in answer.cues.auditory] == ["Her voice is soft."]


def test_disagreement_is_a_flag():
    answer = fusion(disagreement="The label says angry,\nbut she smiles.")
    assert answer.flags == ("label-disagrees: The label says angry, but she smiles.",)
    assert fusion(disagreement="None.").flags == ()


def test_emotions_that_are_missing_are_those_of_the_text():
    assert fusion(emotions=[]).emotions == ("content",)
    with pytest.raises(BadAnswer, match="names no emotion"):
        fusion(emotions=[], explanation="She smiles.", statements=[statement()])
    with pytest.raises(BadAnswer, match="names no emotion"):
        fusion(emotions=[], explanation="She smiles. She is not happy.")
    with pytest.raises(BadAnswer, match="explanation is empty"):
        fusion(explanation=None)


def test_texts_can_be_written_to_any_file():
    answer = fusion(explanation="She \ud800 smiles\u2028and is\x00 happy.", emotions=["hap\npy"])
    answer.text.encode()
    assert answer.text.splitlines() == ["She ? smiles and is happy."]
    assert answer.emotions == ("hap py",)


def test_a_fusion_in_prose():
    answer = read_fusion("She smiles and her voice is soft. She is happy.", 3.0)
    assert answer.emotions == ("happy",)
    assert answer.flags[0].startswith("annotator-prose: ")
