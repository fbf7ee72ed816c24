"""Which modality a statement speaks of, from its words and from where it stands."""

import re
from collections import Counter

from xemogpt.metrics.extraction.grammar import Token, finite_verb, tokenise
from xemogpt.metrics.extraction.lexicon import Lexicon, load_lexicon
from xemogpt.schema import MODALITIES, Modality

PEOPLE = frozenset("person people crowd man woman boy girl child".split())
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
    perceived = scores["visual"] + scores["auditory"]
    if scores["emotional"] and (not perceived or scores["emotional"] > perceived):
        scores["emotional"] += 1
    if section is not None and (any(scores.values()) or section != "emotional"):
        scores[section] += _LABEL_WEIGHT if labelled else _SECTION_WEIGHT
    best: Modality = max(MODALITIES, key=lambda modality: scores[modality])
    return best if scores[best] > 0 else None


def is_about_emotion(text: str) -> bool:
    """Whether any emotion word stands in the text."""
    words = load_lexicon().emotion_words
    return any(token.lower in words for token in tokenise(text))


def _scores(text: str, lexicon: Lexicon) -> Counter[Modality]:
    scores: Counter[Modality] = Counter()
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
        is_verb = index == verb or form in ("ing", "past") or (index == 0 and form)
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
        if word in lexicon.emotion_words or lemma in lexicon.verb_kinds and word in _EMOTION_VERBS:
            scores["emotional"] += _emotion_weight(index, head, verb)
        elif word in lexicon.emotion_frames:
            scores["emotional"] += weight
    _score_chinese(text, lexicon, scores)
    return scores


_EMOTION_VERBS = frozenset("worries worry worried fears loves hates enjoys regrets misses".split())
_LINKING = frozenset("feels feel felt feeling".split())


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


def _score_chinese(text: str, lexicon: Lexicon, scores: Counter[Modality]) -> None:
    if not re.search(r"[\u4e00-\u9fff]", text):
        return
    for name in MODALITIES:
        scores[name] += sum(word in text for word in lexicon.chinese[name])
