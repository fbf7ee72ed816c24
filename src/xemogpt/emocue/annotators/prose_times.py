"""When something happens, in figures or in words; and what comes after what."""

from xemogpt.emocue.annotators.prose_draw import Draw
from xemogpt.emocue.annotators.prose_facts import MAX_LISTED, Fact
from xemogpt.signals.phrasing import joined, number

BRIEF_S = 0.35
"""Shorter is a moment."""
AFTER_S = 0.05
LATER_S = 0.2
_ABOUT = ("about", "roughly", "around", "close to", "approximately")


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


def in_front(fact: Fact, duration_s: float | None, draw: Draw) -> str:
    """An opening such as "Around 1.2 s, "; empty if the time is not known."""
    if not fact.is_single:
        return _listed_in_front(fact, draw)
    start_s, end_s = fact.start_s or 0.0, fact.end_s or 0.0
    forms = [*_figures_in_front(start_s, end_s, draw), *_figures_in_front(start_s, end_s, draw)]
    if duration_s:
        forms += _place(start_s / duration_s, end_s / duration_s)
    if words := in_words(start_s):
        forms += [
            f"{draw.pick(*_ABOUT[:3]).capitalize()} {words} in, ",
            f"After {draw.pick(*_ABOUT)} {words}, ",
            f"At {draw.pick('about', 'around', 'roughly')} the {start_s:.1f}-second mark, ",
        ]
    if words := in_words(end_s - start_s):
        forms += [f"For {draw.pick(*_ABOUT)} {words}, ", f"For {words} or so, "]
    return draw.pick(*forms)


def _figures_in_front(start_s: float, end_s: float, draw: Draw) -> list[str]:
    if end_s - start_s < BRIEF_S:
        return [f"At {start_s:.1f} s, ", f"At second {start_s:.1f}, ", f"Around {start_s:.1f} s, "]
    forms = [
        f"Between {start_s:.1f} and {end_s:.1f} s, ",
        f"Between {start_s:.1f} s and {end_s:.1f} s, ",
        f"{start_s:.1f}–{end_s:.1f} s: ",
        f"For {end_s - start_s:.1f} s, ",
    ]
    if start_s > 0.1:
        forms += [
            f"{draw.pick('Starting', 'Beginning')} at {start_s:.1f} s, ",
            f"After {start_s:.1f} s, ",
            f"At {start_s:.1f} s, ",
        ]
    else:
        forms += [f"Until {end_s:.1f} s, ", f"Up to {end_s:.1f} s, "]
    return forms


def _listed_in_front(fact: Fact, draw: Draw) -> str:
    starts = [cue.start_s for cue in fact.cues if cue.start_s is not None]
    if not 1 < len(starts) <= MAX_LISTED:
        return ""
    *first, last = [f"{start_s:.1f}" for start_s in starts]
    return draw.pick(
        f"At {', '.join(first)} and {last} s, ", f"At {', '.join(first)} and again at {last} s, "
    )


def _place(start: float, end: float) -> list[str]:
    """Where in the clip, from shares of its duration."""
    if start <= 0.08 and end >= 0.92:
        return ["Throughout, ", "All through the clip, ", "From start to finish, ",
                "From beginning to end, "]  # fmt: skip
    if end - start >= 0.65:
        return ["For most of the clip, ", "Most of the time, ", "During most of the clip, "]
    if start <= 0.05:
        return [
            "At the very start, ",
            "From the outset, ",
            "Right at the beginning, ",
            "At first, ",
        ]
    if end <= 0.35:
        return ["Early in the clip, ", "Early on, ", "Near the beginning, ", "In the first third, "]
    if start >= 0.65:
        return ["Towards the end, ", "Near the end, ", "Late in the clip, ", "In the last third, "]
    if end <= 0.5:
        return ["In the first half, ", "During the first half, "]
    if start >= 0.5:
        return ["In the second half, ", "During the second half, "]
    if start >= 0.3 and end <= 0.7:
        return ["Halfway through, ", "In the middle, ", "Around the middle of the clip, "]
    return []


