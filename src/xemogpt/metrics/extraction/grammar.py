"""Words of a sentence and what each can be: just enough grammar to find where a clause begins."""

import re
from dataclasses import dataclass
from functools import lru_cache

from xemogpt.metrics.extraction.lexicon import load_lexicon

_TOKEN = re.compile(
    r"->|=>|[^\W\d_]+(?:['’-][^\W\d_]+)*['’]?|\d+(?:[.,]\d+)*%?|\ue000|[,，、;:：()（）\[\]—–]|-{2,}|\S"
)
_ADJECTIVE_ENDING = re.compile(r"\w{2,}(?:ful|less|ous|ive|able|ible|ical|ish|ary)$")
_PLURAL_PRONOUNS = frozenset(["they", "we", "you", "i", "these", "those", "both"])


@dataclass(frozen=True, slots=True)
class Token:
    """A word or mark, and where it stands in its sentence."""

    text: str
    lower: str
    start: int
    end: int
    tags: frozenset[str]


def tokenise(text: str) -> list[Token]:
    """Words and marks with the tags that each can bear."""
    return [
        Token(word := match[0], lower := word.lower(), match.start(), match.end(), tags_of(lower))
        for match in _TOKEN.finditer(text)
    ]


@lru_cache(maxsize=50_000)
def tags_of(word: str) -> frozenset[str]:
    """What ``word`` can be, context aside: noun, adj, verb-s, verb-ing, aux, prep and so on."""
    lexicon = load_lexicon()
    if not word[0].isalnum():
        return frozenset(["mark"])
    closed = {
        "aux": lexicon.auxiliaries, "neg": lexicon.negations, "prep": lexicon.prepositions,
        "det": lexicon.determiners, "poss": lexicon.possessives, "pron": lexicon.pronouns,
        "adv": lexicon.adverbs,
    }  # fmt: skip
    tags = {name for name, words in closed.items() if word in words}
    if word.endswith(("'s", "’s", "s'", "s’")):
        tags.add("poss")
    if word in lexicon.verb_forms:
        form = lexicon.verb_forms[word][1]
        tags.add(f"verb-{form}")
        if form == "past":
            tags.add("adj-past")
    if word in lexicon.adjectives or _ADJECTIVE_ENDING.match(word):
        tags.add("adj")
    if word in lexicon.nouns or word in lexicon.emotion_words:
        tags.add("noun")
    if word in lexicon.noun_verbs or word.removesuffix("s") in lexicon.noun_verbs:
        tags.add("noun")
    if word.endswith("ly") and "adj" not in tags and not tags & {"verb-base"}:
        tags.add("adv")
    if not tags:
        if word.endswith("ing") and len(word) > 4:
            tags.add("verb-ing")
        elif word.endswith("ed") and len(word) > 3:
            tags |= {"verb-past", "adj-past"}
        else:
            tags.add("noun")
            if word.endswith("s") and not word.endswith("ss"):
                tags.add("maybe-s")
    return frozenset(tags)


_PLURAL_NOUN = re.compile(r"[^s]s$")
_NOT_BEFORE_VERB = frozenset(["det", "poss", "prep"])


def finite_verb(
    tokens: list[Token], start: int, end: int, after_clause: bool = False
) -> int | None:
    """Index of the first finite verb of ``tokens[start:end]``, or none.

    ``after_clause`` says that a full clause stands before: then a lone ``smiles`` is a verb.
    """
    for index in range(start, end):
        if _is_finite(tokens, start, index, end, after_clause):
            return index
    return None


def _is_finite(tokens: list[Token], start: int, index: int, end: int, after_clause: bool) -> bool:
    token = tokens[index]
    tags = token.tags
    if "aux" in tags:
        return token.lower not in ("being", "been", "be")
    if not tags & {"verb-s", "verb-past", "verb-base", "maybe-s"}:
        return False
    before = _previous(tokens, start, index)
    if before is None:
        if after_clause and "verb-s" in tags and index + 1 >= end:
            return True
        if after_clause and tags & {"maybe-s", "verb-past"}:
            return _followed_by_complement(tokens, index, end)
        return _opens_predicate(tokens, index, end)
    if before.tags & _NOT_BEFORE_VERB and not before.tags & {"pron"} and before.lower != "other":
        return False
    if "noun" in tags and "adj-past" in before.tags and index - start >= 2:
        earlier = tokens[index - 2].tags
        if earlier & {"det", "poss", "adj"}:
            return False
    if before.tags == {"adj"} or ("adj" in before.tags and "noun" not in before.tags):
        return "verb-past" in tags and "noun" not in tags
    if "verb-base" in tags:
        plural = (
            before.lower in _PLURAL_PRONOUNS
            or before.lower in load_lexicon().plural_nouns
            or ("noun" in before.tags and _PLURAL_NOUN.search(before.lower) is not None)
        )
        return plural or ("verb-past" in tags and "noun" in before.tags)
    if "maybe-s" in tags:
        return before.lower in ("he", "she", "it") or (
            "noun" in before.tags and _followed_by_complement(tokens, index, end)
        )
    return bool(before.tags & {"noun", "pron", "adj-past", "verb-ing", "adv", "mark", "adj"})


def _previous(tokens: list[Token], start: int, index: int) -> Token | None:
    """The word before ``index``, adverbs passed over."""
    for position in range(index - 1, start - 1, -1):
        if tokens[position].tags != {"adv"} and "neg" not in tokens[position].tags:
            return tokens[position]
    return None


def _opens_predicate(tokens: list[Token], index: int, end: int) -> bool:
    """Whether a verb without a subject begins a predicate (``looks away``) and is no noun."""
    tags = tokens[index].tags
    if "verb-s" in tags:
        return "noun" not in tags or _followed_by_complement(tokens, index, end)
    return "verb-past" in tags and "adj" not in tags and _followed_by_complement(tokens, index, end)


def _followed_by_complement(tokens: list[Token], index: int, end: int) -> bool:
    if index + 1 >= end:
        return False
    after = tokens[index + 1].tags
    return (
        bool(after & {"det", "poss", "prep", "adv", "pron", "mark"})
        and tokens[index + 1].lower != "of"
    )
