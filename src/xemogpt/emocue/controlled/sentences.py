"""What can be said: sentences of a small grammar whose wording is positive, negative or neutral.

Every word is in ``lexicon``, and a sentence belongs to one split for good.
"""

import math
import zlib
from functools import cache

import numpy as np

from xemogpt.emocue.controlled.casting import Sentiment
from xemogpt.emocue.records import Split
from xemogpt.errors import UnknownNameError

SHARES: dict[Split, int] = {"train": 60, "validation": 15, "test": 25}
"""Percent of the sentences that belong to each split."""
MAX_WORDS = 12
MAX_DRAWS = 1000


def _options(text: str) -> tuple[str, ...]:
    return tuple(option.strip() for option in text.split("|"))


_SLOTS: dict[str, tuple[str, ...]] = {
    name: _options(text)
    for name, text in {
        "who": "my sister | my brother | my mother | my father | my uncle | our teacher | "
        "our neighbor | the doctor | the driver | the manager | an old friend | the new student",
        "all": "we | they | my parents | our neighbors | the children | all my friends",
        "when": "today | this morning | yesterday | last night | last week | on Monday | "
        "on Friday | after lunch | before dinner | in the afternoon",
        "soon": "tomorrow | next week | on Monday | on Friday | after lunch | before dinner | "
        "this evening | at noon",
        "where": "at the station | in the garden | at the office | in the kitchen | at school | "
        "near the river | in the library | at the market | by the window | in the hall",
        "thing": "the letter | the box | the bag | the lamp | the book | the bottle | the camera | "
        "the paper | the chair | the coat",
        # Neutral.
        "moved": "left | found | put | saw | kept | opened | carried",
        "meet": "will meet | will call | can visit | may follow | should ask",
        "ride": "the bus | the train | the boat | the next bus | the last train",
        "goes": "leaves | stops | arrives | turns | waits",
        "hour": "two | three | four | five | six | seven | eight | nine | ten",
        "there": "there is | he has | she needs | I saw | we keep",
        "color": "blue | green | brown | gray | round | small | large | long | wooden",
        "object": "box | bag | lamp | book | bottle | chair | table | coat",
        "spot": "on the table | under the stairs | behind the door | near the wall | "
        "beside the road | in the room",
        "event": "the lesson | the meeting | the walk | the class | the visit",
        "day": "Monday | Tuesday | Thursday | Friday | Saturday | Sunday",
        # Positive.
        "gave": "gave us | sent me | brought us | showed them | made her",
        "gift": "a wonderful gift | some lovely flowers | a beautiful picture | the best cake | "
        "a kind letter | a sweet surprise | the good news",
        "feel": "I am so | we are very | they are really | she is so | we were all very",
        "glad": "happy about | proud of | glad about | thankful for | pleased with | "
        "excited about | delighted with",
        "joy": "the wonderful party | our beautiful garden | the good news | your great success | "
        "this lovely home | the sunny holiday | the sweet baby | her kind smile",
        "loves": "really loves | truly enjoys | admires | celebrates | smiled about",
        "lovely": "a perfect | a delightful | a great | a beautiful | a lovely | a wonderful | "
        "the best",
        "outing": "day | evening | holiday | trip | dinner | concert | lesson | visit",
        "won": "won the first prize | won the big game | passed the test | found true love | "
        "got the good job",
        "cheer": "everyone cheered | we all laughed | we danced together | everyone smiled | "
        "they were delighted | it felt wonderful",
        # Negative.
        "broke": "lost | broke | ruined | stole | burned | dropped",
        "cry": "nobody helped | everyone was upset | we all cried | nobody cared | it hurt badly | "
        "they were furious | it felt awful",
        "sad": "sad about | angry about | afraid of | upset about | ashamed of | worried about | "
        "sick of",
        "harm": "the terrible accident | the awful mistake | the broken window | the bad news | "
        "this painful injury | the dirty house | her cruel lie | the horrible noise",
        "hates": "really hates | fears | suffered from | complained about | cried about",
        "awful": "a terrible | a horrible | a miserable | a painful | a lonely | a dreadful | "
        "the worst",
        "failed": "lost all the money | failed the hard test | hurt a poor dog | "
        "got very sick | missed the last train | lost the good job",
    }.items()
}
_PATTERNS: dict[Sentiment, tuple[str, ...]] = {
    "neutral": (
        "{who} {moved} {thing} {where} {when}",
        "{all} {meet} {who} {where} {soon}",
        "{ride} {goes} {where} at {hour} on {day}",
        "{there} a {color} {object} {spot}",
        "{event} with {who} is at {hour} on {day}",
        "{who} {moved} {thing} {when}",
        "{ride} {goes} {where}",
    ),
    "positive": (
        "{who} {gave} {gift} {when}",
        "{feel} {glad} {joy} {where}",
        "{who} {loves} {joy} {where}",
        "{feel} {glad} {joy}",
        "it was {lovely} {outing} with {who} {where}",
        "{who} {won} and {cheer}",
        "{who} {won} {when} and {cheer}",
    ),
    "negative": (
        "{who} {broke} {thing} {when} and {cry}",
        "{feel} {sad} {harm} {where}",
        "{who} {hates} {harm} {where}",
        "{feel} {sad} {harm}",
        "it was {awful} {outing} with {who} {where}",
        "{who} {failed} and {cry}",
        "{who} {failed} {when} and {cry}",
    ),
}


