"""An explanation as lines, sentences and clauses that can be taken out one by one."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from xemogpt.emocue.verification import sequence
from xemogpt.emocue.verification.kinds import GENERIC, is_denial, ruled_out, stated_kind
from xemogpt.metrics.extraction.modality import resolve_modality
from xemogpt.metrics.groups import load_groups, normalise
from xemogpt.schema import Modality

Order = Literal["after", "before"]
"""How a clause stands in time to the one told before it."""
MAX_TEXT = 20_000
"""Characters of an explanation that are looked at; the rest is kept as it is."""
MAX_SENTENCE = 1_000
"""Longer sentences are no prose; they stay as they are, for cutting them costs time."""
_PERCEIVED: tuple[Modality, ...] = ("visual", "auditory")
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”|«[^»]*»')
_MASKED = re.compile(r'"[^"]*"|“[^”]*”|«[^»]*»|\([^()]*\)|\d[.,]\d|^\s*\(?\d{1,2}[.)]\s')
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)")
_LABEL = re.compile(
    r"^\s*(?:[-*•–]\s+|\(?\d{1,2}[.)]\s+)?"
    r"(?:\*\*[^*\n]{1,30}\*\*:?\s+|[A-Z][\w /-]{0,24}:\s+)?"
)
_JOINTS = re.compile(
    r";\s+|\s+[—–]\s+|,?\s+(?:and|but)\s+then\s+|,?\s+then\s+(?=\w+(?:s|ing)\b)"
    rf"|{sequence.JOINTS}|,?\s+(?:and|but|while|whereas|before|after|until|once|as|with)\s+"
    r"|\s+(?:is|are)\s+followed\s+by\s+|,?\s+followed\s+by\s+|\s+gives?\s+way\s+to\s+"
    r"|\s+turns?\s+into\s+|\s+that\s+(?=(?:she|he|they|it|the)\b)|,\s+"
)
_TAIL = re.compile(
    r"\W*(?:it|this|that)\s+(?:is over|lasts|takes|begins|starts|ends|goes on)\b", re.I
)
SUBJECT = re.compile(
    r"^\W*(?:(?:because|since|as|when|while|once|although|though|after|before)\s+)?"
    r"((?:the|this|that|his|her|their|its|a|an|both|one|no)\s+(?:\w+[ -]){0,2}?"
    r"(?:person|individual|speaker|woman|man|girl|boy|lady|subject|face|head|eyes?|mouth|lips?"
    r"|brows?|eyebrows?|eyelids?|lids|gaze|voice|pitch|tone|speech|pace|volume|smile|chin|jaw"
    r"|emotion|feeling|mood|pauses?|words?)|she|he|they|it|there|nobody|nothing|i)\b",
    re.IGNORECASE,
)


@dataclass
class Clause:
    """One statement of a sentence."""

    text: str
    """As written, without what joins it to the clause before."""
    joint: str
    """What stands between it and the clause before, such as " and "; empty for the first."""
    modality: Modality | None
    kind: str | None
    """Of the cue it speaks of, or none."""
    is_denied: bool
    order: Order | None = None
    """Where in time the text puts it, seen from the clause with a kind that is told before."""


@dataclass
class Sentence:
    """Clauses between two full stops."""

    label: str
    """Bullet, number or "Visual: " that it begins with."""
    clauses: list[Clause]
    end: str
    """Its last marks."""
    after: str = " "
    """White space behind it."""
    subject: str = ""
    """Who does it, for clauses that lose their neighbour."""
    text: str = field(default="", repr=False)
    """As written."""


@lru_cache(maxsize=256)
def _emotion_words() -> frozenset[str]:
    return frozenset(load_groups().group_of)


def read_sentences(text: str) -> list[Sentence]:
    """Split an explanation; joined again, sentences give the same text.

    >>> sentence, = read_sentences("She smiles and then frowns.")
    >>> [(clause.text, clause.kind, clause.order) for clause in sentence.clauses]
    [('She smiles', 'smile', None), ('frowns', 'brow-lower', 'after')]
    """
    found: list[Sentence] = []
    rest = text[MAX_TEXT:]
    for line in text[:MAX_TEXT].splitlines(keepends=True):
        masked = _masked(line)
        start = 0
        ends = [match.span() for match in _SENTENCE.finditer(masked)]
        for stop, begin in [*ends, (len(line.rstrip()), len(line))]:
            piece = line[start:stop]
            if piece.strip() or line[start:begin]:
                found.append(_sentence(piece, line[stop:begin]))
            start = begin
    _put_in_order(found)
    if rest:
        found.append(Sentence("", [Clause(rest, "", None, None, False)], "", "", text=rest))
    return found


def _sentence(text: str, after: str) -> Sentence:
    label = _LABEL.match(text)
    prefix = label.group() if label else ""
    body = text[len(prefix) :]
    bare = body.rstrip(" .!?")
    is_long = len(bare) > MAX_SENTENCE
    clauses = [Clause(bare, "", None, None, False)] if is_long else _clauses(bare, prefix)
    subject = next((found[1] for clause in clauses if (found := SUBJECT.match(clause.text))), "")
    return Sentence(prefix, clauses, body[len(bare) :], after, subject, text)


def _clauses(text: str, label: str) -> list[Clause]:
    """Cut at joints, and put pieces that state nothing back to the one before."""
    section = _section(label)
    pieces: list[tuple[str, str]] = []
    start, joint = 0, ""
    for match in _JOINTS.finditer(_masked(text)):
        # "Speaks with a trembling voice" states one thing, "nods with a smile" two.
        before = text[start : match.start()]
        cut = text[match.start() : match.end()]
        if cut.strip() == "with" and _clause(before, "", section).kind in {None, *GENERIC}:
            continue
        pieces.append((before, joint))
        start, joint = match.end(), cut
    pieces.append((text[start:], joint))
    clauses: list[Clause] = []
    for piece, joint in pieces:
        clause = _clause(piece, joint, section)
        stands = clause.kind is not None or (clauses and _concludes(piece))
        opens = (";" in joint and not _TAIL.match(piece)) or sequence.OPENERS.fullmatch(piece)
        if clauses and not stands and not opens:
            last = clauses.pop()
            clause = _clause(last.text + joint + piece, last.joint, section)
        elif clauses and not opens and not (clauses[-1].kind or _concludes(clauses[-1].text)):
            # "Meanwhile, she nods": what opens a sentence belongs to what follows.
            last = clauses.pop()
            clause = _clause(last.text + joint + piece, last.joint, section)
        clauses.append(clause)
    return clauses


def _clause(text: str, joint: str, section: Modality | None) -> Clause:
    said = _QUOTED.sub(" ", text)  # what is quoted is said, not seen
    candidates = {
        modality: kind for modality in _PERCEIVED if (kind := stated_kind(said, modality))
    }
    specific = {m: kind for m, kind in candidates.items() if kind not in GENERIC} or candidates
    if section in ("visual", "auditory") and section in specific:
        specific = {section: specific[section]}
    if len(specific) > 1:
        told = resolve_modality(text, section)
        specific = {told: specific[told]} if told in specific else specific
    modality, kind = next(iter(specific.items()), (None, None))
    if implied := ruled_out(said):
        return Clause(text, joint, *implied, is_denied=True)
    denied = modality is not None and is_denial(said, modality)
    return Clause(text, joint, modality, kind, denied)


def _put_in_order(sentences: list[Sentence]) -> None:
    """Say of each clause how it stands in time to the one with a kind before it."""
    has_before = False
    for sentence in sentences:
        leading: Order | None = None
        for clause in sentence.clauses:
            if clause.kind is None:
                continue
            order: Order | None = leading
            leading = None
            joint = clause.joint.lower()
            opening = clause.text.lower()
            if (
                sequence.LATER.match(opening)
                or sequence.LATER_JOINT.search(joint)
                or sequence.LATER_BEHIND.search(opening)
            ):
                order = "after"
            elif sequence.EARLIER.match(opening) or sequence.EARLIER_JOINT.search(joint):
                order = "before"
            # "After a pause, she nods": the opening clause says where the next one lies.
            found = sequence.LEADING.match(opening)
            if clause.joint == "" and found:
                leading = "before" if found[1] == "before" else "after"
                order = None
            clause.order = order if has_before else None
            has_before = True


def _concludes(text: str) -> bool:
    """Whether a piece names an emotion and can stand alone."""
    words = {normalise(word) for word in text.split()}
    return SUBJECT.match(text) is not None and bool(words & _emotion_words())


def _section(label: str) -> Modality | None:
    word = label.lower()
    if re.search(r"visual|face|seen|video|facial|body", word):
        return "visual"
    return "auditory" if re.search(r"audi|voice|vocal|heard|sound|speech", word) else None


def _masked(text: str) -> str:
    """The same length, with quotations, brackets and decimal points that are no joints."""
    return _MASKED.sub(lambda match: "x" * len(match.group()), text)
