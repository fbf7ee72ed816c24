"""A sentence cut into atomic statements: "she smiles and nods" says two things of her."""

from dataclasses import dataclass, replace

from xemogpt.metrics.extraction.boundaries import (
    COORDINATORS,
    COPULAS,
    KEEP_WITH,
    LIGHT,
    RELATIVES,
    SOFTENERS,
    STATES,
    SUBORDINATORS,
    Chunk,
    cut_chunks,
)
from xemogpt.metrics.extraction.grammar import Token, finite_verb, tokenise
from xemogpt.metrics.extraction.lexicon import load_lexicon


@dataclass(frozen=True)
class Statement:
    """One statement and how it hangs on the sentence."""

    text: str
    subject: str | None
    """Words of its subject, given or carried over."""
    link: str
    """What joins it to the one before: ``""``, ``and``, ``which``, ``when``, ``with`` ..."""
    complete: bool
    """Whether it has a finite verb."""


def split_statements(sentence: str) -> list[Statement]:
    """Atomic statements of one sentence, in order.

    >>> [s.text for s in split_statements("She smiles and nods.")]
    ['She smiles', 'She nods']
    """
    tokens = [token for token in tokenise(sentence) if token.lower not in {".", "!", "?", "。"}]
    return _Splitter(sentence, tokens).run() if tokens else []


