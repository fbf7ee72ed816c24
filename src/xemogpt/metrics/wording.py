"""The wording in which a cue is embedded: framed by its modality, without filler.

Sentence embeddings of three-word cues are dominated by "she", "is" and the full stop. A short
frame that says what kind of statement it is, and for sounds leaving out who makes them, lets the
observation decide. Measured on the cue bank (``docs/emocue360.md``).
"""

import re
from functools import lru_cache

from xemogpt.schema import Modality

_FRAMES: dict[Modality, str] = {
    "visual": "a person: {}",
    "auditory": "speech that is heard: {}",
    "emotional": "a person feels {}",
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FILLER = _words(
    """a an the this that these those she he they it her his its their him them i you we my your
    our one who which someone somebody is are was were be been being am has have had do does did
    can could may might will would shall should must there here and or of on in at to by with as
    for from into woman man person people lady guy girl boy speaker character individual subject
    young old middle-aged elderly male female women men seems seem appears appear shows show
    showing displays display exhibits expresses expressing heard seen audible visible hear see
    sound sounds sounding feels feel feeling state mood sense slightly slight very quite rather
    some something full"""
)
_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@lru_cache(maxsize=65_536)
def plain(text: str) -> str:
    """Lower case, single spaces, no punctuation at the ends: equal for equal statements.

    >>> plain("  She  smiles. ") == plain("she smiles")
    True
    """
    return " ".join(text.casefold().split()).strip(" .,!?;:。，！？；：…\"'“”")


@lru_cache(maxsize=65_536)
def framed(text: str, modality: Modality) -> str:
    """What is embedded in place of a cue.

    >>> framed("The woman's voice is loud.", "auditory")
    'speech that is heard: voice loud'
    """
    words = plain(text)
    if modality == "auditory":
        tokens = [token.removesuffix("'s").removesuffix("’s") for token in _TOKEN.findall(words)]
        words = " ".join(token for token in tokens if token not in _FILLER) or words
    return _FRAMES[modality].format(words)
