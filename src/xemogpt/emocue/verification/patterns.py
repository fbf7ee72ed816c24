r"""How people word each kind of cue: patterns for what no list of phrases holds.

The first kind whose pattern a statement matches is taken, so narrower kinds come first.
"""

import re

from xemogpt.schema import Modality

_EYES = r"\b(?:eyes?|eyelids?|lids?)\b"
_LIPS = r"\b(?:lips?|mouth)\b"
_LOOKS = r"\b(?:look|gaz|glanc|star|peer|eyes?|roll|turn)\w*\b"
_BROWS = r"\b(?:eye)?brows?\b"
_TONE = r"\b(?:pitch|intonation|tone|melody)\b"
_VOLUME = r"\b(?:volume|loudness)\b"
_UP = (
    r"(?:\bris(?:e|es|ing|en)\b|\brose\b|\brais|\blift|hoist|\bclimb|ascend|elevat|arch"
    r"|\bup(?:wards?)?\b(?! and))"
)
_DOWN = (
    r"(?:lower|\bdrop|\bfall|\bfell\b|\bsink|\bsank|descend|declin|decreas"
    r"|(?<!up and )\bdown(?:wards?)?\b(?! and))"
)
_PACE = r"\b(?:pace|speed|rate|tempo)\b"
_SAID_AS: dict[Modality, dict[str, tuple[str, ...]]] = {
    "visual": {
        "one-sided-smile": (
            r"(?:one|single|left|right)[- ](?:sided|corner|side).{0,24}(?:smil|mouth)",
            r"smil.{0,24}one (?:corner|side)|smirk|(?:crooked|lopsided|wry) (?:smile|grin)",
        ),
        "mouth-frown": (
            rf"corners? of \w+ {_LIPS}.{{0,20}}(?:down|droop|sag|sink|drop|fall)",
            rf"(?:down|droop|sag)\w* (?:the |\w+ )?(?:corners? of \w+ )?{_LIPS}",
            rf"(?:pull|turn|draw)\w* (?:the |\w+ )?corners? of \w+ {_LIPS}.{{0,12}}down",
            rf"{_LIPS} (?:\w+ ){{0,3}}(?:down|droop|sag)|mouth corners?.{{0,16}}(?:down|droop|sag)",
            r"\bpouts?\b|pouting",
        ),
        "smile": (
            rf"\bsmil|\bgrin|\blaugh|chuckl|giggl|\bbeam"
            rf"|corners? of \w+ {_LIPS}.{{0,20}}(?:up|lift|rais)",
        ),
        "inner-brow-raise": (
            r"inner.{0,44}brows?.{0,12}(?:up|rais|lift|slant|drawn)",
            r"(?:rais|lift|draw).{0,20}inner.{0,20}brow",
        ),
        "brow-lower": (
            rf"frown|furrow|scowl|knit|glower|(?:lower|drop|draw|contract).{{0,16}}{_BROWS}",
            rf"{_BROWS}.{{0,16}}(?:{_DOWN}|drawn (?!up)|together|contract|pinch)",
        ),
        "brow-raise": (
            rf"{_UP}.{{0,20}}{_BROWS}|{_BROWS}.{{0,20}}(?:{_UP}|shoot|jump)",
        ),
        "eyes-wide": (rf"\bwide-eyed|\bwid(?:e|en).{{0,12}}{_EYES}|{_EYES}.{{0,20}}\bwid",),
        "eyes-narrow": (
            rf"(?:narrow|squint|screw).{{0,12}}{_EYES}|{_EYES}.{{0,16}}(?:narrow|slits)|squint",
        ),
        "eyes-closed": (rf"\b(?:clos|shut)\w*.{{0,12}}{_EYES}|{_EYES}.{{0,20}}\b(?:clos|shut)",),
        "blink-rate": (r"blink\w*.{0,24}(?:often|rapid|frequent|repeated|fast|again and again)",),
        "blink": (r"\bblink",),
        "lips-pressed": (
            rf"\b(?:press|purs|tighten|clamp|compress).{{0,16}}{_LIPS}",
            r"\blips?\b.{0,20}(?:press|tight|purs|clamp|compress|thin line)",
        ),
        "mouth-open": (
            rf"\b(?:open|gap|part)\w*.{{0,12}}{_LIPS}"
            rf"|{_LIPS}.{{0,20}}\b(?:open|ajar|agape|gap|parted)",
            r"open-mouthed|\bjaw.{0,12}(?:drop|open|hang|fall)"
            r"|(?:drop|open)\w*.{0,8} jaw|\bgap(?:es|ing)\b",
        ),
        "head-bow": (
            r"\b(?:bow|lower|drop|hang|dip)\w*.{0,12}\bhead",
            r"\bhead\b.{0,16}(?:\bbow|lower|(?<!up and )\bdown\b(?! and up)"
            r"|hang|sink|drop|\blow\b)",
        ),
        "head-nod": (r"\bnod|\bhead\b.{0,12}(?:\bbob|up and down|down and up)",),
        "head-shake": (
            r"\bshak\w*.{0,28}\bhead|headshake|\bmov\w*.{0,8} head.{0,8}(?:left|right)",
            r"\bhead\b.{0,20}(?:shak|side to side|left (?:and|to) right|right and left)",
        ),
        "head-tilt": (
            r"\b(?:tilt|cock|lean|inclin|tip)\w*.{0,16}\bhead",
            r"\bhead\b.{0,16}(?:tilt|cock|lean|inclin|tip)",
        ),
        "head-raise": (
            r"\b(?:rais|lift|throw)\w*.{0,12}\b(?:head|chin)",
            r"\b(?:head|chin)\b.{0,10}(?:\bup\b|rais|lift)",
        ),
        "turned-away": (
            r"\b(?:turn|rotat|swing)\w*(?!.{0,12}\b(?:eyes?|gaze)).{0,16}\b(?:head|away|face)\b",
            r"\bfac(?:es|ing) away\b",
            r"\bhead\b.{0,12}\b(?:turn|rotat|swing)",
        ),
        "head-still": (
            r"\bhead\b.{0,12}(?:\bstill\b|motionless)|(?:\bstill\b|motionless).{0,8}\bhead",
        ),
        "gaze-down": (
            rf"{_LOOKS}.{{0,16}}(?:\bdown|floor|ground|below|feet|shoes)|downcast|{_EYES}.{{0,12}}{_DOWN}",
            r"\b(?:lower|drop|cast)\w*.{0,8} (?:gaze|eyes|look)\b",
            r"\bgaze\b.{0,8}(?:lower|drop|sink|fall)|\bdownwards? (?:gaze|look|glance)",
        ),
        "gaze-up": (
            rf"{_LOOKS}.{{0,12}}(?:\bup\b|upwards?\b|ceiling|\bsky\b)",
            r"\b(?:rais|lift)\w*.{0,8} (?:gaze|eyes)\b|\bgaze\b.{0,12}(?:\bup|rais|lift|rise)",
            r"\bupwards? (?:gaze|look|glance)",
        ),
        "gaze-averted": (
            rf"{_LOOKS}.{{0,20}}\b(?:away|aside|left|right|side|sideways)\b|\bavert",
            r"\bavoid\w* (?:eye contact|the camera|\w+ eyes)",
        ),
        "neutral-face": (
            r"\b(?:neutral|blank|calm|expressionless|straight|impassive).{0,16}\b(?:face|expression)",
            r"\bface\b.{0,16}(?:neutral|blank|expressionless|impassive)",
            r"\b(?:no|without an?y?|little) (?:\w+ )?(?:facial )?expression",
        ),
        "talking": (r"\bspeak(?!er)|\btalk|mouth moves",),
    },
    "auditory": {
        "no-speech": (r"\bno (?:speech|voice|one (?:is )?(?:speak|talk))|nobody (?:speak|talk)",),
        "pause": (
            r"\bpaus|hesitat|\b(?:falls?|goes|becomes?|fell) silent",
            r"\b(?:gap|break|interruption|stop|halt)s? in .{0,12}"
            r"(?:speech|speaking|talk|voice|words)",
            r"\bwithout (?:a |any )?(?:single )?(?:break|interruption|gap|stop)",
            r"\bstops? (?:speaking|talking)|\bstops? for a (?:moment|second|while)",
            r"\bsilence (?:interrupts|breaks|between|before|after|in the middle)",
        ),
        "monotone": (
            r"monoton|\bflat (?:voice|tone|pitch|intonation)",
            rf"(?:{_TONE}|voice|delivery).{{0,20}}\bflat\b",
            rf"{_TONE}.{{0,8}}(?:never|hardly|barely|scarcely|not|n't) (?:var|chang|mov)",
        ),
        "lively-pitch": (
            rf"\b(?:lively|varied|animated|wide|melodic).{{0,20}}(?:{_TONE}|voice)",
            rf"(?:{_TONE}|\bvoice\b).{{0,16}}(?:\bmoves (?!up\b(?! and)|down)|varie|swing|lively"
            r"|animated|melodic|up and down)",
        ),
        "final-rise": (r"\b(?:ris|climb|go(?:es)? up)\w*.{0,12}(?:at|towards) the (?:end|close)",),
        "final-fall": (
            r"\b(?:fall|drop|sink|go(?:es)? down)\w*.{0,12}(?:at|towards) the (?:end|close)",
        ),
        "loud-burst": (
            r"\brais\w* (?:his|her|the|their|its) voice|\bvoice\b.{0,24}\braised|\braised voice",
            r"\bshout|\byell|outburst|scream|\bbursts? out|\bcr(?:y|ies) out"
            r"|sudden\w*.{0,12}\bloud",
        ),
        "loudness-rise": (
            r"\b(?:get|grow|becom|turn)\w*.{0,16}\bloud",
            rf"{_VOLUME}.{{0,32}}(?:{_UP}|increas|grow|swell)|\bswell\w*.{{0,12}}{_VOLUME}",
            r"\b(?:rising|increas\w+|growing) (?:volume|loudness)",
        ),
        "loudness-fall": (
            r"\b(?:get|grow|becom|turn)\w*.{0,16}(?:\bsoft|quiet|faint)",
            rf"{_VOLUME}.{{0,32}}(?:{_DOWN}|fade)|{_DOWN}\w*.{{0,12}}{_VOLUME}|\bdies? away",
            r"\btrails? off|\bfad(?:es|ing)\b|\b(?:falling|decreas\w+) (?:volume|loudness)",
        ),
        "silence": (r"\bsilen(?:ce|t)",),
        "pitch-rise": (
            rf"{_TONE}.{{0,20}}{_UP}"
            r"|\bvoice\b.{0,20}(?:\bris(?:e|es|ing)\b|\brose\b|climb|ascend|goes up)",
            rf"{_UP}\w* in pitch",
            rf"\b(?:ris|climb|ascend)ing.{{0,8}} {_TONE}"
            rf"|\b(?:rise|increase) (?:in|of) .{{0,6}}pitch",
        ),
        "pitch-fall": (
            rf"{_TONE}.{{0,24}}{_DOWN}|{_DOWN}\w* in pitch",
            rf"\b(?:fall|drop|sink|descend|declin)ing.{{0,8}} {_TONE}",
            r"\b(?:fall|drop|decrease|decline) (?:in|of) .{0,6}pitch",
        ),
        "high-pitch": (
            rf"\bhigh(?:er)?\b.{{0,12}}(?:{_TONE}|voice)|(?:pitch|voice)\b.{{0,16}}\bhigh\b|high-pitched|shrill",
        ),
        "low-pitch": (
            rf"\b(?:low|deep)(?:er)?\b.{{0,12}}(?:{_TONE}|voice)|(?:pitch|voice)\b.{{0,16}}\b(?:low|deep)\b|low-pitched",
        ),
        "voice-tremor": (r"\btrembl|tremor|\bshak(?:y|ing|es?)\b|quiver|waver|unstead|quaver",),
        "breathy-voice": (r"breath|whisper|\bairy\b",),
        "tense-voice": (
            r"\btens(?:e|ion)|\bstrained|\bharsh|\bpressed|\bsharp (?:voice|tone)|\btight voice",
        ),
        "slow-speech": (
            r"\bslow|unhurried|drawl|leisurely|dragging|deliberate|takes? (?:\w+ )?time",
        ),
        "fast-speech": (
            r"\bfast|\brapid|\bquick|\bhurried|\bhast[ey]|\brush|\bbrisk",
            rf"\b(?:great|high) {_PACE}|speed(?:s|ing) (?:up|through)",
        ),
        "speech": (r"\bspeak(?!er)|\btalk|\bsay(?:s|ing)\b|\bvoice\b",),
    },
    "emotional": {},
}  # fmt: skip
PATTERNS: dict[Modality, dict[str, re.Pattern[str]]] = {
    modality: {kind: re.compile("|".join(forms), re.IGNORECASE) for kind, forms in found.items()}
    for modality, found in _SAID_AS.items()
}
"""Modality -> kind -> what a statement of it holds."""
LASTING = re.compile(
    r"\bthroughout|\balways\b|constant|\bthe (?:whole|entire) (?:time|clip|video)|all the time"
    r"|\bkeeps?\b|\bstays?\b|\bremains?\b|\bnever\b",
    re.IGNORECASE,
)
RULED_OUT = {
    "eyes-closed": re.compile(rf"{_EYES} (?!wide)(?:\w+ )?open\b(?! wide)", re.IGNORECASE),
    "mouth-open": re.compile(rf"{_LIPS} (?:\w+ )?(?:closed|shut)\b", re.IGNORECASE),
    "gaze-averted": re.compile(
        r"\b(?:look|gaz|star|eyes?)\w*\b.{0,24}\b(?:at|into|on) the (?:camera|lens|viewer)"
        r"|\beye contact",
        re.IGNORECASE,
    ),
}
"""Kind -> what rules it out while it lasts."""