class _Splitter:
    def __init__(self, sentence: str, tokens: list[Token]) -> None:
        self.sentence = sentence
        self.tokens = tokens
        self.found: list[Statement] = []
        self.spans: list[tuple[int, int]] = []
        """Tokens of each found statement, its own words only."""

    def run(self) -> list[Statement]:
        for chunk in cut_chunks(self.tokens):
            self._take(chunk)
        return self.found

    # -- joining ---------------------------------------------------------------------------

    def _take(self, chunk: Chunk) -> None:
        start, end = chunk.start, chunk.end
        while start < end and self.tokens[start].lower in ("also", "then", "that"):
            if self.tokens[start].lower == "that" and start + 1 < end:
                following = self.tokens[start + 1].tags
                if not following & {"pron", "poss", "det"}:
                    break
            start += 1
        if start >= end:
            return
        links = chunk.links
        after_clause = bool(self.found) and self.found[-1].complete
        verb = finite_verb(self.tokens, start, end, after_clause)
        link = self._main_link(links)
        if link == "than":
            return
        has_subject = verb is not None and any(
            token.tags & {"noun", "pron", "poss", "det"} or "verb-ing" in token.tags
            for token in self.tokens[start:verb]
        )
        if not self.found:
            self._add(start, end, link, verb, None)
        elif verb is not None and has_subject:
            self._clause(start, end, link, verb)
        elif verb is not None:
            self._predicate(start, end, link, verb)
        else:
            self._fragment(start, end, link, links)

    @staticmethod
    def _main_link(links: frozenset[str]) -> str:
        words = links - {",", ";"}
        for group in (SUBORDINATORS, RELATIVES, KEEP_WITH, frozenset(["than"]), COORDINATORS):
            for word in sorted(words & group):
                return word
        return ";" if ";" in links else ("," if links else "")

    def _add(self, start: int, end: int, link: str, verb: int | None, subject: str | None) -> None:
        text = self._text(start, end)
        own = self._text(start, verb) if verb is not None and verb > start else None
        if subject is not None:
            text = f"{subject} {text}"
        self.found.append(Statement(text, own or subject, link, verb is not None))
        self.spans.append((start, end))

    def _text(self, start: int, end: int) -> str:
        return self.sentence[self.tokens[start].start : self.tokens[end - 1].end]

    def _glue(self, end: int) -> None:
        """Let the statement before go on to ``end``, linking words included."""
        begin, before_end = self.spans[-1]
        last = self.found[-1]
        added = self.sentence[self.tokens[before_end - 1].end : self.tokens[end - 1].end]
        self.found[-1] = replace(last, text=last.text + added)
        self.spans[-1] = (begin, end)

    def _clause(self, start: int, end: int, link: str, verb: int) -> None:
        last = self.found[-1]
        bare = not last.complete and not self._has_state(*self.spans[-1])
        if bare and len(self.found) == 1 and link in ("and", "or") and self.spans[-1][0] == 0:
            self._glue(end)
            begin = self.spans[-1][0]
            self.found[-1] = replace(self.found[-1], subject=self._text(begin, verb), complete=True)
            return
        self._add(start, end, link, verb, None)

    def _predicate(self, start: int, end: int, link: str, verb: int) -> None:
        last = self.found[-1]
        subject = last.subject if last.complete or link in RELATIVES else None
        if subject and link == "," and _is_bare(subject):
            subject = None
        if link == "which":
            subject = None
        elif link == "who" and subject is None:
            subject = last.text
        self._add(start, end, link, verb, subject)
        if subject is None and last.subject:
            self.found[-1] = replace(self.found[-1], subject=last.subject)

    def _has_state(self, start: int, end: int) -> bool:
        return any(
            token.tags & {"adj-past", "verb-ing", "verb-past", "adj"}
            for token in self.tokens[start + 1 : end]
        )

    def _fragment(self, start: int, end: int, link: str, links: frozenset[str]) -> None:
        """A chunk without finite verb: a participle, more adjectives, a noun, or a phrase."""
        last = self.found[-1]
        first = next((t for t in self.tokens[start:end] if t.tags != {"adv"}), self.tokens[start])
        if link in KEEP_WITH:
            begin = start - 1 if link == "without" else start
            self._add(begin, end, link, None, None)
        elif "verb-ing" in first.tags and self._participial(start, end, first):
            self._participle(start, end, link, links)
        elif self._is_state(start, end):
            self._state(start, end, link)
        elif (not last.complete and first.tags & {"prep"} and link == ",") or (
            "," in links and self._has_own_state(start, end)
        ):
            self._add(start, end, link, None, None)
        elif self._more_of_the_same_noun(start, end, links):
            self._glue(end)
        elif (
            not last.complete or link == ";" or (self._feels(last) and self._emotional(start, end))
        ):
            self._add(start, end, link, None, None)
        else:
            self._glue(end)

    def _participial(self, start: int, end: int, first: Token) -> bool:
        """Whether an -ing word is a verb here: ``singing to herself``, not ``loud crying``."""
        if "noun" not in first.tags:
            return True
        index = self.tokens.index(first, start, end)
        following = self.tokens[index + 1].tags if index + 1 < end else frozenset()
        return self.found[-1].complete and bool(following & {"prep", "det", "poss", "adv", "pron"})

    def _has_own_state(self, start: int, end: int) -> bool:
        """Whether the chunk is like ``his voice cracking``: a noun and what it does or is."""
        noun = None
        for index in range(start, end):
            tags = self.tokens[index].tags
            if noun is not None and tags & {"verb-ing", "adj-past"} and "prep" not in tags:
                return True
            if "prep" in tags:
                return False
            if "noun" in tags:
                noun = index
        return False

    def _more_of_the_same_noun(self, start: int, end: int, links: frozenset[str]) -> bool:
        """Whether this is ``clipped sentences`` after ``fast,``: one noun, two adjectives."""
        begin, before_end = self.spans[-1]
        before, after = self.tokens[begin:before_end], self.tokens[start:end]
        return (
            links == {","}
            and all(token.tags & (STATES | {"adv"}) for token in before)
            and not before[-1].tags & {"verb-ing"}
            and len(after) > 1
            and bool(after[0].tags & STATES)
            and after[-1].tags == {"noun"}
        )

    def _participle(self, start: int, end: int, link: str, links: frozenset[str]) -> None:
        last = self.found[-1]
        before = self.tokens[self.spans[-1][0] : self.spans[-1][1]]
        progressive = any(t.lower in ("is", "are", "was", "were", "keeps") for t in before)
        if "," in links or ";" in links or not last.complete or (link == "and" and progressive):
            subject = last.subject if last.complete else None
            if subject and link in ("and", "but") and progressive:
                copula = next(
                    t.lower for t in before if t.lower in ("is", "are", "was", "were", "keeps")
                )
                subject = f"{subject} {copula}"
                self._add(start, end, link, start, None)
                made = self.found[-1]
                self.found[-1] = replace(
                    made, text=f"{subject} {made.text}", subject=last.subject, complete=True
                )
                return
            self._add(start, end, link, None, subject)
        elif link in SUBORDINATORS or link in COORDINATORS:
            self._glue(end)
        else:
            self._add(start, end, link, None, last.subject if last.complete else None)

    def _is_state(self, start: int, end: int) -> bool:
        """Whether the chunk is adjectives only, such as ``slightly mocking``."""
        words = [t for t in self.tokens[start:end] if t.lower not in SOFTENERS]
        position = next((i for i, t in enumerate(words) if not t.tags <= LIGHT), None)
        if position is None or not words[position].tags & (STATES | {"verb-past"}):
            return False
        after = words[position + 1 :]
        return not after or bool(after[0].tags & {"prep", "adv"}) or after[0].lower == "to"

    def _state(self, start: int, end: int, link: str) -> None:
        """More adjectives after ``her voice is low``: the same subject and copula."""
        last = self.found[-1]
        begin, before_end = self.spans[-1]
        copula = next(
            (i for i in range(begin, before_end) if self.tokens[i].lower in COPULAS), None
        )
        if copula is not None and last.complete:
            while start < end and self.tokens[start].lower in ("at", "least", "even"):
                start += 1
            subject = last.subject or ""
            head = f"{subject} {self.tokens[copula].lower}".strip()
            self._add(start, end, link, None, head)
            self.found[-1] = replace(self.found[-1], subject=last.subject, complete=True)
            # The copula must be found again for a third adjective.
            self.spans[-1] = (start, end)
            self._remember_copula(copula)
        elif not last.complete:
            self._add(start, end, link, None, None)
        else:
            self._glue(end)

    def _remember_copula(self, copula: int) -> None:
        start, end = self.spans[-1]
        self.spans[-1] = (min(copula, start), end)

    @staticmethod
    def _feels(last: Statement) -> bool:
        words = load_lexicon()
        return any(
            word in words.emotion_words or word in words.emotion_frames
            for word in last.text.lower().split()
        )

    def _emotional(self, start: int, end: int) -> bool:
        words = load_lexicon().emotion_words
        return any(token.lower in words for token in self.tokens[start:end])


def _is_bare(subject: str) -> bool:
    """Whether a subject is one naked noun, as in ``arms crossed, looks away``."""
    words = subject.split()
    return len(words) == 1 and words[0].islower() and words[0] not in load_lexicon().pronouns
