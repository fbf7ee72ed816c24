"""Cues as a short, plain paragraph: the same cues always give the same words.

A small model has little to learn from; what it learns of it should be what it sees and hears, not
which of many wordings was drawn this time. Times stay with the evidence beside the text.
"""

from collections.abc import Sequence

from xemogpt.schema import Cue, CueSet
from xemogpt.signals.appraise import NOUNS
from xemogpt.signals.phrasing import SUBJECTS, capital, joined

SEEN, HEARD = "the person", "the speaker"
"""Who is told of; a pause of "the speaker" is heard, of "the person" it may be seen."""
MAX_DEEDS = 3
"""Verbs in one sentence."""
GAP_S = 0.1
"""What begins when the last thing is over, less this, comes "then"."""


def tell(cues: CueSet, emotions: Sequence[str]) -> str:
    """What is seen, what is heard, and the expressed emotion.

    Args:
        cues: visual and auditory ones; each is told once, in order of time.
        emotions: kinds of expressed emotion, the main one first.

    >>> seen = [Cue(text="smiles", start_s=0.2, end_s=1), Cue(text="nods", start_s=2, end_s=3)]
    >>> tell(CueSet(visual=seen, auditory=[Cue(text="the voice trembles")]), ["sad"])
    'The person smiles, then nods. The voice trembles. The expressed emotion is sadness.'
    """
    sentences = [*_told(cues.visual, SEEN), *_told(cues.auditory, HEARD)]
    names = [_name(kind) for kind in dict.fromkeys(emotions)]
    if names:
        second = f", with {joined(names[1:])}" if names[1:] else ""
        sentences.append(f"The expressed emotion is {names[0]}{second}.")
    return " ".join(sentences)


def _name(kind: str) -> str:
    """The emotion as a noun; "a neutral state" is no answer to which emotion it is."""
    return kind if kind == "neutral" else NOUNS.get(kind, kind)


def _told(cues: Sequence[Cue], who: str) -> list[str]:
    """Sentences of the cues of one modality."""
    ordered = sorted(cues, key=lambda cue: (cue.start_s or 0.0, cue.end_s or 0.0, cue.text))
    sentences: list[str] = []
    deeds: list[str] = []
    before: Cue | None = None
    for cue in dict.fromkeys(ordered):
        if cue.text.startswith(SUBJECTS):
            sentences += _of(who, deeds)
            deeds = []
            sentences.append(capital(cue.text.rstrip(".")) + ".")
        else:
            if len(deeds) == MAX_DEEDS:
                sentences += _of(who, deeds)
                deeds = []
            is_later = bool(deeds) and before is not None and _follows(before, cue)
            deeds.append(("then " if is_later else "") + cue.text.rstrip("."))
        before = cue
    return sentences + _of(who, deeds)


def _of(who: str, deeds: Sequence[str]) -> list[str]:
    if not deeds:
        return []
    last = ", " if deeds[-1].startswith("then ") else " and "
    said = deeds[0] if len(deeds) == 1 else ", ".join(deeds[:-1]) + last + deeds[-1]
    return [f"{capital(who)} {said}."]


def _follows(before: Cue, cue: Cue) -> bool:
    if before.end_s is None or cue.start_s is None:
        return False
    return cue.start_s >= before.end_s - GAP_S
