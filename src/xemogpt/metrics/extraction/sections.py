"""The lines of an explanation: markdown taken off, headings read as the modality they announce."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from xemogpt.metrics.extraction.lexicon import load_lexicon

_MARKERS = re.compile(r"^[\s>#]*(?:(?:[-*•●▪–]|\(?\d{1,3}[.)、]|\(?[a-zA-Z][.)])\s+)?(?:#+\s*)?")
_EMPHASIS = re.compile(r"\*\*|__|`|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)")
_LABEL = re.compile(r"^\s*([^:：.!?,;\ue000]{2,60}?)\s*[:：]\s*")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？…])[\"'”’)\]*]*(?:\s+|(?<=[。！？…]))|[;；]\s*")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|approx|sec)\.$", re.I)
_PICTURES = re.compile(r"[\U0001F000-\U0001FAFF\u2600-\u27BF\uFE0F\u200D]+")


@dataclass(frozen=True)
class Line:
    """One sentence, with what the heading above it or the label before it says of it."""

    text: str
    section: str | None
    """visual, auditory, emotional, subtitle, or none."""
    label: str | None
    """The words of the label, such as ``Tone of voice``."""
    starts: bool
    """Whether it is the first sentence of its line."""


def read_lines(text: str) -> Iterator[Line]:
    """Sentences of ``text`` in order."""
    heading: str | None = None
    for raw in text.splitlines():
        bare = _PICTURES.sub(" ", raw)
        body = _EMPHASIS.sub("", _MARKERS.sub("", bare, count=1)).strip()
        if body.startswith("|"):
            body = _table_row(body)
        if not body:
            continue
        is_heading = raw.lstrip().startswith("#") or bool(
            re.fullmatch(r"\s*(?:\d+[.)]\s*)?\*\*[^*]+\*\*\s*:?\s*", raw)
        )
        label, section = None, None
        match = _LABEL.match(body)
        if match and _is_label(match[1]):
            label, section = match[1].strip(), section_of(match[1])
            body = body[match.end() :].strip()
            if not body:
                heading = section
                continue
        elif is_heading:
            heading = section_of(body)
            continue
        for index, sentence in enumerate(_sentences(body)):
            # A label "Subtitle:" speaks of the words right after it, not of all that follows.
            here = section if section != "subtitle" or index == 0 else None
            yield Line(sentence, here or heading, label, index == 0)


def _is_label(text: str) -> bool:
    """Whether the words before a colon are a label and not a clause."""
    words = text.lower().replace("/", " ").split()
    lexicon = load_lexicon()
    if len(words) > 6 or (len(words) > 1 and words[0] in lexicon.pronouns):
        return False
    if section_of(text) is not None and any(word in ("is", "are", "was", "were") for word in words):
        return words[0] in ("what", "how")
    says = any(lexicon.verb_forms.get(word, ("", ""))[1] == "s" for word in words[1:])
    return not says or section_of(text) is not None


def _table_row(row: str) -> str:
    """``| Voice | loud |`` as ``Voice: loud``; rules between rows are nothing."""
    cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
    if all(set(cell) <= set(":- ") for cell in cells):
        return ""
    return f"{cells[0]}: {'; '.join(cells[1:])}" if len(cells) > 1 else cells[0]


def section_of(text: str) -> str | None:
    """The modality that a heading announces, if any.

    >>> section_of("Tone of voice")
    'auditory'
    """
    lexicon = load_lexicon()
    counts: dict[str, int] = {}
    for word in re.findall(r"[a-z]+", text.lower()):
        for form in (word, word.removesuffix("s")):
            if form in lexicon.sections:
                name = lexicon.sections[form]
                counts[name] = counts.get(name, 0) + 1
                break
    for name, words in lexicon.chinese.items():
        if any(word in text for word in words):
            counts[name] = counts.get(name, 0) + 1
    if not counts:
        return None
    # "Inferred emotion" and "Overall expression": the sense beats the organ; a tie goes to the
    # more particular reading, in this order.
    order = ("subtitle", "emotional", "auditory", "visual")
    return max(order, key=lambda name: (counts.get(name, 0), -order.index(name)))


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if _ABBREVIATION.search(text[max(0, match.start() - 8) : match.start()]):
            continue
        piece = text[start : match.start()].strip()
        if piece:
            yield piece
        start = match.end()
    piece = text[start:].strip()
    if piece:
        yield piece
