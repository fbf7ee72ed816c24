import re

from tests.signals.test_appraise import measured

from xemogpt.schema import CueSet, Transcript
from xemogpt.signals import Measurement, appraise, compose


def paragraph(visual=(), auditory=(), transcript=None, warnings=()) -> str:
    found = Measurement(CueSet(visual, auditory), (), transcript, tuple(warnings))
    return compose(found, appraise(found))


def test_everything_measured_is_told_once_with_its_time() -> None:
    text = paragraph(
        visual=[
            measured("face", 0, 4, value=1.0),
            measured("smile", 0.8, 2.4, text="smiles broadly", value=0.9),
            measured("blink", 1.0, 1.2),
            measured("mouth-open", 3.0, 3.6, text="the mouth is open"),
        ],
        auditory=[
            measured("speech", 0.5, 3.5),
            measured("low-pitch", 0.5, 3.5, text="speaks at a low pitch", value=98.0),
            measured("monotone", 0.5, 3.5, text="speaks in a monotone", value=2.4),
            measured("pause", 1.5, 2.2, text="pauses", value=0.7),
        ],
        transcript=Transcript(text="Well then.", language="en", source="recognised"),
    )
    assert text.startswith(
        "The person smiles broadly from 0.8 to 2.4 s and blinks once, at 1.0 s. "
        "The mouth is open from 3.0 to 3.6 s. "
        "Speech is heard from 0.5 to 3.5 s, with a pause of 0.7 s from 1.5 to 2.2 s. "
        "The person speaks at a low pitch (98 Hz) and in a monotone (a range of 2 semitones). "
        'The words, in English, are: "Well then."'
    )
    assert text.endswith("these cues point to happiness (smiles broadly).")


def test_nothing_is_said_of_what_was_not_measured() -> None:
    text = paragraph(warnings=["no-video: there is no picture", "no-sound: there is no sound"])
    assert text == (
        "There is no picture. There is no sound. "
        "Nothing that could be measured expresses an emotion."
    )


def test_a_neutral_clip_is_not_dressed_up() -> None:
    text = paragraph([measured("neutral-face", text="the face shows no marked expression")])
    assert text.endswith("Taken together, no marked emotion is expressed.")


def test_emotions_that_follow_each_other_are_told_in_order() -> None:
    text = paragraph(
        [measured("grimace", 0, 4, value=0.8), measured("smile", 6, 9, value=0.6, confidence=0.6)]
    )
    assert text.index("sadness") < text.index("and then happiness")


def test_many_events_are_counted_and_faint_ones_left_out() -> None:
    raises = [measured("brow-raise", i, i + 0.5, text="raises the eyebrows") for i in range(5)]
    text = paragraph([*raises, measured("eyes-wide", text="widens the eyes", confidence=0.2)])
    assert "raises the eyebrows five times from 0.0 to 4.5 s" in text
    assert "widens" not in text


def test_a_face_that_is_there_for_a_part_says_when() -> None:
    text = paragraph([measured("face", 0.0, 1.0, value=0.5), measured("face", 3.0, 4.0, value=0.5)])
    assert "A face is visible only from 0.0 to 1.0 s and from 3.0 to 4.0 s." in text


def test_text_is_one_clean_paragraph() -> None:
    words = Transcript(text="Two\nlines  here", source="given")
    text = paragraph([measured("smile", text="smiles", value=0.5)], transcript=words)
    assert "\n" not in text
    assert "  " not in text
    assert 'The given words are: "Two lines here"' in text
    assert re.search(r"[.\"]$", text)
