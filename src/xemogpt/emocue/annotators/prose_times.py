"""When something happens, in figures or in words, in front of a clause or behind it."""

from dataclasses import dataclass

from xemogpt.emocue.annotators.prose_draw import Draw
from xemogpt.emocue.annotators.prose_facts import MAX_LISTED, Fact
from xemogpt.signals.phrasing import joined, number

BRIEF_S = 0.35
"""Shorter is a moment."""
_ABOUT = ("about", "roughly", "around", "close to", "approximately")
# {s} start, {e} end, {d} length, {u} unit. Read back, all of these stay out of the statement.
MOMENT_FRONTS = (
    "At {s} {u}, ", "At about {s} {u}, ", "Around {s} {u}, ", "At roughly {s} {u}, ",
    "Around the {s} {u} mark, ", "At the {s}-second point, ", "At the {s}-second mark, ",
    "At second {s}, ", "At {s} {u} — ",
)  # fmt: skip
SPAN_FRONTS = (
    "Between {s} and {e} {u}, ", "Between {s} {u} and {e} {u}, ", "{s}–{e} {u}: ",
    "During seconds {s} to {e}, ", "In the stretch from {s} to {e} {u}, ", "Within {s}–{e} {u}, ",
    "Over the stretch from {s} to {e} {u}, ", "Lasting from {s} to {e} {u}, ", "{s} to {e} {u}: ",
    "({s}–{e} {u}) ", "For {d} {u}, ", "Over {d} {u}, ", "Lasting {d} {u}, ",
)  # fmt: skip
ONSET_FRONTS = (
    "Starting at {s} {u}, ", "Beginning at {s} {u}, ", "After {s} {u}, ", "As of {s} {u}, ",
    "From {s} {u}, ", "From about {s} {u}, ", "From around {s} {u} onwards, ",
    "With {s} {u} gone, ", *MOMENT_FRONTS,
)  # fmt: skip
FROM_ZERO_FRONTS = ("Until {e} {u}, ", "Up to {e} {u}, ", "Up until {e} {u}, ")
MOMENT_BACKS = (" (at {s} {u})", " (around {s} {u})", " (near {s} {u})", " (at about {s} {u})",
                " (close to {s} {u})")  # fmt: skip
SPAN_BACKS = (
    " ({s}–{e} {u})", " ({s}-{e} {u})", " ({s} to {e} {u})", " (from {s} {u}, for {d} {u})",
    " (from {s} to {e} {u})", " (seconds {s}–{e})", " (start {s}, end {e} {u})",
    " (over {d} {u})", " (during {s}–{e} {u})", " ({d} {u}, from {s} {u})",
    " (between {s} and {e} {u})", " (between {s} {u} and {e} {u})", " (from {s} until {e} {u})",
    " (for {d} {u})", " ({s}–{e} {u}, so {d} {u})", " (onset {s} {u})", " (until {e} {u})",
)  # fmt: skip
TAILS = (
    " — {s} to {e} {u}", " — from {s} to {e} {u}", " — for {d} {u}",
    ", which lasts {d} {u}", ", which goes on for {d} {u}", "; this lasts {d} {u}",
    "; this goes on until {e} {u}", ", and this lasts for {d} {u}", ", which begins at {s} {u}",
    ", which ends at {e} {u}", "; it begins at {s} {u}", "; it is over at {e} {u}",
    ", and it lasts until {e} {u}", ", and it is over at {e} {u}", ", and it begins at {s} {u}",
)  # fmt: skip
"""At the end of a sentence only."""
LASTING = ("It lasts {d}.", "This lasts {d}.", "This goes on for {d}.", "It goes on for {d}.",
           "That lasts for {d}.", "This takes {d}.", "It is over after {d}.")  # fmt: skip
WHOLE = ("throughout", "all through the clip", "from start to finish", "from beginning to end",
         "the whole time", "the entire time", "all along")  # fmt: skip
