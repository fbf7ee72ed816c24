"""Explanations of generated clips: the same cues in several surface forms.

Every form states each cue once, the emotion, and sometimes times and words; nothing else. So the
text can be read back into the cues it came from (``metrics.extraction``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from xemogpt.emocue.controlled.phrases import (
    ALTERNATIVES,
    CONCLUSIONS,
    CONFLICTING,
    EMOTION_WORDS,
    HEARD_OPENERS,
    INTROS,
    REWORDED,
    SEEN_OPENERS,
    SHOWN,
    STRONG_CONCLUSIONS,
)
from xemogpt.schema import Cue, CueSet
from xemogpt.signals.phrasing import SUBJECTS, capital, joined, when

DISAGREE = frozenset({"incongruent", "masked"})
"""Tags of clips whose face and voice do not go together."""
_PEOPLE = ("the person", "this person", "the individual")
# "The speaker looks up" would be read as heard; so nobody is called that.


@dataclass(frozen=True)
class _Telling:
    """What a form needs: cues, words, and the draws of this explanation."""

    cues: CueSet
    emotions: tuple[str, ...]
    transcript: str
    rng: np.random.Generator
    person: str
    is_masked: bool

    def said(self, cue: Cue, *, timed: bool) -> str:
        """The cue as a clause with a subject, with its time if it has one and it is wanted."""
        text = self._worded(cue)
        clause = text if text.startswith(SUBJECTS) else f"{self.person} {text}"
        if not timed or cue.start_s is None or cue.end_s is None:
            return clause
        return f"{clause} ({when(cue)})"

    def _worded(self, cue: Cue) -> str:
        """The cue's own words or, half of the time, another way to say them."""
        others = ALTERNATIVES.get(cue.text, ())
        if not others or (cue.text not in REWORDED and self.rng.random() < 0.4):
            return cue.text
        return str(self.rng.choice(others))

    def pick(self, *forms: str) -> str:
        """One of several."""
        return forms[int(self.rng.integers(len(forms)))]

    def conclusion(self) -> str:
        """A sentence that names the emotion, and the one that is only shown."""
        names = [str(self.rng.choice(EMOTION_WORDS[name])) for name in self.emotions]
        forms: tuple[str, ...] = CONCLUSIONS
        if self.emotions[0] != "neutral":
            forms += STRONG_CONCLUSIONS
        text = self.pick(*forms).format(names[0])
        for name in names[1:]:
            text += " " + self.pick(*(SHOWN if self.is_masked else CONFLICTING)).format(name)
        return text

    def words(self) -> str:
        """The spoken words, quoted; some explanations leave them out."""
        if not self.transcript.strip() or self.rng.random() < 0.4:
            return ""
        return self.pick('The words are: "{}".', 'What is said: "{}".').format(
            self.transcript.strip().rstrip(".")
        )


def explain(
    record_cues: CueSet,
    emotion: str,
    transcript: str,
    rng: np.random.Generator,
    tags: Sequence[str] = (),
) -> str:
    """One explanation of a clip; which form and which words, the generator draws.

    Args:
        record_cues: what is to be told; each visual and auditory cue comes once.
        emotion: the expressed emotion, such as ``sad``; further ones are taken from the
            emotional cues' kinds.
        transcript: the spoken words; may be empty.
        rng: draws form, synonyms, subjects and where times are told.
        tags: of the script; clips whose face and voice disagree get contrastive forms half of
            the time.
    """
    others = [cue.kind for cue in record_cues.emotional if cue.kind not in (None, emotion)]
    telling = _Telling(
        cues=record_cues,
        emotions=(emotion, *(name for name in others if name in EMOTION_WORDS)),
        transcript=transcript,
        rng=rng,
        person=_PEOPLE[int(rng.integers(len(_PEOPLE)))],
        is_masked="masked" in tags,
    )
    if DISAGREE.intersection(tags) and rng.random() < 0.5:
        return _contrastive(telling)
    text = FORMS[int(rng.integers(len(FORMS)))](telling)
    return f"{telling.pick(*INTROS)} {text}" if rng.random() < 0.2 else text


def _narrative(telling: _Telling) -> str:
    """All cues in order of time, linked."""
    cues = sorted(
        (*telling.cues.visual, *telling.cues.auditory),
        key=lambda cue: (cue.start_s if cue.start_s is not None else 0.0, cue.text),
    )
    timed = telling.rng.random() < 0.6
    parts = []
    for index, cue in enumerate(cues):
        clause = telling.said(cue, timed=timed)
        link = (
            ""
            if index == 0
            else telling.pick(
                "Then, ", "Next, ", "After that, ", "Later, ", "Afterwards, ", "", "", ""
            )
        )
        parts.append(f"{link}{clause}" if link else capital(clause))
    return _paragraph([*parts, telling.conclusion(), telling.words()])


