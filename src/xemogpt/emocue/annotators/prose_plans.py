"""Plans of a text: in which order facts come, which share a sentence, and how it is laid out."""

from collections.abc import Sequence

from xemogpt.emocue.annotators import prose_frames as frames
from xemogpt.emocue.annotators.prose_draw import Draw
from xemogpt.emocue.annotators.prose_facts import Fact
from xemogpt.emocue.annotators.prose_links import starts_later
from xemogpt.emocue.annotators.prose_sentences import Teller

ORDERS = ("time", "time", "seen first", "heard first", "parts", "strength", "turns", "length")


def ordered(facts: Sequence[Fact], order: str, draw: Draw) -> list[Fact]:
    """The facts in an order: of time, by modality, by part of the face, and so on."""
    in_time = sorted(facts, key=lambda fact: (fact.start_s or 0.0, fact.end_s or 0.0, fact.phrase))
    if order == "time":
        return in_time
    if order == "parts":
        first = draw.pick(1, -1)
        return sorted(in_time, key=lambda fact: first * fact.region)
    if order == "strength":
        return sorted(in_time, key=lambda fact: -fact.weight)
    if order == "length":
        return sorted(in_time, key=lambda fact: (fact.start_s or 0.0) - (fact.end_s or 0.0))
    seen = [fact for fact in in_time if fact.modality == "visual"]
    heard = [fact for fact in in_time if fact.modality == "auditory"]
    if order == "turns":
        return _in_turns(seen, heard)
    return [*seen, *heard] if order == "seen first" else [*heard, *seen]


def _in_turns(seen: list[Fact], heard: list[Fact]) -> list[Fact]:
    told: list[Fact] = []
    for index in range(max(len(seen), len(heard))):
        told += [*seen[index : index + 1], *heard[index : index + 1]]
    return told


def grouped(facts: Sequence[Fact], draw: Draw) -> list[list[Fact]]:
    """Facts that share a sentence; a habit of the text says how many."""
    long = draw.pick(0.15, 0.4, 0.6)
    groups: list[list[Fact]] = []
    rest = list(facts)
    while rest:
        size = 1 if not draw.chance(long) else 2 if draw.chance(0.65) else 3
        groups.append(rest[:size])
        rest = rest[size:]
    return groups


def told(facts: Sequence[Fact], teller: Teller, order: str, is_first: bool = True) -> list[str]:
    """Sentences that tell the facts, with links between them."""
    draw = teller.draw
    sentences: list[str] = []
    before: Fact | None = None
    for group in grouped(facts, draw):
        opening = ""
        if before is not None:
            opening = _opening(before, group[0], order, teller)
        sentences.append(teller.sentence(group, opening, is_first and before is None))
        before = group[-1]
    return sentences


def _opening(before: Fact, fact: Fact, order: str, teller: Teller) -> str:
    """How a sentence begins after another: a link in time, a contrast, or a plain "also"."""
    draw = teller.draw
    if before.modality != fact.modality:
        if before.valence * fact.valence < 0 and draw.chance(0.7):
            return draw.one_of(frames.CONTRASTS)
        if teller.announces and draw.chance(0.5):
            to = frames.TO_VOICE if fact.modality == "auditory" else frames.TO_FACE
            return draw.one_of(to)
    if order in ("time", "turns") or starts_later(before, fact):
        opening = teller.linked_opening(before, fact)
        if opening:
            return opening
    if draw.chance(0.25) and not teller.announces:
        also = frames.ALSO_SEEN if fact.modality == "visual" else frames.ALSO_HEARD
        return draw.one_of(also)
    return ""


def laid_out(sentences: Sequence[str], layout: str, draw: Draw) -> str:
    """Sentences as a paragraph, as lines, or as a list."""
    if layout == "lines":
        return "\n".join(sentences)
    if layout == "list":
        mark = draw.one_of(frames.BULLETS)
        return "\n".join(
            mark.format(sentence, number=number) for number, sentence in enumerate(sentences, 1)
        )
    return " ".join(sentences)
