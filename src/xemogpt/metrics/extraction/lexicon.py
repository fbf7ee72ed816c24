"""The words that the rule extractor knows: grammar, and which modality a word speaks of.

The lists are in ``metrics/data/cue_lexicon.toml``; inflected forms are derived here.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources

from xemogpt.schema import Modality

DOUBLED = frozenset(
    [
        "nod",
        "step",
        "drop",
        "grip",
        "clap",
        "stop",
        "hug",
        "tap",
        "grab",
        "rub",
        "pat",
        "bow",
        "spin",
        "slam",
        "tug",
        "zoom",
        "hum",
        "sob",
        "drum",
        "sag",
        "flip",
        "skip",
        "pop",
        "snap",
        "hop",
        "jab",
        "thrust",
        "tuck",
        "shrug",
        "pan",
    ]
) - frozenset(["bow", "zoom", "thrust", "tuck"])
VOWELS = frozenset("aeiou")
EMOTIONAL: Modality = "emotional"


@dataclass(frozen=True)
class Lexicon:
    """Word tables, all in lower case."""

    version: str
    pronouns: frozenset[str]
    possessives: frozenset[str]
    determiners: frozenset[str]
    prepositions: frozenset[str]
    auxiliaries: frozenset[str]
    negations: frozenset[str]
    adverbs: frozenset[str]
    adjectives: frozenset[str]
    noun_verbs: frozenset[str]
    plural_nouns: frozenset[str]
    nouns: frozenset[str]
    verb_forms: dict[str, tuple[str, str]]
    """Inflected form -> (lemma, form), the form being base, s, past or ing."""
    verb_kinds: dict[str, frozenset[str]]
    """Lemma -> the lists it stands in: visual, auditory, saying, inference, copular ..."""
    nouns_of: dict[str, frozenset[Modality]]
    """Noun or quality -> the modalities it speaks of."""
    emotion_words: frozenset[str]
    emotion_frames: frozenset[str]
    sections: dict[str, str]
    """Word of a heading -> visual, auditory, emotional or subtitle."""
    chinese: dict[str, tuple[str, ...]]
    phrases: tuple[tuple[str, Modality], ...] = field(default=())
    """Terms of several words."""


def _words(text: str) -> list[str]:
    return [word.replace("_", " ") for word in text.split()]


def inflect(lemma: str) -> dict[str, str]:
    """Regular forms of a verb.

    >>> inflect("try")
    {'try': 'base', 'tries': 's', 'tried': 'past', 'trying': 'ing'}
    """
    doubled = lemma + lemma[-1] if lemma in DOUBLED else lemma
    if lemma.endswith("y") and lemma[-2] not in VOWELS:
        return {
            lemma: "base",
            lemma[:-1] + "ies": "s",
            lemma[:-1] + "ied": "past",
            lemma + "ing": "ing",
        }
    third = lemma + ("es" if lemma.endswith(("s", "sh", "ch", "x", "z")) or lemma == "go" else "s")
    if lemma.endswith("ie"):
        return {lemma: "base", third: "s", lemma + "d": "past", lemma[:-2] + "ying": "ing"}
    if lemma.endswith("e") and not lemma.endswith("ee"):
        return {lemma: "base", third: "s", lemma + "d": "past", lemma[:-1] + "ing": "ing"}
    past = lemma + "d" if lemma.endswith("ee") else doubled + "ed"
    return {lemma: "base", third: "s", past: "past", doubled + "ing": "ing"}


IRREGULAR = {
    "sit": "sat sitting", "stand": "stood", "lie": "lay lying", "run": "ran running",
    "fall": "fell fallen", "rise": "rose risen", "hold": "held", "shake": "shook shaken",
    "bite": "bit bitten", "draw": "drew drawn", "speak": "spoke spoken", "sing": "sang sung",
    "weep": "wept", "freeze": "froze frozen", "swing": "swung swinging", "throw": "threw thrown",
    "take": "took taken", "give": "gave given", "grow": "grew grown", "get": "got getting",
    "become": "became", "come": "came", "break": "broke broken", "sink": "sank sunk",
    "tear": "tore torn", "wear": "wore worn", "hide": "hid hidden", "put": "put putting",
    "hit": "hit hitting", "shut": "shut shutting", "let": "let letting", "lead": "led",
    "leave": "left", "feel": "felt", "find": "found", "make": "made", "read": "read",
    "spread": "spread", "stick": "stuck", "tell": "told", "hear": "heard", "see": "saw seen",
    "know": "knew known", "think": "thought", "keep": "kept", "say": "said", "go": "went gone",
    "hang": "hung", "begin": "began begun beginning", "spin": "spun spinning", "forget": "forgot",
    "wring": "wrung", "write": "wrote written", "eat": "ate eaten", "drive": "drove driven",
    "sleep": "slept", "bend": "bent", "fling": "flung", "understand": "understood", "win": "won",
    "wake": "woke", "drink": "drank", "bare": "bared", "stride": "strode", "lose": "lost",
    "quiver": "quivered quivering", "tap": "tapped", "occur": "occurred occurring", "fit": "fitted",
}  # fmt: skip


def _verb_tables(
    verbs: dict[str, str],
) -> tuple[dict[str, tuple[str, str]], dict[str, frozenset[str]]]:
    kinds: dict[str, set[str]] = {}
    for kind, lemmas in verbs.items():
        for lemma in lemmas.split():
            kinds.setdefault(lemma, set()).add(kind)
    forms: dict[str, tuple[str, str]] = {}
    for lemma in kinds:
        for form, name in inflect(lemma).items():
            forms.setdefault(form, (lemma, name))
        for form in IRREGULAR.get(lemma, "").split():
            forms[form] = (lemma, "ing" if form.endswith("ing") else "past")
    return forms, {lemma: frozenset(names) for lemma, names in kinds.items()}


def _plurals(word: str) -> Iterable[str]:
    yield word
    if word.endswith("y") and word[-2] not in VOWELS:
        yield word[:-1] + "ies"
    elif word.endswith(("s", "sh", "ch", "x")):
        yield word + "es"
    else:
        yield word + "s"


def _noun_tables(data: dict[str, dict[str, str]]) -> dict[str, frozenset[Modality]]:
    found: dict[str, set[Modality]] = {}
    lists: list[tuple[Modality, str]] = [
        ("visual", " ".join(data["visual"].values())),
        ("auditory", " ".join(data["auditory"].values())),
    ]
    for modality, text in lists:
        for term in _words(text):
            for form in _plurals(term):
                found.setdefault(form, set()).add(modality)
    return {word: frozenset(modalities) for word, modalities in found.items()}


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """Read the word lists, once per process."""
    text = (resources.files("xemogpt.metrics") / "data" / "cue_lexicon.toml").read_text("utf-8")
    data = tomllib.loads(text)
    grammar = {name: frozenset(_words(words)) for name, words in data["grammar"].items()}
    verb_forms, verb_kinds = _verb_tables(data["verbs"])
    nouns_of = _noun_tables(data)
    emotional = data["emotional"]
    emotions = frozenset(_words(emotional["nouns"])) | frozenset(_words(emotional["adjectives"]))
    sections: dict[str, str] = {}
    for name, words in data["sections"].items():
        sections.update(dict.fromkeys(words.split(), name))
    return Lexicon(
        version=data["version"],
        pronouns=grammar["pronouns"],
        possessives=grammar["possessives"],
        determiners=grammar["determiners"],
        prepositions=grammar["prepositions"],
        auxiliaries=grammar["auxiliaries"],
        negations=grammar["negations"],
        adverbs=grammar["adverbs"],
        adjectives=frozenset(_words(data["attributive"]["adjectives"]))
        | frozenset(_words(emotional["adjectives"]))
        | grammar["irregular_adjectives"],
        noun_verbs=grammar["noun_verbs"],
        plural_nouns=grammar["plural_nouns"],
        nouns=frozenset(nouns_of) | frozenset(_words(emotional["nouns"])),
        verb_forms=verb_forms,
        verb_kinds=verb_kinds,
        nouns_of={word: kinds for word, kinds in nouns_of.items() if " " not in word},
        emotion_words=emotions,
        emotion_frames=frozenset(_words(emotional["frames"])),
        sections=sections,
        chinese={name: tuple(words.split()) for name, words in data["chinese"].items()},
        phrases=(
            *((word, min(kinds)) for word, kinds in nouns_of.items() if " " in word),
            *((word, EMOTIONAL) for word in sorted(emotions) if " " in word),
        ),
    )