def draw_sentence(rng: np.random.Generator, sentiment: Sentiment, split: Split) -> str:
    """A sentence of 5 to 12 words.

    Args:
        rng: decides which.
        sentiment: of the wording.
        split: whose sentences are drawn; no sentence is in two.

    Raises:
        UnknownNameError: if there is no such sentiment or split.
    """
    if sentiment not in _PATTERNS or split not in SHARES:
        raise UnknownNameError(
            f"no sentences for {sentiment!r} and {split!r}; expected one of "
            f"{', '.join(_PATTERNS)} and one of {', '.join(SHARES)}"
        )
    patterns = _PATTERNS[sentiment]
    for _ in range(MAX_DRAWS):
        pattern = patterns[int(rng.integers(len(patterns)))]
        chosen = {
            slot: options[int(rng.integers(len(options)))]
            for slot in _slots_of(pattern)
            for options in (_SLOTS[slot],)
        }
        sentence = _written(pattern.format(**chosen))
        if len(sentence.split()) <= MAX_WORDS and split_of_sentence(sentence) == split:
            return sentence
    raise AssertionError(f"no {sentiment} sentence of {split} in {MAX_DRAWS} draws")


def split_of_sentence(sentence: str) -> Split:
    """The split that a sentence belongs to.

    >>> split_of_sentence("It was a great day with my sister at school.")
    'train'
    """
    share = zlib.crc32(sentence.encode()) % 100
    for split, percent in SHARES.items():
        if share < percent:
            return split
        share -= percent
    raise AssertionError("shares of the splits should add up to 100")


def num_sentences(sentiment: Sentiment) -> int:
    """How many sentences the grammar has, over all splits, those of over 12 words included."""
    return sum(
        math.prod(len(_SLOTS[slot]) for slot in _slots_of(pattern))
        for pattern in _PATTERNS[sentiment]
    )


@cache
def vocabulary() -> frozenset[str]:
    """Every word that can occur, in small letters.

    >>> "wonderful" in vocabulary()
    True
    """
    patterns = [pattern for group in _PATTERNS.values() for pattern in group]
    fixed = " ".join(pattern.replace("{", " {") for pattern in patterns).split()
    words = {word for word in fixed if not word.startswith("{")}
    words |= {word for options in _SLOTS.values() for text in options for word in text.split()}
    return frozenset(word.lower() for word in words)


@cache
def _slots_of(pattern: str) -> tuple[str, ...]:
    return tuple(part.split("}")[0] for part in pattern.split("{")[1:])


def _written(words: str) -> str:
    return words[0].upper() + words[1:] + "."
