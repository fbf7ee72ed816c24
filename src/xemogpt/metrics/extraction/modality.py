"""Which modality a statement speaks of, from its words and from where it stands."""

import re
from collections import defaultdict

from xemogpt.metrics.extraction.grammar import Token, finite_verb, tokenise
from xemogpt.metrics.extraction.lexicon import Lexicon, load_lexicon
from xemogpt.schema import MODALITIES, Modality

PEOPLE = frozenset(["person", "people", "crowd", "man", "woman", "boy", "girl", "child"])
"""Nouns that may do anything: what they do decides."""
_HEAD_WEIGHT = 3.0
_WORD_WEIGHT = 1.0
_VERB_WEIGHT = 1.5
_SECTION_WEIGHT = 0.75
_LABEL_WEIGHT = 2.0


def resolve_modality(
    text: str, section: Modality | None = None, labelled: bool = False
) -> Modality | None:
    """The modality of one statement; none if nothing in it is a cue.

    Args:
        text: the statement.
        section: what the heading or frame around it announced; decides where words do not.
        labelled: whether that was a label on its own line, which weighs more.

    >>> resolve_modality("Her voice is low"), resolve_modality("she feels sad")
    ('auditory', 'emotional')
    """
    scores = _scores(text, load_lexicon())
    if _VOICE.search(text):
        scores["emotional"] = min(scores["emotional"], 0.5)
    perceived = scores["visual"] + scores["auditory"]
    if scores["emotional"] and (not perceived or scores["emotional"] > perceived):
        scores["emotional"] += 1
    if section is not None and (any(scores.values()) or section != "emotional"):
        scores[section] += _LABEL_WEIGHT if labelled else _SECTION_WEIGHT
    best: Modality = max(MODALITIES, key=lambda modality: scores[modality])
    return best if scores[best] > 0 else None


def does_something(text: str) -> bool:
    """Whether a clause says what somebody or something concrete does or is like.

    >>> does_something("the foreman unfolds the paper"), does_something("it makes sense")
    (True, False)
    """
    lexicon = load_lexicon()
    tokens = tokenise(text)
    verb = finite_verb(tokens, 0, len(tokens))
    if verb is None or verb == 0 or tokens[0].lower in _ABSTRACT:
        return False
    head = _head(tokens, verb, lexicon)
    if head is not None and tokens[head].lower in _ABSTRACT:
        return False
    lemma = lexicon.verb_forms.get(tokens[verb].lower, ("", ""))[0]
    if lexicon.verb_kinds.get(lemma, frozenset()) & {"saying", "inference"}:
        return False
    personal = tokens[0].lower in ("he", "she", "they") or "poss" in tokens[0].tags
    acts = tokens[verb].lower not in lexicon.auxiliaries
    return personal or acts or _PERSON.match(text) is not None


_PERSON = re.compile(
    r"^(?:the|a|an|this|that|one|another|two|both) (?:[\w-]+ ){0,3}?(?:man|men|woman|women|boys?"
    r"|girls?|child|children|person|people|speaker|individual|lady|character|protagonist|male"
    r"|female|mother|father|host|guest|couple|student|teacher|baby)\b",
    re.I,
)
_ABSTRACT = frozenset(
    [
        "it",
        "this",
        "that",
        "these",
        "those",
        "there",
        "which",
        "what",
        "i",
        "we",
        "you",
        "one",
        "context",
        "situation",
        "atmosphere",
        "contrast",
        "combination",
        "reaction",
        "response",
        "moment",
        "interaction",
        "conversation",
        "analysis",
        "evidence",
        "clue",
        "clues",
        "cue",
        "cues",
        "sign",
        "signs",
        "fact",
        "idea",
        "meaning",
        "interpretation",
        "conclusion",
        "relationship",
        "purpose",
        "reason",
        "result",
        "possibility",
        "scenario",
        "content",
        "topic",
        "message",
    ]
)


