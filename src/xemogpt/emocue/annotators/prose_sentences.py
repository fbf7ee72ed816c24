"""From facts to sentences: verbs, states and noun phrases, alone, in pairs and in lists."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from xemogpt.emocue.annotators import prose_frames as frames
from xemogpt.emocue.annotators.prose_draw import Draw
from xemogpt.emocue.annotators.prose_facts import Fact
from xemogpt.emocue.annotators.prose_links import coincide, follows, link
from xemogpt.emocue.annotators.prose_times import Clock
from xemogpt.signals.phrasing import capital, joined

_PART = re.compile(r"\bthe (mouth|lips|eyebrows|brows|eyes|gaze|head|chin|face|voice|speech)\b")

_MASS = ("speech", "blinking", "monotone")


@dataclass
class Teller:
    """Tells facts; keeps the words in which each was told."""

    draw: Draw
    duration_s: float | None = None
    announces: bool = False
    """Whether a label or "one hears" says what is seen or heard. Such texts tell no times: a time
    of its own would be read as one more thing heard."""
    told: list[tuple[Fact, str]] = field(default_factory=list)
    """Each fact with its exact words, in the order of the text."""

    def __post_init__(self) -> None:
        self.person = {
            "visual": self.draw.one_of(frames.SEEN_PEOPLE),
            "auditory": self.draw.one_of(frames.HEARD_PEOPLE),
        }
        # How a text tells time is a habit: figures, words, both, or hardly at all.
        self.timed = self.draw.pick(0.3, 0.6, 0.8, 0.9)
        self.fronted = self.draw.pick(0.2, 0.5, 0.8)
        self.pronoun = self.draw.pick(0.0, 0.3, 0.6)
        self.nominal = self.draw.pick(0.1, 0.25, 0.45)
        self.linked = self.draw.pick(0.2, 0.5, 0.8)
        self.tailed = self.draw.pick(0.1, 0.4, 0.8)
        self.owned = self.draw.pick(0.0, 0.3, 0.6)
        self.stressed = self.draw.pick(0.0, 0.0, 0.15)
        self.clock = Clock.drawn(self.draw, self.duration_s)
        if self.announces:
            self.timed = 0.0

    def sentence(self, facts: Sequence[Fact], opening: str = "", is_first: bool = False) -> str:
        """One sentence (rarely two) of one to three facts, with a capital and a full stop."""
        if len(facts) == 1:
            text = self._single(facts[0], opening, is_first)
        elif len(facts) == 2:
            text = opening + self._pair(facts[0], facts[1], is_first)
        else:
            text = opening + self._several(facts, is_first)
        return capital(text) if text.endswith((".", "!")) else f"{capital(text)}."

    def linked_opening(self, before: Fact, fact: Fact) -> str:
        """A link in time to the fact told before, where there is one and it is wanted."""
        if self.announces or not self.draw.chance(self.linked):
            return ""
        return link(before, fact, self.draw)

    def _single(self, fact: Fact, opening: str, is_first: bool) -> str:
        is_timed = self.draw.chance(self.timed)
        front = close = ""
        if is_timed and not opening and self.draw.chance(self.fronted):
            front = self.clock.in_front(fact)
        elif is_timed:
            is_tail = self.draw.chance(self.tailed)
            close = self.clock.tail(fact) if is_tail else self.clock.behind(fact)
        things = fact.wording().things
        if things and self.draw.chance(self.nominal):
            text = self._shown([fact])
            close = ""
        else:
            text = self._clause(fact, is_first) + close
        if is_timed and not front and not close and self.draw.chance(0.5):
            return f"{opening}{text}. {self.clock.lasting(fact)}".rstrip(" ")
        return f"{opening}{front}{text}"

    def _pair(self, first: Fact, second: Fact, is_first: bool) -> str:
        closes = [self._close(fact) for fact in (first, second)]
        is_same = first.modality == second.modality
        if is_same and self._can_list((first, second)) and self.draw.chance(self.nominal):
            return self._shown([first, second])
        if (
            is_same
            and self.draw.chance(0.35)
            and (text := self._acts([first, second], closes, is_first))
        ):
            return text
        one = self._clause(first, is_first) + closes[0]
        two = self._clause(second, False) + closes[1]
        forms = [*frames.PAIRS]
        if coincide(first, second):
            forms += frames.COINCIDING * 3
        if follows(first, second):
            forms += frames.FOLLOWING * 3
        elif follows(second, first):
            forms += frames.PRECEDING
        if one.startswith(("they ", "no", "there")):
            # "While they nod" and "while no voice is heard" would be read as mere circumstances.
            forms = [form for form in forms if form.startswith("{a}")]
        form = self.draw.one_of(forms)
        text = form.replace("{b}", two)
        return text.replace("{a}", one)

    def _several(self, facts: Sequence[Fact], is_first: bool) -> str:
        closes = [self._close(fact) for fact in facts]
        is_same = len({fact.modality for fact in facts}) == 1
        if is_same and self._can_list(facts) and self.draw.chance(self.nominal + 0.2):
            return self._shown(facts)
        if is_same and self.draw.chance(0.5) and (text := self._acts(facts, closes, is_first)):
            return text
        clauses = [
            self._clause(fact, is_first and index == 0) + close
            for index, (fact, close) in enumerate(zip(facts, closes, strict=True))
        ]
        return self.draw.pick("; ".join(clauses), f"{'; '.join(clauses[:-1])}; and {clauses[-1]}")

    def _close(self, fact: Fact) -> str:
        return self.clock.behind(fact) if self.draw.chance(self.timed) else ""

    def _can_list(self, facts: Sequence[Fact]) -> bool:
        return self.announces and all(fact.wording().things for fact in facts)

    def _clause(self, fact: Fact, is_first: bool) -> str:
        """Subject and verb, in lower case."""
        wording = fact.wording()
        num_acts, num_states = len(wording.acts), len(wording.states)
        if num_acts and (not num_states or self.draw.chance(0.5)):
            return self._acts([fact], [""], is_first)
        if not num_states:
            return self._shown([fact])
        phrase = self._owned(self.draw.one_of(wording.states), frames.OWNERS[fact.modality])
        self.told.append((fact, phrase))
        return phrase

    def _acts(self, facts: Sequence[Fact], closes: Sequence[str], is_first: bool) -> str:
        """One subject with several verbs; empty if one of the facts has none."""
        wordings = [fact.wording() for fact in facts]
        if not all(wording.acts for wording in wordings):
            return ""
        can_be_they = all(wording.plurals for wording in wordings)
        is_they = can_be_they and not is_first and self.draw.chance(self.pronoun)
        verbs = []
        for fact, wording, close in zip(facts, wordings, closes, strict=True):
            phrase = self.draw.one_of(wording.plurals if is_they else wording.acts)
            phrase = self._stressed(self._owned(phrase, ("their",)), fact)
            self.told.append((fact, phrase))
            verbs.append(phrase + close)
        return f"{'they' if is_they else self.person[facts[0].modality]} {joined(verbs)}"

    def _owned(self, phrase: str, owners: Sequence[str]) -> str:
        """Now and then "their eyes" for "the eyes"."""
        if "their" in phrase or not self.draw.chance(self.owned):
            return phrase
        return _PART.sub(lambda found: f"{self.draw.one_of(owners)} {found[1]}", phrase, count=1)

    def _stressed(self, phrase: str, fact: Fact) -> str:
        """Now and then "visibly nods" for "nods"."""
        first = phrase.partition(" ")[0]
        if first in frames.UNSTRESSED or not self.draw.chance(self.stressed):
            return phrase
        return f"{self.draw.one_of(frames.STRESSES[fact.modality])} {phrase}"

    def _shown(self, facts: Sequence[Fact]) -> str:
        """Noun phrases in a frame: "one notices a broad smile and lowered eyebrows"."""
        parts: list[str] = []
        for fact in facts:
            things = fact.wording().things
            if len(facts) > 1:
                # In a list, "a lift of the chin and a nod" would be read as one.
                things = tuple(each for each in things if len(each.split()) <= 3) or things
            phrase = self.draw.one_of(things)
            self.told.append((fact, phrase))
            parts.append(phrase)
        is_one = len(parts) == 1 and is_singular(parts[0])
        is_seen = facts[0].modality == "visual"
        bank: tuple[str, ...] = frames.SHOWN if is_seen else frames.SOUNDED
        if self.announces:
            bank = frames.NOTICED if is_seen else frames.LISTENED
        frame = self.draw.one_of(bank)
        person = self.person[facts[0].modality]
        return frame.format(joined(parts), be="is" if is_one else "are", person=person)


def plural(phrase: str) -> str:
    """The verb in the form that "they" needs.

    >>> plural("presses the lips together"), plural("is smiling"), plural("briefly pauses")
    ('press the lips together', 'are smiling', 'briefly pause')
    """
    first, _, rest = phrase.partition(" ")
    if first in frames.ADVERBS:
        return f"{first} {plural(rest)}"
    known = {"is": "are", "has": "have", "does": "do", "can": "can"}
    if first in known:
        verb = known[first]
    elif first.endswith(("sses", "shes", "ches")):
        verb = first[:-2]
    elif first.endswith("ies"):
        verb = f"{first[:-3]}y"
    else:
        verb = first.removesuffix("s")
    return f"{verb} {rest}".strip()


def is_singular(thing: str) -> bool:
    """Whether a noun phrase takes "is": those with an article do."""
    return thing.startswith(("a ", "an ", "the ", "one ", "tension ")) or thing.endswith(_MASS)
