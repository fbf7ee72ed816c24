"""How the words of the grammar are said: General American IPA, written for this project."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from xemogpt.errors import UnknownNameError

STRESS = "ˈ"
VOWELS = (
    "aɪ", "aʊ", "eɪ", "oʊ", "ɔɪ", "iː", "uː", "ɑː", "ɔː", "ɜː",
    "i", "ɪ", "ɛ", "æ", "ʊ", "ʌ", "ə", "ɚ",
)  # fmt: skip
CONSONANTS = (
    "tʃ", "dʒ", "p", "b", "t", "d", "k", "ɡ", "f", "v", "θ", "ð", "s", "z", "ʃ", "h",
    "m", "n", "ŋ", "l", "ɹ", "w", "j", "ɾ",
)  # fmt: skip
VOICELESS = frozenset(("tʃ", "p", "t", "k", "f", "θ", "s", "ʃ", "h"))
_PHONES = (*VOWELS, *CONSONANTS)
"""Those of two letters come before those they begin with."""


@dataclass(frozen=True)
class Sound:
    """One sound of a word."""

    phone: str
    is_stressed: bool
    """A mark of stress stands before it."""


@cache
def lexicon() -> dict[str, tuple[Sound, ...]]:
    """Word in small letters -> its sounds."""
    text = (files("xemogpt.emocue.controlled") / "lexicon.json").read_text("utf-8")
    return {word: sounds_of(ipa) for word, ipa in json.loads(text).items()}


def pronounce(sentence: str) -> list[tuple[str, tuple[Sound, ...]]]:
    """Words as written, without the full stop, each with its sounds.

    Raises:
        UnknownNameError: if a word is not in the lexicon.

    >>> [(word, len(sounds)) for word, sounds in pronounce("We keep a small box.")]
    [('We', 2), ('keep', 3), ('a', 1), ('small', 4), ('box', 4)]
    """
    words = [word.strip(".,!?") for word in sentence.split()]
    unknown = sorted({word for word in words if word.lower() not in lexicon()})
    if unknown or not words:
        raise UnknownNameError(
            f"no pronunciation for {', '.join(unknown) or 'a sentence without words'}; "
            "sentences should be of the grammar of emocue.controlled.sentences"
        )
    return [(word, lexicon()[word.lower()]) for word in words]


def sounds_of(ipa: str) -> tuple[Sound, ...]:
    """Take IPA apart.

    Raises:
        UnknownNameError: if a letter is none of ours.

    >>> [sound.phone for sound in sounds_of("tʃˈɛɹ")]
    ['tʃ', 'ɛ', 'ɹ']
    """
    sounds = []
    rest = ipa
    while rest:
        is_stressed = rest.startswith(STRESS)
        rest = rest.removeprefix(STRESS)
        phone = next((phone for phone in _PHONES if rest.startswith(phone)), None)
        if phone is None:
            raise UnknownNameError(f"{rest!r} in {ipa!r} begins with no sound of the lexicon")
        sounds.append(Sound(phone, is_stressed))
        rest = rest.removeprefix(phone)
    return tuple(sounds)
