"""The last word: which emotion is expressed, how sure that is, and where it comes from.

It speaks of what is expressed or shown, never of what somebody feels.
"""

from dataclasses import dataclass
from functools import lru_cache

from xemogpt.emocue.annotators.guidance import Guidance, family_of
from xemogpt.emocue.annotators.prose_bank import expand
from xemogpt.emocue.annotators.prose_draw import Draw
from xemogpt.metrics.groups import load_groups
from xemogpt.schema import Cue
from xemogpt.signals.appraise import NOUNS
from xemogpt.signals.phrasing import capital, joined

STRONG, WEAK = 0.5, 0.25
"""Shares of the evidence: above the first a plain statement, below it a hedged one; a second
emotion is named from the second on."""
NOUN_FORMS: dict[str, tuple[str, ...]] = {
    "happy": ("happiness", "joy"), "sad": ("sadness", "sorrow"), "angry": ("anger",),
    "fearful": ("fear",), "surprised": ("surprise", "astonishment"),
}  # fmt: skip
Patterns = tuple[str, ...]
WORDS: dict[str, tuple[str, str, str]] = {
    # Open-vocabulary words by arousal: calm, in between, excited; all of the same group.
    "happy": ("contented", "happy", "joyful"), "sad": ("gloomy", "sad", "distressed"),
    "angry": ("angry", "angry", "furious"), "fearful": ("afraid", "fearful", "frightened"),
    "surprised": ("surprised", "surprised", "astonished"),
    "neutral": ("neutral", "neutral", "neutral"),
}  # fmt: skip
_LABEL_NOUNS = {
    "happy": "happiness", "sad": "sadness", "angry": "anger", "fearful": "fear",
    "surprised": "surprise", "disgusted": "disgust", "contemptuous": "contempt",
    "afraid": "fear", "joyful": "joy", "worried": "worry", "anxious": "anxiety",
    "bored": "boredom", "excited": "excitement", "frustrated": "frustration",
}  # fmt: skip
FIRM = (
    "[the|the main|the dominant|the prevailing] [|expressed ]emotion is {0}",
    "the [expressed emotion|emotion expressed|emotion on show|emotion conveyed] is {0}",
    "the clip [expresses|shows] {0}",
    "[these cues|the cues|all of these cues] [|together ][point to|suggest|indicate] {0}",
    "[all of this|this|it all|the whole] [points to|suggests|indicates] {0}",
    "[this|it] comes across as {0}", "I conclude that the emotion is {0}",
    "the mood [that comes across |]is {0}", "what is expressed is {0}",
    "{0} is [expressed|what is expressed|the emotion expressed|the expressed emotion]",
    "my reading is {0}", "I would call it {0}", "{0} is the emotion that comes across",
)  # fmt: skip
HEDGED = (
    "the [expressed emotion|emotion expressed|main emotion] [may be|might be|seems to be|could "
    "be] {0}",
    "[these cues|the cues] [faintly|weakly|only faintly] [suggest|point to] {0}",
    "[this|it] [may|might|could] come across as {0}",
    "[perhaps|possibly|probably] [the emotion is {0}|{0} is expressed]",
    "the evidence is thin, but [it points|points] to {0}",
    "with [some|due|all] caution, the [|expressed |main ]emotion is {0}",
    "[a touch|a trace|some degree] of {0} [may be|is perhaps|could be|is possibly] expressed",
    "the [|main |expressed ]emotion is [perhaps|possibly|probably] {0}",
    "[at most|at best], [the|these] cues [point to|suggest] {0}",
    "the [clip|whole] [may|might|could] express {0}",
    "[it|this] [hints at|points weakly to|points faintly to] {0}",
    "[I|one] would [guess|say with caution] that the emotion is {0}",
    "a [cautious|tentative] reading is {0}",
    "[little|not much] is certain, but the emotion [may be|seems to be] {0}",
)  # fmt: skip
NEUTRAL = (
    "no [marked|strong|clear|distinct|pronounced|particular|definite] emotion [is|gets]"
    " [expressed|shown|conveyed|displayed|communicated]",
    "no [marked|strong|clear] emotion [comes across|comes through|shows|emerges|is apparent"
    "|is evident]",
    "the [|expressed |overall |main |general ][emotion|mood] [is|stays|remains|seems|appears]"
    " neutral",
    "the clip [expresses|conveys] no [marked|strong|clear|particular] emotion",
    "an emotion is [hardly|barely] expressed",
    "[little|hardly any] emotion is [expressed|shown|conveyed]",
    "a neutral [mood|emotion] is [expressed|conveyed|shown]",
    "the emotion can be called neutral",
    "there is no [marked|strong|clear] emotion",
    "one finds no [marked|strong] emotion",
)
LABELLED = (
    "the emotion is annotated as {0}", "the clip is annotated as {0}",
    "the annotation [gives|says|names] {0}", "the annotated emotion is {0}",
    "the label [says|gives|is] {0}", "by its label, the emotion is {0}",
)  # fmt: skip
SENTIMENT = (
    "the sentiment is annotated as {0}", "the annotated sentiment is {0}",
    "by its label, the sentiment is {0}",
)  # fmt: skip
FEW = ("few measured cues show it", "the measured cues are few", "few of the measured cues show it",
       "hardly anything measured shows it", "the evidence measured is thin")  # fmt: skip
