"""Where a sentence may be cut: marks and linking words that begin another statement."""

from dataclasses import dataclass

from xemogpt.metrics.extraction.grammar import Token, finite_verb

MARKS = frozenset(",，、;:：()（）[]—–/→|") | {"--", "->", "=>"}
COORDINATORS = frozenset(["and", "but", "or", "then", "yet", "nor"])
SUBORDINATORS = frozenset(
    [
        "while",
        "when",
        "as",
        "because",
        "since",
        "although",
        "though",
        "whereas",
        "where",
        "until",
        "if",
        "so",
        "before",
        "after",
        "despite",
        "once",
        "whenever",
    ]
)
RELATIVES = frozenset(["which", "who", "whose"])
COPULAS = frozenset([
    "is", "are", "was", "were", "be", "feels", "feel", "felt", "looks", "look", "sounds",
    "sound", "remains", "remain", "stays", "stay", "becomes", "become", "gets", "get", "turns",
    "seems", "appears", "grows", "am",
])  # fmt: skip
STATES = frozenset(["adj", "adj-past", "verb-ing"])
LIGHT = frozenset(["adv", "neg", "det"])
SOFTENERS = frozenset(["at", "least", "even", "too", "a", "bit", "little", "lot", "somewhat"])
KEEP_WITH = frozenset(["with", "without"])


@dataclass
class Chunk:
    """Tokens ``start`` to ``end`` and the marks and words that link them to what is before."""

    start: int
    end: int
    links: frozenset[str]


def cut_chunks(tokens: list[Token]) -> list[Chunk]:
    """The pieces of a sentence between its boundaries, in order."""
    chunks: list[Chunk] = []
    start, links = 0, set[str]()
    for index, _token in enumerate(tokens):
        link = _boundary(tokens, index, start)
        if link is None:
            continue
        if index > start:
            chunks.append(Chunk(start, index, frozenset(links)))
            links = set()
        links.add(link)
        start = index + 1
    if start < len(tokens):
        chunks.append(Chunk(start, len(tokens), frozenset(links)))
    return chunks


def _boundary(tokens: list[Token], index: int, start: int) -> str | None:
    """The link that the token at ``index`` makes, or none if it belongs to its chunk."""
    token = tokens[index]
    word = token.lower
    after_mark = index == start
    if word in ("though", "if") and index and tokens[index - 1].lower == "as":
        return None
    if word in MARKS:
        return "," if word in ",，、" else ";"
    if word in COORDINATORS:
        if (word == "then" and not after_mark) or _attributive(tokens, index):
            return None
        return word
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    if following is None:
        return None
    if word in RELATIVES:
        return word if word != "whose" or after_mark else None
    if word in SUBORDINATORS:
        return word if _opens_clause(tokens, index, after_mark) else None
    if word in KEEP_WITH and (after_mark and index > 0):
        return word
    if word == "with" and _absolute(tokens, index):
        return word
    if word == "without" and following.lower.endswith("ing") and index > 0:
        return word
    if word == "rather" and following.lower == "than":
        return "than"
    return None


def _attributive(tokens: list[Token], index: int) -> bool:
    """Whether this is the ``and`` of ``a harsh and loud tone``: one noun, two adjectives."""
    before = tokens[max(0, index - 3) : index]
    after = [token for token in tokens[index + 1 : index + 4] if token.tags != {"adv"}]
    if len(after) < 2 or not before or not before[-1].tags & STATES:
        return False
    opened = any(token.tags & {"det", "poss", "prep"} for token in before[:-1])
    return opened and bool(after[0].tags & STATES) and after[1].tags == {"noun"}


def _opens_clause(tokens: list[Token], index: int, after_mark: bool) -> bool:
    word = tokens[index].lower
    following = tokens[index + 1]
    if word in ("so", "once", "since", "before", "after", "until"):
        return after_mark and bool(following.tags & {"pron", "det", "poss"})
    if following.lower in ("if", "though", "well", "soon", "long", "far"):
        return False
    end = _chunk_end(tokens, index + 1)
    verb = finite_verb(tokens, index + 1, end)
    if verb is not None and verb > index + 1:
        return True
    return after_mark and word not in ("as",)


def _chunk_end(tokens: list[Token], index: int) -> int:
    end = index
    while end < len(tokens) and end - index < 25:
        word = tokens[end].lower
        if word in MARKS or word in COORDINATORS:
            break
        end += 1
    return end


def _absolute(tokens: list[Token], index: int) -> bool:
    """Whether ``with her shoulders hunched`` opens here: a noun and what state it is in."""
    first = tokens[index + 1]
    if not first.tags & {"poss", "det"} or first.lower in ("a", "an"):
        return False
    seen_noun = False
    for token in tokens[index + 2 : _chunk_end(tokens, index + 1)]:
        if seen_noun and token.tags & STATES and token.tags != {"noun", "adj"}:
            return True
        seen_noun = seen_noun or "noun" in token.tags
    return False
