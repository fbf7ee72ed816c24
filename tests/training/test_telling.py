"""Plain paragraphs: every cue once, in order, the same words every time."""

import pytest

from xemogpt.metrics.extraction import RuleExtractor
from xemogpt.schema import Cue, CueSet
from xemogpt.training.telling import tell


def cue(text: str, start_s: float | None = None, end_s: float | None = None) -> Cue:
    return Cue(text=text, start_s=start_s, end_s=end_s)


@pytest.mark.parametrize(
    ("visual", "auditory", "emotions", "text"),
    [
        ([cue("nods", 2, 3), cue("smiles", 0, 1)], [], ["neutral"],
         "The person smiles, then nods. The expressed emotion is neutral."),
        ([cue("smiles", 0, 2), cue("nods", 1, 3), cue("blinks", 4, 5)], [], [],
         "The person smiles, nods, then blinks."),
        ([cue("a"), cue("b"), cue("c"), cue("d")], [], [], "The person a, b and c. The person d."),
        ([cue("the mouth is open", 0, 1), cue("blinks", 1, 2)], [cue("the pitch rises.")], [],
         "The mouth is open. The person blinks. The pitch rises."),
        ([cue("blinks"), cue("blinks")], [], ["sad", "sad"],
         "The person blinks. The expressed emotion is sadness."),
        ([], [], ["wistful"], "The expressed emotion is wistful."),
        ([], [], [], ""),
    ],
)  # fmt: skip
def test_cues_are_told_once_in_order_of_time(visual, auditory, emotions, text):
    assert tell(CueSet(visual=visual, auditory=auditory), emotions) == text


def test_what_is_told_reads_back_as_the_same_cues():
    told = CueSet(
        visual=[cue("smiles", 0, 1), cue("looks to their left", 2, 3), cue("nods twice", 3, 4)],
        auditory=[cue("speaks fast"), cue("the voice trembles"), cue("makes a long pause", 2, 3)],
    )
    found = RuleExtractor().extract(tell(told, ["happy"])).cues
    assert len(found.visual) == 3 and len(found.auditory) == 3 and len(found.emotional) == 1
