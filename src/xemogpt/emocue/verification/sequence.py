"""Words that say what comes after what."""

import re

_HOW_SOON = (
    r"(?:(?:and|but|yet|only|just|right|directly|immediately|shortly|soon|moments|some time"
    r"|half a second|a (?:little|moment|second|while|bit)"
    r"|(?:about |around |roughly )?[\w.]+ seconds?)"
    r"\s+){0,3}"
)
# "After this, she nods" and not "after this person's nod".
_THAT = r"(?:that|this)(?=\W*$|,|\s+(?:she|he|they|it|the|there|an?|her|his|their|one)\b)"
_LATER = (
    rf"{_HOW_SOON}(?:then|next(?! to\b)|after(?:wards?|\s+which|\s+{_THAT})"
    r"|later(?:\s+on|\s+in the clip)?|subsequently|finally|eventually|in the end|at last"
    rf"|following {_THAT}|thereafter|thereupon|from there"
    r"|(?:once|when|as soon as) (?:that|this) is over|with that done|in the next moments?"
    r"|(?:immediately|soon|shortly) after"
    r"|(?:she|he|they|the \w+) (?:then|soon|later)|this is followed by)\b"
)
_BEFORE_THAT = r"(?:before (?:that|this)|beforehand|earlier(?:\s+on)?|previously)\b"
LATER = re.compile(rf"^\W*{_LATER}", re.IGNORECASE)
"""Opens what comes after the thing told before."""
EARLIER = re.compile(rf"^\W*{_BEFORE_THAT}", re.IGNORECASE)
"""Opens what comes before it."""
LATER_BEHIND = re.compile(
    r"\b(?:later(?: on)?|afterwards?|thereafter|subsequently|in the end)\W*$", re.IGNORECASE
)
"""Ends what comes after it."""
OPENERS = re.compile(rf"^\W*(?:{_LATER}|{_BEFORE_THAT}),?\s*", re.IGNORECASE)
FIRST = re.compile(
    r"\b(?:first(?: of all)?|at first|initially|to begin with)\b,?\s*", re.IGNORECASE
)
LEADING = re.compile(
    rf"\W*(?:it is )?(?:only )?(after|before|once|as soon as)\s+(?!{_THAT}|(?:that|this) is over)",
    re.IGNORECASE,
)
"""Opens a clause that says where the next one lies."""
LATER_JOINT = re.compile(
    r"\bthen\b|followed by|gives? way to|turns? into|\bbefore\b|\buntil\b|after which",
    re.IGNORECASE,
)
EARLIER_JOINT = re.compile(r"\b(?:after|once)\b(?! which)", re.IGNORECASE)
JOINTS = (
    r",?\s+after\s+which\s+"
    rf"|,?\s+(?:and|but),?\s+(?={_LATER})|[,;]\s+(?={_LATER},?\s)"
)
"""Where a sentence can be cut, beside conjunctions and commas."""