def _by_modality(telling: _Telling) -> str:
    """A paragraph, or a labelled line, of what is seen; one of what is heard; the emotion."""
    is_labelled = telling.rng.random() < 0.4
    # Under a label a time of its own would be read as a cue.
    timed = not is_labelled and telling.rng.random() < 0.5
    seen = _sentences(telling, telling.cues.visual, timed=timed)
    heard = _sentences(telling, telling.cues.auditory, timed=timed)
    if is_labelled:
        lines = [("Visual", seen), ("Audio", heard), ("Emotion", [telling.conclusion()])]
        return "\n".join(f"{name}: {_paragraph(text)}" for name, text in lines if text)
    return _paragraph([*seen, *heard, telling.words(), telling.conclusion()])


def _conclusion_first(telling: _Telling) -> str:
    """The emotion, then what supports it."""
    timed = telling.rng.random() < 0.3
    seen = _sentences(telling, telling.cues.visual, timed=timed)
    heard = _sentences(telling, telling.cues.auditory, timed=timed)
    both = (*seen, *heard) if telling.rng.random() < 0.5 else (*heard, *seen)
    return _paragraph([telling.conclusion(), *both, telling.words()])


def _evidence_list(telling: _Telling) -> str:
    """One cue a line."""
    timed = telling.rng.random() < 0.6
    mark = telling.pick("- {}", "* {}", "{number}. {}")
    lines = [
        mark.format(capital(telling.said(cue, timed=timed)) + ".", number=number)
        for number, cue in enumerate((*telling.cues.visual, *telling.cues.auditory), start=1)
    ]
    conclusion = telling.conclusion()
    words = telling.words()
    return "\n".join(line for line in (*lines, words, conclusion) if line)


def _flowing(telling: _Telling) -> str:
    """Two cues a sentence, face and voice beside each other."""
    seen, heard = list(telling.cues.visual), list(telling.cues.auditory)
    parts = []
    while seen or heard:
        pair = [stack.pop(0) for stack in (seen, heard) if stack]
        link = telling.pick(" while ", "; ")
        parts.append(capital(link.join(telling.said(cue, timed=False) for cue in pair)))
    return _paragraph([telling.words(), *parts, telling.conclusion()])


def _contrastive(telling: _Telling) -> str:
    """Face against voice."""
    timed = telling.rng.random() < 0.3
    seen = _sentences(telling, telling.cues.visual, timed=timed)
    heard = _sentences(telling, telling.cues.auditory, timed=timed)
    bridge = telling.pick("However, ", "But ", "Yet ", "At the same time, ", "Meanwhile, ")
    if heard:
        heard[0] = bridge + heard[0][:1].lower() + heard[0][1:]
    return _paragraph([*seen, *heard, telling.conclusion(), telling.words()])


FORMS: tuple[Callable[[_Telling], str], ...] = (
    _narrative,
    _by_modality,
    _conclusion_first,
    _evidence_list,
    _flowing,
)
"""Forms for any clip; ``_contrastive`` is for those whose face and voice disagree."""


def _sentences(telling: _Telling, cues: Sequence[Cue], *, timed: bool) -> list[str]:
    """Clauses gathered into sentences of one to three; some of them open with a frame."""
    openers = SEEN_OPENERS if cues is telling.cues.visual else HEARD_OPENERS
    clauses = [telling.said(cue, timed=timed) for cue in cues]
    made: list[str] = []
    while clauses:
        size = int(telling.rng.integers(1, 4))
        taken, clauses = clauses[:size], clauses[size:]
        sentence = _merged(taken, telling.person)
        if made and telling.rng.random() < 0.35:
            sentence = telling.pick(*openers) + sentence
        made.append(capital(sentence))
    return made


def _merged(clauses: Sequence[str], person: str) -> str:
    """One sentence; a subject that comes again at once is not repeated."""
    if all(clause.startswith(f"{person} ") for clause in clauses):
        return f"{person} " + joined([clause.removeprefix(f"{person} ") for clause in clauses])
    return "; ".join(clauses)


def _paragraph(parts: Sequence[str]) -> str:
    """Sentences with their full stops."""
    ended = [part if part.endswith((".", '"')) else f"{part}." for part in parts if part]
    return " ".join(ended)