AGAINST = ("the measured cues point to {0}", "what was measured points to {0}",
           "the measured cues suggest {0}", "what was measured suggests {0}")  # fmt: skip
LINKS = (
    "Taken together, ", "Overall, ", "All in all, ", "In short, ", "To sum up, ", "In conclusion, ",
    "Altogether, ", "On balance, ", "In sum, ", "So ", "Thus, ", "Therefore, ", "As a whole, ",
)  # fmt: skip
NOTHING = (
    "nothing [more|further|else] could be measured",
    "what was measured allows no conclusion",
    "no conclusion [can be drawn|follows] from [this|what was measured|these cues]",
    "there is [too little|nothing|not enough] to go by",
    "there is [nothing|too little] to go by for a conclusion",
    "[this|what was measured] does not allow a conclusion",
    "[no more|nothing more] can be said from what was measured",
    "that is all that [could be|was] measured",
    "beyond that, nothing could be measured",
    "[what was measured|this] is too little for a conclusion",
    "[what was measured|this] does not suffice for a conclusion",
)
_NOT_AFTER_LINKS = ("with ", "at most", "at best", "by ")
SECOND = (
    "{a}, with a trace of {b}",
    "{a}, and perhaps {b}",
    "{a} and a hint of {b}",
    "{a} and {b}",
)


@dataclass(frozen=True)
class Conclusion:
    """A sentence, and what it states."""

    text: str
    cues: tuple[Cue, ...]
    emotions: tuple[str, ...]


def conclude(guidance: Guidance, draw: Draw, is_last: bool) -> Conclusion:
    """The sentence on the emotion.

    Args:
        guidance: label, measured emotion, and how they go together.
        draw: for the words.
        is_last: whether the cues were told before; then it may begin with "Taken together".
    """
    if guidance.verdict == "unlabelled":
        made = _measured(guidance, draw)
    elif guidance.verdict == "agrees" and not guidance.is_sentiment:
        made = _agreed(guidance, draw)
    else:
        made = _as_labelled(guidance, draw)
    opening = draw.one_of(LINKS) if is_last and draw.chance(0.5) else ""
    if not made.cues or made.text.startswith(_NOT_AFTER_LINKS):
        opening = ""
    return Conclusion(f"{capital(opening + made.text)}.", made.cues, made.emotions)


def _measured(guidance: Guidance, draw: Draw) -> Conclusion:
    """Without a label the evidence decides."""
    main = guidance.measured
    if not guidance.has_cues:
        return Conclusion(_drawn(NOTHING, draw), (), ())
    if main.label == "neutral":
        text = _drawn(NEUTRAL, draw)
        words = "neutral" if "neutral" in text else text
        return Conclusion(text, (_cue(guidance, "neutral", words),), ("neutral",))
    names = [draw.one_of(NOUN_FORMS[main.label])]
    families = [main.label]
    rest = [item for item in guidance.appraisal.emotions[1:] if item.label != "neutral"]
    if rest and rest[0].score >= WEAK:
        families.append(rest[0].label)
        names.append(draw.one_of(NOUN_FORMS[rest[0].label]))
    phrase = names[0] if len(names) == 1 else draw.one_of(SECOND).format(a=names[0], b=names[1])
    bank: Patterns = FIRM if main.score >= STRONG else HEDGED
    if len(names) > 1:
        # "A trace of anger and fear" would be read as one.
        bank = tuple(form for form in _all_forms(bank) if form.endswith("{0}"))
    cues = tuple(_cue(guidance, family, name) for family, name in zip(families, names, strict=True))
    emotions = tuple(_word(family, guidance.appraisal.arousal) for family in families)
    return Conclusion(_drawn(bank, draw).format(phrase), cues, emotions)


