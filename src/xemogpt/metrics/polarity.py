"""Whether two cues say the opposite of each other, which sentence embeddings do not see.

A cue is read as claims: on which axis, at which end, about what, negated or not. Two cues
contradict each other when one claims an end of an axis and the other the opposite end, or when
one denies what the other states in the same words. A cue that claims both ends of an axis
("rises, then falls") claims neither.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from xemogpt.metrics.polarity_lexicon import AXES, BREAKS, MODIFIERS, NEGATORS, TOPICS

_WORD = re.compile(r"[a-z]+(?:['’-][a-z]+)*|[.,;:!?()—–]")
_IDIOMS = (
    # Not a negation at all, or one that cancels itself.
    (re.compile(r"\bnot (?:only|just|merely|simply|solely)\b"), " "),
    (re.compile(r"\b(?:no doubt|without (?:a )?doubt|undoubtedly|without question)\b"), " "),
    (re.compile(r"\b(?:can(?:not|'t|’t)|could(?:n't|n’t| not)) (?:help|stop|resist) (?:but )?"), " "),
    (re.compile(r"\b(?:can(?:not|'t|’t)|could(?:n't|n’t| not)) (?:contain|hide|suppress|conceal)\b"), " "),
    (re.compile(r"\bnothing but\b"), " "),
    (re.compile(r"\bwithout (?:stopping|pause|pausing|interruption)\b"), " "),
    (re.compile(r"\bno (?:less|sooner)\b"), " "),
    (re.compile(r"\bcan(?:not|'t|’t) wait\b"), " eager "),
    (re.compile(r"\b(?:anything but|far from|rather than|instead of|as opposed to|free of|free from)\b"), " not "),
    (re.compile(r"\bno longer\b|\bnot any ?more\b"), " not "),
    (re.compile(r"\bnot so much\b"), " not "),
    (re.compile(r"\b(smile|grin|frown|tension|laughter) (?:disappear|vanish|fade|die)(?:s|es|d|ed)?\b"),
     lambda m: f" no {m[1]} "),
    (re.compile(r"\b(?:give|gives|gave|giving) up\b|\bmade? up\b|\bend(?:s|ed)? up\b"), " "),
    (re.compile(r"\bat ease\b"), " relaxed "),
    (re.compile(r"\bcalm(?:s|ed|ing)? down\b|\bslow(?:s|ed|ing)? down\b"), lambda m: m[0].split()[0]),
    (re.compile(r"\bcheer(?:s|ed|ing)? up\b|\bspeed(?:s|ed|ing)? up\b|\bspeeds? up\b"),
     lambda m: "cheerful" if m[0].startswith("cheer") else "faster"),
    (re.compile(r"\bopen[- ]mouthed\b"), "mouth open"),
    (re.compile(r"\bwide[- ]eyed\b"), "eyes wide"),
    (re.compile(r"\bhigh[- ]pitched\b"), "pitch high"),
    (re.compile(r"\blow[- ]pitched\b"), "pitch low"),
    (re.compile(r"\btear(?:s|ed|ing)? up\b"), "tears"),
    (re.compile(r"\bthrough (?:her |his |their |the )?tears\b"), " crying "),
)  # fmt: skip
_IRREGULAR = {
    "rose": "rise", "risen": "rise", "rising": "rise", "fell": "fall", "fallen": "fall",
    "spoke": "speak", "spoken": "speak", "speaking": "speak", "wept": "weep", "shook": "shake",
    "shaken": "shake", "shaking": "shake", "lips": "lip", "eyes": "eye", "happier": "happi",
    "sung": "sing", "lower": "lower", "lowers": "lower", "lowered": "lower", "lowering": "lower",
    "closer": "closer", "higher": "higher", "louder": "louder", "softer": "softer",
    "slower": "slower", "faster": "faster", "quicker": "quicker", "quieter": "quieter",
    "tension": "tension", "opened": "open", "opens": "open", "opening": "open",
    "sadder": "sad", "angrier": "angri", "anger": "anger", "drew": "draw", "shut": "shut",
    "smile": "smil", "smiles": "smil", "raise": "rais", "raises": "rais", "tense": "tense",
    "eased": "ease", "easing": "ease", "eases": "ease", "less": "less", "closes": "close",
    "closed": "close", "closing": "close", "widely": "wide", "freeze": "freez", "freezes": "freez",
    "froze": "frozen", "moves": "move", "moved": "move", "moving": "move", "looser": "loose",
    "crying": "cri", "cries": "cri", "cry": "cri", "cried": "cri", "feel": "feel",
}  # fmt: skip
_SUFFIXES = (
    "fulness",
    "fully",
    "ingly",
    "edly",
    "iness",
    "ness",
    "ing",
    "ied",
    "ies",
    "ed",
    "ly",
    "es",
    "s",
    "e",
)
_MODIFIER_BEFORE = frozenset({"at", "away", "toward", "towards", "up", "down", "into", "directly"})
_DEGREE_DOWN = frozenset({"less", "decreasingly"})


@dataclass(frozen=True, slots=True)
class Claim:
    """One end of one axis."""

    axis: str
    topic: str | None
    sign: int
    is_denied: bool
    """Whether the sign comes from negating the other end, a weaker statement."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a cue claims and what it denies."""

    claims: frozenset[Claim]
    denied: frozenset[str]
    """Stems of words that stand right behind a negator."""
    stated: frozenset[str]
    """Stems of all other words."""


