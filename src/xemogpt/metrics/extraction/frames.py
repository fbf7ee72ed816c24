"""What surrounds a cue and is none: "In the video, it seems that ...", "may be", "we can infer"."""

import re

from xemogpt.metrics.extraction.lexicon import inflect
from xemogpt.schema import Modality

_I = re.I
_VISUAL = r"(?:video|clip|footage|picture|image|frames?|screen|scene|visuals?|visual \w+|facial expressions?|画面|视频)"
_AUDIO = r"(?:audio|sound|soundtrack|audio track|recording|voice|speech|acoustic \w+|vocal \w+|音频|声音)"
_OPENERS: tuple[tuple[re.Pattern[str], Modality | None], ...] = (
    (re.compile(rf"^(?:(?:as (?:seen|shown|observed) )?(?:in|from|at|on|through(?:out)?|during|across|looking at|judging (?:from|by)|based on|visually in) (?:the |this |(?:the )?(?:beginning|start|end|middle|first part|second half|opening|whole|entire) of the )*(?:entire |whole |short |given )?{_VISUAL}(?: (?:screen|frames?|information|content|perspective|point of view|aspect|side|level))?)\s*(?:[,，:]|(?=\w+ (?:is|are|can))|(?=there ))\s*", _I), "visual"),
    (re.compile(rf"^(?:in|from|at|on|through(?:out)?|during|listening to|judging (?:from|by)|based on|regarding|as for) (?:the |this |(?:the )?(?:beginning|start|end|middle|opening) of the )*(?:entire |whole )?{_AUDIO}(?: (?:information|content|perspective|point of view|aspect|side|level|track))?\s*[,，:]\s*", _I), "auditory"),
    (re.compile(r"^(?:from|on) the (?:acoustic|auditory|vocal|audio|speech) (?:perspective|side|point of view|level)\s*,\s*", _I), "auditory"),
    (re.compile(r"^(?:from|on) the (?:visual|facial) (?:perspective|side|point of view|level)\s*,\s*", _I), "visual"),
    (re.compile(r"^in terms of (?:the )?(?:audio|voice|sound|tone|speech)\w*\s*,\s*", _I), "auditory"),
    (re.compile(r"^in terms of (?:the )?(?:video|visual|facial|body|expression|appearance)[\w ]*,\s*", _I), "visual"),
    (re.compile(r"^(?:在)?(?:视频|画面|图像|镜头)(?:中|里|上)?\s*[,，:：]\s*"), "visual"),
    (re.compile(r"^(?:在)?(?:音频|声音)(?:中|里|上)?\s*[,，:：]\s*"), "auditory"),
    (re.compile(r"^(?:visually|on screen|on the visual side)\s*,\s*", _I), "visual"),
    (re.compile(r"^(?:vocally|acoustically|on the audio side|aurally|to my ears?)\s*,\s*", _I), "auditory"),
    (re.compile(rf"^(?:the|this) (?:short )?{_VISUAL} (?:clearly )?(?:shows|depicts|features|presents|captures|displays|reveals)(?: that)? ", _I), "visual"),
    (re.compile(rf"^(?:the|this) {_AUDIO} (?:clearly )?(?:reveals|contains|features|presents|has|captures|includes)(?: that)? ", _I), "auditory"),
    (re.compile(r"^i (?:am|was) (?:looking at|watching|seeing) ", _I), "visual"),
    (re.compile(r"^i (?:am|was) (?:hearing|listening to) ", _I), "auditory"),
    (re.compile(r"^(?:i|we|one) (?:would |will |could |might |can |should )?(?:(?:cautiously|rather|still|simply|just) )?(?:call|label|describe|characteri[sz]e|class(?:ify)?|rate|read) (?:it|this|that|him|her|them|the \w+) (?:as )?", _I), None),
    (re.compile(r"^(?:i|we) (?:would|will|could|might) (?:\w+ )?go (?:with|for) ", _I), None),
    (re.compile(r"^if i (?:had|have|were) to (?:guess|choose|judge|pick|name it|say)\s*,\s*", _I), None),
    (re.compile(r"^when (?:i|we|you) (?:watch|watched|look|looked|listen|listened)\b[^,]{0,30}?(?:,\s*|(?=\bi \w+))", _I), None),
    (re.compile(r"^(?:(?:i|we|one|you|the viewer|viewers) )(?:can |could |may |also |clearly |do |did |then |first |would |will |might )*(?:see|saw|notice|observe|spot|watch|view|perceive)(?:s|d|ed)?(?: that| how)? ", _I), "visual"),
    (re.compile(r"^(?:(?:i|we|one|you|the listener|listeners) )(?:can |could |may |also |clearly |do |did |then |would |will )*hear[sd]?(?: that| how)? ", _I), "auditory"),
    (re.compile(r"^(?:i|we|one) (?:can |could |may |would |also |might |therefore |thus |then |do )*(?:infer|conclude|think|believe|feel|say|guess|argue|deduce|suspect|assume|judge|tell|imagine|suppose|speculate|find|sense|bet|reckon)(?:s|d|ed)?(?: that)? ", _I), None),
    (re.compile(r"^it (?:can|could|may|might)(?: also| thus| therefore)? be (?:inferred|concluded|seen|observed|heard|deduced|noted|judged|said|speculated|felt|noticed)(?: from \w+ \w+)?(?: that)? ", _I), None),
    (re.compile(r"^it (?:is|was|seems|appears|looks|sounds|would seem|may be|might be|could be)(?: also| quite| very| highly| most)?(?: likely| possible| probable| clear| evident| obvious| apparent| reasonable to (?:assume|infer|conclude|say)| worth noting| plausible| therefore| thus| hence| as if| as though| like)*(?: to me)?(?: that)? (?=(?:the|a|an|he|she|they|his|her|their|this|that|there|some|both)\b)", _I), None),
    (re.compile(r"^(?:my|our|the) (?:own |comprehensive |final |overall |general |best |first |only |main )*(?:reading|judge?ment|inference|diagnosis|impression|guess|view|sense|interpretation|conclusion|take|feeling|overall impression|best guess|verdict)(?: here)? (?:is|was|would be) (?:that )?", _I), None),
    (re.compile(r"^what (?:struck|strikes|caught|i notice|i see|stands? out)[\w ]{0,40}? (?:is|was) (?:that )?", _I), None),
    (re.compile(r"^(?:all (?:of )?)?(?:this|these|that|those|which|the above|such)(?: (?:clues?|cues?|signs?|details?|observations?|features?|signals?|combination|evidence|elements|behaviou?rs?|expressions?|facts))?(?: (?:together|combined|all|strongly|clearly|also|likely|probably|further|collectively|in turn|usually|often))* (?:suggest|indicate|show|imply|mean|reveal|convey|reflect|point to|tell me|tell us|lead to the conclusion|express|signal|demonstrate)s?(?: that| to)? ", _I), None),
    (re.compile(r"^(?:as far as|from what) (?:i|we|one) can (?:see|hear|tell|judge)\s*,\s*", _I), None),
    (re.compile(r"^(?:in (?:my|our) (?:opinion|view|eyes)|to (?:me|my (?:eyes?|mind)))\s*,?\s*", _I), None),
    (re.compile(r"^(?:taken together|taking (?:all|everything|these)[\w ]{0,40}|all in all|overall|in conclusion|to conclude|in summary|to sum up|in short|to summari[sz]e|therefore|thus|hence|so|as a result|consequently|combining[\w ,]{0,60}?|based on[\w ]{0,50}|from (?:these|all|this|the)[\w ]{0,30}|given[\w ]{0,50}|judging (?:from|by)[\w ]{0,30}|considering[\w ]{0,50}|putting[\w ]{0,40}|altogether|in general|generally speaking|ultimately|in the end|on the whole)\s*[,，]\s*", _I), None),
    (re.compile(r"^(?:later(?: on)?|then|after that|afterwards?|next|meanwhile|at the same time|at first|first(?:ly)?|second(?:ly)?|third(?:ly)?|finally|lastly|in addition|additionally|moreover|furthermore|besides|also|however|as time goes by|at (?:the|this|one) (?:beginning|start|end|moment|point|time)|in the (?:beginning|middle|meantime)|for example|for instance|specifically|in particular|notably|interestingly|admittedly|of course|in fact|indeed|clearly|obviously|evidently|perhaps|maybe|possibly|probably|presumably|arguably|apparently|seemingly|suddenly|gradually|still|yet|again|honestly|here|now|well|initially|subsequently|throughout(?: the (?:clip|video|scene))?|in (?:the|this) (?:clip|scene))\s*[,，]\s*", _I), None),
    (re.compile(r"^(?:and|but|so|yet|perhaps|maybe|possibly|probably|presumably|arguably|apparently|seemingly|also|then|therefore|thus|that|or)\s+", _I), None),
)  # fmt: skip