MOST = ("for most of the clip", "most of the time", "during most of the clip",
        "for a large part of the clip", "during much of the clip", "for the greater "
        "part")  # fmt: skip
FIRST = ("at the very start", "from the outset", "right at the beginning", "right from the start",
         "at the beginning", "at the start", "initially", "in the beginning")  # fmt: skip
EARLY = ("early in the clip", "early on", "near the beginning", "in the first third",
         "in the first part of the clip")  # fmt: skip
LATE = ("towards the end", "toward the end", "near the end", "late in the clip", "late on",
        "in the last third", "near the close")  # fmt: skip
MIDDLE = ("halfway through", "in the middle", "midway", "around the middle of the clip",
          "about midway")  # fmt: skip


def in_words(length_s: float) -> str | None:
    """A length to the nearest second (or half a second), up to ten; none if that is far off.

    >>> in_words(0.45), in_words(7.1), in_words(1.5)
    ('half a second', 'seven seconds', None)
    """
    if 0.4 <= length_s <= 0.6:
        return "half a second"
    whole = round(length_s)
    if not 1 <= whole <= 10 or abs(whole - length_s) > 0.15 + 0.05 * length_s:
        return None
    return "a second" if whole == 1 else f"{number(whole)} seconds"


def place_of(start: float, end: float) -> tuple[str, ...]:
    """Where in the clip, in words, from shares of its duration.

    >>> place_of(0.0, 1.0)[0], place_of(0.9, 1.0)[0], place_of(0.2, 0.75)
    ('throughout', 'towards the end', ())
    """
    if start <= 0.08 and end >= 0.92:
        return WHOLE
    if end - start >= 0.65:
        return MOST
    if start <= 0.05:
        return FIRST
    if end <= 0.35:
        return EARLY
    if start >= 0.65:
        return LATE
    if end <= 0.5:
        return ("in the first half", "during the first half")
    if start >= 0.5:
        return ("in the second half", "during the second half")
    return MIDDLE if start >= 0.3 and end <= 0.7 else ()


