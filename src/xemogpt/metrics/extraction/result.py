"""What an extractor hands back."""

from typing import NamedTuple

from xemogpt.schema import CueSet


class Extraction(NamedTuple):
    """The cues of one explanation, what it quotes, and what was left out."""

    cues: CueSet
    """Atomic statements by modality."""
    subtitle: tuple[str, ...] = ()
    """Quoted speech, which is no cue: the model was given the subtitle."""
    dropped: tuple[str, ...] = ()
    """Pieces of the text that state no cue: filler, reasoning, what the words mean."""