def _agreed(guidance: Guidance, draw: Draw) -> Conclusion:
    """The label, stated as what is expressed."""
    names = [_noun(word) for word in guidance.words]
    family = family_of(guidance.words[0])
    if family == "neutral" and guidance.words == ("neutral",):
        text = _drawn(NEUTRAL, draw)
        words = "neutral" if "neutral" in text else text
        return Conclusion(text, (_label_cue(guidance, 0, words),), guidance.words)
    score = max((e.score for e in guidance.appraisal.emotions if e.label == family), default=0.0)
    bank: Patterns = FIRM if score >= WEAK else HEDGED
    if any(family_of(word) == "neutral" for word in guidance.words):
        # "The face and voice show calm" would be read of the face.
        bank = ("the [|expressed |main |overall ]emotion is {0}", "the mood is {0}")
    if len(names) > 1:
        bank = tuple(form for form in _all_forms(bank) if form.endswith("{0}"))
    cues = tuple(_label_cue(guidance, index, name) for index, name in enumerate(names))
    return Conclusion(_drawn(bank, draw).format(joined(names)), cues, guidance.words)


def _as_labelled(guidance: Guidance, draw: Draw) -> Conclusion:
    """The label as a label, and what the measured cues say of it."""
    bank: Patterns = SENTIMENT if guidance.is_sentiment else LABELLED
    if guidance.source != "annotated":
        # What a script asked for or a model said is a label, and nobody's annotation.
        bank = tuple(form for form in bank if "label" in form)
    frame = _drawn(bank, draw)
    text = frame.format(joined(guidance.words))
    cues = [_label_cue(guidance, index, word) for index, word in enumerate(guidance.words)]
    emotions = guidance.words
    main = guidance.measured
    if guidance.verdict == "thin":
        text += f", {draw.pick('though', 'although', 'but', 'while', 'yet')} {draw.one_of(FEW)}"
    elif guidance.verdict == "disagrees":
        name = draw.one_of(NOUN_FORMS.get(main.label, (NOUNS[main.label],)))
        link = draw.pick("though", "although", "but", "while", "yet", "whereas")
        text += f", {link} {draw.one_of(AGAINST).format(name)}"
        cues.append(_cue(guidance, main.label, name))
    elif guidance.is_sentiment and main.label != "neutral":
        name = draw.one_of(NOUN_FORMS[main.label])
        text += f", and {draw.one_of(AGAINST).format(name)}"
        cues.append(_cue(guidance, main.label, name))
        emotions = (_word(main.label, guidance.appraisal.arousal),)
    return Conclusion(text, tuple(cues), emotions)


def _cue(guidance: Guidance, family: str, words: str) -> Cue:
    """A measured emotion in the words of the text."""
    known = guidance.cue(family)
    if known is not None:
        return known.model_copy(update={"text": words})
    return Cue(text=words, kind=family, source="measured")


def _label_cue(guidance: Guidance, index: int, words: str) -> Cue:
    """A label's emotion, with the times of the measured cues that speak for it."""
    family = None if guidance.is_sentiment else family_of(guidance.words[index])
    known = guidance.cue(family) if family else None
    return Cue(
        text=words,
        kind=family,
        start_s=known.start_s if known else None,
        end_s=known.end_s if known else None,
        source="asked" if guidance.source == "asked" else "annotated",
    )


def _word(family: str, arousal: float) -> str:
    """An open-vocabulary word; its group is the emotion's."""
    word = WORDS[family][0 if arousal < -0.3 else 2 if arousal > 0.5 else 1]
    return word if load_groups().find(word) else family


def _noun(word: str) -> str:
    return _LABEL_NOUNS.get(word, word)


def _drawn(patterns: Patterns, draw: Draw) -> str:
    """One phrase; patterns that stand for more are drawn more often."""
    return draw.one_of(_all_forms(patterns))


@lru_cache(maxsize=32)
def _all_forms(patterns: Patterns) -> Patterns:
    return tuple(form for pattern in patterns for form in expand(pattern))
