"""What a model should answer when it is shown only a part of a sample.

Whoever teaches a model to name a smile that it was not shown teaches it to invent.
"""

from collections.abc import Collection
from typing import Literal

import numpy as np

from xemogpt.emocue.controlled.phrases import EMOTION_WORDS
from xemogpt.emocue.controlled.wording import explain
from xemogpt.prompts import PerceivedModality
from xemogpt.schema import CueSet
from xemogpt.training.samples import TrainingSample
from xemogpt.training.telling import tell

Wording = Literal["recorded", "plain"]


def answer_of(
    sample: TrainingSample,
    shown: Collection[PerceivedModality],
    has_words: bool,
    rng: np.random.Generator,
    wording: Wording = "recorded",
) -> str | None:
    """The explanation of what is shown.

    Args:
        sample: with cues, or with an explanation at least.
        shown: which of ``video`` and ``audio`` the model gets.
        has_words: whether it gets the subtitle.
        rng: draws the wording.
        wording: ``recorded``: the sample's own explanation where all its cues are shown, else one
            made of the cues that are. ``plain``: always made of the cues, the same words for the
            same cues (``telling``).

    Returns:
        The answer; none where it cannot be made.
    """
    cues = CueSet(
        visual=sample.cues.visual if "video" in shown else (),
        auditory=sample.cues.auditory if "audio" in shown else (),
        emotional=sample.cues.emotional,
    )
    kinds = [cue.kind for cue in cues.emotional if cue.kind is not None]
    if wording == "plain" and (kinds or len(cues)):
        return tell(cues, kinds)
    quotes = sample.transcript is not None and sample.transcript.strip(" .") in (
        sample.explanation or ""
    )
    if sample.explanation and len(cues) == len(sample.cues) and (has_words or not quotes):
        return sample.explanation
    emotions = [kind for kind in kinds if kind in EMOTION_WORDS]
    if not emotions:
        return None
    words = sample.transcript if has_words and sample.transcript else ""
    return explain(cues, emotions[0], words, rng)