@dataclass(frozen=True)
class Clock:
    """How one text tells time: its unit, its figures, and how much it says in words."""

    draw: Draw
    duration_s: float | None
    unit: str
    decimals: int
    worded: float
    """Share of the times that are told in words, where they can be."""

    @classmethod
    def drawn(cls, draw: Draw, duration_s: float | None) -> "Clock":
        """Habits of a text."""
        return cls(
            draw, duration_s, unit=draw.pick("s", "s", "seconds"),
            decimals=draw.pick(1, 2), worded=draw.pick(0.1, 0.35, 0.7),
        )  # fmt: skip

    def in_front(self, fact: Fact) -> str:
        """An opening such as "Around 1.2 s, "; empty if the time is not known."""
        if not fact.is_single:
            return self._listed_in_front(fact)
        start_s, end_s = fact.start_s or 0.0, fact.end_s or 0.0
        if self.draw.chance(self.worded) and (text := self._front_in_words(start_s, end_s)):
            return text
        bank: tuple[str, ...]
        if end_s - start_s < BRIEF_S:
            bank = MOMENT_FRONTS
        elif start_s < 0.1:
            bank = FROM_ZERO_FRONTS + SPAN_FRONTS
        else:
            bank = self.draw.pick(ONSET_FRONTS, SPAN_FRONTS)
        return self._filled(self.draw.one_of(bank), start_s, end_s)

    def behind(self, fact: Fact) -> str:
        """A close such as " (1.2–2.0 s)"; empty if the time is not known."""
        spans = [
            (cue.start_s, cue.end_s)
            for cue in fact.cues
            if cue.start_s is not None and cue.end_s is not None
        ]
        if len(spans) < len(fact.cues) or not spans:
            return ""
        if len(spans) > MAX_LISTED:
            span = f"{self._figure(spans[0][0])}–{self._figure(fact.end_s or 0.0)} {self.unit}"
            return f" ({number(len(spans))} times, {span})"
        if len(spans) > 1:
            dash = self.draw.pick("–", " to ", "-")
            return f" ({joined([self._span(*span, dash) for span in spans])} {self.unit})"
        start_s, end_s = spans[0]
        if self.draw.chance(self.worded) and (text := self._back_in_words(start_s, end_s)):
            return text
        bank = MOMENT_BACKS if end_s - start_s < BRIEF_S else SPAN_BACKS
        return self._filled(self.draw.one_of(bank), start_s, end_s)

    def tail(self, fact: Fact) -> str:
        """A close that ends a sentence, such as ", which lasts 1.2 s"."""
        if not fact.is_single or (fact.end_s or 0.0) - (fact.start_s or 0.0) < BRIEF_S:
            return self.behind(fact)
        return self._filled(self.draw.one_of(TAILS), fact.start_s or 0.0, fact.end_s or 0.0)

    def lasting(self, fact: Fact) -> str:
        """A short sentence on how long the last thing told goes on; empty if there is none."""
        if not fact.is_single:
            return ""
        length_s = (fact.end_s or 0.0) - (fact.start_s or 0.0)
        if length_s < BRIEF_S:
            return ""
        length = f"{self._figure(length_s)} {self.unit}"
        if self.draw.chance(self.worded) and (words := in_words(length_s)):
            length = f"{self.draw.one_of(_ABOUT)} {words}"
        return self.draw.one_of(LASTING).format(d=length)

    def _front_in_words(self, start_s: float, end_s: float) -> str:
        forms = [f"{place[0].upper()}{place[1:]}, " for place in self._place(start_s, end_s)]
        if words := in_words(start_s):
            about = self.draw.pick("About", "Roughly", "Around")
            forms += [f"{about} {words} in, ", f"After {self.draw.one_of(_ABOUT)} {words}, "]
        if end_s - start_s >= BRIEF_S and (words := in_words(end_s - start_s)):
            forms += [f"For {self.draw.one_of(_ABOUT)} {words}, ", f"For {words} or so, "]
        return self.draw.one_of(forms) if forms else ""

    def _back_in_words(self, start_s: float, end_s: float) -> str:
        forms = [f" ({place})" for place in self._place(start_s, end_s)]
        if end_s - start_s >= BRIEF_S and (words := in_words(end_s - start_s)):
            about = self.draw.one_of(_ABOUT)
            onset = f"from {self._figure(start_s)} {self.unit}"
            forms += [f" (for {about} {words})", f" (for {about} {words}, {onset})"]
        return self.draw.one_of(forms) if forms else ""

    def _place(self, start_s: float, end_s: float) -> tuple[str, ...]:
        if not self.duration_s:
            return ()
        return place_of(start_s / self.duration_s, end_s / self.duration_s)

    def _listed_in_front(self, fact: Fact) -> str:
        starts = [cue.start_s for cue in fact.cues if cue.start_s is not None]
        if not 1 < len(starts) <= MAX_LISTED:
            return ""
        *first, last = [self._figure(start_s) for start_s in starts]
        again = self.draw.pick("and", "and again at")
        return f"At {', '.join(first)} {again} {last} {self.unit}, "

    def _filled(self, form: str, start_s: float, end_s: float) -> str:
        # The length of what is told: 1.2 to 2.1 s is 0.9 s, however the times were rounded.
        first_s, last_s = (round(time_s, self.decimals) for time_s in (start_s, end_s))
        figures = [self._figure(time_s) for time_s in (first_s, last_s, last_s - first_s)]
        return form.format(s=figures[0], e=figures[1], d=figures[2], u=self.unit)

    def _span(self, start_s: float, end_s: float, dash: str) -> str:
        if end_s - start_s < BRIEF_S:
            return self._figure(start_s)
        return f"{self._figure(start_s)}{dash}{self._figure(end_s)}"

    def _figure(self, time_s: float) -> str:
        return f"{time_s:.{self.decimals}f}"