def _scores(text: str, lexicon: Lexicon) -> dict[Modality, float]:
    scores: dict[Modality, float] = defaultdict(float)
    lower = text.lower()
    for phrase, modality in lexicon.phrases:
        if phrase in lower:
            scores[modality] += _WORD_WEIGHT if modality != "emotional" else 2.0
    tokens = tokenise(text)
    verb = finite_verb(tokens, 0, len(tokens))
    head = _head(tokens, verb, lexicon)
    for index, token in enumerate(tokens):
        if token.lower == "bit" and index and tokens[index - 1].lower in ("a", "little"):
            continue
        word = token.lower.removesuffix("'s").removesuffix("’s")
        weight = _HEAD_WEIGHT if index == head and word not in PEOPLE else _WORD_WEIGHT
        lemma, form = lexicon.verb_forms.get(word, ("", ""))
        is_verb = (
            index == verb or form in ("ing", "past") or (index == 0 and form and verb in (None, 0))
        )
        kinds = lexicon.verb_kinds.get(lemma, frozenset()) if is_verb else frozenset()
        seen: set[Modality] = set()
        for modality in ("visual", "auditory"):
            if modality in kinds:
                seen.add(modality)
        if seen and not (index == head and word in lexicon.nouns_of):
            # A verb of both lists (rise, crack, tremble) says nothing: its subject decides.
            if len(seen) == 1:
                scores[seen.pop()] += _VERB_WEIGHT
        elif word in lexicon.nouns_of:
            modalities = lexicon.nouns_of[word]
            for modality in modalities:
                scores[modality] += weight / len(modalities)
        if word in lexicon.emotion_words or word in _EMOTION_VERBS:
            colours = _colours_a_noun(tokens, index, lexicon)
            scores["emotional"] += 0.25 if colours else _emotion_weight(index, head, verb)
        elif word in lexicon.emotion_frames:
            scores["emotional"] += weight
    if _person_is_felt(tokens, verb, head, lexicon):
        scores["emotional"] += _HEAD_WEIGHT
    _score_chinese(text, lexicon, scores)
    return scores


_EMOTION_VERBS = frozenset(
    ["worries", "worry", "worried", "fears", "loves", "hates", "enjoys", "regrets", "misses"]
)
_LINKING = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "be",
        "feels",
        "feel",
        "felt",
        "looks",
        "look",
        "looked",
        "becomes",
        "became",
        "gets",
        "got",
        "remains",
    ]
)
_SOFT = frozenset(["a", "bit", "little", "somewhat", "rather", "and", "in"])
_VOICE = re.compile(r"\b(?:voice|tone|intonation|pitch|speech)s?\b", re.I)


def _colours_a_noun(tokens: list[Token], index: int, lexicon: Lexicon) -> bool:
    """Whether an emotion word says how something perceived is: ``a triumphant smile``."""
    for token in tokens[index + 1 : index + 3]:
        if token.lower in lexicon.nouns_of and token.lower not in PEOPLE:
            return True
        if not token.tags & {"adj", "adj-past"}:
            return False
    return False


def _person_is_felt(
    tokens: list[Token], verb: int | None, head: int | None, lexicon: Lexicon
) -> bool:
    """Whether somebody is said to be, look or feel some emotion: ``she looks shaken``."""
    if verb is None or tokens[verb].lower not in _LINKING:
        return False
    subject = tokens[head].lower if head is not None else ""
    if subject in lexicon.nouns_of and subject not in PEOPLE:
        return False
    for token in tokens[verb + 1 : verb + 5]:
        if token.lower in lexicon.emotion_words:
            return True
        if not token.tags & {"adv", "neg", "det"} and token.lower not in _SOFT:
            return False
    return False


def _emotion_weight(index: int, head: int | None, verb: int | None) -> float:
    """An emotion as subject counts most; one that merely colours a perceived thing least."""
    if index == head:
        return _HEAD_WEIGHT
    return 1.25 if verb is not None and index > verb else 1.0


def _head(tokens: list[Token], verb: int | None, lexicon: Lexicon) -> int | None:
    """Index of the head noun of the subject, or of the fragment."""
    end = verb if verb is not None else len(tokens)
    best = None
    for index in range(end):
        token = tokens[index]
        tags = token.tags
        if "prep" in tags and best is not None:
            break
        if "noun" in tags and not (tags & {"poss"}):
            best = index
        elif best is not None and verb is None and tags & {"adj-past", "verb-past", "verb-s"}:
            break
    return best


def _score_chinese(text: str, lexicon: Lexicon, scores: dict[Modality, float]) -> None:
    if not re.search(r"[\u4e00-\u9fff]", text):
        return
    for name in MODALITIES:
        scores[name] += sum(word in text for word in lexicon.chinese[name])