_PLURAL = re.compile(
    r"(?:\b(?:they|we|you|both|people|men|women|children|teeth|feet|there)|[^s\W]s)\s*$", _I
)
_HEDGED_BE = re.compile(
    r"\b(?:(?:(?:may|might|could|would|should|must|can)(?: (?:well|also|possibly|perhaps|probably|likely))* (?:be|have been))"
    r"|(?:(?:seems?|appears?|looks?|seemed|appeared) (?:perhaps )?to be)"
    r"|(?:(?:is|are|was|were) (?:most |very |quite |highly )?(?:likely|probably|possibly|perhaps|presumably|apparently|seemingly|arguably)(?: to be)?)"
    r"|(?:(?:can|could|may|might) (?:best )?be (?:described|characteri[sz]ed|summari[sz]ed|interpreted|read|seen) as(?: being| one of)?)"
    r"|(?:comes? across as|came across as))(?=\s)",
    _I,
)  # fmt: skip
_REMOVED = re.compile(
    r"\b(?:most likely|very likely|quite likely|probably|possibly|perhaps|presumably|arguably|apparently|seemingly"
    r"|as it were|so to speak|in a sense|as well|if i am not mistaken|as (?:i|we) (?:see|hear|read) it|(?:and )?at the same time|i think|i guess|i believe|i suppose|i would say|it seems|or so it seems)\b(?! as)\s?",
    _I,
)  # fmt: skip
_SEEMS_ADJECTIVE = re.compile(
    r"\b(?:seems|appears|seemed|appeared)(?= (?!to\b|in\b|on\b|at\b|from\b|behind\b|beside\b|for\b|across\b|between\b|over\b)\w)",
    _I,
)
_SEEMS_TO = re.compile(r"\b(?:seems?|appears?|seemed|appeared|tends?) to (\w+)", _I)
_SOUNDS_ADJECTIVE = re.compile(
    r"^(.*\b(?:voice|tone|speech|pitch|volume|laugh|laughter|delivery|breathing|rhythm|pace|intonation)) sounds (?!like\b|as\b)",
    _I,
)
_MODAL_VERB = re.compile(r"\b(?:may|might|could)(?: well| also)? (?!not\b|have\b)(\w+)", _I)
_CONCEIVABLE = re.compile(
    r"\s+(?:is|are|was)(?: also)?(?: quite)? (?:conceivable|possible|plausible|thinkable|an option)$",
    _I,
)
_CONTRACTIONS = (
    (re.compile(r"\b(he|she|it|there|that|who|what)['’]s\b", _I), r"\1 is"),
    (re.compile(r"\b(they|we|you)['’]re\b", _I), r"\1 are"),
    (re.compile(r"\bcan['’]t\b", _I), "can not"),
    (re.compile(r"\bwon['’]t\b", _I), "will not"),
    (re.compile(r"\b(is|are|was|were|do|does|did|has|have|had|could|would|should)n['’]t\b", _I), r"\1 not"),
    (re.compile(r"\bi['’]m\b", _I), "I am"),
    (re.compile(r"\bi['’]d\b", _I), "I would"),
)  # fmt: skip
_WORDS_OF_HEDGES = re.compile(
    r"may|might|could|would|should|must|can\b|seem|appear|likely|probab|possib|perhaps|presum|argua|apparent"
    r"|sounds|comes? across|came across|as it were|so to|in a sense|as well|i (?:think|guess|believe|suppose)|mistaken|tend|as (?:i|we) |same time|conceivable|plausible",
    _I,
)  # fmt: skip


