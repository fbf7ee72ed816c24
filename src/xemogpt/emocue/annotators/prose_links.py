"""How one thing stands to another in time, and the words for it."""

from xemogpt.emocue.annotators.prose_draw import Draw
from xemogpt.emocue.annotators.prose_facts import Fact
from xemogpt.emocue.annotators.prose_times import in_words

AFTER_S = 0.05
LATER_S = 0.2
SOON_S = 0.5
AFTERWARDS = (
    "After that, ", "Afterwards, ", "Then, ", "Next, ", "Later, ", "Subsequently, ", "Then ",
    "Once that is over, ", "Following this, ", "Thereafter, ", "When this is over, ",
    "With that done, ", "Only then, ", "Later on, ", "From there, ", "Thereupon, ",
)  # fmt: skip
SOON_AFTER = (
    "Right after that, ", "Directly afterwards, ", "Immediately after, ", "Shortly afterwards, ",
    "Soon after, ", "As soon as this is over, ", "In the next moments, ", "A little later, ",
)  # fmt: skip
LATE_AFTER = ("Some time later, ", "Later in the clip, ")
MEANWHILE = (
    "At the same time, ", "Meanwhile, ", "During this time, ", "Together with this, ",
    "Simultaneously, ", "Over the same stretch, ", "In the same moments, ", "Alongside this, ",
    "Concurrently, ", "In parallel, ", "In the meantime, ", "Along with this, ", "Meanwhile ",
    "Coupled with this, ", "Side by side with this, ", "While that goes on, ",
    "As this goes on, ", "In tandem, ", "At the very same time, ",
)  # fmt: skip
LATER = ("Then, ", "Next, ", "Then ", "A little later, ", "Just then, ")


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
    return common >= max(0.5 * min(end - start for start, end in spans), 0.0)


def link(first: Fact, second: Fact, draw: Draw) -> str:
    """An opening that says how the second stands to the first in time; may be empty."""
    forms: list[str]
    if follows(first, second):
        gap_s = (second.start_s or 0.0) - (first.end_s or 0.0)
        soon = SOON_AFTER if gap_s <= SOON_S else LATE_AFTER
        forms = [*AFTERWARDS, *soon, *_by_how_much(first, second)]
        return draw.one_of(forms)
    if coincide(first, second):
        return draw.one_of(MEANWHILE)
    if starts_later(first, second):
        forms = [*LATER, *_by_how_much(first, second)]
        return draw.one_of(forms)
    return ""


def _by_how_much(first: Fact, second: Fact) -> list[str]:
    """Such as "Two seconds later, ", from beginning to beginning."""
    words = in_words((second.start_s or 0.0) - (first.start_s or 0.0))
    return [f"{words[0].upper()}{words[1:]} later, "] if words else []