def stem(word: str) -> str:
    """A word without its endings, good enough to compare forms of one word.

    >>> stem("smiles") == stem("smiling") == stem("smiled")
    True
    """
    word = word.replace("’", "'").removesuffix("'s")
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            if suffix == "s" and word.endswith("ss"):
                break
            word = word[: -len(suffix)] + ("i" if suffix in ("ied", "ies", "iness") else "")
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "sleo":
        word = word[:-1]
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word


_ENDS = {
    axis.name: (axis.positive | {stem(word) for word in axis.positive},
                axis.negative | {stem(word) for word in axis.negative})
    for axis in AXES
}  # fmt: skip


def contradicts(first: str, second: str) -> bool:
    """Whether one cue says the opposite of the other.

    >>> contradicts("She smiles.", "She does not smile.")
    True
    >>> contradicts("The pitch rises.", "Her eyebrows fall.")
    False
    >>> contradicts("She stopped smiling", "She no longer smiles")
    False
    """
    a, b = read(first), read(second)
    if _denies(a, b) or _denies(b, a):
        return True
    ends_a, ends_b = _by_axis(a.claims), _by_axis(b.claims)
    if any(_same_end(ends_a[key], ends_b[key]) for key in ends_a.keys() & ends_b.keys()
           if key[0] in ("mouth shape", "valence")):  # fmt: skip
        return False
    return any(_opposite(ends_a[key], ends_b[key]) for key in ends_a.keys() & ends_b.keys())


def _denies(a: Reading, b: Reading) -> bool:
    """Whether what ``a`` denies in so many words is stated by ``b``, which denies nothing of it."""
    return bool(a.denied & b.stated - b.denied - a.stated)


def _same_end(a: frozenset[Claim], b: frozenset[Claim]) -> bool:
    return {c.sign for c in a} == {c.sign for c in b} and len({c.sign for c in a}) == 1


def _opposite(a: frozenset[Claim], b: frozenset[Claim]) -> bool:
    signs_a, signs_b = {claim.sign for claim in a}, {claim.sign for claim in b}
    if len(signs_a) != 1 or len(signs_b) != 1 or signs_a == signs_b:
        return False
    # "Does not frown" and "does not smile" deny different things; they do not clash.
    return not (all(c.is_denied for c in a) and all(c.is_denied for c in b))


def _by_axis(claims: frozenset[Claim]) -> dict[tuple[str, str | None], frozenset[Claim]]:
    found: dict[tuple[str, str | None], set[Claim]] = {}
    for claim in claims:
        found.setdefault((claim.axis, claim.topic), set()).add(claim)
    return {key: frozenset(group) for key, group in found.items()}


@lru_cache(maxsize=65_536)
def read(text: str) -> Reading:
    """The claims of a cue."""
    words = _words(text[:2000])
    stems = [stem(word) for word in words]
    negated, heads = _negation(words)
    topics = [TOPICS.get(s) or TOPICS.get(w) for s, w in zip(stems, words, strict=True)]
    named = {topic for topic in topics if topic}
    claims = set()
    for axis in AXES:
        if (axis.needs and not axis.needs & named) or axis.excludes & named:
            continue
        for index, (word, base) in enumerate(zip(words, stems, strict=True)):
            positive, negative = _ENDS[axis.name]
            sign = bool({base, word} & positive) - bool({base, word} & negative)
            if not sign:
                continue
            topic = _topic_near(index, topics, words) if axis.is_about_topic else None
            if axis.is_about_topic and topic is None:
                continue
            turned = index in negated or (index > 0 and words[index - 1] in _DEGREE_DOWN)
            claims.add(Claim(axis.name, topic, -sign if turned else sign, turned))
    denied = frozenset(stems[index] for index in heads)
    stated = frozenset(s for i, s in enumerate(stems) if i not in negated and s.isalpha())
    return Reading(frozenset(claims), denied, stated)


def _words(text: str) -> list[str]:
    text = text.lower().replace("’", "'")
    for pattern, replacement in _IDIOMS:
        text = pattern.sub(replacement, text)
    return _WORD.findall(text)


def _negation(words: list[str]) -> tuple[set[int], set[int]]:
    """Indices of words under an odd number of negators, and of those right behind one."""
    turned: set[int] = set()
    heads: set[int] = set()
    depth, awaits_head = 0, False
    for index, word in enumerate(words):
        if word in NEGATORS or word.endswith("n't"):
            depth = 1 if word == "nor" else depth + 1
            awaits_head = True
        elif word == "or" and depth:
            awaits_head = True  # "does not smile or nod" denies both.
        elif not word[0].isalpha() or (word in BREAKS and not awaits_head):
            if word != ",":
                depth, awaits_head = 0, False
            elif not awaits_head:
                depth = 0
        elif depth % 2:
            turned.add(index)
            follower = words[index + 1] if index + 1 < len(words) else ""
            if awaits_head and (word not in MODIFIERS or follower in _MODIFIER_BEFORE):
                heads.add(index)
                awaits_head = False
        elif depth and word not in MODIFIERS:
            awaits_head = False
    return turned, heads


def _topic_near(index: int, topics: list[str | None], words: list[str]) -> str | None:
    """The topic named closest to a word within its clause, the one before it first."""
    for distance in range(1, len(words)):
        for place in (index - distance, index + distance):
            if 0 <= place < len(words) and topics[place]:
                low, high = sorted((index, place))
                if not any(w in ",;.:" for w in words[low:high]):
                    return topics[place]
    return None