def behind(fact: Fact, draw: Draw) -> str:
    """A close such as " (1.2–2.0 s)"; empty if the time is not known."""
    spans = [(cue.start_s, cue.end_s) for cue in fact.cues if cue.start_s is not None]
    if not spans or any(end_s is None for _, end_s in spans):
        return ""
    if len(spans) > MAX_LISTED:
        return f" ({number(len(spans))} times, {spans[0][0]:.1f}–{fact.end_s or 0.0:.1f} s)"
    if len(spans) > 1:
        dash = draw.pick("–", " to ", "-")
        return f" ({joined([_span(a or 0.0, b or 0.0, dash) for a, b in spans])} s)"
    start_s, end_s = spans[0][0] or 0.0, spans[0][1] or 0.0
    forms = [f" ({_span(start_s, end_s, dash)} s)" for dash in ("–", "-", " to ")]
    if end_s - start_s >= BRIEF_S:
        long = f"{end_s - start_s:.1f} s"
        forms += [
            f" (from {start_s:.1f} s, for {long})",
            f" (from {start_s:.1f} to {end_s:.1f} s)",
            f" ({long} long)",
        ]
        if words := in_words(end_s - start_s):
            forms += [
                f" (for {draw.pick(*_ABOUT)} {words})",
                f" (for {draw.pick(*_ABOUT)} {words}, from {start_s:.1f} s)",
            ]
    else:
        forms += [
            f" (at {start_s:.1f} s)",
            f" (around {start_s:.1f} s)",
            f" (near {start_s:.1f} s)",
        ]
    return draw.pick(*forms)


def lasting(fact: Fact, draw: Draw) -> str:
    """A short sentence on how long the last thing told goes on; empty if there is none."""
    if not fact.is_single:
        return ""
    length_s = (fact.end_s or 0.0) - (fact.start_s or 0.0)
    if length_s < BRIEF_S:
        return ""
    length = f"{length_s:.1f} s"
    if (words := in_words(length_s)) and draw.chance(0.6):
        length = f"{draw.pick(*_ABOUT)} {words}"
    return draw.pick(f"It lasts {length}.", f"This lasts {length}.", f"This goes on for {length}.",
                     f"It goes on for {length}.", f"That lasts for {length}.")  # fmt: skip


def follows(first: Fact, second: Fact) -> bool:
    """Whether the second begins when the first is over."""
    if not (first.is_single and second.is_single):
        return False
    return (second.start_s or 0.0) >= (first.end_s or 0.0) - AFTER_S


def starts_later(first: Fact, second: Fact) -> bool:
    """Whether the second begins clearly after the first begins."""
    if not (first.is_single and second.is_single):
        return False
    return (second.start_s or 0.0) >= (first.start_s or 0.0) + LATER_S


def coincide(first: Fact, second: Fact) -> bool:
    """Whether the shorter one lies mostly within the other."""
    if not (first.is_single and second.is_single):
        return False
    spans = [(fact.start_s or 0.0, fact.end_s or 0.0) for fact in (first, second)]
    common = min(end for _, end in spans) - max(start for start, _ in spans)
    return common >= 0.5 * max(min(end - start for start, end in spans), 0.2)


def link(first: Fact, second: Fact, draw: Draw) -> str:
    """An opening that says how the second stands to the first in time; may be empty."""
    if follows(first, second):
        gap_s = (second.start_s or 0.0) - (first.end_s or 0.0)
        forms = ["After that, ", "Afterwards, ", "Then, ", "Next, ", "Later, ", "Subsequently, ",
                 "Once that is over, ", "Following this, ", "Then ", "Thereafter, "]  # fmt: skip
        if gap_s <= 0.5:
            forms += ["Right after that, ", "Directly afterwards, ", "Immediately after, "]
        return draw.pick(*forms, *_later(first, second))
    if coincide(first, second):
        return draw.pick("At the same time, ", "Meanwhile, ", "During this time, ", "Together with this, ",
                         "Simultaneously, ", "Over the same stretch, ", "In the same moments, ")  # fmt: skip
    if starts_later(first, second):
        return draw.pick("Then, ", "Next, ", "Then ", *_later(first, second))
    return ""


def _later(first: Fact, second: Fact) -> list[str]:
    words = in_words((second.start_s or 0.0) - (first.start_s or 0.0))
    return [f"{words[0].upper()}{words[1:]} later, "] if words else []


def _span(start_s: float, end_s: float, dash: str) -> str:
    if end_s - start_s < BRIEF_S:
        return f"{start_s:.1f}"
    return f"{start_s:.1f}{dash}{end_s:.1f}"
