"""Telling cues that only repeat the subtitle, in any wording.

The subtitle is given to the model, so copying it shows nothing: neither the prediction nor the
reference is credited for it.
"""

import re
from functools import lru_cache

_SUBJECT = r"(?:sub-?titles?|captions?|transcripts?|transcriptions?|on-?screen text|text|dialogues?|字幕|台词|文本)"
_LABEL = re.compile(
    # "Subtitle: ...", "[Subtitle text] ...", "The text is ...", "SUBTITLE TEXT '...'"
    rf"^\W*(?:the|an?|this|her|his|their)?\s*{_SUBJECT}\b"
    r"(?:\s*(?:text|content|contents|line|lines|words?|itself|here|内容))?\s*"
    r"(?:[:：=\-–—\])\"'“‘「《]|is\b|are\b|was\b|were\b|reads?\b|says?\b|said\b|states?\b|shows?\b|"
    r"displays?\b|contains?\b|mentions?\b|indicates?\b|suggests?\b|expresses\b|conveys?\b|"
    r"reveals?\b|implies\b|includes?\b|显示|是|说|为)",
    re.IGNORECASE,
)
_CONTENT_OF = re.compile(
    # "The content of the subtitle ...", "According to the subtitles, ..."
    rf"^\W*(?:according to|based on|from|in|judging (?:by|from)|as (?:seen|shown) in|given|"
    rf"(?:the\s+)?(?:content|contents|words?|wording|meaning|line|lines|text|message)s?\s+(?:of|in|from))"
    rf"\s+(?:the\s+|her\s+|his\s+|their\s+)?{_SUBJECT}\b(?!\s+of\b)",
    re.IGNORECASE,
)
_LABEL_CJK = re.compile(r"^\W*(?:字幕|台词|文本|文字)(?:内容)?\s*(?:[:：“「]|显示|是|说|为)")
_QUOTED = re.compile(
    r"\"[^\"]{1,}\"|“[^”]{1,}”|「[^」]{1,}」|『[^』]{1,}』|«[^»]{1,}»|‘[^’]{1,}(?:’(?=\W|$))"
    # A straight apostrophe opens a quotation only at the start of a word, closes at an end.
    r"|(?<!\w)'(?:[^']|'(?=\w))+'(?!\w)"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FRAMING = _words(
    """a an the this that these those and or of in on at to by with as it its is are was were be
    been being has have had he she they his her their him them i you we my your our one who which
    man woman boy girl person people child speaker character lady guy actor actress male female
    voice-over narrator other another
    say says said saying state states stated stating speak speaks spoke spoken speaking utter
    utters uttered uttering ask asks asked asking tell tells told telling reply replies replied
    replying answer answers answered answering mention mentions mentioned mentioning read reads
    reading exclaim exclaims exclaimed exclaiming remark remarks remarked add adds added quote
    quotes quoted shout shouts talks talk talking goes
    subtitle subtitles sub-title caption captions text transcript transcription dialogue line
    lines sentence sentences phrase phrases word words statement utterance quotation content
    screen shown displayed appears appear displays display shows show following literally then
    also here heard audio video clip says: namely"""
)
_SHOWS_VOICE = frozenset({"shout", "shouts"})


@lru_cache(maxsize=65_536)
def is_subtitle_cue(text: str) -> bool:
    """Whether a cue gives the words of the subtitle instead of something seen or heard.

    A cue counts as subtitle when it is labelled so, when it is a quotation, or when nothing but
    "she says", "the text is" and the like stands around a quotation. A cue that describes how a
    quoted line is said is kept, and so is one that merely holds the letters "text".

    >>> [is_subtitle_cue(c) for c in ("Subtitle: 'Go away'", "She says “go away”.")]
    [True, True]
    >>> [is_subtitle_cue(c) for c in ("a rough texture", "She says 'go away' in a trembling voice")]
    [False, False]
    """
    if _LABEL.match(text) or _CONTENT_OF.match(text) or _LABEL_CJK.match(text):
        return True
    rest = _QUOTED.sub(" ", text)
    if rest == text:
        return False
    # One quoted word is a name or an emphasis ('her "poker" face'), unless nothing else is there.
    words = re.findall(r"[^\W_]+(?:[-'’][^\W_]+)*", rest.lower())
    return all(word in _FRAMING and word not in _SHOWS_VOICE for word in words)


def quoted_words(text: str) -> str:
    """What a subtitle cue quotes, without its label.

    >>> quoted_words("Subtitle text: 'I told you so.'")
    'I told you so.'
    """
    found = _QUOTED.findall(text)
    if found:
        return " ".join(piece[1:-1].strip() for piece in found)
    label = _LABEL.match(text) or _LABEL_CJK.match(text)
    return (text[label.end() :] if label else text).strip(" :：\"'“”‘’")