def expand_contractions(text: str) -> str:
    """``doesn't`` -> ``does not``, so that negations are words of their own."""
    if "'" not in text and "’" not in text:
        return text
    for pattern, replacement in _CONTRACTIONS:
        text = pattern.sub(replacement, text)
    return text


def strip_opener(text: str) -> tuple[str, Modality | None]:
    """Take framing words off the front; the second value is the modality they announce.

    >>> strip_opener("In the audio, we can hear that her voice shakes")
    ('her voice shakes', 'auditory')
    """
    modality: Modality | None = None
    for _ in range(6):
        for pattern, announced in _OPENERS:
            match = pattern.match(text)
            if match and match.end() < len(text):
                text = text[match.end() :]
                modality = announced or modality
                break
        else:
            break
    return text, modality


def strip_hedges(text: str) -> str:
    """Say plainly what is said with a hedge.

    >>> strip_hedges("The boy may be biting his lip")
    'The boy is biting his lip'
    """
    if not _WORDS_OF_HEDGES.search(text):
        return text
    text = _HEDGED_BE.sub(
        lambda match: _be_for(match.string[max(0, match.start() - 40) : match.start()]), text
    )
    text = _REMOVED.sub("", text)
    text = _SEEMS_TO.sub(
        lambda match: _finite(match.string[max(0, match.start() - 40) : match.start()], match[1]),
        text,
    )
    text = _SEEMS_ADJECTIVE.sub(
        lambda match: _be_for(match.string[max(0, match.start() - 40) : match.start()]), text
    )
    text = _SOUNDS_ADJECTIVE.sub(r"\1 is ", text)
    text = _CONCEIVABLE.sub("", text)
    return _MODAL_VERB.sub(
        lambda match: _finite(match.string[max(0, match.start() - 40) : match.start()], match[1]),
        text,
    )


def _be_for(subject: str) -> str:
    return "are" if _PLURAL.search(subject) else "is"


def _finite(subject: str, lemma: str) -> str:
    """``bite`` -> ``bites`` after a singular subject."""
    if _PLURAL.search(subject):
        return lemma
    return next(form for form, name in inflect(lemma).items() if name == "s")
